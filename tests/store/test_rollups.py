"""The roll-up: equal to a count at rest, healed after a crash, and honest about its age."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import Complaint, ComplaintStatus
from hub.domain.deadline_rules import DeadlineStage
from hub.domain.indicators import Dimension, Period, StageDeadlines
from hub.domain.question import EVERYTHING, Compare, Condition, Field, Op
from hub.domain.scope import Grant, Reach, Role, Scope
from hub.store import cells, rollups
from hub.store.answers import Answers, Question
from hub.store.mongo import Database
from hub.store.rollups import DEAD_AFTER, RollupMarks
from hub.store.store import Store
from tests import oracle
from tests.made import (
    MINISTRY,
    MOMENT,
    RECKONED,
    complaint,
    conditions,
    distinct_complaints,
    provenance,
    received,
    scope,
    scopes,
    without_complaints,
)

held = [
    Dimension.PROVINCE,
    Dimension.DISTRICT,
    Dimension.MONTH,
    *cells.BREAKDOWNS,
]
against_mongodb = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def counted(complaints: Iterable[oracle.Told], dimensions: list[Dimension]) -> dict[Any, Any]:
    groups = defaultdict(list)
    for each in complaints:
        groups[tuple(oracle.key(each.complaint, d) for d in dimensions)].append(each)
    return {key: oracle.figures(group) for key, group in groups.items()}


@given(
    first=distinct_complaints(),
    others=distinct_complaints(),
    dimensions=st.lists(st.sampled_from(held), min_size=1, max_size=3, unique=True),
    condition=conditions(frozenset(Field) - RECKONED - {Field.FETCHED_AT}),
    viewer=scopes(),
)
@against_mongodb
async def test_at_rest_it_equals_a_plain_count_whatever_was_written(
    store: Store,
    database: Database,
    first: list[Complaint],
    others: list[Complaint],
    dimensions: list[Dimension],
    condition: Condition,
    viewer: Scope,
) -> None:
    assume(not viewer.counts_beyond_rows)  # what those are told is in test_statistics.py
    await without_complaints(database)
    await store.writer.write(received(*first), provenance())
    await store.rollups.refresh()
    # Some of them move to other places, months and states.
    moved = [
        replace(
            other,
            channel=one.channel,
            external_id=one.external_id,
            updated_at=None,
            due_at=other.due_at or MOMENT,
        )
        for one, other in zip(first, others, strict=False)
    ]
    stored = {c.id: replace(c, updated_at=None) for c in first} | {c.id: c for c in moved}
    await database["complaints"].update_many({}, {"$set": {"provenance.source_updated_at": None}})
    await store.writer.write(received(*moved), provenance(MOMENT + timedelta(days=1)))
    await store.rollups.refresh()
    pipeline = cells.from_rollups(viewer.counts, dimensions, condition, Period(), None)
    lying = {d["_id"]: d async for d in database["complaints"].find()}
    expected = [
        oracle.Told.of(c, lying[id_])
        for id_, c in stored.items()
        if viewer.counts.covers(c.province, c.district, c.channel)
        and oracle.holds(condition, oracle.shown(viewer, c))
    ]
    rows = await store.reader(viewer).complaints.indicators(dimensions, condition, Period())
    assert oracle.comparable(rows) == counted(expected, dimensions)
    event("from the roll-up" if pipeline else "counted one by one")


NATION = Reach(nation=True)


@pytest.mark.parametrize(
    ("reach", "dimensions", "condition", "period", "is_held"),
    [
        (NATION, [], EVERYTHING, Period(), True),
        (NATION, [Dimension.DISTRICT, Dimension.MONTH], EVERYTHING, Period(), True),
        (NATION, [Dimension.STATUS], Compare(Field.STATUS, Op.EQ, "closed"), Period(), True),
        (NATION, [], EVERYTHING, Period(date(2020, 7, 1), date(2020, 8, 31)), True),
        (Reach(provinces=frozenset({"73"})), [Dimension.CATEGORY], EVERYTHING, Period(), True),
        (NATION, [], EVERYTHING, Period(date(2020, 7, 2)), False),
        (NATION, [], EVERYTHING, Period(None, date(2020, 2, 28)), False),
        (NATION, [Dimension.DAY], EVERYTHING, Period(), False),
        (NATION, [Dimension.STATUS, Dimension.CATEGORY], EVERYTHING, Period(), False),
        (NATION, [Dimension.STATUS], Compare(Field.CHANNEL, Op.EQ, "lapor"), Period(), False),
        (NATION, [], Compare(Field.SECRET, Op.EQ, True), Period(), False),
        (Reach(channels=frozenset({"lapor"})), [], EVERYTHING, Period(), False),
    ],
)
def test_what_it_holds(
    reach: Reach, dimensions: list[Dimension], condition: Condition, period: Period, is_held: bool
) -> None:
    found = cells.from_rollups(reach, dimensions, condition, period, None)
    assert (found is not None) is is_held


def test_only_figures_that_are_asked_for_are_read() -> None:
    by = [Dimension.PROVINCE]
    (counts,) = cells.from_rollups(NATION, by, EVERYTHING, Period(), frozenset()) or []
    assert [*counts[-1]["$group"]] == ["_id", "received", "followed_up", "changed_at"]
    parts = frozenset({"close", "overdue_ever"})
    counts, days = cells.from_rollups(NATION, by, EVERYTHING, Period(), parts) or []
    assert {"answer_late", "answer_overdue", "answer_due"} <= counts[1]["$group"].keys()
    assert "verify" not in str(counts)
    assert "hours" not in str([counts, days])
    by.append(Dimension.DISTRICT)
    by.append(Dimension.MONTH)
    (stand,) = cells.from_rollups(NATION, by, EVERYTHING, Period(), parts) or []
    assert "close" in stand[-1]["$project"]
    assert "hours" not in str(stand)


async def test_cells_of_another_form_are_not_answered_from_and_computed_anew(
    store: Store, database: Database
) -> None:
    await store.writer.write(received(complaint(status=ComplaintStatus.CLOSED)), provenance())
    await store.rollups.refresh()
    await database["rollup_marks"].update_one({"_id": "version"}, {"$unset": {"form": ""}})
    await database["rollups"].update_many({}, {"$unset": {"parts.$[].closed": ""}})

    async def closed() -> int | None:
        (row,) = await store.reader(MINISTRY).complaints.indicators([], EVERYTHING, Period())
        return row.closed

    assert await closed() == 1
    assert await store.rollups.refresh() == 1
    assert await closed() == 1
    found = await database["rollups"].find().to_list()
    assert all("closed" in part for cell in found for part in cell["parts"])
    assert await store.rollups.refresh() == 0


async def test_what_a_killed_writer_left_marked_is_healed(store: Store, database: Database) -> None:
    await store.writer.write(received(complaint()), provenance())
    await store.rollups.refresh()
    # Killed between the write and the word that it is over.
    marks = RollupMarks(database)
    cell = (await database["complaints"].find_one() or {})["cell"]
    await marks.begin([cell])
    await database["complaints"].update_one({}, {"$set": {"status": "closed"}})
    assert await store.rollups.refresh() == 1
    assert await followed_up(store) == 1
    assert (
        await database["rollup_marks"].count_documents({"cells": cell}) == 1
    )  # its writer may still live
    long_ago = datetime.now(UTC) - DEAD_AFTER - timedelta(seconds=1)
    await database["rollup_marks"].update_many({}, {"$set": {"at": long_ago}})
    await store.rollups.refresh()
    assert await database["rollup_marks"].count_documents({"cells": cell}) == 0


async def followed_up(store: Store) -> int:
    (row,) = await store.reader(MINISTRY).complaints.indicators([], EVERYTHING, Period())
    return row.followed_up


async def test_many_marked_cells_are_answered_by_age_or_counted(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.writer.write(received(complaint()), provenance())
    await store.rollups.refresh()
    monkeypatch.setattr(rollups, "REFRESHED_AT_ONCE", 0)
    await store.writer.write(received(complaint(external_id="2")), provenance())
    reader = store.reader(MINISTRY).complaints
    (exact,) = await reader.indicators([], EVERYTHING, Period())
    assert exact.received == 2
    monkeypatch.setattr(rollups, "CHEAP_TO_COUNT", 0)
    before = datetime.now(UTC)
    (aged,) = await reader.indicators([], EVERYTHING, Period())
    assert aged.received == 1
    assert aged.freshness.as_of < before
    await store.rollups.refresh()
    (fresh,) = await reader.indicators([], EVERYTHING, Period())
    assert fresh.received == 2
    assert fresh.freshness.as_of > before


async def test_a_deadline_that_passes_needs_no_new_computation(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    past = complaint(external_id="2", due_at=MOMENT)
    answered = complaint(external_id="3", due_at=MOMENT, status=ComplaintStatus.CLOSED)
    await store.writer.write(received(complaint(due_at=soon), past, answered), provenance())
    await store.rollups.refresh()
    computed = await database["rollups"].find().to_list()

    async def overdue(now: datetime) -> int:
        monkeypatch.setattr("hub.store.complaints.utc_now", lambda: now)
        (row,) = await store.reader(MINISTRY).complaints.indicators([], EVERYTHING, Period())
        assert row.freshness.as_of == now
        return row.overdue

    assert await overdue(soon - timedelta(minutes=2)) == 1
    assert await overdue(soon - timedelta(minutes=1)) == 1
    assert await overdue(soon + timedelta(seconds=1)) == 2
    assert await database["rollups"].find().to_list() == computed


@given(first=distinct_complaints(most=20))
@settings(against_mongodb, max_examples=20)
async def test_what_is_past_at_a_later_moment_is_a_plain_count(
    store: Store, database: Database, first: list[Complaint]
) -> None:
    """Of complaints of these days, whose deadlines pass one by one."""
    await without_complaints(database)
    now = datetime.now(UTC)
    later = timedelta(days=(now - MOMENT).days - 8)
    times = ("received_at", "handed_over_at", "followed_up_at", "closed_at", "due_at")
    recent = [
        replace(c, updated_at=None, **{n: getattr(c, n) and getattr(c, n) + later for n in times})
        for c in first
    ]
    await store.writer.write(received(*recent), provenance(now))
    await store.rollups.refresh()
    lying = {d["_id"]: d async for d in database["complaints"].find()}
    told = [oracle.Told.of(c, lying[c.id]) for c in recent]
    answers = Answers(database, store.rollups)
    by_programme = Question(NATION, (Dimension.PROGRAMME,), EVERYTHING, Period())
    for at in (now, *(now + timedelta(days=n) for n in (2, 5, 9, 20, 100))):
        groups = defaultdict(list)
        for each in told:
            groups[each.complaint.programme,].append(each)
        rows = await answers.answer(by_programme, at)
        assert oracle.comparable(rows) == {k: oracle.figures(g, at) for k, g in groups.items()}
        event("some are late" if any(row.stage_overdue for row in rows) else "none is late")


async def test_the_limits_of_covid_19_are_about_more_than_the_answer(store: Store) -> None:
    """SE 53/2020: a day to verify, two to follow up. 24 July 2020 was a Friday, the 31st Eid."""
    friday = datetime(2020, 7, 24, 2, tzinfo=UTC)
    handed_over_at = friday + timedelta(days=6)
    some: dict[str, dict[str, Any]] = {
        "nothing was done": {},
        "verified, late": {"handed_over_at": handed_over_at, "status": ComplaintStatus.VERIFIED},
        "in time": {
            "handed_over_at": friday + timedelta(days=3),
            "followed_up_at": friday + timedelta(days=5),
            "status": ComplaintStatus.IN_PROGRESS,
        },
        "nobody says when": {"status": ComplaintStatus.CLOSED},
    }
    written = [
        complaint(external_id=name, received_at=friday, programme="COVID19", **stated)
        for name, stated in some.items()
    ]
    await store.writer.write(received(*written), provenance())
    (row,) = await store.reader(MINISTRY).complaints.indicators([], EVERYTHING, Period())
    assert (row.received, row.overdue, row.overdue_ever, row.stage_overdue) == (4, 0, 0, 2)
    assert row.deadlines == (
        StageDeadlines(DeadlineStage.VERIFY, overdue=1, late=2, n=3, of=4),
        StageDeadlines(DeadlineStage.FOLLOW_UP, overdue=1, late=1, n=2, of=2),
        StageDeadlines(DeadlineStage.ANSWER),
    )
    assert [each.late_rate for each in row.deadlines] == [2 / 3, 1 / 2, None]
    assert [each.coverage for each in row.deadlines] == [3 / 4, 1, None]


async def test_an_answer_is_kept_until_something_is_written(
    store: Store, database: Database
) -> None:
    await store.writer.write(received(complaint()), provenance())
    reader = store.reader(MINISTRY).complaints

    async def asked() -> tuple[int, datetime]:
        (row,) = await reader.indicators([], EVERYTHING, Period())
        return row.received, row.freshness.as_of

    first, at = await asked()
    # Nothing that writes as it should: a kept answer does not see it.
    await database["rollups"].update_many({}, {"$set": {"parts.$[].received": 7}})
    again, later = await asked()
    assert (first, again) == (1, 1)
    assert later > at
    await store.writer.write(received(complaint(external_id="2")), provenance())
    assert (await asked())[0] == 2


async def test_a_computation_never_replaces_a_later_one(store: Store, database: Database) -> None:
    await store.writer.write(received(complaint()), provenance())
    await store.rollups.refresh()
    later = datetime.now(UTC) + timedelta(days=1)
    await database["rollups"].update_many({}, {"$set": {"computed_at": later, "mine": True}})
    await store.rollups.rebuild()
    kept = await database["rollups"].count_documents({"mine": True})
    assert kept == await database["rollups"].count_documents({}) > 0


async def test_a_cell_that_becomes_empty_goes(store: Store, database: Database) -> None:
    await store.writer.write(received(complaint()), provenance())
    await store.rollups.refresh()
    elsewhere = complaint(province="74", district=None)
    await store.writer.write(received(elsewhere), provenance(MOMENT + timedelta(days=1)))
    await store.rollups.refresh()
    assert await database["rollups"].distinct("cell") == ["74||2020-07"]


async def test_the_scope_holds_in_the_roll_up(store: Store) -> None:
    await store.writer.write(
        received(complaint(), complaint(external_id="2", province="74", district=None)),
        provenance(),
    )
    sulsel = store.reader(scope(Grant(Role.PROVINCE, ("73",)))).complaints
    other = Compare(Field.PROVINCE, Op.EQ, "74")
    assert [r.received for r in await sulsel.indicators([], EVERYTHING, Period())] == [1]
    assert [r.received for r in await sulsel.indicators([], other, Period())] == [0]
    nobody = store.reader(scope()).complaints
    assert [r.received for r in await nobody.indicators([], EVERYTHING, Period())] == [0]
