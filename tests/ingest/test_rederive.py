"""A changed mapping for what is stored: it becomes what a fresh sync would make of the channel."""

import asyncio
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hub.connectors.load import Loaded, load
from hub.connectors.mapping.geometry import outlines_of
from hub.domain.clock import utc_now
from hub.ingest.difference import Difference, difference
from hub.ingest.rederive import rederive
from hub.ingest.run import sync
from hub.store.documents import Received
from hub.store.mongo import Database
from hub.store.retention import purge
from hub.store.runs import RunRegister
from hub.store.store import Store
from hub.store.timelines import Again
from tests.connectors.test_geometry import geojson, square
from tests.ingest.channel import YAML, Channel, record
from tests.made import MOMENT, complaint, provenance, received

BEGAN = datetime(2026, 11, 24, tzinfo=UTC)
# Without a cursor: a fresh sync reads what the first one did.
PLAIN = "\n".join(line for line in YAML.splitlines() if "incremental" not in line)
WHOLE = f"""{PLAIN}
    status_mapping: {{baru: received, proses: in_progress, selesai: closed}}
"""
COLLECTIONS = ("complaints", "dead_letters", "runs", "connector_state", "channels", "rollups")


def changed(old: str, new: str, text: str = WHOLE) -> Loaded:
    assert old in text
    return load(text.replace(old, new), "sulsel.yaml")


async def filled(channel: Channel, store: Store, *records: dict[str, Any]) -> None:
    channel.records = [*records]
    assert (await sync(load(WHOLE, "sulsel.yaml"), store, channel.surroundings)).green


async def stored(database: Database) -> dict[str, dict[str, Any]]:
    """Complaints without what says which run made them, and what is sealed with a nonce."""
    found = {d["_id"]: d async for d in database["complaints"].find()}
    for each in found.values():
        each["provenance"] = {"hash": each["provenance"]["hash"]}
        each["raw"] = each["reporter"] = None
    return found


async def one(database: Database) -> dict[str, Any]:
    (document,) = await database["complaints"].find().to_list()
    return document


async def would_be(channel: Channel, store: Store, loaded: Loaded) -> Difference:
    return await difference(loaded, loaded.config.channel, store)


STATUSES = ["baru", "proses", "selesai", "entah"]
RECORDS = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from(STATUSES),
            "category": st.sampled_from(["Jalan", "Air", None]),
            "title": st.sampled_from(["Lubang", "Lampu"]),
            "words": st.sampled_from(["Isi", None]),
            "created": st.sampled_from(["2020-03-01T01:00:00", "2020-03-01T09:00:00Z"]),
            "changed": st.sampled_from(["2020-03-02T01:00:00", "2020-03-05T09:00:00Z", None]),
            "closed": st.sampled_from(["2020-03-03T01:00:00Z", None]),
            "district": st.sampled_from(["73.71", "73.06", "Kendari", None, "Antah"]),
            "kab": st.sampled_from(["73.71", "74.71"]),
            "secret": st.sampled_from(["ya", "tidak"]),
            "name": st.sampled_from(["Sitti", None]),
        }
    ),
    max_size=8,
)


@st.composite
def mappings(draw: st.DrawFn) -> Loaded:
    """Any of the keys of the vocabulary changed, but for the id."""
    select = {
        "external_id": "id",
        "status": "status",
        "received_at": "created",
        "title": draw(st.sampled_from(["title", "words"])),
        "description": draw(st.sampled_from(["title", "words"])),
        "updated_at": draw(st.sampled_from(["changed", "created", "closed"])),
        "closed_at": draw(st.sampled_from(["closed", "changed"])),
        "district": draw(st.sampled_from(["district", "kab"])),
        "secret": "secret",
        "category": draw(st.sampled_from(["category", "title"])),
        "reporter_name": draw(st.sampled_from(["name", "words"])),
    }
    statuses = draw(
        st.fixed_dictionaries(
            {
                label: st.sampled_from(["received", "in_progress", "followed_up", "closed"])
                for label in draw(st.sampled_from([STATUSES, STATUSES[:3], STATUSES[:2]]))
            }
        )
    )
    zone = draw(st.sampled_from(["Asia/Makassar", "Asia/Jayapura"]))
    check = draw(st.sampled_from(["", "    permission: {check: {province: {_in: ['73']}}}\n"]))
    head, _ = PLAIN.split("    select:")
    lines = "".join(f"      {target}: {source}\n" for target, source in select.items())
    text = (
        f"{head}    select:\n{lines}    timezone: {zone}\n{check}"
        f"    category_mapping: {{Jalan: {draw(st.sampled_from(['roads', 'roads.damage']))}}}\n"
        f"    status_mapping: {{{', '.join(f'{k}: {v}' for k, v in statuses.items())}}}\n"
    )
    return load(text, "sulsel.yaml")


