"""Tables of counts, and which answers are sums of cells that may be told. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from itertools import product

from hub.domain.disclosure import BREAKDOWNS, PLACE, Asked, Values
from hub.domain.indicators import DaysTaken, Dimension, IndicatorRow
from hub.domain.scope import SMALLEST_GROUP
from hub.domain.suppression import Cell, Path, published

_AXES = (PLACE, BREAKDOWNS, (Dimension.MONTH,))
_FEWEST_FOR_P90 = SMALLEST_GROUP * 10

_Key = tuple[str | None, ...]
_Axis = dict[Path, Values]
"""The paths on which there are complaints, and the values of one cell on each."""


class Table:
    """The cells that answers are sums of, on three axes: place, value of a breakdown, and time."""

    def __init__(self, rows: Iterable[IndicatorRow]) -> None:
        """`rows` are of the dimensions of `Asked.table`, and count what the viewer can't read.

        Rows of provinces whose districts nobody asks for may leave these out.
        """
        self.axes: tuple[_Axis, _Axis, _Axis] = ({}, {}, {})
        counts = {}
        for row in rows:
            if not row.received:
                continue  # the one row of no dimension
            values = dict(row.keys)
            cell = _cell(values)
            counts[cell] = row.received
            for axis, path in zip(self.axes, cell, strict=True):
                axis.setdefault(path, values)
        with_channels = any(Dimension.CHANNEL in values for values in self.axes[1].values())
        self.told = published(counts, known=(0, 1) if with_channels else None)

    def __len__(self) -> int:
        return len(self.told)


def _cell(values: Values) -> Cell:
    place = tuple([values[d] for d in PLACE if d in values])
    value = tuple([values[d] for d in BREAKDOWNS if d in values])
    month = values.get(Dimension.MONTH)
    return place, value, (month[:4], month) if month else ()


def told(
    asked: Asked, rows: Iterable[IndicatorRow], table: Table, *, also_read: bool
) -> list[IndicatorRow]:
    """The rows that may be told: those of which every cell may.

    An empty cell is withheld as a small one is, so that nobody can tell which it was. `also_read`
    says that the viewer may read some complaints, so that a row can be without any other.
    """
    places, values, times = (
        _by_keys(asked, axis, dimensions)
        for axis, dimensions in zip(table.axes, _AXES, strict=True)
    )
    chosen = (
        {key: _at_depth(paths, asked) for key, paths in places.items()},
        values,
        {key: _whole(paths, table.axes[-1]) for key, paths in times.items()},
    )
    found = []
    for row in rows:
        keys = dict(row.keys)
        paths = [axis.get(_key(keys, d), []) for axis, d in zip(chosen, _AXES, strict=True)]
        if all(cell in table.told for cell in product(*paths)) and (also_read or all(paths)):
            found.append(_without_few_times(_without_statuses(row)))
    return found


def _by_keys(
    asked: Asked, axis: _Axis, dimensions: tuple[Dimension, ...]
) -> dict[_Key, list[Path]]:
    """The paths that a question chooses on an axis, by the values that it groups them by."""
    found: dict[_Key, list[Path]] = defaultdict(list)
    grouped = [d for d in dimensions if d in asked.dimensions]
    for path, values in axis.items():
        if asked.chooses(values, dimensions):
            found[_key(values, grouped)].append(path)
    return found


def _key(values: Values, dimensions: Iterable[Dimension]) -> _Key:
    return tuple([values[d] for d in dimensions if d in values])


def _at_depth(places: list[Path], asked: Asked) -> list[Path]:
    """Places as far as the question tells them apart."""
    depth = sum(dimension in asked.told_apart for dimension in PLACE)
    return list({path[:depth] for path in places})


def _whole(months: list[Path], axis: _Axis) -> list[Path]:
    """Months as all, or as years, where they are all that there are."""
    if len(months) == len(axis):
        return [()]
    sizes = Counter(path[:1] for path in axis)
    chosen = Counter(path[:1] for path in months)
    years = {year for year, size in chosen.items() if size == sizes[year]}
    return [*years, *(path for path in months if path[:1] not in years)]


def _without_statuses(row: IndicatorRow) -> IndicatorRow:
    """How many are closed or archived are cells of the table by status, which tells them if they
    may be told; so is what has no deadline of the table by classification."""
    return replace(row, closed=None, archived=None, close=None, deadlines=None)


def _without_few_times(row: IndicatorRow) -> IndicatorRow:
    """A median of fewer than five says when one complaint was followed up; so does the 90th
    percentile where fewer than five are beyond it."""
    row = replace(
        row,
        hand_over=_of_many(row.hand_over),
        follow_up=_of_many(row.follow_up),
    )
    if row.timed >= _FEWEST_FOR_P90:
        return row
    median = row.median_days_to_follow_up if row.timed >= SMALLEST_GROUP else None
    return replace(row, median_days_to_follow_up=median, p90_days_to_follow_up=None)


def _of_many(days: DaysTaken) -> DaysTaken:
    if days.n >= _FEWEST_FOR_P90:
        return days
    return replace(days, median=days.median if days.n >= SMALLEST_GROUP else None, p90=None)
