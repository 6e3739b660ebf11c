"""Sheets of XLSX files → records, and files that would take all memory or time."""

import resource
import zipfile
from datetime import datetime, time
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from hub.connectors.base import ChannelError, Undecodable
from hub.connectors.files import spreadsheets
from hub.connectors.files.decoders import XlsxDecoder, records_of
from tests.connectors.channel import batches, connector

SHEET = "xl/worksheets/sheet1.xml"
NS = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(path: Path, **sheets: list[list[Any]]) -> Path:
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
    made.save(path)
    return path


def with_sheet(path: Path, xml: bytes) -> Path:
    """A book whose first sheet is this text."""
    book(path, one=[["id"]])
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()} | {SHEET: xml}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return path


def rows(path: Path, *columns: str, sheet: str | None = None) -> list[Any]:
    with records_of(path, XlsxDecoder(type="xlsx", sheet=sheet), {*columns}) as records:
        return [*records]


def refused(path: Path, *columns: str, sheet: str | None = None) -> str:
    with pytest.raises(ChannelError) as failed:
        rows(path, *columns, sheet=sheet)
    return str(failed.value)


def test_cells_come_as_text_numbers_and_iso_times(tmp_path: Path) -> None:
    day, moment = datetime(2024, 5, 1), datetime(2024, 5, 1, 10, 30, 5)
    first = ["a", 5200369, 1.5, True, day, moment, time(8, 5), None, 'é\n"b"']
    path = book(
        tmp_path / "a.xlsx",
        one=[[None], ["t", "n", "f", "b", "d", "m", "h", None, "x"], first, [], ["c"]],
        two=[["id"], [7]],
    )
    found = rows(path, "t", "x")
    assert found[0] == {
        "t": "a",
        "n": 5200369,
        "f": 1.5,
        "b": True,
        "d": "2024-05-01",
        "m": "2024-05-01T10:30:05",
        "h": "08:05:00",
        "column 8": None,
        "x": 'é\n"b"',
    }
    assert found[1] == dict.fromkeys(found[0]) | {"t": "c"}
    assert rows(path, "id", sheet="two") == [{"id": 7}]


def test_a_row_with_more_cells_than_the_header_is_kept_as_undecodable(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", one=[["id"], [1], [2, None, "more"]])
    assert rows(path) == [
        {"id": 1},
        Undecodable(b'[2,null,"more"]', "row 3: more cells than the header"),
    ]


def test_what_is_missing_is_told_with_what_is_there(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", one=[["id", "text"]], two=[])
    assert refused(path, "id", "status") == "a.xlsx has no column status; it has id, text."
    assert refused(path, sheet="three") == "a.xlsx has no sheet 'three'; it has one, two."
    assert refused(path, sheet="two") == "a.xlsx has no rows."
    other = tmp_path / "b.xlsx"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("a.txt", "hello")
    assert refused(other).startswith("b.xlsx is no XLSX file: ")
    other.write_bytes(b"id,text\n")
    assert refused(other) == "b.xlsx is not a whole zip archive."


def test_a_bomb_is_refused_by_its_size_before_it_is_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = with_sheet(tmp_path / "a.xlsx", b"<worksheet>" + b" " * (16 << 20))
    monkeypatch.setattr("subprocess.Popen", None)
    assert "inflates to more than 100 times its size" in refused(path)
    monkeypatch.setattr(spreadsheets, "MOST_BYTES", 1 << 20)
    assert "inflates to more than 1 MiB" in refused(path)


FAR = f'<worksheet {NS}><sheetData><row r="1"><c r="A1"><v>1</v></c></row>'.encode()


def test_one_that_takes_long_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_CPU_SECONDS", 1)
    far = b'<row r="999999999"><c r="A999999999"><v>1</v></c></row></sheetData></worksheet>'
    assert "can't be read within 512 MiB of memory and 1 s" in refused(
        with_sheet(tmp_path / "a.xlsx", FAR + far)
    )


def test_one_that_takes_much_memory_is_ended_and_takes_none_of_the_hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheets, "MOST_MEMORY_BYTES", 160 << 20)
    cells = b"".join(b'<c t="inlineStr"><is><t>%d</t></is></c>' % n for n in range(300_000))
    row = b'<row r="2">' + cells + b"</row></sheetData></worksheet>"
    path = with_sheet(tmp_path / "a.xlsx", FAR + row)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "can't be read within 160 MiB" in refused(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8 << 10


@pytest.mark.parametrize(
    "xml",
    [
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + FAR + b"&b;",
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + FAR + b"&a;",
        FAR,
        b"<",
    ],
)
def test_entities_and_broken_sheets_are_refused(tmp_path: Path, xml: bytes) -> None:
    assert refused(with_sheet(tmp_path / "a.xlsx", xml)).startswith("a.xlsx is no XLSX file: ")


YAML = """\
version: "1"
name: kota-a-sheets
type: filesystem
bucket_url: .
resources:
  - name: reports
    file_glob: "*.xlsx"
    decoder: {type: xlsx}
    select: {external_id: id, status: state, received_at: [day, hour]}
"""


async def test_a_process_that_is_not_read_to_its_end_ends_with_the_reading(tmp_path: Path) -> None:
    lines = [[n, "new", datetime(2024, 5, 1), time(8)] for n in range(3000)]
    book(tmp_path / "a.xlsx", one=[["id", "state", "day", "hour"], *lines])
    reading = connector(YAML, "", tmp_path).read({})
    first = await anext(reading)
    await reading.aclose()
    assert len(first.records) == 1000
    found = await batches(connector(YAML, "", tmp_path), {"reports": first.state or {}})
    assert [each["id"] for b in found for each in b.records if isinstance(each, dict)] == [
        *range(1000, 3000)
    ]