@given(records=RECORDS, first=mappings(), second=mappings())
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_rederived_it_is_what_a_fresh_sync_makes_of_the_channel(
    channel: Channel,
    store: Store,
    database: Database,
    records: list[dict[str, Any]],
    first: Loaded,
    second: Loaded,
) -> None:
    """All fields but provenance. What only the first mapping can make is a dead letter besides."""

    async def emptied(moment: datetime) -> None:
        for name in COLLECTIONS:
            await database[name].delete_many({})
        store.runs = RunRegister(database, lambda: moment)

    channel.records = [{"id": str(n), **each} for n, each in enumerate(records)]
    await emptied(BEGAN)
    assert (await sync(first, store, channel.surroundings)).green
    before, asked = await stored(database), channel.asked
    told = await would_be(channel, store, second)
    assert await stored(database) == before
    store.runs = RunRegister(database, lambda: BEGAN + timedelta(days=1))
    done = (await rederive(second, store)).finished
    assert done.green, done.error
    assert channel.asked == asked
    after, letters = await stored(database), await open_letters(database)
    assert (await rederive(second, store)).finished.ledger.updated == 0
    again = await would_be(channel, store, second)
    assert (again.changed, again.refused) == (0, told.refused)

    await emptied(BEGAN)
    assert (await sync(second, store, channel.surroundings)).green
    fresh = await stored(database)
    assert letters == await open_letters(database)
    assert {id_: each for id_, each in after.items() if id_ in fresh} == fresh
    only_before = after.keys() - fresh.keys()
    assert only_before == {id_ for id_ in before if id_ in letters}
    assert {id_: after[id_] for id_ in only_before} == {id_: before[id_] for id_ in only_before}

    ledger = done.ledger
    assert told.complaints == len(before)
    assert (told.refused, told.letters_stored) == (
        len(only_before),
        len(fresh.keys() - before.keys()),
    )
    assert told.changed == sum(before[i] != after[i] for i in before)
    assert ledger.updated == told.changed
    assert ledger.inserted == told.letters_stored
    event(f"changed {bool(told.changed)}, refused {bool(told.refused)}")


async def open_letters(database: Database) -> set[str]:
    return {d["_id"] async for d in database["dead_letters"].find({"state": "open"})}


async def test_a_history_of_several_runs_is_read_by_the_new_mapping(
    channel: Channel, store: Store, database: Database
) -> None:
    """Labels that were seen before are mapped anew too; their times stay."""
    times = [f"2020-03-0{n}T00:00:00Z" for n in range(1, 5)]
    for status, at in zip(("baru", "proses", "selesai"), times, strict=False):
        await filled(channel, store, record(0, status=status, changed=at))
    mended = changed("proses: in_progress", "proses: verified")
    assert (await rederive(mended, store)).finished.ledger.updated == 0  # the last one is the same
    mended = changed(
        "proses: in_progress, selesai: closed", "proses: verified, selesai: followed_up"
    )
    before = await one(database)
    assert (await rederive(mended, store)).finished.ledger.updated == 1
    after = await one(database)
    assert [(s["status"], s["status_source"]) for s in after["timeline"]] == [
        ("received", "baru"),
        ("verified", "proses"),
        ("followed_up", "selesai"),
    ]
    assert [s["at"] for s in after["timeline"]] == [s["at"] for s in before["timeline"]]


async def test_a_mapping_may_read_an_earlier_time_of_change(
    channel: Channel, store: Store, database: Database
) -> None:
    await filled(channel, store, record(0, status="baru", changed="2020-03-09T00:00:00Z"))
    mended = changed("updated_at: changed", "updated_at: created")
    assert (await rederive(mended, store)).finished.ledger.updated == 1
    assert (await one(database))["updated_at"] == (await one(database))["received_at"]


async def test_what_another_writer_stored_meanwhile_stays(store: Store, database: Database) -> None:
    """As when a delivery is pushed while complaints are made anew."""
    for title in ("Lama", "Baru"):
        await store.writer.write(received(complaint(title=title)), provenance())
    stale = Again("of the first", MOMENT, lambda _: None)
    made = Received(complaint(title="Lama, dipetakan lagi"), b"{}", again=stale)
    gone = Received(complaint(external_id="2"), b"{}", again=stale)
    written = await store.writer.write([made, gone], provenance(MOMENT + timedelta(days=1)))
    assert (written.unchanged, written.updated, written.inserted) == (2, 0, 0)
    assert (await one(database))["title"] == "Baru"


async def test_provenance_says_by_what_it_was_made_and_when_it_was_fetched(
    channel: Channel, store: Store, database: Database
) -> None:
    await filled(channel, store, record(0, status="baru"), record(1, status="baru"))
    before = {d["_id"]: d["provenance"] async for d in database["complaints"].find()}
    mended = changed("Jalan: roads", "Jalan: roads.damage")
    done = (await rederive(mended, store)).finished
    async for each in database["complaints"].find():
        own = each["provenance"]
        assert own["run"] == done.run
        assert own["config_version"] == mended.version
        assert own["fetched_at"] == before[each["_id"]]["fetched_at"]
    run: Any = await database["runs"].find_one({"_id": done.run})
    assert run["config_version"] == mended.version
    assert run["ledger"]["updated"] == run["ledger"]["read"] == 2
    channels: Any = await database["channels"].find_one()
    last: Any = await database["runs"].find_one({"_id": {"$ne": done.run}})
    assert channels["last_synced_at"] == last["started_at"]


