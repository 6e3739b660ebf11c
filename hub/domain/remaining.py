"""Working days that are left until an answer is due, and which complaints have so many. Pure."""

from collections import defaultdict
from datetime import datetime

from hub.domain.complaint import OPEN_STATUSES
from hub.domain.question import All, AnyOf, Compare, Condition, Field, Not, Op
from hub.domain.working_days import FIRST, LAST, Calendar, OfficeClock


def remaining(clock: OfficeClock, now: datetime, due_at: datetime) -> int | None:
    """The working days after today up to and including the last day in time; both moments are UTC.

    0 is that last day. Once it is over it is how many have passed since, below nought, and -1 at
    once: a weekend later nothing has passed, and it is late all the same. None where the calendar
    does not reach.
    """
    today, last = clock.day(now), clock.day(due_at)
    days = clock.between(today, last)
    return days if days is None or today <= last else min(days, -1)


def by_moments(condition: Condition, calendar: Calendar, now: datetime) -> Condition:
    """The same condition at a moment (UTC), of what is stored: the working days that remain are
    told by when a complaint is due, which is another moment for each zone and for places that
    have days of their own, or by what was left when its clock was stopped."""
    match condition:
        case Compare(Field.REMAINING_WORKING_DAYS, op, value):
            return _compared(op, value, calendar, now)
        case Compare():
            return condition
        case Not(part):
            return Not(by_moments(part, calendar, now))
        case All(parts):
            return All(tuple(by_moments(part, calendar, now) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(by_moments(part, calendar, now) for part in parts))


_IS_COUNTED = (
    Compare(Field.STATUS, Op.IN, OPEN_STATUSES),
    Compare(Field.RECKONED_BY, Op.IS_NULL, False),
)
_IS_STOPPED = (
    Compare(Field.DUE_AT, Op.IS_NULL, True),
    Compare(Field.DAYS_LEFT, Op.IS_NULL, False),
)


def _compared(op: Op, value: object, calendar: Calendar, now: datetime) -> Condition:
    n = value if isinstance(value, int) else 0
    bounds = {Op.GT: (n + 1, None), Op.GTE: (n, None), Op.LT: (None, n - 1), Op.LTE: (None, n)}
    least, most = (None, None) if op is Op.IS_NULL else bounds.get(op, (n, n))
    found = All((*_IS_COUNTED, AnyOf((_due_in(least, most, calendar, now), _left(least, most)))))
    return Not(found) if op is Op.NE or (op is Op.IS_NULL and value) else found


def _due_in(least: int | None, most: int | None, calendar: Calendar, now: datetime) -> Condition:
    """Due in at least and at most so many days; None is any number."""
    places: dict[tuple[datetime, datetime], list[str | None]] = defaultdict(list)
    for clock, alike in calendar.alike:
        places[_span(clock, clock.day(now), least, most)] += alike
    here = AnyOf(tuple(All((_due(*span), _in(codes))) for span, codes in places.items()))
    # The whole span is redundant, but it is one range of an index.
    return All((_due(min(after for after, _ in places), max(until for _, until in places)), here))


def _left(least: int | None, most: int | None) -> Condition:
    """With at least and at most so many days left when the clock was stopped."""
    bounds = ((Op.GTE, least), (Op.LTE, most))
    stated = (Compare(Field.DAYS_LEFT, op, days) for op, days in bounds if days is not None)
    return All((*_IS_STOPPED, *stated))


def _span(
    clock: OfficeClock, today: int, least: int | None, most: int | None
) -> tuple[datetime, datetime]:
    """After which moment and until which one it is due."""
    before = FIRST.toordinal() - 1
    after = before if least is None else _last_day(clock, today, least - 1)
    until = LAST.toordinal() if most is None else _last_day(clock, today, most)
    return clock.end(max(after, before)), clock.end(max(until, before))


def _last_day(clock: OfficeClock, today: int, days: int) -> int:
    """The last day to which no more than so many days remain, by `remaining`."""
    if days == -1:
        return today - 1
    # The next working day is one too many.
    beyond = clock.after(today, days + 1)
    if beyond is None:
        return LAST.toordinal() if days >= 0 else FIRST.toordinal() - 1
    return beyond - 1


def _due(after: datetime, until: datetime) -> Condition:
    return All((Compare(Field.DUE_AT, Op.GT, after), Compare(Field.DUE_AT, Op.LTE, until)))


def _in(places: list[str | None]) -> Condition:
    codes = Compare(Field.CLOCK_PLACE, Op.IN, tuple(code for code in places if code))
    return AnyOf((codes, Compare(Field.CLOCK_PLACE, Op.IS_NULL, True))) if None in places else codes
