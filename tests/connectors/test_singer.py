"""Singer taps as child processes: a real one, and small ones that behave badly."""

import json
import os
import sys
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from hub.connectors.base import Between, ChannelError, Connector, State, Surroundings, Undecodable
from hub.connectors.load import load
from hub.connectors.taps import messages as singer_messages
from hub.connectors.vocabulary import ConfigError
from hub.settings import Settings
from tests.connectors.channel import batches, ids, states
from tests.connectors.taps import BAD, YAML, Made, failure, of, told

# --- a tap of others ---------------------------------------------------------------------------

JSONL = """\
version: "1"
name: laporan
type: singer
tap: jsonl
config: {path: "${env.FOLDER}/*.jsonl", stream_name: laporan, primary_keys: [id]}
resources:
  - name: reports
    stream: laporan
    metadata: {replication-method: INCREMENTAL}
    select: {external_id: id, status: state, received_at: at}
"""


def of_others(folder: Path, text: str = JSONL) -> Connector[Any]:
    taps = {"jsonl": Path(sys.executable).with_name("tap-jsonl")}
    around = Surroundings(Path(), {"FOLDER": str(folder)}, taps=taps)
    return load(text, "tap.yaml").connect(around)


def write(file: Path, *numbers: int) -> None:
    lines = (orjson.dumps({"id": n, "state": "new", "at": "2024-01-01T00:00:00Z"}) for n in numbers)
    file.write_bytes(b"\n".join(lines) + b"\n")


def bookmarked(state: State) -> set[str]:
    parts = json.loads(state["state"])["bookmarks"]["laporan"]["partitions"]
    return {Path(part["context"]["_sdc_filename"]).name for part in parts}


