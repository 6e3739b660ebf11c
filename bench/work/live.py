"""A thousand subscribers while complaints change, and MongoDB is killed and started again."""

import asyncio
import shutil
import subprocess
from collections import Counter
from contextlib import suppress
from pathlib import Path
from statistics import median

import orjson

from bench.compare import Ratio, Result, Row, cpu_seconds, memory_of
from bench.live.stage import Stage, line_of, staged, tell
from bench.live.watchers import BATCH, PER_SECOND
from bench.work.plans import Bench

SUBSCRIBERS = 1_000
_LEAST_SECONDS, _QUIET_SECONDS = 20.0, 5.0
_WRONG = ("lost", "doubled", "stray", "out of order")


def subscribers(bench: Bench, _: int) -> list[Result]:
    """What each hears and how soon, and the memory of the hub meanwhile; for as long as `--seconds`
    say, but no less than twenty."""
    folder = bench.fleet.uri_file.parent / "live"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return asyncio.run(_measure(folder, bench.fleet.logs, max(bench.seconds, _LEAST_SECONDS)))


async def _measure(folder: Path, logs: Path, seconds: float) -> list[Result]:
    changes = int(seconds) * PER_SECOND
    async with staged(folder, logs, SUBSCRIBERS) as stage:
        writer = stage.write(changes // BATCH)
        memory: list[float] = []
        watching = asyncio.create_task(_watch(stage.hub, memory))
        cpu = cpu_seconds(stage.hub.pid)
        await asyncio.sleep(seconds / 2)
        await stage.mongod.restart()
        began = orjson.loads(await asyncio.to_thread(line_of, writer))
        cpu = (cpu_seconds(stage.hub.pid) - cpu) / (began[-1] - began[0])
        await asyncio.sleep(_QUIET_SECONDS)
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        found, delays = await _heard(stage, began)
    rate = changes / (began[-1] - began[0])
    return [_told(found, delays, cpu, rate, seconds), _remembered(memory, changes)]


async def _watch(hub: subprocess.Popen[bytes], memory: list[float]) -> None:
    """Notes each second how much memory the hub has, in MB."""
    while True:
        memory.append(memory_of(hub.pid))
        await asyncio.sleep(1)


async def _heard(stage: Stage, began: list[float]) -> tuple[Counter[str], list[float]]:
    """What all listeners make of it: events by what is to be said of them, and delays in order."""
    for process in stage.listeners:
        tell(process, began)
    found: Counter[str] = Counter()
    delays: list[float] = []
    for process in stage.listeners:
        told = orjson.loads(await asyncio.to_thread(line_of, process))
        delays += told.pop("delays")
        found.update(told)
    return found, sorted(delays)


def _told(
    found: Counter[str], delays: list[float], cpu: float, rate: float, seconds: float
) -> Result:
    def within(share: float) -> float:
        return delays[min(len(delays) - 1, int(len(delays) * share))]

    wrong = sum(found[what] for what in _WRONG)
    p95 = within(0.95)
    note = f"{rate:.0f} changes/s; p95 {p95 * 1000:.0f} ms, the last {delays[-1]:.1f} s; "
    note += ", ".join(f"{what} {found[what]}" for what in _WRONG) + f"; CPU {cpu:.0%}"
    return Result(
        "subscribers",
        f"{SUBSCRIBERS:,} subscribers for {seconds:.0f} s, MongoDB killed half-way",
        int(seconds) * PER_SECOND,
        [
            Row(
                "hub",
                found["heard"] / seconds,
                "events/s",
                within(0.5) * 1000,
                within(0.99) * 1000,
                note,
            )
        ],
        [
            Ratio("write to receipt", "p95 in s", p95, within(0.5), within(0.99), at_most=1),
            Ratio("lost, doubled, stray", f"{found['due']:,} due", wrong, wrong, wrong, at_most=0),
        ],
    )


def _remembered(memory: list[float], changes: int) -> Result:
    """The first minute against the last one, and those between; a quarter of the time where there
    are less."""
    part = min(60, len(memory) // 4)
    parts = [memory[n : n + part] for n in range(0, len(memory) - part + 1, part)]
    first, *between, last = median(parts[0]), *map(median, parts[1:-1]), median(memory[-part:])
    more = last - first
    rows = [("in the last minute", last), ("in the first", first)]
    rows += [(f"in minute {n}", each) for n, each in enumerate(between, 2)]
    return Result(
        "subscribers",
        f"Memory of the hub with {SUBSCRIBERS:,} subscribers",
        changes,
        [Row(label, mb, "MB") for label, mb in rows],
        [Ratio("last minute, more than", "first", more, more, more, at_most=20)],
        unit="MB",
    )
