"""Pages as PDF, by Typst: the same page is the same bytes, whenever and wherever it is made."""

import re
from functools import cache, lru_cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson
import typst
from anyio import CapacityLimiter, to_thread

TEMPLATE = "2"
TYPESETTER = f"typst {version('typst')}"
_AT_ONCE = 2
_KEPT = 64
"""So many of the latest pages are kept, of some 100 KiB each: drafts are read again and again."""
_UNSHOWN = re.compile(r'the text `"(.*)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}")
_STANDARDS: Any = ["a-2b"]
"""For archives: it shows the same for as long as there are readers of PDF."""


class UnshownError(Exception):
    """A page has signs that the fonts do not have. An archive takes no page with holes."""

    def __init__(self, signs: frozenset[str]) -> None:
        super().__init__(" ".join(sorted(signs)))
        self.signs = signs


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
        if signs := _unshown(error.diagnostic):
            raise UnshownError(signs) from None
        raise
    assert isinstance(made, bytes)  # noqa: S101 - a list is for pictures of several pages
    return made


def _unshown(diagnostic: str) -> frozenset[str]:
    """The signs that Typst says it has no picture of."""
    found = "".join(_UNSHOWN.findall(diagnostic))
    text = _ESCAPED.sub(lambda escape: chr(int(escape[1], 16)), found)
    # Of a letter with marks the letter is there.
    return frozenset(sign for sign in text if not (sign.isascii() and sign.isprintable()))


@cache
def _limiter() -> CapacityLimiter:
    return CapacityLimiter(_AT_ONCE)


@cache
def _fonts() -> typst.Fonts:
    """Those that come with Typst, and none of the machine's, which differ."""
    return typst.Fonts(include_system_fonts=False)
