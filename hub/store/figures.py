"""Figures of complaints as pipelines that count them one by one. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hub.domain.complaint import FOLLOWED_UP_STATUSES, OPEN_STATUSES, ComplaintStatus
from hub.domain.deadline_rules import DUTIES, DeadlineStage
from hub.domain.indicators import STAGES, Dimension, Period
from hub.domain.question import Condition
from hub.domain.scope import Reach
from hub.store.plan import Filter, both, match, within

Pipeline = list[Filter]

_DAY = "$received_on"
MONTH = {"$substrBytes": [_DAY, 0, 7]}
_KEYS: dict[Dimension, Any] = {
    Dimension.MONTH: MONTH,
    Dimension.WEEK: {
        "$dateToString": {"date": {"$dateFromString": {"dateString": _DAY}}, "format": "%G-W%V"}
    },
    Dimension.DAY: _DAY,
}
_DAY_LENGTH = timedelta(days=1)
_MS_PER_HOUR = 3_600_000

# --- What a complaint counts as ------------------------------------------------------------------


def _is(*statuses: ComplaintStatus) -> Filter:
    return {"$in": ["$status", list(statuses)]}


def _known(field: str | Filter) -> Filter:
    return {"$gt": [field, None]}


def _came_to(*statuses: ComplaintStatus, stated: tuple[str, ...]) -> Filter:
    """Is, or was at some time, in one of these; or a time says so."""
    steps = {"$ifNull": ["$timeline.status", []]}
    was = {"$ne": [{"$setIntersection": [steps, list(statuses)]}, []]}
    return {"$or": [_is(*statuses), *map(_known, stated), was]}


_OVER = ("$handed_over_at", "$followed_up_at")
IS_OPEN = {"$and": [_known("$due_at"), _is(*OPEN_STATUSES)]}
CAME_TO: dict[str, Filter] = {
    "hand_over": _came_to(ComplaintStatus.VERIFIED, *FOLLOWED_UP_STATUSES, stated=_OVER),
    "follow_up": _came_to(*FOLLOWED_UP_STATUSES, stated=("$followed_up_at",)),
    "close": {"$or": [_is(ComplaintStatus.CLOSED), _known("$closed_at")]},
}
"""Whether a complaint came to a stage, now or before."""


def _of(stage: DeadlineStage, field: str) -> Filter:
    return {"$arrayElemAt": [f"$deadlines.{field}", DUTIES.index(stage)]}


def _is_pending(stage: DeadlineStage) -> Filter:
    return {"$and": [_known(_of(stage, "due_at")), {"$eq": [_of(stage, "pending"), True]}]}


def _kept(stage: DeadlineStage) -> dict[str, Filter]:
    due, ended = _of(stage, "due_at"), _of(stage, "ended_at")
    return {
        f"{stage}_late": {"$and": [_known(due), {"$gt": [ended, due]}]},
        f"{stage}_n": {"$or": [_is_pending(stage), {"$and": [_known(due), _known(ended)]}]},
        f"{stage}_of": _known(due),
    }


CONDITIONS: dict[str, Filter] = {
    "followed_up": _is(*FOLLOWED_UP_STATUSES),
    "verified": CAME_TO["hand_over"],
    "handed_over": _came_to(*FOLLOWED_UP_STATUSES, stated=_OVER),
    "closed": _is(ComplaintStatus.CLOSED),
    "archived": _is(ComplaintStatus.ARCHIVED),
    "reopened": {"$eq": ["$reopened", True]},
    **{name: counts for stage in DUTIES for name, counts in _kept(stage).items()},
    "answer_late": {"$eq": ["$late", True]},  # as the filter of overdueEver has it
}
"""Whether a complaint counts for a figure, whatever time it is."""

IS_DUE: dict[str, tuple[Filter, Any]] = {
    # Whichever is first: what a channel states may be earlier than what the rules say.
    "stage": (
        {"$or": [_known("$stage_due_at"), IS_OPEN]},
        {"$min": ["$stage_due_at", "$due_at"]},
    ),
    **{stage.value: (_is_pending(stage), _of(stage, "due_at")) for stage in DUTIES},
    "answer": (IS_OPEN, "$due_at"),  # as the filter of overdue has it
}
"""What has to be done, in whichever stage and in each: whether it has, and until when. What is past
that counts as `stage_overdue`, `verify_overdue` and so on."""

HOURS: Filter = {
    "$toInt": {
        "$floor": {"$divide": [{"$subtract": ["$followed_up_at", "$received_at"]}, _MS_PER_HOUR]}
    }
}
"""Whole hours to the first follow-up; null where nobody says when it was."""

SPANS: dict[str, Any] = {"hours": HOURS, **{stage: f"$days.{stage}" for stage in STAGES}}
"""What is measured of each complaint that has it. How many have which is read by itself, since a
list of all does not fit into an answer of MongoDB."""

OVERDUE = {f"{name}_overdue": name for name in IS_DUE}
COUNTS = ("received", *CONDITIONS, *OVERDUE)
"""What is counted of complaints, of which some are made of several."""
_MADE_OF = {
    "overdue": {"answer_overdue"},
    "overdue_ever": {"answer_late", "answer_overdue"},
    "deadlines": {f"{stage}_{name}" for stage in DUTIES for name in ("late", "n", "of", "overdue")},
}


def counts_of(parts: frozenset[str] | None) -> list[str]:
    """The counts that are read for some figures; for all where that is None."""
    if parts is None:
        return [*COUNTS]
    asked = {"received", "followed_up", *parts}
    for part in parts:
        asked |= _MADE_OF.get(part, set())
    return [name for name in COUNTS if name in asked]


def spans_of(parts: frozenset[str] | None) -> list[str]:
    """The spans that are read for some figures; all where that is None."""
    return [name for name in SPANS if parts is None or name in parts]


def one_if(condition: Any) -> Filter:
    """One for what fulfils a condition, else nought."""
    return {"$cond": [condition, 1, 0]}


def sum_if(condition: Any) -> Filter:
    """How many fulfil a condition."""
    return {"$sum": one_if(condition)}


# --- Counted one by one --------------------------------------------------------------------------


def from_complaints(
    reach: Reach,
    dimensions: list[Dimension],
    condition: Condition,
    period: Period,
    parts: frozenset[str] | None,
    now: datetime,
) -> list[Pipeline]:
    """The figures of each group at `now` (UTC): the counts, and a pipeline for each span."""
    keys = {d.value: _KEYS.get(d, f"${d.value}") for d in dimensions}
    wanted = {"$match": both(within(reach), match(condition, now), received_in(period))}
    conditions = CONDITIONS | {
        f"{name}_overdue": {"$and": [is_due, {"$lt": [due, now]}]}
        for name, (is_due, due) in IS_DUE.items()
    }
    counts = {
        "received": {"$sum": 1},
        **{name: sum_if(conditions[name]) for name in counts_of(parts) if name in conditions},
        "changed_at": {"$max": "$provenance.fetched_at"},
    }
    return [
        [wanted, {"$group": {"_id": keys, **counts}}],
        *([wanted, *_counted(keys, name)] for name in spans_of(parts)),
    ]


def _counted(keys: Filter, span: str) -> Pipeline:
    """How many complaints that came to a stage took how long."""
    came, value = CAME_TO.get(span, True), {"$ifNull": [SPANS[span], None]}
    return [
        {"$group": {"_id": {"keys": keys, "value": value}, "n": sum_if(came)}},
        *histograms(span),
    ]


def histograms(span: str) -> Pipeline:
    """Groups of keys and value as one of each keys, with how many complaints have which value."""
    entry = {"value": "$_id.value", "n": "$n"}
    return [{"$group": {"_id": "$_id.keys", "counted": {"$push": entry}}},
            {"$project": {f"histograms.{span}": "$counted"}}]  # fmt: skip


def received_in(period: Period) -> Filter:
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
