"""Figures over time: groups of no complaint filled in, and those of the period before. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from hub.domain.argument import ArgumentError
from hub.domain.indicators import Dimension, Freshness, IndicatorRow, Keys, Period

MOST_ROWS = 10_000
_LEAST_DAYS = {Dimension.MONTH: 28, Dimension.WEEK: 7, Dimension.DAY: 1}
TIMES = frozenset(_LEAST_DAYS)
_MONTHS = 12


class SeriesError(ArgumentError):
    """What is asked makes no series."""


def time_of(dimensions: Sequence[Dimension]) -> Dimension:
    """The one dimension that is a time. Raises SeriesError."""
    times = [dimension for dimension in dimensions if dimension in _LEAST_DAYS]
    if len(times) != 1:
        raise SeriesError("fill", "needs one of MONTH, WEEK and DAY in groupBy")
    return times[0]


def most_times(dimension: Dimension, days: int) -> int:
    """How many months, weeks or days at most there are from a day to the one so many days later."""
    return days // _LEAST_DAYS[dimension] + 2


def filled(
    rows: list[IndicatorRow],
    dimensions: Sequence[Dimension],
    period: Period,
    freshness: Freshness,
) -> list[IndicatorRow]:
    """The rows, with one of nothing for each other time of the period; where that is open, from
    the first time that has a row to the last. Raises SeriesError where they are too many."""
    at = dimensions.index(time_of(dimensions))
    found = {tuple(value for _, value in row.keys): row for row in rows}
    days = [_day(str(values[at])) for values in found]
    first, last = period.first or min(days, default=None), period.last or max(days, default=None)
    if first is None or last is None:
        return rows
    groups = {(values[:at], values[at + 1 :]) for values in found}
    if len(dimensions) == 1:
        groups = {((), ())}
    if len(groups) * most_times(dimensions[at], (last - first).days) > MOST_ROWS:
        raise SeriesError("fill", f"would make more than {MOST_ROWS} rows; narrow down the period")
    for time in _times(dimensions[at], first, last):
        for before, after in groups:
            values = (*before, time, *after)
            keys = tuple(zip(dimensions, values, strict=True))
            found.setdefault(values, nothing(keys, freshness))
    return [found[values] for values in sorted(found, key=lambda v: [each or "" for each in v])]


def nothing(keys: Keys, freshness: Freshness) -> IndicatorRow:
    """The figures of a group without complaints."""
    return IndicatorRow(keys, 0, 0, 0, 0, None, None, freshness)


def _times(dimension: Dimension, first: date, last: date) -> Iterator[str]:
    if dimension is Dimension.MONTH:
        yield from (_month(n).isoformat()[:7] for n in range(_number(first), _number(last) + 1))
        return
    step = timedelta(days=_LEAST_DAYS[dimension])
    if dimension is Dimension.WEEK:
        first -= timedelta(days=min(first.weekday(), first.toordinal() - 1))
    for n in range((last - first) // step + 1):
        yield _told(dimension, first + n * step)


def _told(dimension: Dimension, day: date) -> str:
    return f"{day:%G-W%V}" if dimension is Dimension.WEEK else day.isoformat()


def _day(time: str) -> date:
    """The first day of a month, a week or a day."""
    return date.fromisoformat(f"{time}-01" if len(time) == len("2020-07") else time)


def _number(day: date) -> int:
    return day.year * _MONTHS + day.month - 1


def _month(number: int) -> date:
    return date(number // _MONTHS, number % _MONTHS + 1, 1)


@dataclass(frozen=True, slots=True)
class Back:
    """The way from a period to the one of the same length before it: whole months back where it
    has whole months, else days."""

    period: Period
    months: int = 0
    days: int = 0

    @classmethod
    def of(cls, dimensions: Sequence[Dimension], period: Period) -> "Back":
        """Raises SeriesError where there is no such period, or its times are others."""
        first, last = period.first, period.last
        if not first or not last:
            raise SeriesError("period", "needs both ends, to be compared with the one before")
        by_day = {Dimension.WEEK, Dimension.DAY}.intersection(dimensions)
        days = (last - first).days + 1
        months = 0 if by_day or not period.has_whole_months else _number(last) - _number(first) + 1
        if Dimension.MONTH in dimensions and not months:
            raise SeriesError("period", "is compared by month alone, and of whole months")
        if Dimension.WEEK in dimensions and days % _LEAST_DAYS[Dimension.WEEK]:
            raise SeriesError("period", "is of no whole weeks, to be compared by week")
        try:
            earlier = _month(_number(first) - months) if months else first - timedelta(days=days)
            before = Period(earlier, first - timedelta(days=1))
        except (ValueError, OverflowError):
            raise SeriesError("period", "begins too early to be compared") from None
        return cls(before, months, 0 if months else days)

    def keys(self, keys: Keys) -> Keys:
        """The keys of the same group in the period before."""
        return tuple((d, self._time(d, str(v)) if d in _LEAST_DAYS else v) for d, v in keys)

    def _time(self, dimension: Dimension, time: str) -> str:
        if dimension is Dimension.MONTH:
            return _month(_number(_day(time)) - self.months).isoformat()[:7]
        return _told(dimension, _day(time) - timedelta(days=self.days))


def beside(
    rows: Iterable[IndicatorRow], earlier: Iterable[IndicatorRow], back: Back, *, all_told: bool
) -> list[IndicatorRow]:
    """The rows with those of the same groups before. One that is not there is of nothing where
    all are told, else it may be one that is withheld, and stays unknown."""
    known = {row.keys: row for row in earlier}
    found = []
    for row in rows:
        keys = back.keys(row.keys)
        before = known.get(keys) or (nothing(keys, row.freshness) if all_told else None)
        found.append(replace(row, before=before))
    return found
