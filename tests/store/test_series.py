"""Time series without gaps, and the period before, against plain loops."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import Complaint
from hub.domain.disclosure import DisclosureError
from hub.domain.indicators import Dimension, IndicatorRow, Period
from hub.domain.question import EVERYTHING, Compare, Field, Op
from hub.domain.scope import Grant, Role
from hub.domain.series import SeriesError
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
TIMES = {D.DAY, D.WEEK, D.MONTH}
STATISTICS = scope(Grant(Role.STATISTICS))


def days(period: Period) -> list[date]:
    assert period.first and period.last
    return [period.first + timedelta(n) for n in range((period.last - period.first).days + 1)]


def times(dimension: Dimension, period: Period) -> list[str]:
    """Each month, week or day that a day of the period is in, in order."""
    form = {D.DAY: "%Y-%m-%d", D.MONTH: "%Y-%m", D.WEEK: "%G-W%V"}[dimension]
    return list(dict.fromkeys(day.strftime(form) for day in days(period)))


def july(first: int, last: int) -> Period:
    return Period(date(2020, 7, first), date(2020, 7, last))


AUGUST = Period(date(2020, 8, 1), date(2020, 8, 31))
CASES = [
    ([], AUGUST, july(1, 31)),
    ([D.MONTH], AUGUST, july(1, 31)),
    ([D.PROVINCE, D.MONTH], AUGUST, july(1, 31)),
    ([D.DAY], AUGUST, july(1, 31)),
    ([D.DAY], july(1, 30), Period(date(2020, 6, 1), date(2020, 6, 30))),
    ([D.DAY, D.STATUS], july(8, 12), july(3, 7)),
    ([D.WEEK], july(13, 26), Period(date(2020, 6, 29), date(2020, 7, 12))),
    ([D.WEEK, D.PROVINCE], july(8, 14), july(1, 7)),
    ([D.CHANNEL], july(10, 12), july(7, 9)),
]


def groups(
    complaints: list[Complaint], dimensions: Sequence[Dimension], period: Period
) -> dict[Any, list[Complaint]]:
    within = {day.isoformat() for day in days(period)}
    found: dict[Any, list[Complaint]] = {} if dimensions else {(): []}
    for each in complaints:
        if oracle.key(each, D.DAY) in within:
            found.setdefault(tuple(oracle.key(each, d) for d in dimensions), []).append(each)
    return found


def with_gaps_filled(
    found: dict[Any, list[Complaint]], dimensions: Sequence[Dimension], period: Period
) -> Iterator[Any]:
    """The keys of all rows that there are to be."""
    (time,) = (d for d in dimensions if d in TIMES)
    at = dimensions.index(time)
    others = {keys[:at] + keys[at + 1 :] for keys in found} if len(dimensions) > 1 else {()}
    for other in others:
        for each in times(time, period):
            yield (*other[:at], each, *other[at:])


@given(
    complaints=distinct_complaints(),
    case=st.sampled_from(CASES),
    fill=st.booleans(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_series_is_what_plain_loops_count(
    store: Store, database: Database, complaints: list[Complaint], case: Any, fill: bool
) -> None:
    dimensions, period, before = case
    fill = fill and bool(TIMES.intersection(dimensions))
    complaints = [later(c, 31 * (n % 2)) for n, c in enumerate(complaints)]
    await without_complaints(database)
    await store.writer.write(received(*complaints), provenance())
    reader = store.reader(MINISTRY).complaints
    rows = await reader.indicators(dimensions, EVERYTHING, period, fill=fill, compare=True)

    now, then = groups(complaints, dimensions, period), groups(complaints, dimensions, before)
    wanted = set(with_gaps_filled(now, dimensions, period)) if fill else now.keys()
    assert oracle.comparable(rows) == {keys: oracle.figures(now.get(keys, [])) for keys in wanted}
    back: dict[str | None, str] = {}
    for time in TIMES.intersection(dimensions):
        back |= zip(times(time, period), times(time, before), strict=True)
    for row in rows:
        assert row.before
        keys = tuple(back[v] if d in TIMES else v for d, v in row.keys)
        assert oracle.comparable([row.before]) == {keys: oracle.figures(then.get(keys, []))}


def later(each: Complaint, by: int) -> Complaint:
    moved = timedelta(days=by)
    followed_up_at = each.followed_up_at + moved if each.followed_up_at else None
    return replace(each, received_at=each.received_at + moved, followed_up_at=followed_up_at)


async def test_an_open_period_is_filled_from_its_first_row_to_its_last(store: Store) -> None:
    some = [later(complaint(external_id=str(by)), by) for by in (0, 21, 45)]
    reader = store.reader(MINISTRY).complaints
    for dimension in TIMES:
        assert await reader.indicators([dimension], EVERYTHING, Period(), fill=True) == []
    await store.writer.write(received(*some), provenance())
    for dimension, number in ((D.DAY, 46), (D.WEEK, 7), (D.MONTH, 2)):
        rows = await reader.indicators([dimension], EVERYTHING, Period(), fill=True)
        assert len(rows) == number
        assert sum(row.received for row in rows) == 3
    rows = await reader.indicators([D.MONTH], EVERYTHING, AUGUST, fill=True)
    assert {row.freshness.as_of for row in rows} != {None}


@pytest.mark.parametrize(
    ("dimensions", "period", "flag", "argument"),
    [
        ([], july(1, 7), "fill", "fill"),
        ([D.DAY, D.MONTH], july(1, 7), "fill", "fill"),
        ([D.DAY], Period(date(1, 1, 1), date(9999, 12, 31)), "fill", "fill"),
        ([], Period(date(2020, 7, 1)), "compare", "period"),
        ([D.MONTH], july(1, 7), "compare", "period"),
        ([D.MONTH, D.DAY], july(1, 31), "compare", "period"),
        ([D.WEEK], july(1, 8), "compare", "period"),
        ([], Period(date(1, 1, 1), date(1, 1, 31)), "compare", "period"),
        ([], Period(date(1, 1, 1), date(1, 2, 1)), "compare", "period"),
    ],
)
async def test_what_makes_no_series_is_refused(
    store: Store, dimensions: list[Dimension], period: Period, flag: str, argument: str
) -> None:
    reader = store.reader(MINISTRY).complaints
    with pytest.raises(SeriesError) as refused:
        await reader.indicators(
            dimensions, EVERYTHING, period, fill=flag == "fill", compare=flag == "compare"
        )
    assert refused.value.argument == argument


async def test_the_period_before_tells_no_more_than_a_question_of_its_own(store: Store) -> None:
    """June is of three; so is July withheld, from which it could be computed."""
    numbers = {5: 20, 6: 3, 7: 8, 8: 30}
    some = [
        complaint(external_id=f"{month}-{n}", received_at=MOMENT.replace(month=month))
        for month, number in numbers.items()
        for n in range(number)
    ]
    await store.writer.write(received(*some), provenance())
    reader = store.reader(STATISTICS).complaints

    async def asked(period: Period, *, compare: bool = False) -> list[IndicatorRow]:
        return await reader.indicators([D.MONTH], EVERYTHING, period, compare=compare)

    assert await asked(july(1, 31)) == []
    (row,) = await asked(AUGUST, compare=True)
    assert (row.received, row.before) == (30, None)
    two = Period(date(2020, 7, 1), date(2020, 8, 31))
    rows = await asked(two, compare=True)
    assert [(row.received, row.before) for row in rows] == [(30, None)]
    longer = Period(date(2020, 8, 1), date(2020, 10, 31))
    (row,) = await asked(longer, compare=True)
    assert row.before
    assert (row.before.keys[0][1], row.before.received) == ("2020-05", 20)


async def test_no_empty_group_is_told_from_a_small_one(store: Store) -> None:
    reader = store.reader(STATISTICS).complaints
    with pytest.raises(DisclosureError) as refused:
        await reader.indicators([D.MONTH], EVERYTHING, AUGUST, fill=True)
    assert refused.value.argument == "fill"
    both = scope(Grant(Role.STATISTICS), Grant(Role.PROVINCE, ("73",)))
    own = Compare(Field.PROVINCE, Op.EQ, "73")
    reader = store.reader(both).complaints
    assert len(await reader.indicators([D.MONTH], own, AUGUST, fill=True)) == 1


@pytest.mark.parametrize(("timed", "told"), [(49, False), (50, True)])
async def test_a_percentile_of_few_is_not_told(store: Store, timed: int, told: bool) -> None:
    some = [
        complaint(external_id=str(n), followed_up_at=MOMENT + timedelta(days=n))
        for n in range(timed)
    ]
    await store.writer.write(received(*some), provenance())
    (row,) = await store.reader(STATISTICS).complaints.indicators([], EVERYTHING, Period())
    assert row.median_days_to_follow_up is not None
    assert (row.p90_days_to_follow_up is not None) is told
    (row,) = await store.reader(MINISTRY).complaints.indicators([], EVERYTHING, Period())
    assert row.p90_days_to_follow_up == 44
