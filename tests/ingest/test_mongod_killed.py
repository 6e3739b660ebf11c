"""MongoDB killed at any moment of a run: the run says so, and the next one completes it."""

import asyncio
import os
import random
import signal
import time
from pathlib import Path

import pytest

from hub.ingest.run import sync
from hub.store import mongo
from hub.store.embedded import embedded_mongod
from hub.store.mongo import Driver, StoreError, connect
from hub.store.store import Store
from hub.store.vault import Vault
from tests.ingest.channel import Channel
from tests.ingest.test_killed import all_is_there_once, fill

MOMENTS = int(os.environ.get("KILLED_MOMENTS", "1"))


async def test_a_mongod_that_is_killed_at_any_moment_loses_nothing(
    channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(channel)

    async def run(uri: str) -> float:
        """How many seconds a run took, into an empty database."""
        async with connect(uri, Driver.PYMONGO, "tests") as database:
            for name in await database.list_collection_names():
                await database[name].delete_many({})
            began = time.monotonic()
            await sync(channel.connector, Store(database, Vault(b"k" * 32)), channel.surroundings)
            return time.monotonic() - began

    async def complete(uri: str) -> int:
        """How many complaints were there before the run that completes them."""
        async with connect(uri, Driver.PYMONGO, "tests") as database:
            held = await database["complaints"].count_documents({})
            store = Store(database, Vault(b"k" * 32))
            assert (await sync(channel.connector, store, channel.surroundings)).green
            await all_is_there_once(channel, database)
            return held

    async def kill(after: float) -> None:
        await asyncio.sleep(after)
        os.kill(int((tmp_path / "mongo" / "pid").read_text()), signal.SIGKILL)

    async with embedded_mongod(tmp_path) as uri:
        whole = await run(uri)
    held: list[int] = []
    while len(held) < MOMENTS:
        broken = False
        async with embedded_mongod(tmp_path) as uri:
            with monkeypatch.context() as hasty:
                hasty.setitem(mongo._LIMITS, "timeoutMS", 1_000)
                killing = asyncio.create_task(kill(random.uniform(0.2, 1) * whole))
                try:
                    await run(uri)
                except StoreError:
                    broken = True
                await killing
        async with embedded_mongod(tmp_path) as uri:
            if broken:  # else it was quicker
                held.append(await complete(uri))
    print(f"MongoDB killed {MOMENTS} times, of the complaints were there: {held}")  # noqa: T201
