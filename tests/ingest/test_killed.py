"""Killed without a word at any moment: the next run completes it, nothing lost, nothing twice."""

import asyncio
import os
import random
import signal
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from hub.store.mongo import Database
from tests.ingest.channel import Channel, record

MOMENTS = int(os.environ.get("KILLED_MOMENTS", "6"))
RECORDS = 150


def fill(channel: Channel) -> None:
    channel.records = [
        record(n, status="entah" if n % 10 == 3 else "received") for n in range(RECORDS)
    ]


async def all_is_there_once(channel: Channel, database: Database) -> None:
    stored = sorted([d["external_id"] async for d in database["complaints"].find()], key=int)
    letters = sorted([d["external_id"] async for d in database["dead_letters"].find()], key=int)
    assert letters == [r["id"] for r in channel.records if r["status"] == "entah"]
    assert stored == [r["id"] for r in channel.records if r["status"] != "entah"]


class Nursery:
    """Starts runs and waits for them."""

    def __init__(self, process: Process) -> None:
        self._process = process

    async def line(self) -> str:
        assert self._process.stdout
        return (await asyncio.wait_for(self._process.stdout.readline(), 60)).decode().strip()

    async def begin(self) -> int:
        assert self._process.stdin
        self._process.stdin.write(b"go\n")
        return int(await self.line())

    async def run(self) -> float:
        """How many seconds a green run took."""
        began = time.monotonic()
        await self.begin()
        assert await self.line() == "0"
        return time.monotonic() - began


@asynccontextmanager
async def nursery(uri: str, url: str) -> AsyncIterator[Nursery]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.ingest.nursery", uri, url), stdin=PIPE, stdout=PIPE
    )
    try:
        started = Nursery(process)
        assert await started.line() == "ready"
        yield started
    finally:
        assert process.stdin
        process.stdin.close()
        await process.wait()


async def test_killed_at_any_moment_the_next_run_completes_it(
    channel: Channel, database: Database, mongodb_uri: str
) -> None:
    fill(channel)
    async with nursery(mongodb_uri, channel.url) as runs:
        whole = await runs.run()
        await all_is_there_once(channel, database)
        begun = killed = 0
        while killed < MOMENTS:
            for name in ("complaints", "dead_letters", "runs", "connector_state", "channels"):
                await database[name].delete_many({})
            pid = await runs.begin()
            await asyncio.sleep(random.uniform(0, whole))
            with suppress(ProcessLookupError):  # one that was quicker has come to its end
                os.kill(pid, signal.SIGKILL)
            begun, killed = begun + 1, killed + (int(await runs.line()) == signal.SIGKILL)
            await runs.run()
            await all_is_there_once(channel, database)
    print(f"killed in the middle: {killed} of {begun}")  # noqa: T201 - seen with -s
