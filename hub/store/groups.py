"""Groups of figures, as MongoDB gives them, as rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from hub.domain.indicators import Dimension, Freshness, IndicatorRow, median_days, p90_days
from hub.store.mongo import Document

_Values = tuple[str | None, ...]
_SUMS = ("received", "followed_up", "overdue")
_LISTS = ("due", "hours")


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
    times = [t for t in (one["changed_at"], other["changed_at"]) if t]
    sums = {name: one.get(name, 0) + other.get(name, 0) for name in _SUMS}
    lists = {name: [*one.get(name, ()), *other.get(name, ())] for name in _LISTS}
    return {**sums, **lists, "changed_at": max(times, default=None)}


def _row(
    group: Document,
    keys: tuple[tuple[Dimension, str | None], ...],
    now: datetime,
    freshness: Freshness,
) -> IndicatorRow:
    hours = _histogram(group["hours"]) if "hours" in group else {}
    due = group.get("due")
    return IndicatorRow(
        keys,
        group["received"],
        group["followed_up"],
        group.get("overdue", 0) + (sum(1 for each in due if each < now) if due else 0),
        sum(hours.values()),
        median_days(hours) if hours else None,
        group["changed_at"],
        freshness,
        p90_days(hours),
    )


def _histogram(hours: list[Document]) -> Mapping[int, int]:
    """Whole hours to follow-up → complaints; those that do not say are left out."""
    found: Counter[int] = Counter()
    for each in hours:
        if each["hours"] is not None:
            found[int(each["hours"])] += each["count"]
    return found
