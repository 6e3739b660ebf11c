import csv
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.connectors import filesystem
from hub.connectors.base import Batch, ChannelError, Connector, Undecodable
from hub.connectors.filesystem import BATCH_BYTES, BATCH_ROWS
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import batches, connector, ids, states

YAML = """\
version: "1"
name: kota-a-export
type: filesystem
bucket_url: exports
resources:
  - name: reports
    file_glob: "*.csv"
    decoder: {type: csv}
    select:
      external_id: id
      status: status
      description: text
      received_at: [date, time]
      secret: {path: flags, has: Rahasia}
"""
HEADER = ["id", "date", "time", "status", "text", "flags"]
CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), max_size=12)


def row(number: int, text: str = "Jalan rusak") -> list[str]:
    return [str(number), "1 May 2024", "10:00:00", "Baru", text, "Anonim|Rahasia"]


def write(path: Path, rows: list[list[str]], encoding: str = "utf-8-sig", **options: Any) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, **options).writerows([HEADER, *rows])


def write_raw(path: Path, content: bytes, mode: str = "wb") -> None:
    path.parent.mkdir(exist_ok=True, parents=True)
    with path.open(mode) as file:
        file.write(content)


def touch(path: Path) -> None:
    stat = path.stat()
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))


@pytest.fixture
def export(tmp_path: Path) -> Path:
    return tmp_path / "exports" / "laporan.csv"


def exports(folder: Path, text: str = YAML) -> Connector[Any]:
    return connector(text, "", folder)


def records(found: list[Batch]) -> list[Any]:
    return [record for batch in found for record in batch.records]


