"""The cells of the roll-up as pipelines: which hold what is asked, and how they are computed. Pure.

A document for each cell (place and month) and breakdown:

    {_id: "status|73|73.71|2020-07", breakdown: "status", cell, province, district, month,
     parts: [{value, received, followed_up, …, verify_overdue, verify_due, …, hours, …,
              changed_at}],
     computed_at}

`verify_overdue` counts what was overdue when the cell was computed, `verify_due` lists the
deadlines then to come of what is still to be done, so that the sum is right for any later moment
without a new computation; likewise of each stage, `stage` being whichever has to be done. `hours`,
`hand_over`, `follow_up` and `close` list how long each complaint took that came so far, null where
nobody says, so that lists of many cells are one list.
"""

from datetime import date, datetime
from typing import Any

from hub.domain.activity import last_day
from hub.domain.indicators import Dimension, Period
from hub.domain.question import Condition, Field, fields_of
from hub.domain.scope import Reach
from hub.store.figures import (
    CAME_TO,
    CONDITIONS,
    IS_DUE,
    MONTH,
    OVERDUE,
    SPANS,
    Pipeline,
    counts_of,
    histograms,
    one_if,
    spans_of,
)
from hub.store.plan import Filter, both, match, within

FORM = 4
"""Counted up when cells hold something else than before: then all are computed anew."""

TOTAL = "total"
BREAKDOWNS = {
    Dimension.CHANNEL: Field.CHANNEL,
    Dimension.CATEGORY: Field.CATEGORY,
    Dimension.CLASSIFICATION: Field.CLASSIFICATION,
    Dimension.PROGRAMME: Field.PROGRAMME,
    Dimension.STATUS: Field.STATUS,
    Dimension.INSTITUTION: Field.INSTITUTION,
}
"""What each cell is also broken down by, one at a time."""

_PLACE_AND_MONTH = {Dimension.PROVINCE, Dimension.DISTRICT, Dimension.MONTH}
_NO_MOMENT = datetime.min  # no field that a roll-up holds depends on the time of asking


