"""A run that is stopped in the middle: its checkpoint is behind the data, never before it."""

import asyncio
from datetime import datetime

import anyio
import pytest
from pymongo.errors import BulkWriteError

from hub.domain.run import Ledger
from hub.ingest.run import sync
from hub.store.mongo import Database
from hub.store.paging import PageRequest
from hub.store.store import Store
from tests.ingest.channel import Channel, record
from tests.made import MINISTRY
from tests.refusing import accepting_only

PAGE = Channel.page


async def nothing_is_missing_before_the_checkpoint(channel: Channel, database: Database) -> None:
    state = await database["connector_state"].find_one({"_id": "sulsel"})
    reached = state["checkpoint"].get("complaints", {}).get("last_value") if state else None
    if reached is None:
        return
    stored = {d["external_id"] async for d in database["complaints"].find()}
    until = datetime.fromisoformat(reached)
    passed = [r for r in channel.records if datetime.fromisoformat(r["changed"]) <= until]
    assert {r["id"] for r in passed} <= stored


async def the_next_run_brings_the_rest(channel: Channel, store: Store, database: Database) -> None:
    assert (await sync(channel.connector, store, channel.surroundings)).green
    assert await database["complaints"].count_documents({}) == len(channel.records)


async def last_end(store: Store) -> tuple[str, str | None]:
    (noted,) = (await store.reader(MINISTRY).runs.page("sulsel", PageRequest(1))).documents
    return noted["state"], noted["error"]


def readers() -> list[str]:
    """The tasks that read ahead."""
    names = [str(getattr(t.get_coro(), "__qualname__", "")) for t in asyncio.all_tasks()]
    return [name for name in names if name.startswith("one_ahead")]


async def test_the_channel_is_asked_for_one_page_more_than_is_stored(
    channel: Channel, store: Store
) -> None:
    channel.records = [record(n) for n in range(6 * PAGE)]
    seen = []

    def progress(ledger: Ledger) -> None:
        seen.append(channel.asked - ledger.read // PAGE)

    assert (await sync(channel.connector, store, channel.surroundings, progress)).green
    assert seen
    assert max(seen) <= 1


async def test_a_store_that_fails_stops_the_reading(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(n) for n in range(6 * PAGE)]
    refused = record(PAGE + 5)["title"]
    async with accepting_only(database, "complaints", {"title": {"$ne": refused}}):
        with pytest.raises(BulkWriteError):
            await sync(channel.connector, store, channel.surroundings)
    assert channel.asked <= 3
    assert readers() == []
    assert await last_end(store) == ("failed", "BulkWriteError")
    state = await database["connector_state"].find_one({"_id": "sulsel"})
    assert state is not None
    assert state["checkpoint"]["complaints"]["last_value"] == "2020-03-01T00:09:00+00:00"
    await nothing_is_missing_before_the_checkpoint(channel, database)
    await the_next_run_brings_the_rest(channel, store, database)


@pytest.mark.parametrize("steps", [1, 10, 20, 30, 40, 50, 70, 90, 120, 150, 200])
async def test_a_run_cancelled_at_any_step_loses_nothing(
    channel: Channel, store: Store, database: Database, steps: int
) -> None:
    channel.records = [record(n) for n in range(4 * PAGE)]
    running = asyncio.create_task(sync(channel.connector, store, channel.surroundings))
    for _ in range(steps):
        await asyncio.sleep(0.001)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert readers() == []
    await nothing_is_missing_before_the_checkpoint(channel, database)
    await the_next_run_brings_the_rest(channel, store, database)


async def test_a_run_that_a_signal_ends_is_noted_as_such(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(n) for n in range(4 * PAGE)]
    with anyio.CancelScope() as scope:
        await sync(channel.connector, store, channel.surroundings, lambda _: scope.cancel())
    assert await last_end(store) == (
        "interrupted",
        "Stopped in order; the next run goes on from here.",
    )
    assert readers() == []
    await nothing_is_missing_before_the_checkpoint(channel, database)
    await the_next_run_brings_the_rest(channel, store, database)
