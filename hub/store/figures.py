"""Indicators as pipelines: over the complaints themselves, and over the roll-up of them. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hub.domain.complaint import FOLLOWED_UP_STATUSES, OPEN_STATUSES
from hub.domain.indicators import Dimension, Period
from hub.domain.question import Condition, Field, fields_of
from hub.domain.scope import Reach
from hub.store.plan import Filter, both, match, within

Pipeline = list[Filter]

_DAY = "$received_on"
_MONTH = {"$substrBytes": [_DAY, 0, 7]}
_KEYS: dict[Dimension, Any] = {
    Dimension.MONTH: _MONTH,
    Dimension.WEEK: {
        "$dateToString": {"date": {"$dateFromString": {"dateString": _DAY}}, "format": "%G-W%V"}
    },
    Dimension.DAY: _DAY,
}
_DAY_LENGTH = timedelta(days=1)
_MS_PER_HOUR = 3_600_000
_HOURS_TO_FOLLOW_UP = {
    "$floor": {"$divide": [{"$subtract": ["$followed_up_at", "$received_at"]}, _MS_PER_HOUR]}
}
_IS_OPEN = {"$and": [{"$gt": ["$due_at", None]}, {"$in": ["$status", list(OPEN_STATUSES)]}]}


def from_complaints(
    reach: Reach, dimensions: list[Dimension], condition: Condition, period: Period, now: datetime
) -> Pipeline:
    """The figures of each group at `now` (UTC), counted one by one."""
    keys = {d.value: _KEYS.get(d, f"${d.value}") for d in dimensions}
    return [
        {"$match": both(within(reach), match(condition, now), _received_in(period))},
        {
            "$group": {
                "_id": {"keys": keys, "hours": _HOURS_TO_FOLLOW_UP},
                "received": {"$sum": 1},
                "followed_up": _FOLLOWED_UP,
                "overdue": _sum_if({"$and": [_IS_OPEN, {"$lt": ["$due_at", now]}]}),
                "changed_at": {"$max": "$provenance.fetched_at"},
            }
        },
        {
            "$group": {
                "_id": "$_id.keys",
                **_SUMS,
                "overdue": {"$sum": "$overdue"},
                "hours": {"$push": {"hours": "$_id.hours", "count": "$received"}},
            }
        },
    ]


def _received_in(period: Period) -> Filter:
    """Received on a day of the period. The bounds of `received_at` are wide by a day, since days
    of three zones are meant, and there so that an index can serve."""
    parts: list[Filter] = []
    if period.first:
        day = max(period.first, date.min + _DAY_LENGTH) - _DAY_LENGTH
        earliest = datetime.combine(day, time(), UTC)
        parts.append({"received_on": {"$gte": period.first.isoformat()}})
        parts.append({"received_at": {"$gte": earliest}})
    if period.last:
        day = min(period.last, date.max - _DAY_LENGTH) + _DAY_LENGTH
        latest = datetime.combine(day, time.max, UTC)
        parts.append({"received_on": {"$lte": period.last.isoformat()}})
        parts.append({"received_at": {"$lte": latest}})
    return both(*parts)


# --- The roll-up: a document for each cell (place and month) and breakdown ---
#
# {_id: "status|73|73.71|2020-07", breakdown: "status", cell, province, district, month,
#  parts: [{value, received, followed_up, overdue, due, hours, changed_at}], computed_at}
#
# `overdue` counts what was overdue when the cell was computed, `due` lists the deadlines then to
# come of what is open, so that the sum is right for any later moment without a new computation.

TOTAL = "total"
BREAKDOWNS = {
    Dimension.CHANNEL: Field.CHANNEL,
    Dimension.CATEGORY: Field.CATEGORY,
    Dimension.CLASSIFICATION: Field.CLASSIFICATION,
    Dimension.PROGRAMME: Field.PROGRAMME,
    Dimension.STATUS: Field.STATUS,
}
"""What each cell is also broken down by, one at a time."""

_PLACE_AND_MONTH = {Dimension.PROVINCE, Dimension.DISTRICT, Dimension.MONTH}


def from_rollups(
    reach: Reach,
    dimensions: list[Dimension],
    condition: Condition,
    period: Period,
    parts: frozenset[str] | None,
) -> Pipeline | None:
    """The same figures from the roll-up; None where it does not hold what is asked.

    It holds whole months of places, with one breakdown at a time. `parts` are the figures that
    are read; None for all. `due` of a group are the deadlines that were still to come when its
    cells were computed: those that have passed since are overdue too.
    """
    months = _whole_months(period)
    fields = fields_of(condition) - {Field.PROVINCE, Field.DISTRICT}
    broken_down = [d for d, field in BREAKDOWNS.items() if d in dimensions or field in fields]
    held = _PLACE_AND_MONTH | BREAKDOWNS.keys()
    if (
        months is None
        or reach.channels
        or len(broken_down) > 1
        or not held.issuperset(dimensions)
        or not fields <= set(BREAKDOWNS.values())
    ):
        return None
    breakdown = broken_down[0].value if broken_down else TOTAL
    keys = {d.value: "$parts.value" if d in BREAKDOWNS else f"${d.value}" for d in dimensions}
    pipeline: Pipeline = [{"$match": both({"breakdown": breakdown}, within(reach), months)}]
    wanted = match(condition, _NO_MOMENT)
    if broken_down:
        pipeline.append({"$unwind": "$parts"})
        pipeline += [{"$set": {breakdown: "$parts.value"}}] if wanted else []
    if wanted:
        pipeline.append({"$match": wanted})
    held_figures = _held(breakdown, parts)
    if {Dimension.DISTRICT, Dimension.MONTH}.issubset(dimensions):
        # As they stand: what a few cells without a district have in common is added by the reader.
        pipeline.append({"$project": {"_id": keys, **held_figures}})
        return pipeline
    added = {name: {_ADDED.get(name, "$sum"): value} for name, value in held_figures.items()}
    lists = [name for name in ("due", "hours") if name in added]
    added |= {name: {"$push": held_figures[name]} for name in lists}
    pipeline.append({"$group": {"_id": keys, **added}})
    if lists:
        pipeline.append({"$set": {name: _joined(f"${name}") for name in lists}})
    return pipeline


def _held(breakdown: str, parts: frozenset[str] | None) -> Filter:
    """What a part of a cell says; of a total there is one part, which need not be unwound."""
    names = [*_ADDED]
    names += ["overdue", "due"] if parts is None or "overdue" in parts else []
    names += ["hours"] if parts is None or "hours" in parts else []
    if breakdown == TOTAL:
        return {name: {"$first": f"$parts.{name}"} for name in names}
    return {name: f"$parts.{name}" for name in names}


_NO_MOMENT = datetime.min  # no field that a roll-up holds depends on the time of asking
_ADDED = {"received": "$sum", "followed_up": "$sum", "changed_at": "$max"}
_SUMS = {name: {operator: f"${name}"} for name, operator in _ADDED.items()}


def _whole_months(period: Period) -> Filter | None:
    """The months of a period; None if it begins or ends within one."""
    if not period.has_whole_months:
        return None
    bounds = {"$gte": _month(period.first), "$lte": _month(period.last)}
    stated = {op: month for op, month in bounds.items() if month}
    return {"month": stated} if stated else {}


def _month(day: date | None) -> str | None:
    return f"{day:%Y-%m}" if day else None


def recomputed(breakdown: str, cells: list[str]) -> Pipeline:
    """Computes one breakdown of these cells from the complaints, and puts it into `rollups`.

    A computation never replaces one that began after it.
    """
    value = None if breakdown == TOTAL else f"${breakdown}"
    is_late = {"$and": [_IS_OPEN, {"$lt": ["$due_at", "$$NOW"]}]}
    is_to_come = {"$and": [_IS_OPEN, {"$gte": ["$due_at", "$$NOW"]}]}
    newer = {"$gte": ["$$new.computed_at", "$computed_at"]}
    return [
        {"$match": {"cell": {"$in": cells}}},
        {
            "$group": {
                "_id": {"cell": "$cell", "value": value, "hours": _HOURS_TO_FOLLOW_UP},
                "province": {"$first": "$province"},
                "district": {"$first": "$district"},
                "month": {"$first": _MONTH},
                "received": {"$sum": 1},
                "followed_up": _FOLLOWED_UP,
                "overdue": _sum_if(is_late),
                "due": {"$push": {"$cond": [is_to_come, "$due_at", "$$REMOVE"]}},
                "changed_at": {"$max": "$provenance.fetched_at"},
            }
        },
        {
            "$group": {
                "_id": {"cell": "$_id.cell", "value": "$_id.value"},
                **_PLACE,
                **_SUMS,
                "overdue": {"$sum": "$overdue"},
                "due": {"$push": "$due"},
                "hours": {"$push": {"hours": "$_id.hours", "count": "$received"}},
            }
        },
        {
            "$group": {
                "_id": {"$concat": [f"{breakdown}|", "$_id.cell"]},
                **_PLACE,
                "cell": {"$first": "$_id.cell"},
                "parts": {
                    "$push": {
                        "value": "$_id.value",
                        "received": "$received",
                        "followed_up": "$followed_up",
                        "overdue": "$overdue",
                        "due": _joined("$due"),
                        "hours": "$hours",
                        "changed_at": "$changed_at",
                    }
                },
            }
        },
        {"$set": {"breakdown": breakdown, "computed_at": "$$NOW"}},
        {
            "$merge": {
                "into": "rollups",
                "whenMatched": [{"$replaceWith": {"$cond": [newer, "$$new", "$$ROOT"]}}],
            }
        },
    ]


_PLACE = {name: {"$first": f"${name}"} for name in ("province", "district", "month")}


def _joined(lists: str) -> Filter:
    """Many lists as one."""
    both_lists = {"$concatArrays": ["$$value", "$$this"]}
    return {"$reduce": {"input": lists, "initialValue": [], "in": both_lists}}


def _sum_if(condition: Any) -> Filter:
    return {"$sum": {"$cond": [condition, 1, 0]}}


_FOLLOWED_UP = _sum_if({"$in": ["$status", list(FOLLOWED_UP_STATUSES)]})
