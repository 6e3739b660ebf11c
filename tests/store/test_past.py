"""Figures of a past moment: equal to a plain loop that lets history happen again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import anyio
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hub.domain.activity import Activity, Members
from hub.domain.complaint import Classification, Complaint, ComplaintStatus, StatusChange
from hub.domain.course import Step
from hub.domain.disclosure import DisclosureError
from hub.domain.indicators import Dimension, Period
from hub.domain.institutions import Institution
from hub.domain.past import PastError
from hub.domain.question import EVERYTHING, Compare, Field, Op
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store import past
from hub.store.mongo import Database
from hub.store.store import Store
from tests import oracle
from tests.made import (
    MINISTRY,
    MOMENT,
    complaint,
    distinct_complaints,
    provenance,
    received,
    scope,
    without_complaints,
)

D = Dimension
DAY = timedelta(days=1)
VISITS = [MOMENT + n * DAY for n in (20, 40, 60)]
"""When the hub asked the channel: each time it may find another status."""
NAMES = [None, "Pemerintah Kota Makassar", "Pemerintah Kota Kendari"]
LISTED = [Institution(NAMES[1] or "", "73", "73.71"), Institution(NAMES[2] or "", "74", "74.71")]
against_mongodb = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def statuses() -> st.SearchStrategy[list[list[ComplaintStatus]]]:
    """What each complaint is found as at each visit."""
    each = st.lists(st.sampled_from(ComplaintStatus), min_size=3, max_size=3)
    return st.lists(each, min_size=20, max_size=20)


async def visited(
    store: Store, database: Database, first: list[Complaint], found: list[list[ComplaintStatus]]
) -> list[tuple[Complaint, list[ComplaintStatus]]]:
    """Writes each complaint as it is found at each visit."""
    await without_complaints(database)
    each = [
        (replace(c, updated_at=None, due_at=None), seen)
        for c, seen in zip(first, found, strict=False)
    ]
    for n, at in enumerate(VISITS):
        batch = received(*(replace(c, status=seen[n]) for c, seen in each))
        await store.writer.write(batch, provenance(at))
    return each


class Was(NamedTuple):
    """A complaint as it was, and whether it is known to have been so."""

    told: oracle.Told
    certain: bool


def as_it_was(one: Complaint, seen: list[ComplaintStatus], at: datetime) -> Was | None:
    """By a walk from visit to visit; None where it had not been received."""
    if one.received_at > at:
        return None
    steps = [Step(one.received_at, ComplaintStatus.RECEIVED, True)]
    for n, (visit, status) in enumerate(zip(VISITS, seen, strict=True)):
        if steps[-1].status is not status:
            stated = {"followed_up": one.followed_up_at, "closed": one.closed_at}.get(status)
            # At the first visit nobody knows since when it is so.
            steps.append(Step(stated or visit, status, n > 0))
    certain = not any(step.at > at and not step.dated for step in steps)
    steps = [step for step in steps if step.at <= at]
    handed_over_at, followed_up_at, closed_at = (
        stated if stated and stated <= at else None
        for stated in (one.handed_over_at, one.followed_up_at, one.closed_at)
    )
    if not certain and closed_at:
        steps.append(Step(closed_at, ComplaintStatus.CLOSED, True))
    elif not certain and followed_up_at:
        steps.append(Step(followed_up_at, ComplaintStatus.IN_PROGRESS, True))
    elif not certain and handed_over_at:
        steps.append(Step(handed_over_at, ComplaintStatus.VERIFIED, True))
    was = replace(
        one,
        status=steps[-1].status,
        handed_over_at=handed_over_at,
        followed_up_at=followed_up_at,
        closed_at=closed_at,
    )
    found = oracle.RULES.reckon(was, steps)
    # Whether something was still to be done then is known of what is certain alone.
    deadlines = [
        d._asdict() | ({"pending": False} if d.pending and not certain else {})
        for d in found.deadlines
    ]
    reckoned = {
        "due_at": found.answer.due_at if certain else None,
        "late": found.late,
        "deadlines": deadlines,
        "reopened": found.reopened,
        "days": found.days,
    }
    return Was(oracle.Told(was, [{"status": s.status} for s in steps], reckoned), certain)


@given(
    first=distinct_complaints(most=20),
    found=statuses(),
    names=st.lists(st.sampled_from(NAMES), min_size=20, max_size=20),
    at=st.sampled_from([MOMENT + n * DAY for n in (-1, 3, 10, 20, 30, 45, 90)]),
    dimensions=st.lists(
        st.sampled_from([D.STATUS, D.DISTRICT, D.DAY, D.INSTITUTION]), max_size=2, unique=True
    ),
)
@against_mongodb
async def test_a_past_moment_is_what_a_walk_through_history_finds(
    store: Store,
    database: Database,
    first: list[Complaint],
    found: list[list[ComplaintStatus]],
    names: list[str | None],
    at: datetime,
    dimensions: list[Dimension],
) -> None:
    first = [replace(c, institution=name) for c, name in zip(first, names, strict=False)]
    written = await visited(store, database, first, found)
    reader = store.reader(MINISTRY)
    rows = await reader.complaints.indicators(dimensions, EVERYTHING, Period(), as_of=at)
    groups: dict[Any, list[Was]] = {} if dimensions else {(): []}
    for one, seen in written:
        if was := as_it_was(one, seen, at):
            key = tuple(oracle.key(was.told.complaint, d) for d in dimensions)
            groups.setdefault(key, []).append(was)
    assert oracle.comparable(rows) == {
        key: oracle.figures([was.told for was in group], at) for key, group in groups.items()
    }
    uncertain = {tuple(v for _, v in row.keys): row.uncertain for row in rows}
    assert uncertain == {
        key: sum(not was.certain for was in group) for key, group in groups.items()
    }
    assert {row.freshness.as_of for row in rows} <= {at}
    event("uncertain" if any(uncertain.values()) else "certain")


@given(first=distinct_complaints(most=20), found=statuses())
@against_mongodb
async def test_this_moment_is_what_is_told_without_one(
    store: Store, database: Database, first: list[Complaint], found: list[list[ComplaintStatus]]
) -> None:
    first = [replace(c, institution=NAMES[n % 3]) for n, c in enumerate(first)]
    await visited(store, database, first, found)
    await store.institutions.replace(LISTED)
    grants = Grant(Role.PROVINCE, ("73", "74")), Grant(Role.OPERATOR, channels=("sulsel",))
    reader, now = store.reader(scope(*grants)), datetime.now(UTC)
    for dimensions in ([], [D.STATUS], [D.PROVINCE, D.MONTH]):
        told = await reader.complaints.indicators(dimensions, EVERYTHING, Period())
        past_rows = await reader.complaints.indicators(dimensions, EVERYTHING, Period(), as_of=now)
        assert oracle.comparable(past_rows) == oracle.comparable(told)
    for members in Members:
        for province in ("73", None):
            activity = await reader.activity.of(members, province, Period())
            then = await reader.activity.of(members, province, Period(), now)
            assert facts(then) == facts(activity)


def facts(activity: Activity) -> Any:
    return activity.unlisted, activity.members


async def test_what_was_first_seen_later_is_told_to_be_uncertain(store: Store) -> None:
    """The receipt is known, and what the channel dates; what it was is not."""
    closed = {"status": ComplaintStatus.CLOSED, "received_at": MOMENT}
    dated = complaint(external_id="2", followed_up_at=MOMENT + DAY, **closed)
    told = complaint(
        external_id="3",
        history=(StatusChange(MOMENT + DAY, ComplaintStatus.CLOSED, "selesai"),),
        **closed,
    )
    await store.writer.write(received(complaint(**closed), dated, told), provenance(VISITS[0]))
    (row,) = await store.reader(MINISTRY).complaints.indicators(
        [], EVERYTHING, Period(), as_of=MOMENT + 5 * DAY
    )
    assert (row.received, row.uncertain, row.followed_up, row.closed) == (3, 2, 2, 1)


async def test_nobody_was_late_by_a_guess(store: Store) -> None:
    """What was closed when it was first seen may have been so for long."""
    asked = {"classification": Classification.INFORMATION_REQUEST, "received_at": MOMENT}
    first_seen_closed = complaint(status=ComplaintStatus.CLOSED, **asked)
    still_open = complaint(external_id="2", **asked)
    await store.writer.write(received(first_seen_closed, still_open), provenance(VISITS[0]))
    (row,) = await store.reader(MINISTRY).complaints.indicators(
        [], EVERYTHING, Period(), as_of=VISITS[0] - DAY
    )
    assert (row.received, row.uncertain, row.overdue, row.overdue_ever) == (2, 1, 1, 1)
    assert row.stage_overdue == 1
    assert row.deadlines
    assert {(d.late, d.n, d.of) for d in row.deadlines} == {(1, 1, 2), (0, 0, 0)}


async def test_of_no_complaint_none_is_uncertain(store: Store) -> None:
    period = Period(date(2020, 7, 1), date(2020, 7, 31))
    reader = store.reader(MINISTRY).complaints
    for dimensions in ([], [D.MONTH]):
        (row,) = await reader.indicators(
            dimensions, EVERYTHING, period, fill=bool(dimensions), compare=True, as_of=VISITS[2]
        )
        assert row.before
        assert (row.uncertain, row.before.uncertain) == (0, 0)


async def test_an_institution_was_silent_before_it_acted(store: Store) -> None:
    one = complaint(institution=NAMES[1])
    await store.institutions.replace(LISTED)
    for n, status in enumerate((ComplaintStatus.RECEIVED, ComplaintStatus.IN_PROGRESS)):
        await store.writer.write(received(replace(one, status=status)), provenance(VISITS[n]))
    activity = store.reader(MINISTRY).activity
    for at, connected, active in (
        (MOMENT - DAY, 0, 0),
        (VISITS[1] - DAY, 1, 0),
        (VISITS[1], 1, 1),
    ):
        told = await activity.of(Members.INSTITUTION, None, Period(), at)
        assert (told.total, told.connected, told.active) == (2, connected, active)
        assert told.freshness.as_of == at


async def test_what_can_not_be_told_of_the_past_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.writer.write(received(complaint(), complaint(external_id="2")), provenance())
    reader = store.reader(MINISTRY).complaints
    closed = Compare(Field.STATUS, Op.EQ, "closed")
    with pytest.raises(PastError, match="status of a past moment"):
        await reader.indicators([], closed, Period(), as_of=MOMENT)
    monkeypatch.setattr(past, "MOST", 1)
    with pytest.raises(PastError, match="1 complaints at most"):
        await reader.indicators([], EVERYTHING, Period(), as_of=VISITS[0])
    here = Compare(Field.PROVINCE, Op.EQ, "74")
    (row,) = await reader.indicators([], here, Period(), as_of=VISITS[0])
    assert row.received == 0


@pytest.mark.parametrize("viewers", [1, past.MOST_VIEWERS])
async def test_who_asks_much_holds_up_nobody_who_asks_after(
    store: Store, monkeypatch: pytest.MonkeyPatch, viewers: int
) -> None:
    """Questions are of as many batches each, and those of one viewer follow one another."""
    await store.writer.write(
        received(*(complaint(external_id=str(n)) for n in range(12))), provenance()
    )
    monkeypatch.setattr(past, "_BATCH", 1)
    answered: list[str] = []

    async def ask(viewer: str) -> None:
        reader = store.reader(Scope(viewer, (Grant(Role.MINISTRY),), frozenset(Permission)))
        rows = await reader.complaints.indicators([], EVERYTHING, Period(), as_of=VISITS[0])
        assert rows[0].received == 12
        answered.append(viewer)

    async with anyio.create_task_group() as group:
        for _ in range(6):
            for n in range(viewers):
                group.start_soon(ask, f"busy {n}")
        group.start_soon(ask, "another")
    before = answered[: answered.index("another")]
    # Those that were being answered when it came, one of each after, and as many at most while its
    # own question is still being counted.
    assert len(before) <= 3 * viewers
    assert len(answered) == 6 * viewers + 1


async def test_two_past_moments_tell_no_single_complaint(store: Store) -> None:
    many = [complaint(external_id=str(n)) for n in range(9)]
    await store.writer.write(received(*many), provenance())
    statistics = store.reader(scope(Grant(Role.STATISTICS))).complaints
    with pytest.raises(DisclosureError, match="single complaints") as refused:
        await statistics.indicators([], EVERYTHING, Period(), as_of=VISITS[0])
    assert refused.value.argument == "asOf"


async def test_the_scope_holds_in_the_past(store: Store) -> None:
    there = complaint(external_id="2", province="74", district="74.71", institution=NAMES[2])
    await store.institutions.replace(LISTED)
    await store.writer.write(received(complaint(), there), provenance())
    reader = store.reader(scope(Grant(Role.PROVINCE, ("73",))))
    rows = await reader.complaints.indicators([D.DISTRICT], EVERYTHING, Period(), as_of=VISITS[0])
    assert [row.keys for row in rows] == [((D.DISTRICT, "73.71"),)]
    told = await reader.activity.of(Members.INSTITUTION, None, Period(), VISITS[0])
    assert [each.name for each in told.members] == [NAMES[1]]
    assert told.unlisted == 1