async def test_what_was_purged_is_told_and_not_touched(
    channel: Channel, store: Store, database: Database
) -> None:
    await filled(channel, store, record(0, status="selesai"), record(1, status="baru"))
    await purge(database, utc_now())
    purged = await database["complaints"].find_one({"raw": None})
    mended = changed("Jalan: roads", "Jalan: roads.damage")
    told = await would_be(channel, store, mended)
    assert (told.complaints, told.changed, told.without_raw) == (2, 1, 1)
    done = await rederive(mended, store)
    assert (done.without_raw, done.finished.ledger.read) == (1, 1)
    assert await database["complaints"].find_one({"raw": None}) == purged


async def test_samples_show_no_personal_data_and_no_secret_words(
    channel: Channel, store: Store
) -> None:
    text = WHOLE.replace("      title: title\n", "      title: title\n      secret: secret\n")
    channel.records = [
        record(0, status="baru", title="Rahasia besar", other="Lain", secret="ya", name="Sitti"),
        record(1, status="baru", title="Lampu", other="Lubang", name="Sitti"),
    ]
    await sync(load(text, "sulsel.yaml"), store, channel.surroundings)
    mended = changed("title: title", "title: other\n      reporter_name: name", text)
    told = await would_be(channel, store, mended)
    shown = {each.external_id: each.fields for each in told.changes}
    assert shown == {
        "0": {"title": ("(secret)", "(secret)"), "reporter": (None, "(personal data)")},
        "1": {"title": ("Lampu", "Lubang"), "reporter": (None, "(personal data)")},
    }
    assert told.fields == {"title": 2, "reporter": 2}


async def test_another_id_is_refused_before_anything_is_stored_twice(
    channel: Channel, store: Store, database: Database
) -> None:
    await filled(channel, store, record(0, status="baru", nomor="A-1"))
    before = await one(database)
    mended = changed("external_id: id", "external_id: nomor")
    assert (await would_be(channel, store, mended)).other_id == 1
    done = (await rederive(mended, store)).finished
    assert not done.green
    assert "A-1" in (done.error or "")
    assert await one(database) == before


async def test_outlines_and_checks_are_those_of_a_run(
    channel: Channel, store: Store, database: Database
) -> None:
    points = WHOLE.replace("district: district", "longitude: x\n      latitude: y")
    channel.records = [record(1, status="baru", x=119.5, y=-4.5), record(2, status="baru")]
    await sync(load(points, "sulsel.yaml"), store, channel.surroundings)
    await store.outlines.replace(outlines_of(geojson(square("73.71", 119, -5)), "kode"))
    same = load(points, "sulsel.yaml")
    assert (await would_be(channel, store, same)).fields == {"province": 1, "district": 1}
    assert (await rederive(same, store)).finished.ledger.updated == 1
    checked = load(f"{points}    permission: {{check: {{district: {{_in: ['73.06']}}}}}}\n", "c")
    assert (await would_be(channel, store, checked)).refused_for == {"district": 2}


async def test_a_later_record_that_waits_as_a_letter_is_not_replaced(
    channel: Channel, store: Store, database: Database
) -> None:
    await filled(channel, store, record(0, status="baru", title="Lama"))
    await filled(channel, store, record(0, status="entah", title="Baru"))
    refusing = changed("{baru: received, ", "{")
    assert (await rederive(refusing, store)).finished.ledger.dead_lettered == 2
    mended = changed("{baru: received, ", "{baru: received, entah: received, ")
    assert (await rederive(mended, store)).finished.green
    assert (await one(database))["title"] == "Baru"
    assert await open_letters(database) == set()


async def test_killed_anywhere_the_next_one_goes_on_from_there(
    channel: Channel, store: Store, database: Database, mongodb_uri: str
) -> None:
    channel.page = 450
    await filled(channel, store, *[record(n, status="baru") for n in range(900)])
    mended = changed("Jalan: roads", "Jalan: roads.damage")
    told: list[int] = []
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.ingest.broken_off", mongodb_uri, mended.text, "2")
    )
    assert await process.wait() == -signal.SIGKILL
    done = {"category": "roads.damage"}
    assert await database["complaints"].count_documents(done) == 400
    store.runs = RunRegister(database, lambda: utc_now() + timedelta(minutes=5))
    finished = (await rederive(mended, store, told.append)).finished
    assert finished.green
    assert (finished.ledger.read, finished.ledger.updated) == (500, 500)
    assert await database["complaints"].count_documents(done) == 900
    states = [d["state"] async for d in database["runs"].find().sort("_id", 1)]
    assert states == ["succeeded", "interrupted", "succeeded"]
    assert await database["rederivations"].count_documents({}) == 0
