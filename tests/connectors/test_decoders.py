"""Files → records, and files that are refused."""

import gzip
import tracemalloc
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.connectors.base import ChannelError, Undecodable
from hub.connectors.decoders import (
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


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b'{"id": 1}\n' * 9999)[:50]])
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
