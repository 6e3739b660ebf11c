"""What a viewer reads, against an oracle of plain loops."""

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import Complaint, Reporter
from hub.domain.indicators import Dimension, Period
from hub.domain.question import EVERYTHING, Compare, Condition, Field, Op, Order
from hub.domain.reading import HiddenBecause, Reading
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.complaints import Count
from hub.store.cursor import InvalidCursorError
from hub.store.mongo import Database, Driver, connect
from hub.store.paging import PageRequest
from hub.store.store import Reader, Store
from hub.store.vault import Vault
from tests import oracle
from tests.made import (
    MINISTRY,
    MOMENT,
    complaint,
    conditions,
    distinct_complaints,
    orders,
    provenance,
    received,
    scope,
    scopes,
    without_complaints,
)

against_mongodb = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


async def filled(store: Store, database: Database, complaints: list[Complaint]) -> None:
    """The store with these complaints and no others."""
    await without_complaints(database)
    await store.writer.write(received(*complaints), provenance())


async def ids(reader: Reader, condition: Condition = EVERYTHING) -> set[str]:
    found = await reader.complaints.page(condition, PageRequest(200), Reading())
    return {document["_id"] for document in found.documents}


@given(complaints=distinct_complaints(), viewer=scopes(), condition=conditions())
@against_mongodb
async def test_a_viewer_reads_exactly_what_the_oracle_shows(
    store: Store,
    database: Database,
    complaints: list[Complaint],
    viewer: Scope,
    condition: Condition,
) -> None:
    await filled(store, database, complaints)
    reader = store.reader(viewer)
    shown = {c.id for c in complaints if oracle.visible(viewer, c)}
    wanted = {c.id for c in complaints if oracle.holds(condition, oracle.shown(viewer, c))}
    assert await ids(reader) == shown
    assert await ids(reader, condition) == shown & wanted
    assert (await reader.complaints.count(condition)).number == len(shown & wanted)
    for each in complaints:
        assert (await reader.complaints.get(each.id, Reading()) is not None) is (each.id in shown)


@given(complaints=distinct_complaints(), order=orders(), size=st.integers(1, 7))
@against_mongodb
async def test_pages_forward_and_back_join_to_the_whole_order(
    store: Store,
    database: Database,
    complaints: list[Complaint],
    order: tuple[Order, ...],
    size: int,
) -> None:
    # What the channel does not say is dated by the fetch.
    complaints = [c if c.updated_at else complaint_at_fetch(c) for c in complaints]
    await filled(store, database, complaints)
    whole = [c.id for c in oracle.ordered(complaints, order)]
    reader = store.reader(MINISTRY).complaints

    forward: list[str] = []
    after = None
    while True:
        page = await reader.page(EVERYTHING, PageRequest(size, after=after), Reading(), order)
        forward += [d["_id"] for d in page.documents]
        assert page.has_previous is (after is not None)
        if not page.has_next:
            break
        after = page.cursor(page.documents[-1])
    assert forward == whole

    back: list[str] = []
    before = None
    while True:
        request = PageRequest(size, before=before, backward=True)
        page = await reader.page(EVERYTHING, request, Reading(), order)
        back = [d["_id"] for d in page.documents] + back
        if not page.has_previous:
            break
        before = page.cursor(page.documents[0])
    assert back == whole


def complaint_at_fetch(each: Complaint) -> Complaint:
    return replace(each, updated_at=MOMENT)


@given(
    complaints=distinct_complaints(),
    viewer=scopes(),
    dimensions=st.lists(st.sampled_from(Dimension), max_size=2, unique=True),
)
@against_mongodb
async def test_indicators_are_what_a_plain_loop_counts(
    store: Store,
    database: Database,
    complaints: list[Complaint],
    viewer: Scope,
    dimensions: list[Dimension],
) -> None:
    assume(not viewer.counts_beyond_rows)  # what those are told is in test_statistics.py
    await filled(store, database, complaints)
    counted = [c for c in complaints if viewer.counts.covers(c.province, c.district, c.channel)]
    groups: dict[tuple[str | None, ...], list[Complaint]] = defaultdict(list)
    if not dimensions:
        groups[()] = []
    for each in counted:
        groups[tuple(oracle.key(each, d) for d in dimensions)].append(each)
    rows = await store.reader(viewer).complaints.indicators(dimensions, EVERYTHING, Period())
    assert oracle.comparable(rows) == {k: oracle.figures(group) for k, group in groups.items()}


async def test_the_differential_cases_are_neither_all_nor_nothing(
    store: Store, database: Database
) -> None:
    await filled(
        store, database, [complaint(), complaint(channel="x", province="74", district=None)]
    )
    province = store.reader(scope(Grant(Role.PROVINCE, ("73",))))
    assert len(await ids(province)) == 1
    assert len(await ids(store.reader(MINISTRY))) == 2


async def test_no_grant_reads_nothing(store: Store, database: Database) -> None:
    await filled(store, database, [complaint()])
    assert await ids(store.reader(scope())) == set()
    assert (await store.reader(scope()).complaints.count(EVERYTHING)).number == 0


