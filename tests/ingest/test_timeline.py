"""The history that a record tells is that of the complaint, also when it is mapped anew."""

from typing import Any

from hub.connectors.load import Loaded, load
from hub.ingest.difference import difference
from hub.ingest.rederive import rederive
from hub.ingest.run import Finished, sync
from hub.store.mongo import Database
from hub.store.store import Store
from tests.ingest.channel import YAML, Channel, record

MAPPED = f"""{YAML}
    status_mapping: {{baru: received, proses: in_progress, selesai: closed, buka: verified}}
    timeline: {{path: "$.steps[*]", at: at, status: to}}
"""
BEGUN = {"at": "2020-03-02T01:00:00Z", "to": "proses", "by": "Dinas PU"}
OPENED = {"at": "2020-03-04T01:00:00Z", "to": "buka"}
DONE = {"at": "2020-03-05T01:00:00Z", "to": "selesai"}


def loaded(text: str = MAPPED) -> Loaded:
    return load(text, "sulsel.yaml")


async def run(channel: Channel, store: Store, *steps: dict[str, Any], status: str) -> Finished:
    channel.records = [record(1, status=status, steps=[*steps])]
    return await sync(loaded(), store, channel.surroundings)


async def timeline(database: Database) -> list[tuple[str, str, str | None]]:
    (stored,) = await database["complaints"].find().to_list()
    return [
        (f"{step['at']:%m-%d}", step["status"], step["status_source"])
        for step in stored["timeline"]
    ]


async def test_what_a_record_tells_is_the_timeline_and_grows_with_it(
    channel: Channel, store: Store, database: Database
) -> None:
    await run(channel, store, BEGUN, status="proses")
    assert await timeline(database) == [
        ("03-01", "received", None),
        ("03-02", "in_progress", "proses"),
    ]
    # What came between is told late, and the list need not be in order.
    finished = await run(channel, store, DONE, BEGUN, OPENED, status="selesai")
    assert (finished.green, finished.ledger.updated) == (True, 1)
    grown = await timeline(database)
    assert grown == [
        ("03-01", "received", None),
        ("03-02", "in_progress", "proses"),
        ("03-04", "verified", "buka"),
        ("03-05", "closed", "selesai"),
    ]
    again = await run(channel, store, DONE, BEGUN, OPENED, status="selesai")
    assert again.ledger.unchanged == 1
    assert await timeline(database) == grown


async def test_the_status_of_now_is_the_last_step_since_when_it_was_seen(
    channel: Channel, store: Store, database: Database
) -> None:
    await run(channel, store, BEGUN, status="selesai")
    (stored,) = await database["complaints"].find().to_list()
    last = stored["timeline"][-1]
    assert (last["status"], last["status_source"]) == ("closed", "selesai")
    await run(channel, store, BEGUN, OPENED, status="selesai")
    (stored,) = await database["complaints"].find().to_list()
    assert [step["status"] for step in stored["timeline"]][1:] == [
        "in_progress",
        "verified",
        "closed",
    ]
    assert stored["timeline"][-1]["at"] >= last["at"]


async def test_a_changed_mapping_reads_the_history_anew(
    channel: Channel, store: Store, database: Database
) -> None:
    await run(channel, store, BEGUN, DONE, status="selesai")
    changed = loaded(MAPPED.replace("proses: in_progress", "proses: waiting_reporter"))
    would = await difference(changed, "sulsel", store)
    assert (would.changed, dict(would.fields)) == (1, {"history": 1})
    await rederive(changed, store)
    assert [status for _, status, _ in await timeline(database)] == [
        "received",
        "waiting_reporter",
        "closed",
    ]
    assert (await difference(changed, "sulsel", store)).unchanged == 1
