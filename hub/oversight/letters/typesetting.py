"""Pages as PDF, by Typst: the same page is the same bytes, whenever and wherever it is made."""

import re
from functools import cache, lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import typst
from anyio import CapacityLimiter, to_thread

TEMPLATE = "1"
TYPESETTER = f"typst {version('typst')}"
_AT_ONCE = 2
_KEPT = 64
"""So many of the latest pages are kept, of some 100 KiB each: drafts are read again and again."""
_UNSHOWN = re.compile(r'the text `"(.*)"` could not be displayed')
_STANDARDS: Any = ["a-2b"]
"""For archives: it shows the same for as long as there are readers of PDF."""


class UnshownError(Exception):
    """A text has signs that the fonts do not have; the text says which. An archive takes no page
    with holes."""


async def typeset(template: str, page: dict[str, Any]) -> bytes:
    """The PDF of a page, made in a thread, which Typst lets run beside the loop. Raises
    UnshownError."""
    # Ordered, so that it does not matter in which order MongoDB gave what stands in it.
    stated = orjson.dumps(page, option=orjson.OPT_SORT_KEYS).decode()
    return await to_thread.run_sync(partial(compiled, template, stated), limiter=_limiter())


@lru_cache(_KEPT)
def compiled(template: str, page: str) -> bytes:
    """The PDF of a page in JSON. Raises UnshownError."""
    folder = Path(__file__).with_name(f"template_{template}")
    compiler = typst.Compiler(root=folder, font_paths=_fonts(), sys_inputs={"letter": page})
    try:
        made = compiler.compile(folder / "letter.typ", format="pdf", pdf_standards=_STANDARDS)
    except typst.TypstError as error:
        if found := _UNSHOWN.search(error.message):
            raise UnshownError(found[1]) from None
        raise
    assert isinstance(made, bytes)  # noqa: S101 - a list is for pictures of several pages
    return made


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(_AT_ONCE)


@cache
def _fonts() -> typst.Fonts:
    """Those that come with Typst, and none of the machine's, which differ."""
    return typst.Fonts(include_system_fonts=False)
