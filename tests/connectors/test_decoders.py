"""Files → records, and files that are refused."""

import gzip
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.connectors.base import ChannelError, Undecodable
from hub.connectors.files import archives
from hub.connectors.files.decoders import (
    MAX_LINE,
    CsvDecoder,
    Decoder,
    JsonDecoder,
    JsonLinesDecoder,
    records_of,
)

CSV, LINES, JSON = CsvDecoder(type="csv"), JsonLinesDecoder(type="jsonl"), JsonDecoder(type="json")
RECORDS = st.lists(
    st.dictionaries(
        st.text(min_size=1, alphabet=st.characters(exclude_categories=["Cs"])),
        st.one_of(
            st.none(), st.booleans(), st.text(alphabet=st.characters(exclude_categories=["Cs"]))
        ),
    ),
    max_size=20,
)


def read(path: Path, decoder: Decoder) -> list[Any]:
    with records_of(path, decoder, set()) as records:
        return list(records)


def written(folder: Path, name: str, body: bytes) -> Path:
    path = folder / name
    path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path


@pytest.mark.parametrize("ending", ["", ".gz"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(made=RECORDS)
def test_json_comes_back_as_it_was_written(
    tmp_path: Path, ending: str, made: list[dict[str, Any]]
) -> None:
    lines = b"\n".join(orjson.dumps(record) for record in made)
    assert read(written(tmp_path, f"a.jsonl{ending}", lines), LINES) == made
    assert read(written(tmp_path, f"a.json{ending}", orjson.dumps(made)), JSON) == made


def test_records_are_found_where_the_selector_says(tmp_path: Path) -> None:
    path = written(tmp_path, "a.json", b'\xef\xbb\xbf{"data": [{"id": 1}, 7, {"id": 2}]}')
    inner = JsonDecoder(type="json", data_selector="$.data[*]")
    found = read(path, inner)
    assert [found[0], found[2]] == [{"id": 1}, {"id": 2}]
    assert found[1] == Undecodable(b"7", "record 2: no JSON object")
    with pytest.raises(ChannelError, match=r"a\.json: \$\.rows\[\*\] selects nothing in it"):
        read(path, JsonDecoder(type="json", data_selector="$.rows[*]"))


def test_a_line_that_is_no_object_is_kept_with_its_number(tmp_path: Path) -> None:
    path = written(tmp_path, "a.jsonl", b'{"id": 1}\n\n[2]\n{"id": 3\n{"id": 4}\n')
    first, list_, cut, last = read(path, LINES)
    assert (first, last) == ({"id": 1}, {"id": 4})
    assert list_ == Undecodable(b"[2]\n", "line 3: no JSON object")
    assert cut.raw == b'{"id": 3\n'
    assert cut.reason.startswith("line 4: not whole JSON: ")


@pytest.mark.parametrize("decoder", [CSV, LINES], ids=["csv", "jsonl"])
def test_a_line_without_end_is_refused_and_takes_no_memory(
    tmp_path: Path, decoder: Decoder
) -> None:
    path = tmp_path / "bomb.gz"
    with gzip.open(path, "wb", compresslevel=1) as bomb:
        for _ in range(64):
            bomb.write(b"x" * MAX_LINE)
    tracemalloc.start()
    try:
        with pytest.raises(ChannelError, match=r"bomb\.gz, line 1: longer than 1 Mi characters"):
            read(path, decoder)
        assert tracemalloc.get_traced_memory()[1] < 8 * MAX_LINE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "body", [b"no gzip", gzip.compress(b'{"id": 1}\n' * 9999, mtime=0)[:50]], ids=["none", "cut"]
)
def test_broken_gzip_is_told(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(body)
    with pytest.raises(ChannelError, match=r"a\.jsonl\.gz is not whole gzip"):
        read(path, LINES)


def test_json_without_bottom_is_refused(tmp_path: Path) -> None:
    deep = b"[" * 100_000 + b"]" * 100_000
    with pytest.raises(ChannelError, match=r"deep\.json is not whole JSON"):
        read(written(tmp_path, "deep.json", deep), JSON)
    assert isinstance(read(written(tmp_path, "deep.jsonl", deep), LINES)[0], Undecodable)


# --- zip archives ------------------------------------------------------------------------------


def rows(path: Path, glob: str = "*") -> list[Any]:
    with records_of(path, CSV, {"id"}, glob) as records:
        return [*records]


def zipped(folder: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return path


def test_the_members_of_an_archive_are_read_in_order_of_their_names(tmp_path: Path) -> None:
    body = {"b/2.csv": b"id\n2\n", "b/": b"", "a.csv": b"id\n1\n", "README": b"no table"}
    path = zipped(tmp_path, body)
    assert rows(path, "*.csv") == [{"id": "1"}, {"id": "2"}]
    with pytest.raises(ChannelError, match=r"a\.zip/README has no column id"):
        rows(path)
    with pytest.raises(ChannelError, match=r"a\.zip: no member matches member_glob '\*\.json'"):
        rows(path, "*.json")


def test_names_that_lead_out_of_an_archive_lead_nowhere(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    path = zipped(inside, {"../out.csv": b"id\n1\n", "/etc/cron.d/x": b"id\n2\n"})
    assert rows(path) == [{"id": "1"}, {"id": "2"}]
    assert [p.name for p in tmp_path.rglob("*")] == ["inside", "a.zip"]


def test_a_zip_bomb_is_refused_by_what_it_declares_and_takes_no_memory(
    tmp_path: Path,
) -> None:
    path = zipped(tmp_path, {"a.csv": b"id\n" + b"1" * (8 << 20)})
    tracemalloc.start()
    small = archives.opened_zip(path, 7 << 20)
    with pytest.raises(ChannelError, match="inflates to more than 7 MiB"), small:
        pass
    with pytest.raises(ChannelError, match="longer than 1 Mi characters"):
        rows(path)
    assert tracemalloc.get_traced_memory()[1] < 12 << 20
    tracemalloc.stop()


def test_a_member_that_is_larger_than_it_declares_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.csv": b"id\n" + b"1\n" * 5000})
    body = bytearray(path.read_bytes())
    at = body.rindex(b"PK\x01\x02")
    body[at + 24 : at + 28] = (10).to_bytes(4, "little")
    path.write_bytes(body)
    with pytest.raises(ChannelError, match="is not a whole zip archive: Bad CRC-32"):
        rows(path)


def test_an_archive_of_too_many_members_is_refused_before_they_are_looked_at(
    tmp_path: Path,
) -> None:
    many = zipped(tmp_path, {f"{n}.csv": b"" for n in range(archives.MOST_MEMBERS + 1)})
    with pytest.raises(ChannelError, match="more than 1,000 members"):
        rows(many)
    body = bytearray(many.read_bytes())
    at = body.rindex(b"PK\x05\x06")
    body[at + 8 : at + 12] = b"\x01\x00\x01\x00"  # it says that it has one
    many.write_bytes(body)
    with pytest.raises(ChannelError, match="more than 1,000 members"):
        rows(many)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda body: body[:-30], "is not a whole zip archive"),
        (lambda _: b"", "is not a whole zip archive"),
        (lambda _: b"id\n1\n", "is not a whole zip archive"),
        (lambda body: body.replace(b"id\n1", b"id\n2"), "Bad CRC-32"),
    ],
)
def test_an_archive_that_is_broken_is_told(tmp_path: Path, change: Any, told: str) -> None:
    path = zipped(tmp_path, {"a.csv": b"id\n1\n"}, zipfile.ZIP_STORED)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(ChannelError, match=told):
        rows(path)


def test_methods_that_take_much_memory_and_encryption_are_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"a.csv": b"id\n1\n"}, zipfile.ZIP_LZMA)
    with pytest.raises(ChannelError, match=r"a\.csv is neither stored nor deflated"):
        rows(path)
    body = bytearray(zipped(tmp_path, {"a.csv": b"id\n1\n"}).read_bytes())
    body[body.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(body)
    with pytest.raises(ChannelError, match=r"a\.csv is encrypted"):
        rows(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_archive_is_read_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    body = bytearray(zipped(tmp_path, {"a.csv": b"id\n1\n", "b.csv": b"id\n2\n"}).read_bytes())
    for at in data.draw(st.lists(st.integers(0, len(body) - 1), min_size=1, max_size=4)):
        body[at] = data.draw(st.integers(0, 255))
    path = tmp_path / "b.zip"
    path.write_bytes(body)
    try:
        assert isinstance(rows(path), list)
    except ChannelError as error:
        assert "b.zip" in str(error)
