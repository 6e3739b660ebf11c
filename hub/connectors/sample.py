"""A sample of what a channel answers, whatever its format → its records."""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any

from defusedxml.ElementTree import ParseError, fromstring

from hub.connectors.base import ChannelError
from hub.connectors.decode import decode_json, xml_record
from hub.connectors.mapping.paths import text_reader

_DEEPEST = 4
_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Sample:
    """Records, where they came from and what stood around them."""

    origin: str
    records: list[dict[str, Any]]
    form: str
    path: str = "$"
    document: Any = None
    delimiter: str = ","
    encoding: str = "utf-8-sig"


def sample_of(content: bytes, origin: str) -> Sample:
    """Reads JSON, JSON lines, GeoReport XML or CSV. Raises ChannelError where no records are
    found."""
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{" and (lines := _json_lines(content)):
        sample = Sample(origin, lines, "jsonl")
    elif start in (b"{", b"["):
        document = decode_json(content.removeprefix(b"\xef\xbb\xbf"))
        path, records = max(_lists(document, "$"), key=lambda each: len(each[1]), default=("", []))
        sample = Sample(origin, records, "json", path, document)
    elif start == b"<":
        try:
            root = fromstring(content, forbid_dtd=True)
        except (ParseError, ValueError) as error:
            raise ChannelError(f"{origin}: is no XML that can be read: {error!r}") from None
        rows = [xml_record(row) for row in root]
        sample = Sample(origin, [row for row in rows if row], "xml")
    else:
        sample = _csv(content, origin)
    if not sample.records:
        raise ChannelError(f"{origin}: no list of records was found.")
    return sample


def leaves(sample: Sample) -> list[str]:
    """Dotted paths of all plain values, in the order in which they are met."""
    found: dict[str, None] = {}

    def walk(value: Any, path: str, depth: int) -> None:
        if isinstance(value, dict) and depth < _DEEPEST:
            for key, child in value.items():
                walk(child, f"{path}.{key}" if path else str(key), depth + 1)
        elif path and not isinstance(value, list | dict):
            found[path] = None

    for record in sample.records[:_LOOKED_AT]:
        walk(record, "", 0)
    return [*found]


def values(sample: Sample, *paths: str) -> list[str]:
    """The texts at these paths, of all records that have one."""
    read = text_reader(paths)
    return [text for record in sample.records if (text := read(record))]


def _lists(document: Any, path: str, depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    if isinstance(document, list) and document and all(isinstance(e, dict) for e in document):
        yield path, document
    elif isinstance(document, dict) and depth < _DEEPEST:
        for key, value in document.items():
            step = f".{key}" if re.fullmatch(r"[A-Za-z_]\w*", key) else f"[{json.dumps(key)}]"
            yield from _lists(value, f"{path}{step}", depth + 1)


def _json_lines(content: bytes) -> list[dict[str, Any]]:
    """An object on each of several lines; none where that is not how the document is written."""
    lines = [line for line in content.removeprefix(b"\xef\xbb\xbf").splitlines() if line.strip()]
    if len(lines) < 2 or not _is_object(lines[0]):  # noqa: PLR2004 - one line is a document
        return []
    found = [decode_json(line) for line in lines]
    return [each for each in found if isinstance(each, dict)]


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(decode_json(line), dict)
    except ChannelError:
        return False


def _csv(content: bytes, origin: str) -> Sample:
    try:
        text, encoding = content.decode("utf-8-sig"), "utf-8-sig"
    except UnicodeDecodeError:
        text, encoding = content.decode("cp1252", errors="replace"), "cp1252"
    header = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=header.count)
    rows = csv.DictReader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        records = [dict(row) for row in rows if None not in row]
    except csv.Error as error:
        raise ChannelError(f"{origin}: is no CSV that can be read: {error}") from None
    return Sample(origin, records, "csv", delimiter=delimiter, encoding=encoding)
