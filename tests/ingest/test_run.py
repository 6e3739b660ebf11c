"""A run from a real channel into a real store: every record is accounted for."""

import pytest
from starlette.responses import Response

from hub.connectors.base import Surroundings
from hub.connectors.load import load
from hub.domain.run import RunState
from hub.ingest.run import Finished, sync
from hub.store.mongo import Database
from hub.store.paging import PageRequest
from hub.store.store import Store
from tests.ingest.channel import YAML, Channel, record
from tests.made import MINISTRY


async def run(channel: Channel, store: Store) -> Finished:
    return await sync(channel.connector, store, channel.surroundings)


def counts(finished: Finished) -> tuple[int, int, int, int, int]:
    ledger = finished.ledger
    return (
        ledger.read,
        ledger.inserted,
        ledger.updated,
        ledger.unchanged,
        ledger.dead_lettered,
    )


async def test_every_record_is_a_complaint_or_a_dead_letter(
    channel: Channel, store: Store, database: Database
) -> None:
    broken = [
        record(20, id=None),
        record(21, district="Kab. Antah"),
        record(22, status="entahlah"),
        record(23, created="kemarin"),
    ]
    channel.records = [record(n) for n in range(20)] + broken
    finished = await run(channel, store)
    assert finished.green
    assert counts(finished) == (24, 20, 0, 0, 4)
    assert await database["complaints"].count_documents({}) == 20
    letters = await store.reader(MINISTRY).dead_letters.page(None, None, PageRequest(9))
    assert {(d["field"], d["value"]) for d in letters.documents} == {
        ("external_id", None),
        ("district", "Kab. Antah"),
        ("status", "entahlah"),
        ("received_at", "kemarin"),
    }


async def test_a_second_run_asks_from_the_checkpoint_and_inserts_nothing(
    channel: Channel, store: Store
) -> None:
    channel.records = [record(n) for n in range(25)]
    await run(channel, store)
    # The boundary is read again: another record may carry the same time.
    assert counts(await run(channel, store)) == (1, 0, 0, 1, 0)
    channel.records.append(record(24, id="same-minute"))
    channel.records[3] = record(3, title="berubah", changed="2020-03-02T00:00:00Z")
    assert counts(await run(channel, store)) == (3, 1, 1, 1, 0)


async def test_what_a_run_was_not_given_is_asked_for_again(
    channel: Channel, store: Store, database: Database
) -> None:
    counted = load(YAML.replace("paginator:", "total_selector: total\n      paginator:"), "s.yaml")
    channel.records, channel.mislaid = [record(n) for n in range(35)], {"12"}
    finished = await sync(counted, store, channel.surroundings)
    assert not finished.green
    assert "has 35 records and handed over 34: 1 are missing" in (finished.error or "")
    assert await database["complaints"].count_documents({}) == 34
    channel.mislaid.clear()
    assert counts(await sync(counted, store, channel.surroundings)) == (35, 1, 0, 34, 0)
    assert counts(await sync(counted, store, channel.surroundings)) == (1, 0, 0, 1, 0)


@pytest.mark.parametrize(
    "fault",
    [
        Response("sorry", 500),
        Response('{"items": [{"id": "1"', 200),
        Response('{"items": [1, 2]}', 200),
        Response("short", 200, {"content-length": "500"}),
    ],
    ids=["500", "cut JSON", "no objects", "broken off"],
)
async def test_a_failing_channel_fails_the_run_and_loses_nothing(
    channel: Channel, store: Store, database: Database, fault: Response
) -> None:
    channel.records = [record(n) for n in range(45)]
    channel.faults = {3: fault}
    failed = await run(channel, store)
    assert failed.state is RunState.FAILED
    assert failed.error
    assert counts(failed) == (30, 30, 0, 0, 0)
    assert await database["complaints"].count_documents({}) == 30
    (noted,) = (await store.reader(MINISTRY).runs.page("sulsel", PageRequest(1))).documents
    assert (noted["state"], noted["error"]) == ("failed", failed.error)
    channel.faults = {}
    mended = await run(channel, store)
    assert mended.green
    assert await database["complaints"].count_documents({}) == 45
    assert counts(mended) == (16, 15, 0, 1, 0)


async def test_an_unknown_category_is_stored_without_and_listed(
    channel: Channel, store: Store, database: Database
) -> None:
    channel.records = [record(0), record(1, category="Lainnya"), record(2, category="Lainnya")]
    finished = await run(channel, store)
    assert counts(finished) == (3, 3, 0, 0, 0)
    assert finished.unmapped == [{"field": "category", "value": "Lainnya", "count": 2}]
    stored = {d["category"]: d["category_source"] async for d in database["complaints"].find()}
    assert stored == {"roads": "Jalan", None: "Lainnya"}


async def test_a_dead_letter_is_resolved_once_its_record_is_mended(
    channel: Channel, store: Store
) -> None:
    channel.records = [record(0, status="entahlah")]
    assert counts(await run(channel, store)) == (1, 0, 0, 0, 1)
    channel.records = [record(0)]
    assert counts(await run(channel, store)) == (1, 1, 0, 0, 0)
    letters = await store.reader(MINISTRY).dead_letters.page(None, None, PageRequest(9))
    assert [d["state"] for d in letters.documents] == ["resolved"]


async def test_a_missing_variable_fails_the_run_by_its_name(store: Store) -> None:
    channel = Channel()
    nowhere = Surroundings(channel.surroundings.folder, {})
    finished = await sync(channel.connector, store, nowhere)
    assert not finished.green
    assert "CHANNEL_URL" in (finished.error or "")


async def test_a_green_run_makes_its_channel_fresh_and_a_failed_one_does_not(
    channel: Channel, store: Store
) -> None:
    channel.records = [record(0)]
    channel.faults = {0: Response("sorry", 500)}
    await run(channel, store)
    (known,) = await store.reader(MINISTRY).channels.all()
    assert known["last_synced_at"] is None
    channel.faults = {}
    await run(channel, store)
    (known,) = await store.reader(MINISTRY).channels.all()
    assert known["last_synced_at"] is not None