async def test_a_tap_of_others_is_read_and_gets_its_state_back(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", *range(1200))
    found = await batches(of_others(tmp_path))
    assert ids(found) == [str(n) for n in range(1200)]
    (*_, state) = filter(None, states(found))
    assert bookmarked(state) == {"a.jsonl"}

    (tmp_path / "a.jsonl").unlink()
    write(tmp_path / "b.jsonl", 7000)
    more = await batches(of_others(tmp_path), {"reports": state})
    assert ids(more) == ["7000"]
    (*_, state) = filter(None, states(more))
    assert bookmarked(state) == {"a.jsonl", "b.jsonl"}


async def test_a_stream_that_the_tap_has_not_is_told_with_those_that_it_has(tmp_path: Path) -> None:
    write(tmp_path / "a.jsonl", 1)
    assert await of_others(tmp_path).check() == "jsonl: has laporan"
    wrong = of_others(tmp_path, JSONL.replace("stream: laporan", "stream: lapor"))
    assert await failure(wrong) == (
        "The tap has no stream 'lapor'; did you mean 'laporan'? valid: laporan."
    )


# --- what it is given --------------------------------------------------------------------------

ECHO = """
at = sys.argv[sys.argv.index("--config") + 1]
args = {a: json.load(open(b)) for a, b in zip(sys.argv[1::2], sys.argv[2::2])}
modes = [oct(os.stat(at).st_mode & 0o777), oct(os.stat(os.path.dirname(at)).st_mode & 0o777)]
say(type="RECORD", stream="reports", record={"args": args, "env": dict(os.environ), "at": at,
    "modes": modes, "cwd": os.getcwd()})
say(type="SCHEMA", stream="answers")
"""


async def test_it_gets_its_config_and_state_in_private_files_and_not_the_hubs_environment(
    tap: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_ENCRYPTION_KEY", "of the hub")
    checkpoint = {"reports": {"state": '{"bookmarks":{"a.b":1}}'}}
    ((record,), *_) = [b.records for b in await batches(of(tap(ECHO)), checkpoint)]
    assert isinstance(record, dict)
    deep = {"list": ["a", "x s3cr/t y"]}
    assert record["args"] == {
        "--config": {"token": "s3cr/t", "page": 3, "pace": "3", "deep": deep},
        "--state": {"bookmarks": {"a.b": 1}},
    }
    assert record["modes"] == ["0o600", "0o700"]
    assert not any(name.startswith("HUB_") for name in record["env"])
    assert record["env"]["HOME"] == record["cwd"]
    assert not os.path.exists(record["cwd"])  # noqa: PTH110, ASYNC240 - of a test


CATALOG = {
    "streams": [
        {"stream": "reports", "schema": {}, "metadata": [{"breadcrumb": [], "metadata": {}}]},
        {
            "stream": "answers",
            "schema": {"type": "object"},
            "metadata": [
                {"breadcrumb": ["properties", "a"], "metadata": {"inclusion": "available"}},
                {"breadcrumb": ["properties", "b"], "metadata": {"inclusion": "unsupported"}},
            ],
        },
        {"stream": "people", "metadata": [{"breadcrumb": [], "metadata": {"selected": True}}]},
    ]
}


@pytest.mark.parametrize("option", ["catalog", "properties"])
async def test_the_streams_of_its_resources_are_selected_and_no_others(
    tap: Made, option: str
) -> None:
    program = tap(f'if "--discover" in sys.argv: print({json.dumps(CATALOG)!r}); exit()\n{ECHO}')
    text = YAML.replace("catalog: none", f"catalog: {option}").replace(
        "stream: answers", "stream: answers\n    metadata: {replication-key: at}"
    )
    ((record,), *_) = [b.records for b in await batches(of(program, text))]
    assert isinstance(record, dict)
    streams = record["args"][f"--{option}"]["streams"]
    assert [each["selected"] for each in streams] == [True, True, False]
    assert [{str(m["breadcrumb"]): m["metadata"] for m in s["metadata"]} for s in streams] == [
        {"[]": {"selected": True}},
        {
            "['properties', 'a']": {"inclusion": "available", "selected": True},
            "['properties', 'b']": {"inclusion": "unsupported"},
            "[]": {"selected": True, "replication-key": "at"},
        },
        {"[]": {"selected": False}},
    ]


# --- what it says ------------------------------------------------------------------------------


async def test_the_checkpoint_moves_with_its_state_and_after_the_records_before_it(
    tap: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(singer_messages, "BATCH_RECORDS", 3)
    body = """
say(type="SCHEMA", stream="reports", schema={}, key_properties=["id"])
for n in range(7):
    say(type="RECORD", stream="reports", record={"id": n})
    say(type="RECORD", stream="answers", record={"id": n + 100})
    if n in (1, 4): say(type="STATE", value={"seen": n})
say(type="ACTIVATE_VERSION", stream="reports", version=1)
"""
    found = await batches(of(tap(body)))
    assert sorted(map(int, ids(found))) == [*range(7), *range(100, 107)]
    handed_over: set[str] = set()
    moved = []
    for batch in found:
        handed_over |= {str(r["id"]) for r in batch.records if isinstance(r, dict)}
        if batch.state:
            assert batch.resource == "reports"
            seen = json.loads(batch.state["state"])["seen"]
            assert {str(n) for n in range(seen + 1)} <= handed_over
            moved.append(seen)
    assert moved == [1, 4]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("'Downloading page 1'", "not whole JSON"),
        ('\'{"type": "RECORD"\'', "not whole JSON"),
        ("'[' * 5000", "not whole JSON"),
        ("'x' * (1 << 21)", "longer than 1 MiB"),
        ("'\\0\\xff'", "not whole JSON"),
        ("'[]'", "no message of Singer"),
        ('\'{"type": "LOG"}\'', "no message of Singer"),
        ('\'{"type": "RECORD", "stream": "reports", "record": [1]}\'', "no message of Singer"),
    ],
)
@pytest.mark.parametrize("end", ["\\n", ""])
async def test_a_line_that_is_no_message_is_kept_and_told(
    tap: Made, line: str, reason: str, end: str
) -> None:
    found = await batches(of(tap(f"{BAD}print({line}, end='{end}')")))
    assert ids(found) == ["1"]
    (why,) = told(found)
    assert why.startswith(f"line 3: {reason}")
    assert all(len(r.raw) <= (1 << 20) + 1 for r in found[0].records if isinstance(r, Undecodable))


async def test_a_line_without_an_end_takes_no_memory(
    tap: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tap("while True: sys.stdout.write('x' * 65536)")
    tracemalloc.start()
    try:
        assert "wrote 64 MiB without a line's end" in await failure(of(program))
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


async def test_files_of_records_are_refused_rather_than_passed_over(tap: Made) -> None:
    body = 'say(type="BATCH", stream="reports", encoding={}, manifest=["file:///x"])'
    assert "BATCH messages" in await failure(of(tap(body)))


async def test_a_stream_that_never_comes_is_told_where_others_do(tap: Made) -> None:
    body = 'say(type="SCHEMA", stream="reports"); say(type="RECORD", stream="answer", record={})'
    assert await failure(of(tap(body))) == (
        "The tap has no stream 'answers'; did you mean 'answer'? valid: answer."
    )


# --- what is refused ---------------------------------------------------------------------------


async def test_only_taps_on_the_list_are_run(tap: Made, tmp_path: Path) -> None:
    program = tap("")
    for name, why in (("/bin/sh", None), ("min", "did you mean 'mine'? valid: mine")):
        text = YAML.replace("tap: mine", f"tap: {name}")
        if why is None:
            with pytest.raises(ConfigError, match=r"tap\.yaml:4: tap: "):
                load(text, "tap.yaml")
        else:
            assert why in await failure(of(program, text))
    nowhere = load(YAML, "tap.yaml").connect(Surroundings(tmp_path, {"TOKEN": "t"}))
    assert "HUB_SINGER_TAPS; it is empty" in await failure(nowhere)
    assert "can't be started: No such file" in await failure(of(tmp_path / "none"))


@pytest.mark.parametrize("listed", ["jsonl", "=/bin/tap", "a=/bin/a, jsonl=bin/tap"])
def test_the_list_of_taps_names_whole_paths(listed: str) -> None:
    with pytest.raises(ValidationError, match="write name=/absolute/path"):
        Settings(singer_taps=listed)
    taps = Settings(singer_taps=" a=/opt/a/bin/tap-a, b=/opt/b ,").taps
    assert taps == {"a": Path("/opt/a/bin/tap-a"), "b": Path("/opt/b")}


@pytest.mark.parametrize("answer", ["", "[]", '{"streams": [{}]}', "usage: tap [-h]"])
async def test_a_tap_without_a_catalog_is_told_so(tap: Made, answer: str) -> None:
    text = YAML.replace("catalog: none", "catalog: catalog")
    assert "state `catalog: none`" in await failure(of(tap(f"print({answer!r})"), text))


@pytest.mark.parametrize("name", ["token", "api_key", "db-password", "clientSecret"])
def test_secrets_are_not_written_into_the_config(name: str) -> None:
    text = YAML.replace('token: "${env.TOKEN}"', f"a: [{{{name}: hunter2}}]")
    with pytest.raises(ConfigError, match=r"write no secret here") as refused:
        load(text, "tap.yaml")
    assert "hunter2" not in str(refused.value)


async def test_a_missing_variable_and_a_stretch_of_time_are_refused(tap: Made) -> None:
    around = Surroundings(Path(), {}, taps={"mine": tap("")})
    with pytest.raises(ConfigError, match=r"config\.token: .* TOKEN is not set"):
        await batches(load(YAML, "tap.yaml").connect(around))
    now = datetime.now(UTC)
    with pytest.raises(ChannelError, match="a stretch of time"):
        await anext(of(tap("")).read({}, Between(now, now)))


async def test_a_check_waits_for_its_first_message_alone(tap: Made) -> None:
    assert await of(tap(f"{BAD}time.sleep(99)")).check() == "mine: runs"
    assert await of(tap("")).check() == "mine: runs, and has nothing to say"
