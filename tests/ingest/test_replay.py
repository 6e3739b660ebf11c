"""Dead letters mapped again: mended ones are resolved, nothing newer is undone."""

from datetime import timedelta
from typing import Any

from hub.connectors.load import load
from hub.domain.run import DeadLetterState
from hub.ingest.replay import replay
from hub.ingest.run import sync
from hub.store.mongo import Database
from hub.store.paging import PageRequest
from hub.store.store import Store
from tests.ingest.channel import YAML, Channel, record
from tests.made import MINISTRY

MENDED = YAML.replace(
    "category_mapping:", "status_mapping: {baru: received}\n    category_mapping:"
)


async def letters(store: Store) -> dict[str, str]:
    page = await store.reader(MINISTRY).dead_letters.page(None, None, PageRequest(9))
    return {str(d["external_id"]): d["state"] for d in page.documents}


async def test_a_mended_mapping_resolves_what_it_can_and_asks_no_channel(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(0, status="baru"), record(1, status="entah"), record(2)]
    await sync(channel.connector, store, channel.surroundings)
    asked, state = channel.asked, await database["connector_state"].find_one({"_id": "sulsel"})
    finished = await replay(load(MENDED, "sulsel.yaml"), store)
    assert finished.green
    assert (finished.ledger.read, finished.ledger.inserted, finished.ledger.dead_lettered) == (
        2,
        1,
        1,
    )
    assert await letters(store) == {"0": "resolved", "1": "open"}
    assert channel.asked == asked
    after = await database["connector_state"].find_one({"_id": "sulsel"})
    assert state is not None
    assert after is not None
    assert after["checkpoint"] == state["checkpoint"]
    assert await database["runs"].count_documents({"state": "succeeded"}) == 2


async def test_a_record_whose_id_was_not_found_is_resolved_under_its_new_one(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [{**record(0), "id": None, "nomor": "A-1"}]
    await sync(channel.connector, store, channel.surroundings)
    mended = YAML.replace("external_id: id", "external_id: nomor")
    assert (await replay(load(mended, "sulsel.yaml"), store)).ledger.inserted == 1
    assert set((await letters(store)).values()) == {"resolved"}


async def test_what_was_acknowledged_stays_so_when_it_comes_again(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(0, status="entah")]
    await sync(channel.connector, store, channel.surroundings)
    (id_,) = [d["_id"] async for d in database["dead_letters"].find()]
    assert await store.dead_letters.acknowledge([id_, "other"], "Uji coba", "Dinas") == 1
    await sync(channel.connector, store, channel.surroundings)
    assert await letters(store) == {"0": "acknowledged"}
    channel.records = [record(0)]
    await sync(channel.connector, store, channel.surroundings)
    assert await letters(store) == {"0": "resolved"}


async def test_after_its_retention_a_letter_keeps_its_reason_only(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(0, status="entah")]
    await sync(channel.connector, store, channel.surroundings)
    stored: Any = await database["dead_letters"].find_one()
    assert "entah" not in repr(stored)
    earlier = {"$set": {"last_seen": stored["last_seen"] - timedelta(days=91)}}
    await database["dead_letters"].update_one({}, earlier)
    channel.records = []
    kept = YAML.replace("type: rest_api", "type: rest_api\ndead_letter: {retention: P90D}")
    await sync(load(kept, "sulsel.yaml"), store, channel.surroundings)
    gone: Any = await database["dead_letters"].find_one()
    assert gone["state"] == DeadLetterState.DISCARDED
    assert (gone["raw"], gone["value"]) == (None, None)
    assert gone["reason"] == stored["reason"]