def from_rollups(
    reach: Reach,
    dimensions: list[Dimension],
    condition: Condition,
    period: Period,
    parts: frozenset[str] | None,
) -> list[Pipeline] | None:
    """The figures of each group; None where the roll-up does not hold what is asked.

    It holds whole months of places, with one breakdown at a time. `parts` are the figures that
    are read; None for all. `verify_due` of a group are the deadlines that were still to come when
    its cells were computed: those that have passed since are overdue too.
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
    chosen: Pipeline = [{"$match": both({"breakdown": breakdown}, within(reach), months)}]
    wanted = match(condition, _NO_MOMENT)
    if broken_down:
        chosen.append({"$unwind": "$parts"})
        chosen += [{"$set": {breakdown: "$parts.value"}}] if wanted else []
    if wanted:
        chosen.append({"$match": wanted})
    counts = counts_of(parts)
    due = [f"{OVERDUE[name]}_due" for name in counts if name in OVERDUE]
    read = [*counts, "changed_at", *due]
    if {Dimension.DISTRICT, Dimension.MONTH}.issubset(dimensions):
        # As they stand: what a few cells without a district have in common is added by the reader.
        stand = {name: _of_part(breakdown, name) for name in [*read, *spans_of(parts)]}
        return [[*chosen, {"$project": {"_id": keys, **stand}}]]
    how = {"changed_at": "$max", **dict.fromkeys(due, "$push")}
    added = {name: {how.get(name, "$sum"): _of_part(breakdown, name)} for name in read}
    summed: Pipeline = [*chosen, {"$group": {"_id": keys, **added}}]
    if due:
        summed.append({"$set": {name: _joined(f"${name}") for name in due}})
    return [summed, *([*chosen, *_counted(keys, breakdown, name)] for name in spans_of(parts))]


def _of_part(breakdown: str, name: str) -> Any:
    """What a part of a cell says; of a total there is one part, which need not be unwound."""
    return {"$first": f"$parts.{name}"} if breakdown == TOTAL else f"$parts.{name}"


def _counted(keys: Filter, breakdown: str, span: str) -> Pipeline:
    """How many complaints took how long."""
    return [
        {"$project": {"keys": keys or {"$literal": {}}, "value": _of_part(breakdown, span)}},
        {"$unwind": "$value"},
        {"$group": {"_id": {"keys": "$keys", "value": "$value"}, "n": {"$sum": 1}}},
        *histograms(span),
    ]


def activity(within_: Filter, province: str | None, period: Period) -> Pipeline:
    """What the roll-up holds of each institution of a place, in a period of whole months (see Facts
    in domain/activity.py)."""
    here = {"province": {"$eq": province}} if province else {}
    bounds = (_whole_months(period) or {}).get("month", {})
    in_period = {"$and": [{op: ["$month", month]} for op, month in bounds.items()]}
    keys = {name: f"${name}" for name in ("province", "district")}
    sets = ("acted_in", "channels")
    return [
        {"$match": both(within_, {"breakdown": Dimension.INSTITUTION.value}, here)},
        {"$unwind": "$parts"},
        {
            "$group": {
                "_id": {**keys, "institution": "$parts.value"},
                **{
                    name: {"$sum": {"$cond": [in_period, f"$parts.{name}", 0]}}
                    for name in ("received", "followed_up")
                },
                **{name: {"$push": f"$parts.{name}"} for name in sets},
                "acted_on": {"$max": "$parts.acted_on"},
            }
        },
        {"$set": {name: _united(f"${name}") for name in sets}},
    ]


def _whole_months(period: Period) -> Filter | None:
    """The months of a period; None if it begins or ends within one."""
    if not period.has_whole_months:
        return None
    bounds = {"$gte": _month(period.first), "$lte": _month(period.last)}
    stated = {op: month for op, month in bounds.items() if month}
    return {"month": stated} if stated else {}


def _month(day: date | None) -> str | None:
    return f"{day:%Y-%m}" if day else None


def _joined(lists: str) -> Filter:
    """Many lists as one."""
    both_lists = {"$concatArrays": ["$$value", "$$this"]}
    return {"$reduce": {"input": lists, "initialValue": [], "in": both_lists}}


# --- Computing them ------------------------------------------------------------------------------

Fact = tuple[str, Any]
"""What is told of each complaint, and by which operator of MongoDB those of a part become one."""


def _counted_if(condition: Any) -> Fact:
    return "$sum", one_if(condition)


def _due(name: str) -> dict[str, Fact]:
    is_due, due = IS_DUE[name]
    is_to_come = {"$and": [is_due, {"$gte": [due, "$$NOW"]}]}
    return {
        f"{name}_overdue": _counted_if({"$and": [is_due, {"$lt": [due, "$$NOW"]}]}),
        f"{name}_due": ("$push", {"$cond": [is_to_come, due, "$$REMOVE"]}),
    }


_FACTS: dict[str, Fact] = {
    "received": ("$sum", {"$literal": 1}),
    **{name: _counted_if(condition) for name, condition in CONDITIONS.items()},
    **{name: fact for due in IS_DUE for name, fact in _due(due).items()},
    "hours": ("$push", {"$ifNull": [SPANS["hours"], "$$REMOVE"]}),
    **{
        stage: ("$push", {"$cond": [came, {"$ifNull": [SPANS[stage], None]}, "$$REMOVE"]})
        for stage, came in CAME_TO.items()
    },
    "changed_at": ("$max", "$provenance.fetched_at"),
}
# For what activity.py tells: what nobody dates was done for what was received in that month.
_MONTHS = {"$ifNull": ["$acted_in", [MONTH]]}
# The end of that month; of what an earlier version of the hub stored, which knew the months alone,
# that of the latest.
_LATEST_DAY = {"$ifNull": ["$acted_on", {"$concat": [{"$max": _MONTHS}, last_day("")]}]}
_OF_INSTITUTIONS: dict[str, Fact] = {
    "channels": ("$addToSet", "$channel"),
    "acted_in": ("$push", {"$cond": [CAME_TO["follow_up"], _MONTHS, []]}),
    "acted_on": ("$max", {"$cond": [CAME_TO["follow_up"], _LATEST_DAY, None]}),
}


def recomputed(cells: list[str]) -> Pipeline:
    """Computes these cells from the complaints, with all breakdowns, and puts them into `rollups`.

    What is told of a complaint is found out once, and then counted in each breakdown. A computation
    never replaces one that began after it.
    """
    facts = _FACTS | _OF_INSTITUTIONS
    place = {name: {"$first": f"${name}"} for name in ("cell", "province", "district", "month")}
    parts = [{"breakdown": TOTAL, "value": None}]
    parts += [{"breakdown": d.value, "value": f"${d.value}"} for d in BREAKDOWNS]
    newer = {"$gte": ["$$new.computed_at", "$computed_at"]}
    return [
        {"$match": {"cell": {"$in": cells}}},
        {
            "$project": {
                **dict.fromkeys(("cell", "province", "district"), 1),
                "month": MONTH,
                "part": parts,
                **{name: told for name, (_, told) in facts.items()},
            }
        },
        {"$unwind": "$part"},
        {
            "$group": {
                "_id": {"cell": "$cell", "part": "$part"},
                **place,
                **{name: {how: f"${name}"} for name, (how, _) in _FACTS.items()},
                **{
                    name: {how: _of_institution("$part", f"${name}")}
                    for name, (how, _) in _OF_INSTITUTIONS.items()
                },
            }
        },
        {"$set": {"acted_in": _united("$acted_in")}},
        {
            "$group": {
                "_id": {"$concat": ["$_id.part.breakdown", "|", "$_id.cell"]},
                "breakdown": {"$first": "$_id.part.breakdown"},
                **place,
                "parts": {
                    "$push": {
                        "value": "$_id.part.value",
                        **{name: f"${name}" for name in _FACTS},
                        **{n: _of_institution("$_id.part", f"${n}") for n in _OF_INSTITUTIONS},
                    }
                },
            }
        },
        {"$set": {"computed_at": "$$NOW"}},
        {
            "$merge": {
                "into": "rollups",
                "whenMatched": [{"$replaceWith": {"$cond": [newer, "$$new", "$$ROOT"]}}],
            }
        },
    ]


def _of_institution(part: str, told: str) -> Filter:
    """What is told of the parts by institution alone."""
    is_one = {"$eq": [f"{part}.breakdown", Dimension.INSTITUTION.value]}
    return {"$cond": [is_one, told, "$$REMOVE"]}


def _united(sets: str) -> Filter:
    """Many sets as one."""
    return {
        "$reduce": {
            "input": sets,
            "initialValue": [],
            "in": {"$setUnion": ["$$value", "$$this"]},
        }
    }
