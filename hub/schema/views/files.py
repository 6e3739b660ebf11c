"""A table as a file: CSV and XLSX, in which no cell of a citizen's is a formula."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, Protocol

import orjson

from hub.schema.views.table import Table
from hub.schema.views.xlsx import XlsxFile

# As OWASP has it, and the full-width signs that some spreadsheets read as the same.
_BEGINS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
JSON_LINE = orjson.OPT_NAIVE_UTC | orjson.OPT_APPEND_NEWLINE
"""How orjson writes a line of JSON."""


class File(Protocol):
    """A file that is written bit by bit."""

    def write(self, rows: list[Any]) -> bytes:
        """Takes some rows; what is ready since the last time."""

    def end(self) -> Iterator[bytes]:
        """The rest of the file."""


class CsvFile:
    """Comma-separated, as RFC 4180 has it, with the mark that lets Excel read it as UTF-8."""

    def __init__(self, columns: list[str]) -> None:
        self._columns: list[str] | None = columns

    def write(self, rows: list[list[Any]]) -> bytes:
        """Lines; before the first ones the names of the columns."""
        text = io.StringIO(newline="")
        lines = csv.writer(text)
        begins = self._columns
        if begins is not None:
            lines.writerow(map(_harmless, begins))
            self._columns = None
        lines.writerows([_plain(cell) for cell in row] for row in rows)
        mark = b"" if begins is None else b"\xef\xbb\xbf"
        return mark + text.getvalue().encode()

    def end(self) -> Iterator[bytes]:
        """The names of the columns, where there was no row."""
        if self._columns is not None:
            yield self.write([])


class JsonLinesFile:
    """An object for each entry, a line each."""

    def write(self, entries: list[Any]) -> bytes:
        """Lines."""
        return b"".join(orjson.dumps(e, option=JSON_LINE) for e in entries)

    def end(self) -> Iterator[bytes]:
        """Nothing more."""
        yield from ()


def as_csv(table: Table) -> bytes:
    """A whole table as CSV."""
    file = CsvFile(table.columns)
    return file.write(table.rows) + b"".join(file.end())


def as_xlsx(table: Table) -> bytes:
    """A whole table as a workbook."""
    file = XlsxFile(table.columns)
    return file.write(table.rows) + b"".join(file.end())


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    return _harmless(value) if isinstance(value, str) else value


def _harmless(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet would compute."""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


FORMATS: dict[str, tuple[str, Callable[[Table], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", as_xlsx),
}
"""What a view can be had as, beside JSON: the media type, and what writes it."""
MEDIA_TYPES = {name: media_type for name, (media_type, _) in FORMATS.items()} | {
    "jsonl": "application/jsonl; charset=utf-8"
}
"""What an export can be had as."""


def file_of(format_: str, columns: list[str]) -> File:
    """An empty file of a format."""
    match format_:
        case "csv":
            return CsvFile(columns)
        case "xlsx":
            return XlsxFile(columns)
    return JsonLinesFile()
