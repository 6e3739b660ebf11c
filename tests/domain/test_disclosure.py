"""What may be asked by those who may count but not read."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from hub.domain.disclosure import Asked, DisclosureError, lies_within, unread
from hub.domain.indicators import DaysTaken, Dimension, Freshness, IndicatorRow, Period
from hub.domain.question import EVERYTHING, All, AnyOf, Compare, Condition, Field, Not, Op
from hub.domain.scope import Reach
from hub.domain.tables import Table, told

OPEN = Period()
PROVINCE_73 = Compare(Field.PROVINCE, Op.EQ, "73")
CLOSED = Compare(Field.STATUS, Op.EQ, "closed")


@pytest.mark.parametrize(
    ("dimensions", "condition", "period"),
    [
        ([], EVERYTHING, OPEN),
        ([Dimension.DISTRICT, Dimension.MONTH, Dimension.STATUS], EVERYTHING, OPEN),
        ([Dimension.STATUS], All((PROVINCE_73, All((CLOSED,)))), OPEN),
        ([], Compare(Field.PROGRAMME, Op.IS_NULL, True), OPEN),
        ([], Compare(Field.DISTRICT, Op.IN, ("73.71", "73.06")), OPEN),
        ([], EVERYTHING, Period(date(2020, 2, 1), date(2020, 2, 29))),
    ],
)
def test_what_may_be_asked(
    dimensions: list[Dimension], condition: Condition, period: Period
) -> None:
    assert Asked.of(dimensions, condition, period)


@pytest.mark.parametrize(
    ("dimensions", "condition", "period", "argument", "message"),
    [
        ([Dimension.DAY], EVERYTHING, OPEN, "groupBy", "by month, not by day"),
        ([Dimension.WEEK], EVERYTHING, OPEN, "groupBy", "by month, not by week"),
        ([Dimension.STATUS, Dimension.CATEGORY], EVERYTHING, OPEN, "groupBy", "one of channel,"),
        ([Dimension.CATEGORY], CLOSED, OPEN, "groupBy", "one of channel, category"),
        ([], Compare(Field.NUMBER, Op.EQ, "1"), OPEN, "filter", "not by number"),
        (
            [],
            Compare(Field.RECEIVED_AT, Op.GTE, datetime(2020, 7, 1, tzinfo=UTC)),
            OPEN,
            "filter",
            "not by received_at",
        ),
        ([], Not(Compare(Field.SECRET, Op.EQ, True)), OPEN, "filter", "not by secret"),
        ([], Not(PROVINCE_73), OPEN, "filter", "eq, in and isNull"),
        ([], AnyOf((PROVINCE_73, CLOSED)), OPEN, "filter", "eq, in and isNull"),
        ([], Compare(Field.PROVINCE, Op.NE, "73"), OPEN, "filter", "eq, in and isNull"),
        ([], Compare(Field.CATEGORY, Op.GT, "r"), OPEN, "filter", "eq, in and isNull"),
        ([], EVERYTHING, Period(date(2020, 7, 2)), "period", "whole months"),
        ([], EVERYTHING, Period(None, date(2020, 2, 28)), "period", "whole months"),
    ],
)
def test_what_may_not_be_asked(
    dimensions: list[Dimension], condition: Condition, period: Period, argument: str, message: str
) -> None:
    with pytest.raises(DisclosureError, match=message) as refused:
        Asked.of(dimensions, condition, period)
    assert refused.value.argument == argument


def row(received: int, timed: int = 0, **values: str | None) -> IndicatorRow:
    keys = tuple((Dimension(name), value) for name, value in values.items())
    freshness = Freshness(datetime(2020, 7, 1, tzinfo=UTC))
    return IndicatorRow(keys, received, 0, 0, timed, 1.5 if timed else None, None, freshness)


def test_a_median_of_fewer_than_five_is_not_told() -> None:
    few, some = row(9, timed=4, status="closed"), row(9, timed=5, status="received")
    asked = Asked.of([Dimension.STATUS], EVERYTHING, OPEN)
    medians = [
        each.median_days_to_follow_up
        for each in told(asked, [few, some], Table([few, some]), also_read=False)
    ]
    assert medians == [None, 1.5]
    assert few.median_days_to_follow_up == 1.5  # another viewer may be told


@pytest.mark.parametrize(
    ("n", "median", "p90"), [(4, None, None), (5, 3, None), (49, 3, None), (50, 3, 9)]
)
def test_days_of_few_are_not_told(n: int, median: float | None, p90: float | None) -> None:
    some = replace(row(60), follow_up=DaysTaken(n, 60, 3, 9))
    (told_row,) = told(Asked.of([], EVERYTHING, OPEN), [some], Table([some]), also_read=False)
    assert told_row.follow_up == DaysTaken(n, 60, median, p90)


def test_a_cell_by_status_is_not_told_by_another_way() -> None:
    """Of 30, 27 closed and three archived: the table by status tells of neither."""
    some = replace(row(30), closed=27, archived=3, close=DaysTaken(27, 27, 3, 9))
    (told_row,) = told(Asked.of([], EVERYTHING, OPEN), [some], Table([some]), also_read=False)
    assert (told_row.closed, told_row.archived, told_row.close) == (None, None, None)
    assert told_row.closing_rate is None


def test_a_year_is_told_though_its_months_are_few() -> None:
    months = [row(3, month=f"2020-{month:02}") for month in (3, 5, 8)]
    later = [row(9, month="2021-01")]
    year = Asked.of([], EVERYTHING, Period(date(2020, 3, 1), date(2020, 12, 31)))
    half = Asked.of([], EVERYTHING, Period(date(2020, 3, 1), date(2020, 7, 31)))
    whole = Asked.of([], EVERYTHING, Period(date(2020, 1, 1), date(2021, 1, 31)))
    table = Table([*months, *later])
    few_in_a_year = Table([months[0], *later])
    for asked, number, of, is_told in (
        (year, 9, table, True),
        (half, 6, table, False),
        (year, 3, few_in_a_year, False),
        (whole, 12, few_in_a_year, True),
    ):
        found = told(asked, [row(number)], of, also_read=False)
        assert [each.received for each in found] == [number] * is_told


@pytest.mark.parametrize(
    ("condition", "within"),
    [
        (PROVINCE_73, True),
        (All((PROVINCE_73, Not(CLOSED))), True),
        (Compare(Field.PROVINCE, Op.IN, ("73", "74")), False),
        (Compare(Field.DISTRICT, Op.EQ, "74.71"), True),
        (Compare(Field.CHANNEL, Op.EQ, "lapor"), True),
        (Compare(Field.CHANNEL, Op.NE, "lapor"), False),
        (Not(PROVINCE_73), False),
        (AnyOf((PROVINCE_73, CLOSED)), False),
        (EVERYTHING, False),
    ],
)
def test_what_lies_within_what_may_be_read(condition: Condition, within: bool) -> None:
    rows = Reach(
        provinces=frozenset({"73"}), districts=frozenset({"74.71"}), channels=frozenset({"lapor"})
    )
    assert lies_within(condition, rows) is within
    assert not lies_within(condition, Reach())


def test_who_reads_nothing_has_all_unread() -> None:
    assert unread(Reach()) == EVERYTHING
