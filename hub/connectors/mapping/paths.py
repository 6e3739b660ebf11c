"""Paths into a record: plain dotted names, compiled, and JSONPath for what they can't say."""

from collections.abc import Callable, Sequence
from typing import Any

from jsonpath import JSONPathError, compile  # noqa: A004 - the library's name

Getter = Callable[[Any], Any]
TextReader = Callable[[Any], str | None]


def getter(path: str) -> Getter:
    """Reads one value, None where there is none. `$…` is JSONPath (RFC 9535), whose first match
    counts; anything else is a field's name or, where the record has no such field, names parted
    by dots. Raises ValueError for a JSONPath that is none."""
    if path.startswith("$"):
        matches = selector(path)
        return lambda record: next(iter(matches(record)), None)
    names = path.split(".")
    if len(names) == 1:
        return lambda record: record.get(path) if isinstance(record, dict) else None

    def read(record: Any) -> Any:
        if isinstance(record, dict) and path in record:
            return record[path]
        for name in names:
            if not isinstance(record, dict):
                return None
            record = record.get(name)
        return record

    return read


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Writes a value where `getter` finds it by names parted by dots, in objects that it makes."""
    *parents, last = path.split(".")
    for name in parents:
        if not isinstance(document.get(name), dict):
            document[name] = {}
        document = document[name]
    document[last] = value


def text_reader(paths: Sequence[str]) -> TextReader:
    """Reads the values at all these paths as one text without outer space, None where there is
    none. Raises ValueError for a JSONPath that is none."""
    getters = [getter(path) for path in paths]
    if not getters:
        return lambda _: None
    if len(getters) == 1:
        return lambda record, get=getters[0]: _text(get(record))  # type: ignore[misc]

    def read(record: Any) -> str | None:
        parts = [text for get in getters if (text := _text(get(record)))]
        return " ".join(parts) or None

    return read


def _text(value: Any) -> str | None:
    return None if value is None else str(value).strip() or None


def selector(path: str) -> Callable[[Any], list[Any]]:
    """All values that a JSONPath matches; none in a text, which the library would take for JSON.

    Raises ValueError.
    """
    try:
        compiled = compile(path)
    except JSONPathError as error:
        raise ValueError(f"{path!r} is no JSONPath: {error.args[0]}") from None
    return lambda document: [] if isinstance(document, str) else compiled.findall(document)
