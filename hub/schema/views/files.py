"""A table as a file: CSV and XLSX, in which no cell of a citizen's is a formula."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell

from hub.schema.views.table import Table

# As OWASP has it, and the full-width signs that some spreadsheets read as the same.
_BEGINS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_LONGEST_CELL = 32_767
"""What XLSX allows."""


def as_csv(table: Table) -> bytes:
    """Comma-separated, as RFC 4180 has it, with the mark that lets Excel read it as UTF-8."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(map(_harmless, table.columns))
    lines.writerows([_plain(cell) for cell in row] for row in table.rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_xlsx(table: Table) -> bytes:
    """A workbook with one sheet. Times are UTC, which XLSX has no word for."""
    book = openpyxl.Workbook(write_only=True)
    sheet: Any = book.create_sheet("data")
    sheet.append(table.columns)
    for row in table.rows:
        sheet.append([_xlsx_cell(sheet, cell) for cell in row])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def _xlsx_cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(
        sheet, openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value)[:_LONGEST_CELL]
    )
    cell.data_type = "s"  # text, whatever it begins with
    return cell


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
