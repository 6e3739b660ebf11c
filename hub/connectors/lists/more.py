"""What in an answer tells that there is more than it holds."""

import json
import re
from collections.abc import Iterator
from typing import Any

_DEEPEST = 4
NEXT = r"next(_?(cursor|token|page|page_?token|page_?url|url|link|href))?"
_MORE = r"has_?(more|next(_?page)?)"
_TOTAL = r"total(_?(count|records|items|results|rows|elements))?"


def nexts(document: Any) -> Iterator[tuple[str, Any]]:
    """Where an answer names its next page, and how; nothing where it says that there is none."""
    return ((path, value) for path, value in named(document, NEXT) if value)


def totals(document: Any) -> Iterator[tuple[str, int]]:
    """Where an answer says how many records there are in all, and how many."""
    return ((path, value) for path, value in named(document, _TOTAL) if type(value) is int)


def sign_of_more(document: Any, count: int) -> str | None:
    """What tells that an answer of so many records is not all, if anything does: its key, and no
    word of its records."""
    for path, _ in nexts(document):
        return f"it names a next page at {path}"
    for path, value in named(document, _MORE):
        if value is True:
            return f"{path} is true"
    for path, total in totals(document):
        if total > count > 0:
            return f"{path} is {total:,}, and it holds {count:,}"
    return None


def lists(document: Any, path: str = "$", depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    """The lists of objects in an answer, with their JSONPaths."""
    if isinstance(document, list) and document and all(isinstance(e, dict) for e in document):
        yield path, document
    elif isinstance(document, dict) and depth < _DEEPEST:
        for key, value in document.items():
            step = f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"[{json.dumps(key)}]"
            yield from lists(value, f"{path}{step}", depth + 1)


def named(document: Any, pattern: str, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """The values beside an answer's records whose key has such a name, with their dotted paths."""
    if not isinstance(document, dict) or depth >= _DEEPEST:
        return
    for key, value in document.items():
        here = f"{path}.{key}" if path else str(key)
        if re.fullmatch(pattern, str(key), re.I):
            yield here, value
        yield from named(value, pattern, here, depth + 1)