async def failure(folder: Path, text: str = YAML) -> str:
    with pytest.raises(ChannelError) as failed:
        await batches(exports(folder, text))
    return str(failed.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
async def test_a_byte_order_mark_is_no_part_of_the_first_column(
    tmp_path: Path, export: Path, encoding: str
) -> None:
    write(export, [row(1)], encoding)
    assert records(await batches(exports(tmp_path))) == [dict(zip(HEADER, row(1), strict=True))]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(st.lists(st.lists(CELLS, min_size=6, max_size=6), max_size=5), st.sampled_from(",;\t|"))
async def test_cells_come_through_whole_with_newlines_quotes_and_delimiters(
    tmp_path: Path, export: Path, rows: list[list[str]], delimiter: str
) -> None:
    write(export, rows, delimiter=delimiter)
    text = YAML.replace("{type: csv}", f'{{type: csv, delimiter: "{delimiter}"}}')
    expected = [dict(zip(HEADER, cells, strict=True)) for cells in rows]
    assert records(await batches(exports(tmp_path, text))) == expected


async def test_a_missing_column_is_named_with_those_that_are_there(
    tmp_path: Path, export: Path
) -> None:
    write_raw(export, b"id,date,jam,text\n1,2,3,4\n")
    assert await failure(tmp_path) == (
        "laporan.csv has no column flags, status, time; it has id, date, jam, text."
    )
    write_raw(export, b"")
    assert "has no column date, flags, id, status, text, time" in await failure(tmp_path)


async def test_a_row_of_too_many_or_too_few_cells_is_kept_as_undecodable(
    tmp_path: Path, export: Path
) -> None:
    write(export, [row(1), [*row(2, "two\nlines"), "one more"], row(3)[:-1], row(4)])
    found = records(await batches(exports(tmp_path)))
    assert [each["id"] for each in found if isinstance(each, dict)] == ["1", "4"]
    undecodable = [each for each in found if isinstance(each, Undecodable)]
    assert [each.reason for each in undecodable] == [
        "line 4: not as many cells as the header",
        "line 5: not as many cells as the header",
    ]
    assert b"two\\nlines" in undecodable[0].raw
    assert b"one more" in undecodable[0].raw


async def test_a_quote_that_is_never_closed_fails_the_run_and_swallows_no_row(
    tmp_path: Path, export: Path
) -> None:
    write(export, [row(1), row(2)])
    write_raw(export, b'3,,,,,"Anonim\n4,,,,,\n', mode="ab")
    assert "unexpected end of data" in await failure(tmp_path)


async def test_batches_hold_1000_rows_and_say_where_to_go_on(tmp_path: Path, export: Path) -> None:
    write(export, [row(number) for number in range(2 * BATCH_ROWS + 1)])
    found = await batches(exports(tmp_path))
    assert [len(batch.records) for batch in found] == [BATCH_ROWS, BATCH_ROWS, 1, 0]
    rows = [state.get("rows") for state in states(found) if state is not None]
    assert rows == [BATCH_ROWS, 2 * BATCH_ROWS, 2 * BATCH_ROWS + 1, None]


async def test_a_batch_of_long_rows_is_a_short_one(tmp_path: Path, export: Path) -> None:
    long = 100_000
    write(export, [row(number, "x" * long) for number in range(300)])
    found = await batches(exports(tmp_path))
    assert max(len(batch.records) for batch in found) * long < 2 * BATCH_BYTES
    assert ids(found) == [str(number) for number in range(300)]


@pytest.mark.parametrize("stored", [1, 2, 3])
async def test_a_run_goes_on_at_the_row_where_one_stopped_in_the_same_file(
    tmp_path: Path, export: Path, stored: int
) -> None:
    write(export, [row(number, 'a,\n"b"') for number in range(2 * BATCH_ROWS + 7)])
    first = await batches(exports(tmp_path))
    state = first[stored - 1].state
    assert state
    resumed = await batches(exports(tmp_path), {"reports": state})
    assert ids(first[:stored]) + ids(resumed) == ids(first)


async def test_a_file_that_changed_is_read_from_the_top(tmp_path: Path, export: Path) -> None:
    write(export, [row(1), row(2)])
    state = (await batches(exports(tmp_path)))[0].state
    assert state
    assert ids(await batches(exports(tmp_path), {"reports": state})) == []
    touch(export)
    assert ids(await batches(exports(tmp_path), {"reports": state})) == ["1", "2"]
    write(export, [row(1), row(2), row(3)])
    assert ids(await batches(exports(tmp_path), {"reports": state})) == ["1", "2", "3"]
    assert ids(await batches(exports(tmp_path), {"reports": {}})) == ["1", "2", "3"]


async def test_a_file_written_to_as_it_is_read_is_not_called_done(
    tmp_path: Path, export: Path
) -> None:
    write(export, [row(1), row(2)])
    reading = exports(tmp_path).read({})
    first = await anext(reading)
    write(export, [row(1), row(2), row(3)])
    with pytest.raises(ChannelError, match=r"laporan\.csv was written to as it was read"):
        await anext(reading)
    assert ids(await batches(exports(tmp_path), {"reports": first.state or {}})) == ["1", "2", "3"]


async def test_all_files_that_match_are_read_in_order_of_their_names(
    tmp_path: Path, export: Path
) -> None:
    for name, number in (("b.csv", 2), ("a.csv", 1), ("c.csv", 3), ("d.txt", 4)):
        write(export.with_name(name), [row(number)])
    found = await batches(exports(tmp_path))
    assert ids(found) == ["1", "2", "3"]
    resumed = await batches(exports(tmp_path), {"reports": found[1].state or {}})
    assert ids(resumed) == ["3"]


async def test_files_that_did_not_change_are_not_read_again(tmp_path: Path, export: Path) -> None:
    for name, number in (("a.csv", 1), ("b.csv", 2), ("c.csv", 3)):
        write(export.with_name(name), [row(number)])

    async def new(text: str = YAML) -> list[str]:
        found = await batches(exports(tmp_path, text), {"reports": state})
        state.clear()
        state.update(found[-1].state or {})
        return ids(found)

    state: dict[str, Any] = {}
    assert await new() == ["1", "2", "3"]
    assert await new() == []
    touch(export.with_name("b.csv"))
    assert await new() == ["2"]
    export.with_name("c.csv").rename(export.with_name("d.csv"))
    export.with_name("a.csv").unlink()
    assert await new() == ["3"]
    write(export.with_name("a.csv"), [row(1)])
    assert await new() == ["1"]
    assert len(state["known"]) == 3 * 12
    # Another way of reading them is a reason to read them.
    assert await new(YAML.replace("status: status", "status: flags")) == ["1", "2", "3"]


async def test_of_very_many_files_the_last_ones_are_known(
    tmp_path: Path, export: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystem, "MOST_KNOWN", 2)
    for name, number in (("a.csv", 1), ("b.csv", 2), ("c.csv", 3)):
        write(export.with_name(name), [row(number)])
    state = (await batches(exports(tmp_path)))[-1].state or {}
    assert ids(await batches(exports(tmp_path), {"reports": state})) == ["1"]


async def test_a_checkpoint_of_an_earlier_hub_is_taken_for_none(
    tmp_path: Path, export: Path
) -> None:
    write(export, [row(1)])
    earlier = {"file": ["laporan.csv", "12-34"], "rows": 1}
    assert ids(await batches(exports(tmp_path), {"reports": earlier})) == ["1"]


async def test_no_file_that_matches_is_an_error(tmp_path: Path, export: Path) -> None:
    assert await failure(tmp_path) == f"No file matches *.csv in {tmp_path / 'exports'}."
    write_raw(export / "folder.csv", b"")
    assert "No file matches" in await failure(tmp_path)
    told = await failure(tmp_path, YAML.replace('"*.csv"', "/etc/*.csv"))
    assert told.startswith("file_glob '/etc/*.csv': ")


@pytest.mark.parametrize("lines_before", [0, 1, 700])
async def test_bytes_of_another_encoding_are_told_by_their_line(
    tmp_path: Path, export: Path, lines_before: int
) -> None:
    write(export, [row(number, "é" * 30) for number in range(lines_before)], "utf-8")
    write_raw(export, b"x,1 May 2024,10:00:00,Baru,caf\xe9,\r\n", mode="ab")
    assert await failure(tmp_path) == f"laporan.csv, line {lines_before + 2}: is not utf-8"


async def test_a_stated_encoding_is_used(tmp_path: Path, export: Path) -> None:
    write(export, [row(1, "café")], "cp1252")
    text = YAML.replace("{type: csv}", "{type: csv, encoding: cp1252}")
    assert records(await batches(exports(tmp_path, text)))[0]["text"] == "café"


async def test_a_folder_is_given_by_a_path_an_address_or_a_variable(
    tmp_path: Path, export: Path
) -> None:
    write(export, [row(1)])
    for address in (str(export.parent), export.parent.as_uri(), "./exports"):
        text = YAML.replace("bucket_url: exports", f"bucket_url: {address}")
        assert ids(await batches(exports(tmp_path, text))) == ["1"]
    named = YAML.replace("bucket_url: exports", 'bucket_url: "${env.FOLDER}"')
    read = connector(named, "", tmp_path, {"FOLDER": "exports"})
    assert ids(await batches(read)) == ["1"]
    with pytest.raises(ConfigError, match="bucket_url: the environment variable FOLDER"):
        await batches(exports(tmp_path, named))
    assert "does not fit the credentials" in await failure(
        tmp_path, YAML.replace("bucket_url: exports", "bucket_url: s3://bucket")
    )


async def test_a_check_says_what_is_there_and_fails_as_a_run_would(
    tmp_path: Path, export: Path
) -> None:
    write(export, [row(1), row(2)])
    assert await exports(tmp_path).check() == "laporan.csv: readable, 2 rows looked at"
    write_raw(export, b"id\n1\n")
    with pytest.raises(ChannelError, match="has no column"):
        await exports(tmp_path).check()
