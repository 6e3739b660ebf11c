"""A sample of what a channel answers, whatever its format → its records."""

import csv
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from defusedxml.ElementTree import ParseError, fromstring

from hub.connectors.base import ChannelError
from hub.connectors.decode import decode_json, xml_record
from hub.connectors.files.spreadsheets import sheet_rows
from hub.connectors.lists.more import lists
from hub.connectors.mapping.paths import text_reader

MAX_SAMPLE_BYTES = 16 * 1024 * 1024
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"
_DEEPEST = 4
_LOOKED_AT = 1000


@dataclass(frozen=True, slots=True)
class Sample:
    """Records, where they came from and what stood around them; `links` are those of the answer's
    header."""

    origin: str
    records: list[dict[str, Any]]
    form: str
    path: str = "$"
    document: Any = None
    delimiter: str = ","
    encoding: str = "utf-8-sig"
    links: Mapping[str, str] = field(default_factory=dict)


def sample_of(content: bytes, origin: str, links: Mapping[str, str] | None = None) -> Sample:
    """Reads JSON, JSON lines, GeoReport XML, CSV or XLSX, also in gzip. Raises ChannelError where
    no records are found."""
    if content.startswith(_GZIP):
        content = _inflated(content, origin)
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"{" and (lines := _json_lines(content)):
        sample = Sample(origin, lines, "jsonl")
    elif start in (b"{", b"["):
        document = decode_json(content.removeprefix(b"\xef\xbb\xbf"))
        path, records = max(lists(document), key=lambda each: len(each[1]), default=("", []))
        sample = Sample(origin, records, "json", path, document, links=links or {})
    elif start == b"<":
        try:
            root = fromstring(content, forbid_dtd=True)
        except (ParseError, ValueError) as error:
            raise ChannelError(f"{origin}: is no XML that can be read: {error!r}") from None
        rows = [xml_record(row) for row in root]
        sample = Sample(origin, [row for row in rows if row], "xml")
    elif content.startswith(_ZIP):
        sample = Sample(origin, _sheet(content), "xlsx")
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


def _inflated(content: bytes, origin: str) -> bytes:
    inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        inflated = inflate.decompress(content, MAX_SAMPLE_BYTES)
    except zlib.error as error:
        raise ChannelError(f"{origin}: is no whole gzip: {error}") from None
    if not inflate.eof:
        told = f"inflates to more than {MAX_SAMPLE_BYTES >> 20} MiB, or breaks off; cut it"
        raise ChannelError(f"{origin}: {told}.")
    return inflated


def _sheet(content: bytes) -> list[dict[str, Any]]:
    """The rows of the first sheet."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "sample.xlsx"
        path.write_bytes(content)
        return [row for row in sheet_rows(path, None, set()) if isinstance(row, dict)]


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
