"""Records that came before are known by their bytes, where that can change nothing."""

from typing import Any

from hub.connectors.load import load
from hub.ingest.run import Finished, sync
from hub.store.mongo import Database
from hub.store.store import Store
from tests.ingest.channel import YAML, Channel, record

# Without a time of change: every run reads all, and what arrives later counts.
PLAIN = "\n".join(
    line for line in YAML.splitlines() if "incremental" not in line and "updated_at" not in line
)


async def run(channel: Channel, store: Store, text: str = PLAIN) -> Finished:
    return await sync(load(text, "sulsel.yaml"), store, channel.surroundings)


async def the_one(database: Database) -> dict[str, Any]:
    (document,) = await database["complaints"].find().to_list()
    return document


async def test_what_is_stored_as_it_came_is_not_looked_at_again(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(0)]
    await run(channel, store)
    await database["complaints"].update_one({}, {"$set": {"provenance.hash": "other"}})
    assert (await run(channel, store)).ledger.unchanged == 1
    channel.records = [record(0, title="Laporan lain")]
    assert (await run(channel, store)).ledger.updated == 1


async def test_a_changed_mapping_reaches_records_that_did_not_change(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(0)]
    await run(channel, store)
    mended = PLAIN.replace("Jalan: roads", "Jalan: roads.damage")
    assert (await run(channel, store, mended)).ledger.updated == 1
    assert (await the_one(database))["category"] == "roads.damage"


async def test_a_mapping_that_makes_the_same_of_a_record_knows_it_from_then_on(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(0)]
    await run(channel, store)
    before = await the_one(database)
    same = PLAIN.replace("{Jalan: roads}", "{Jalan: roads, Air: water}")
    assert (await run(channel, store, same)).ledger.unchanged == 1
    after = await the_one(database)
    assert after["provenance"].pop("fingerprint") != before["provenance"].pop("fingerprint")
    assert after == before


async def test_a_record_that_is_stamped_anew_at_each_asking_is_not_written_again(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(0, served="10:00")]
    await run(channel, store)
    before = await the_one(database)
    channel.records = [record(0, served="10:01")]
    assert (await run(channel, store)).ledger.unchanged == 1
    assert await the_one(database) == before


async def test_a_label_that_is_not_mapped_is_listed_by_each_run(
    channel: Channel, store: Store
) -> None:
    channel.records = [record(0), record(1, category="Lainnya")]
    first, second = await run(channel, store), await run(channel, store)
    assert second.ledger.unchanged == 2
    assert (
        first.unmapped == second.unmapped == [{"field": "category", "value": "Lainnya", "count": 1}]
    )


async def test_a_record_that_occurs_twice_ends_as_it_came_last(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(0)]
    await run(channel, store)
    channel.records = [record(0, title="Laporan lain"), record(0)]
    assert (await run(channel, store)).ledger.updated == 2
    assert (await the_one(database))["title"] == record(0)["title"]


async def test_a_letter_is_resolved_by_a_record_that_is_stored_already(
    channel: Channel, store: Store, database: Database
) -> None:
    for status, state in (("received", None), ("entahlah", "open"), ("received", "resolved")):
        channel.records = [record(0, status=status)]
        assert (await run(channel, store)).green
        letter = await database["dead_letters"].find_one()
        assert (letter and letter["state"]) == state
