"""The questions of the documentation, and the answers that it shows to them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "docs" / "api.md"]
USUAL = "province_73"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
WHO = re.compile(r"\bas\s+(?:the\s+(\w+)|`(\w+)`)[^.]*:\s*$", re.I)
DIFFERS = {"id", "changedAt", "asOf", "lastSyncedAt", "configVersion", "startCursor", "endCursor"}
"""What is another text in each database."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question, who asks it, and the answers that are shown: of the second the cursor before
    which it asks is the first one's."""

    where: str
    who: str
    query: str
    answers: list[Any]


def examples() -> Iterator[Example]:
    """All that are shown with their answers."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = [*BLOCK.finditer(text)]
        begins = 0
        for block, following in pairwise(blocks):
            said = WHO.search(text[begins : block.start()])
            begins = block.end()
            if (block[1], following[1]) == ("graphql", "json"):
                who = (said[1] or said[2]) if said else USUAL
                where = f"{page.name}:{text.count(chr(10), 0, block.start()) + 1}"
                yield Example(where, who, block[2], [*_documents(following[2])])


def _documents(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    while at < len(text.rstrip()):
        found, at = decoder.raw_decode(text, at)
        yield found
        at += len(text[at:]) - len(text[at:].lstrip())


def differences(shown: Any, told: Any, at: str = "") -> Iterator[str]:
    """Where an answer is another than the one that is shown."""
    if isinstance(shown, str) and isinstance(told, str):
        beginning, _, more = shown.partition("…")
        alike = shown == told or (not more and told.startswith(beginning) and "…" in shown)
        if not alike and at.rpartition(".")[2] not in DIFFERS:
            yield f"{at}: {shown!r} is shown, told is {told!r}"
    elif isinstance(shown, dict) and isinstance(told, dict):
        if shown.keys() != told.keys() and at not in {"", ".extensions"}:
            yield f"{at}: {[*shown]} is shown, told are {[*told]}"
        for name in shown:
            yield from differences(shown[name], told.get(name), f"{at}.{name}")
    elif _is_list(shown) and _is_list(told) and len(shown) == len(told):
        for each, of in zip(shown, told, strict=True):
            yield from differences(each, of, at)
    elif shown != told:
        yield f"{at}: {shown!r} is shown, told is {told!r}"


def _is_list(value: Any) -> bool:
    return isinstance(value, list)
