"""How a Singer tap ends: by itself, by failing, by silence, with its children."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.load import load
from hub.connectors.taps import process as singer_tap
from hub.domain.run import RunState
from hub.ingest.run import sync
from hub.store.store import Store
from tests.connectors.channel import batches, ids
from tests.connectors.taps import BAD, YAML, Made, failure, of


@pytest.mark.parametrize(
    ("end", "how"),
    [
        ("sys.exit(3)", "ended with exit code 3"),
        ("os.kill(os.getpid(), signal.SIGTERM)", "was ended by signal 15"),
        ("raise OSError('no ' + 's3cr%2Ft')", "OSError: no ***"),
        ("print('old\\n' * 9999, 'a s3cr/t b', file=sys.stderr); sys.exit(1)", "a *** b"),
        ("print('x' * 99999 + 's3cr/t', file=sys.stderr); sys.exit(1)", "(no log)"),
    ],
)
async def test_a_tap_that_fails_fails_the_run_after_what_it_handed_over(
    tap: Made, end: str, how: str
) -> None:
    body = 'say(type="RECORD", stream="reports", record={"id": 1})\nsay(type="STATE", value={})\n'
    reading = of(tap(body + end)).read({})
    assert ids([await anext(reading)]) == ["1"]
    assert (await anext(reading)).state == {"state": "{}"}
    with pytest.raises(ChannelError) as failed:
        await anext(reading)
    assert how in str(failed.value)
    assert "s3cr" not in str(failed.value)
    assert len(str(failed.value)) < 1100


async def test_what_a_failing_tap_handed_over_stays_and_it_goes_on_there(
    tap: Made, store: Store
) -> None:
    body = """
T = "2024-01-01T00:00:00Z"
args = dict(zip(sys.argv[1::2], sys.argv[2::2]))
start = json.load(open(args["--state"]))["next"] if "--state" in args else 0
say(type="SCHEMA", stream="answers")
for n in range(start, start + 1500):
    say(type="RECORD", stream="reports", record={"id": n, "state": "received", "at": T})
    if n == 1199: say(type="STATE", value={"next": 1200})
if not start: sys.exit(1)
"""
    around = Surroundings(Path(), {"TOKEN": "t"}, taps={"mine": tap(body)})
    failed = await sync(load(YAML, "tap.yaml"), store, around)
    assert failed.state is RunState.FAILED
    assert (failed.ledger.read, failed.ledger.inserted) == (1500, 1500)
    again = await sync(load(YAML, "tap.yaml"), store, around)
    assert again.green
    ledger = again.ledger
    assert (ledger.read, ledger.inserted, ledger.unchanged) == (1500, 1200, 300)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


async def gone(*pids: int) -> bool:
    for _ in range(100):
        if not any(map(alive, pids)):
            return True
        await asyncio.sleep(0.05)
    return False


CHILD = """
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(99)"])
for n in range(1000): print(json.dumps({"type": "RECORD", "stream": "reports",
    "record": {"id": n, "pids": [os.getpid(), child.pid]}}))
sys.stdout.flush()
"""


@pytest.mark.parametrize("how", ["closed", "cancelled", "left behind"])
async def test_its_children_end_with_it(tap: Made, how: str) -> None:
    stays = "signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(99)"
    body = CHILD + ("say(type='SCHEMA', stream='answers')" if how == "left behind" else stays)
    reading = of(tap(body)).read({})
    first = (await anext(reading)).records[0]
    assert isinstance(first, dict)
    assert all(map(alive, first["pids"][1:]))
    match how:
        case "closed":
            await reading.aclose()
        case "cancelled":
            more = asyncio.ensure_future(anext(reading))
            await asyncio.sleep(0.1)
            more.cancel()
            with pytest.raises(asyncio.CancelledError):
                await more
        case _:
            with pytest.raises(StopAsyncIteration):
                await anext(reading)
    assert await gone(*first["pids"])


async def test_silence_ends_it_after_what_it_handed_over(
    tap: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(singer_tap, "SILENCE_SECONDS", 1)
    reading = of(tap(f"{BAD}time.sleep(99)")).read({})
    assert ids([await anext(reading)]) == ["1"]
    with pytest.raises(ChannelError, match="said nothing for 1 s"):
        await anext(reading)
    monkeypatch.setattr(singer_tap, "ENDING_SECONDS", 0.2)
    body = f"{BAD}sys.stdout.close(); os.close(1); time.sleep(99)"
    assert "did not end within" in await failure(of(tap(body)))


async def test_what_left_its_group_holds_up_no_run(
    tap: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(singer_tap, "ENDING_SECONDS", 0)
    body = """
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(30)"],
    start_new_session=True)
say(type="SCHEMA", stream="answers")
say(type="RECORD", stream="reports", record={"id": child.pid})
"""
    (child,) = ids(await batches(of(tap(body))))
    assert alive(int(child))
    os.kill(int(child), signal.SIGKILL)
