"""Groups of figures, as MongoDB gives them, as rows."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from hub.domain.indicators import (
    STAGES,
    DaysTaken,
    Dimension,
    Freshness,
    Histogram,
    IndicatorRow,
    days_of,
    median,
    p90,
)
from hub.store.figures import CONDITIONS, SPANS
from hub.store.mongo import Document

_Values = tuple[str | None, ...]
_SUMS = ("received", *CONDITIONS, "overdue")
_LISTS = ("due", *SPANS)
_COUNTS = [*(n for n in CONDITIONS if n not in {"followed_up", "late"}), "uncertain"]


def rows_of(
    groups: list[Document], dimensions: Sequence[Dimension], now: datetime, freshness: Freshness
) -> list[IndicatorRow]:
    """The groups as rows, in order of their keys, unknown first; groups of the same keys are
    added. `now` and times in groups name no zone and are UTC."""
    names = [dimension.value for dimension in dimensions]
    by_values: dict[_Values, Document] = {}
    for group in groups:
        keys = group["_id"]
        values = tuple([keys.get(name) for name in names])
        known = by_values.setdefault(values, group)
        if known is not group:
            by_values[values] = _added(known, group)
    return [
        _row(
            by_values[values],
            tuple(zip(dimensions, values, strict=True)),
            now,
            freshness,
        )
        for values in sorted(by_values, key=_in_order)
    ]


def _in_order(values: _Values) -> _Values:
    return values if None not in values else tuple([value or "" for value in values])


def _added(one: Document, other: Document) -> Document:
    times = [t for t in (one.get("changed_at"), other.get("changed_at")) if t]
    sums = {name: one.get(name, 0) + other.get(name, 0) for name in _SUMS}
    lists = {name: [*one.get(name, ()), *other.get(name, ())] for name in _LISTS}
    counted = [each.get("histograms", {}) for each in (one, other)]
    both = {name: [entry for of in counted for entry in of.get(name, ())] for name in SPANS}
    return {**sums, **lists, "histograms": both, "changed_at": max(times, default=None)}


def _row(
    group: Document,
    keys: tuple[tuple[Dimension, str | None], ...],
    now: datetime,
    freshness: Freshness,
) -> IndicatorRow:
    due = group.get("due")
    overdue = group.get("overdue", 0) + (sum(1 for each in due if each < now) if due else 0)
    row = IndicatorRow(
        keys,
        group.get("received", 0),
        group.get("followed_up", 0),
        overdue,
        0,
        None,
        group.get("changed_at"),
        freshness,
        overdue_ever=overdue + group.get("late", 0),
    )
    for name in _COUNTS:
        if name in group:
            setattr(row, name, group[name])
    if hours := _histogram(group, "hours"):
        _, known = _known(hours)
        row.timed = sum(known.values())
        row.median_days_to_follow_up = days_of(median(known))
        row.p90_days_to_follow_up = days_of(p90(known))
    for stage in STAGES:
        if days := _histogram(group, stage):
            of, known = _known(days)
            taken = DaysTaken(sum(known.values()), of, median(known), p90(known))
            setattr(row, stage, taken)
    return row


_HowLong = dict[int | None, int]
"""How long → how many complaints; those of which nobody says are under None."""


def _histogram(group: Document, span: str) -> _HowLong:
    found: _HowLong = Counter(group.get(span, ()))
    for each in group.get("histograms", {}).get(span, ()):
        found[each["value"]] += each["n"]
    return {value: n for value, n in found.items() if n}


def _known(how_long: _HowLong) -> tuple[int, Histogram]:
    """(How many there are, those of which somebody says)."""
    known = {value: n for value, n in how_long.items() if value is not None}
    return sum(how_long.values()), known
