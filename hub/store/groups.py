"""Groups of figures, as MongoDB gives them, as rows."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from hub.domain.deadline_rules import DUTIES, DeadlineStage
from hub.domain.indicators import (
    STAGES,
    DaysTaken,
    Dimension,
    Freshness,
    Histogram,
    IndicatorRow,
    StageDeadlines,
    days_of,
    median,
    p90,
)
from hub.domain.institutions import Names
from hub.store.figures import COUNTS, IS_DUE, SPANS
from hub.store.mongo import Document

_Values = tuple[str | None, ...]
_LISTS = (*(f"{name}_due" for name in IS_DUE), *SPANS)
_COUNTS = ("verified", "handed_over", "closed", "archived", "reopened", "uncertain")


def rows_of(
    groups: list[Document],
    dimensions: Sequence[Dimension],
    now: datetime,
    freshness: Freshness,
    names: Names | None = None,
) -> list[IndicatorRow]:
    """The groups as rows, in order of their keys, unknown first; groups of the same keys are
    added. `now` and times in groups name no zone and are UTC. Institutions, which are told by
    province, are called by `names` where these are told."""
    fields = [dimension.value for dimension in dimensions]
    by_values: dict[_Values, Document] = {}
    for group in groups:
        keys = group["_id"]
        if names:
            name = names.name(keys.get("province"), keys.get("institution"))
            keys = {**keys, "institution": name}
        values = tuple([keys.get(field) for field in fields])
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
    sums = {name: one.get(name, 0) + other.get(name, 0) for name in COUNTS}
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
    row = IndicatorRow(
        keys,
        group.get("received", 0),
        group.get("followed_up", 0),
        _overdue(group, "answer", now),
        0,
        None,
        group.get("changed_at"),
        freshness,
    )
    if not _USUAL.issuperset(group):
        _complete(row, group, now)
    return row


def _overdue(group: Document, name: str, now: datetime) -> int:
    overdue: int = group.get(f"{name}_overdue", 0)
    due = group.get(f"{name}_due")
    return overdue + (sum(1 for each in due if each < now) if due else 0)


_USUAL = frozenset({"_id", "received", "followed_up", "answer_overdue", "answer_due", "changed_at"})
"""What most groups have and no more, of which there may be many."""


def _complete(row: IndicatorRow, group: Document, now: datetime) -> None:
    row.overdue_ever = row.overdue + group.get("answer_late", 0)
    row.stage_overdue = _overdue(group, "stage", now)
    if "answer_of" in group:
        row.deadlines = tuple([_of_stage(group, stage, now) for stage in DUTIES])
    for name in _COUNTS:
        setattr(row, name, group.get(name, getattr(row, name)))
    _, hours = _how_long(group, "hours")
    row.timed = sum(hours.values())
    row.median_days_to_follow_up = days_of(median(hours))
    row.p90_days_to_follow_up = days_of(p90(hours))
    for stage in STAGES:
        of, days = _how_long(group, stage)
        if of:
            taken = DaysTaken(sum(days.values()), of, median(days), p90(days))
            setattr(row, stage, taken)


def _of_stage(group: Document, stage: DeadlineStage, now: datetime) -> StageDeadlines:
    overdue = _overdue(group, stage.value, now)
    late, n, of = (group[f"{stage}_{name}"] for name in ("late", "n", "of"))
    return StageDeadlines(stage, overdue, late + overdue, n, of)


def _how_long(group: Document, span: str) -> tuple[int, Histogram]:
    """(How many came so far, how long → how many of those of which somebody says)."""
    found: Counter[int | None] = Counter(group.get(span, ()))
    for each in group.get("histograms", {}).get(span, ()):
        found[each["value"]] += each["n"]
    return found.total(), {value: n for value, n in found.items() if value is not None}
