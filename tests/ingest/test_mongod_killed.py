"""MongoDB killed in the middle of a run: the run says so, and the next one completes it."""

import os
import random
import signal
from pathlib import Path

import pytest

from hub.domain.run import Ledger
from hub.ingest.run import sync
from hub.store import mongo
from hub.store.embedded import embedded_mongod
from hub.store.mongo import Driver, StoreError, connect
from hub.store.store import Store
from hub.store.vault import Vault
from tests.ingest.channel import Channel
from tests.ingest.test_killed import RECORDS, all_is_there_once, fill


async def test_a_mongod_that_is_killed_loses_nothing(
    channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mongo._LIMITS, "timeoutMS", 1_000)
    fill(channel)
    vault, after = Vault(b"k" * 32), random.randrange(20, RECORDS - 20, Channel.page)

    def kill(ledger: Ledger) -> None:
        if ledger.read == after:
            os.kill(int((tmp_path / "mongo" / "pid").read_text()), signal.SIGKILL)

    async with embedded_mongod(tmp_path) as uri, connect(uri, Driver.PYMONGO, "tests") as database:
        with pytest.raises(StoreError):
            await sync(channel.connector, Store(database, vault), channel.surroundings, kill)
    monkeypatch.undo()
    async with embedded_mongod(tmp_path) as uri, connect(uri, Driver.PYMONGO, "tests") as database:
        held = await database["complaints"].count_documents({})
        assert 0 < held < RECORDS
        assert (await sync(channel.connector, Store(database, vault), channel.surroundings)).green
        await all_is_there_once(channel, database)