@pytest.mark.parametrize(
    ("viewer", "words", "name"),
    [
        (scope(Grant(Role.MINISTRY)), True, True),
        (scope(Grant(Role.MINISTRY), without=frozenset({Permission.COMPLAINTS_PII})), False, False),
        (scope(Grant(Role.PROVINCE, ("73",))), True, True),
        (
            scope(Grant(Role.PROVINCE, ("73",)), without=frozenset({Permission.COMPLAINTS_PII})),
            True,
            False,
        ),
        (scope(Grant(Role.DISTRICT, ("73.71",))), True, True),
        (scope(Grant(Role.OPERATOR, channels=("lapor",))), False, False),
        (
            scope(Grant(Role.OPERATOR, channels=("lapor",)), Grant(Role.PROVINCE, ("74",))),
            False,
            False,
        ),
    ],
)
async def test_words_of_secret_complaints_and_reporters_are_shown_to_few(
    store: Store, database: Database, viewer: Scope, words: bool, name: bool
) -> None:
    secret = complaint(
        secret=True, title="Pungutan", description="…", reporter=Reporter("Sitti", "0811")
    )
    await filled(store, database, [secret])
    reading = Reading()
    found = await store.reader(viewer).complaints.get(secret.id, reading)
    assert found is not None
    assert (found["title"], found["description"]) == (("Pungutan", "…") if words else (None, None))
    assert found["reporter"] == (secret.reporter if name else None)
    assert not {"raw", "words"} & found.keys()
    assert {why for why, _, ids in reading.hidden if ids == [secret.id]} == {
        *([] if words else [HiddenBecause.SECRET]),
        *([] if name else [HiddenBecause.NOT_PERMITTED]),
    }
    assert reading.reporters_by_place == ({("73", "73.71"): 1} if name else {})


async def test_an_anonymous_reporter_is_shown_to_nobody(store: Store, database: Database) -> None:
    hidden = complaint(anonymous=True, reporter=Reporter("Sitti", "0811"))
    await filled(store, database, [hidden])
    reading = Reading()
    found = await store.reader(MINISTRY).complaints.get(hidden.id, reading)
    assert found is not None
    assert found["reporter"] is None
    assert reading.hidden == [(HiddenBecause.ANONYMOUS, ("reporter",), [hidden.id])]


async def test_personal_data_does_not_lie_in_the_database_in_clear(
    store: Store, database: Database
) -> None:
    await filled(store, database, [complaint(reporter=Reporter("Sitti", "0811-222"))])
    stored = await database["complaints"].find_one()
    assert "Sitti" not in repr(stored)
    assert "0811-222" not in repr(stored)


async def test_a_cursor_of_another_viewer_order_or_list_is_refused(
    store: Store, database: Database
) -> None:
    await filled(store, database, [complaint(), complaint(external_id="2")])
    reader = store.reader(MINISTRY)
    page = await reader.complaints.page(EVERYTHING, PageRequest(1), Reading())
    cursor = page.cursor(page.documents[0])
    tampered = cursor[:-2] + ("AA" if cursor[-2:] != "AA" else "BB")
    without = frozenset({Permission.AUDIT_READ})
    another = store.reader(scope(Grant(Role.MINISTRY), without=without))
    used_wrongly = [(another, cursor), (reader, tampered), (reader, "nonsense"), (reader, "é")]
    for other, used in used_wrongly:
        with pytest.raises(InvalidCursorError):
            await other.complaints.page(EVERYTHING, PageRequest(1, after=used), Reading())
    with pytest.raises(InvalidCursorError):
        await reader.runs.page(None, PageRequest(1, after=cursor))


async def test_reading_is_the_same_by_either_driver(
    mongodb_uri: str, vault: Vault, driver: Driver
) -> None:
    async with connect(mongodb_uri, driver, f"test-{driver}") as database:
        store = Store(database, vault)
        await filled(store, database, [complaint(external_id=str(n)) for n in range(5)])
        reader = store.reader(MINISTRY)
        assert len(await ids(reader)) == 5
        assert (await reader.complaints.count(EVERYTHING)).number == 5
        rows = await reader.complaints.indicators([Dimension.DISTRICT], EVERYTHING, Period())
        assert [row.received for row in rows] == [5]
        await database.client.drop_database(database.name)


async def test_a_long_list_is_counted_so_far_and_estimated_beyond(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.complaints.MOST_COUNTED", 3)
    ours = [complaint(external_id=str(n), category="roads" if n < 3 else None) for n in range(6)]
    theirs = complaint(external_id="74", province="74", district="74.71")
    await store.writer.write(received(*ours, theirs), provenance())
    viewer = store.reader(scope(Grant(Role.PROVINCE, ("73",)))).complaints
    by_number = Compare(Field.NUMBER, Op.NE, "none such")
    assert await viewer.count(Compare(Field.CATEGORY, Op.EQ, "roads")) == Count(3)
    assert await viewer.count(EVERYTHING) == Count(6, is_estimate=True)
    assert await viewer.count(by_number) == Count(3, is_estimate=True)
    assert await store.reader(MINISTRY).complaints.count(EVERYTHING) == Count(7, is_estimate=True)
    assert await store.reader(scope()).complaints.count(EVERYTHING) == Count(0)
