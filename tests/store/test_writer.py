"""Writing: what is new, what changed, what is older, and other writers at the same time."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import Complaint, ComplaintStatus
from hub.store.documents import Received
from hub.store.mongo import Database, Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault
from hub.store.writer import Written
from tests.made import MOMENT, complaint, provenance, received


def versions() -> st.SearchStrategy[list[Complaint]]:
    """Versions of a few complaints, in any order of arrival, each with a time of its own."""
    arrivals = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), min_size=1, max_size=30)
    return arrivals.map(
        lambda pairs: [
            complaint(
                external_id=str(id_),
                title=f"version {version}",
                updated_at=MOMENT + timedelta(minutes=version),
            )
            for id_, version in pairs
        ]
    )


@given(arriving=versions(), size=st.integers(1, 8))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_newest_version_stays_whatever_the_order_of_arrival(
    store: Store, database: Database, arriving: list[Complaint], size: int
) -> None:
    channel = uuid4().hex
    arriving = [replace(c, channel=channel) for c in arriving]
    oracle: dict[str, Complaint] = {}
    inserted = updated = 0
    for each in arriving:
        known = oracle.get(each.id)
        inserted += known is None
        updated += known is not None and each.updated_at > known.updated_at  # type: ignore[operator]
        if known is None or each.updated_at > known.updated_at:  # type: ignore[operator]
            oracle[each.id] = each
    total = Written()
    for start in range(0, len(arriving), size):
        batch = received(*arriving[start : start + size])
        written = await store.writer.write(batch, provenance())
        total.inserted += written.inserted
        total.updated += written.updated
        total.unchanged += written.unchanged
    stored = {d["_id"]: d async for d in database["complaints"].find({"channel": channel})}
    assert {id_: d["title"] for id_, d in stored.items()} == {i: c.title for i, c in oracle.items()}
    assert (total.inserted, total.updated) == (inserted, updated)
    assert total.inserted + total.updated + total.unchanged == len(arriving)


async def test_writing_the_same_again_changes_nothing(store: Store, database: Database) -> None:
    batch = received(complaint(), complaint(external_id="2", status=ComplaintStatus.CLOSED))
    assert await store.writer.write(batch, provenance()) == Written(inserted=2)
    before = await database["complaints"].find().to_list()
    later = provenance(MOMENT + timedelta(days=1), run="later")
    assert await store.writer.write(batch, later) == Written(unchanged=2)
    assert await database["complaints"].find().to_list() == before


async def test_a_complaint_is_held_while_it_is_of_the_record_that_it_was_made_of(
    store: Store,
) -> None:
    fingerprint = store.writer.fingerprints("mapping 1")
    one, two, three = (complaint(external_id=n) for n in "123")
    batch = [Received(one, b"{}", fingerprint(b"{}")), Received(two, b"{}")]
    await store.writer.write(batch, provenance())
    asked = {each.id: fingerprint(b"{}") for each in (one, two, three)}
    assert await store.writer.held(asked) == {one.id}
    assert await store.writer.held({one.id: fingerprint(b"[]")}) == set()
    assert await store.writer.held({one.id: store.writer.fingerprints("mapping 2")(b"{}")}) == set()
    assert await store.writer.held({}) == set()


async def test_without_an_update_time_the_later_fetch_counts(store: Store) -> None:
    first, second = complaint(title="first"), complaint(title="second")
    await store.writer.write(received(first), provenance(MOMENT))
    earlier = provenance(MOMENT - timedelta(days=1))
    assert await store.writer.write(received(second), earlier) == Written(unchanged=1)
    later = provenance(MOMENT + timedelta(days=1))
    assert await store.writer.write(received(second), later) == Written(updated=1)


async def test_writers_at_the_same_time_lose_nothing_and_count_each_once(
    store: Store, database: Database
) -> None:
    def version(n: int) -> list[Complaint]:
        moment = MOMENT + timedelta(minutes=n)
        return [
            complaint(external_id=str(i), title=f"version {n}", updated_at=moment)
            for i in range(50)
        ]

    written = await asyncio.gather(
        *(store.writer.write(received(*version(n)), provenance()) for n in range(8))
    )
    stored = await database["complaints"].find().to_list()
    assert [d["title"] for d in stored] == ["version 7"] * 50
    assert sum(w.inserted for w in written) == 50
    assert all(w.inserted + w.updated + w.unchanged == 50 for w in written)


async def test_a_new_status_is_a_new_step_of_the_timeline(store: Store, database: Database) -> None:
    done = MOMENT + timedelta(days=3)
    await store.writer.write(received(complaint()), provenance())
    progress = complaint(status=ComplaintStatus.IN_PROGRESS, status_source="proses")
    await store.writer.write(received(progress), provenance(MOMENT + timedelta(days=1)))
    answered = complaint(
        status=ComplaintStatus.FOLLOWED_UP, status_source="dijawab", followed_up_at=done
    )
    await store.writer.write(received(answered), provenance(MOMENT + timedelta(days=9)))
    stored = await database["complaints"].find_one()
    assert stored is not None
    assert [(s["status"], s["at"], s["status_source"]) for s in stored["timeline"]] == [
        ("received", MOMENT, "open"),
        ("in_progress", MOMENT + timedelta(days=1), "proses"),
        ("followed_up", done, "dijawab"),
    ]


async def test_a_complaint_met_late_is_received_first(store: Store, database: Database) -> None:
    await store.writer.write(received(complaint(status=ComplaintStatus.ARCHIVED)), provenance())
    stored = await database["complaints"].find_one()
    assert stored is not None
    assert [s["status"] for s in stored["timeline"]] == ["received", "archived"]
    assert stored["timeline"][0]["at"] == MOMENT


async def test_the_day_is_that_of_the_districts_own_zone(store: Store, database: Database) -> None:
    late = MOMENT.replace(hour=15, minute=30)  # 22:30 in Jakarta, 23:30 in Makassar, 00:30 in Papua
    places = {"31": None, "73": "73.71", "91": "91.71", None: None}
    for number, (province, district) in enumerate(places.items()):
        one = complaint(
            external_id=str(number), received_at=late, province=province, district=district
        )
        await store.writer.write(received(one), provenance())
    days = {d["province"]: d["received_on"] async for d in database["complaints"].find()}
    assert days == {"31": "2020-07-01", "73": "2020-07-01", "91": "2020-07-02", None: "2020-07-01"}


async def test_writing_is_the_same_by_either_driver(
    mongodb_uri: str, vault: Vault, driver: Driver
) -> None:
    async with connect(mongodb_uri, driver, f"test-{driver}") as database:
        writer = Store(database, vault).writer
        first = received(complaint(), complaint(external_id="2"))
        assert await writer.write(first, provenance()) == Written(inserted=2)
        changed = received(complaint(title="new"), complaint(external_id="2"))
        assert await writer.write(changed, provenance()) == Written(updated=1, unchanged=1)
        await database.client.drop_database(database.name)
