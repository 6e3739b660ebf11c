"""(Scope, question) → what MongoDB is asked. Pure; with figures.py the only maker of filters."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from hub.domain.complaint import OPEN_STATUSES
from hub.domain.letter import LetterState
from hub.domain.question import (
    All,
    AnyOf,
    Box,
    Circle,
    Compare,
    Condition,
    Field,
    Not,
    Op,
    Order,
    OrderField,
    Page,
)
from hub.domain.scope import Reach, Scope
from hub.store.areas import inside
from hub.store.entries import some_entry

Filter = dict[str, Any]

NOTHING: Filter = {"_id": {"$in": []}}
_NULLABLE = {OrderField.DUE_AT, OrderField.STAGE_DUE_AT}

PLACE = ("province", "district", "channel")
"""Where a document has what its place and channel are."""
OF_CHANNEL = ("provinces", "districts", "_id")
"""Where a channel's own document lists the places that its complaints are in."""
OF_LINK = ("provinces", "districts", "channels")
"""Where a link between complaints lists the places and channels of both."""


def within(reach: Reach, names: tuple[str, str, str] = PLACE) -> Filter:
    """The documents whose province, district or channel, which have these names, lies within a
    reach."""
    if reach.nation:
        return {}
    wanted = (reach.provinces, reach.districts, reach.channels)
    parts: list[Filter] = [
        {name: {"$in": sorted(values)}}
        for name, values in zip(names, wanted, strict=True)
        if values
    ]
    if not parts:
        return NOTHING
    return parts[0] if len(parts) == 1 else {"$or": parts}


def covers(reach: Reach, document: Mapping[str, Any]) -> bool:
    """Whether one document lies within a reach. It needs its place only where part of the nation
    is reached."""
    if reach.nation or not reach:
        return reach.nation
    return reach.covers(document["province"], document["district"], document["channel"])


def both(*filters: Filter) -> Filter:
    """All filters at once. Never a merge of dicts: the caller's key would replace the scope's."""
    parts = [part for part in filters if part]
    if not parts:
        return {}
    return parts[0] if len(parts) == 1 else {"$and": parts}


def letters(scope: Scope) -> Filter:
    """The letters that a viewer may read: those of their own province, and whatever was sent to
    them."""
    sent = both(within(scope.letters_received), {"state": {"$eq": LetterState.SENT.value}})
    return {"$or": [within(scope.letters), sent]}


def overdue(now: datetime) -> Filter:
    """Past its deadline and not answered, at `now` (UTC)."""
    return {"due_at": {"$lt": now}, "status": {"$in": list(OPEN_STATUSES)}}


def match(condition: Condition, now: datetime) -> Filter:  # noqa: PLR0911 - one for each case
    """A caller's condition as a filter; every value stands behind an operator of ours."""
    match condition:
        case Compare(Field.OVERDUE, op, value):
            truth = value if op is Op.EQ else not value
            return overdue(now) if truth else {"$nor": [overdue(now)]}
        case Compare(Field.OVERDUE_EVER, op, value):
            ever = {"$or": [{"late": {"$eq": True}}, overdue(now)]}
            return ever if (value if op is Op.EQ else not value) else {"$nor": [ever]}
        case Compare(Field.REOPENED, op, value):
            # Of what an earlier version of the hub stored it is not known.
            return {"reopened": {"$eq" if value is (op is Op.EQ) else "$ne": True}}
        case Compare(field, Op.IS_NULL, value):
            return {field.value: {"$eq" if value else "$ne": None}}
        case Compare(field, Op.IN, tuple() as values):
            return {field.value: {"$in": list(values)}}
        case Compare(field, Op.HAS, tuple() as stems):
            # An index is read by the first of them: the longest, which is likely to be rare.
            longest_first = sorted(stems, key=lambda stem: (-len(str(stem)), stem))
            return {field.value: {"$all": longest_first}}
        case Compare(field, Op.WITHIN, Circle() | Box() as area):
            return inside(field.value, area)
        case Compare(field, Op.SOME, tuple() as parts):
            return some_entry(field.value, parts, now)
        case Compare(field, op, value):
            return {field.value: {f"${op.value}": value}}
        case All(parts):
            return both(*(match(part, now) for part in parts))
        case AnyOf(parts):
            return {"$or": [match(part, now) for part in parts]} if parts else NOTHING
        case Not(part):
            return {"$nor": [match(part, now)]}


class Find(NamedTuple):
    """A find: filter, sort and limit. One more document than the page is asked for."""

    filter: Filter
    sort: list[tuple[str, int]]
    limit: int


class Step(NamedTuple):
    """One step of an order: a field, which way, and whether it can be unknown."""

    field: str
    descending: bool
    nullable: bool = False


def steps(order: tuple[Order, ...]) -> tuple[Step, ...]:
    """An order of complaints down to the id, which makes it total."""
    named = [Step(o.field.value, o.descending, o.field in _NULLABLE) for o in order]
    return (*named, Step("_id", named[0].descending))


def find(within: Filter, wanted: Filter, order: tuple[Step, ...], page: Page) -> Find:
    """One page of what lies within a scope, in reading order unless the page is backward."""
    filters = [within, wanted]
    for place, backward in ((page.after, False), (page.before, True)):
        if place:
            filters.append(_beyond(order, (*place.values, place.id), backward=backward))
    sort = [(step.field, _direction(step, page.backward)) for step in order]
    return Find(both(*filters), sort, page.size + 1)


def _direction(step: Step, backward: bool) -> int:
    return -1 if step.descending is not backward else 1


def _beyond(order: tuple[Step, ...], place: tuple[object, ...], *, backward: bool) -> Filter:
    """What stands after a place (before it when backward), in the order's own terms."""
    step, value = order[0], place[0]
    direction = _direction(step, backward)
    if len(order) == 1:
        return _past(step, value, direction)
    rest = _beyond(order[1:], place[1:], backward=backward)
    tie: Filter = {step.field: {"$eq": value}}
    if value is None or (step.nullable and direction < 0):
        return {"$or": [_past(step, value, direction), both(tie, rest)]}
    # Bounds for the index, and no alternatives to choose a plan among: page 10,000 costs what page
    # 1 does.
    reached = {step.field: {"$gte" if direction > 0 else "$lte": value}}
    return {**reached, "$nor": [{**tie, "$nor": [rest]}]}


def _past(step: Step, value: object, direction: int) -> Filter:
    if direction > 0:
        return {step.field: {"$ne": None} if value is None else {"$gt": value}}
    if value is None:
        return NOTHING
    below = {step.field: {"$lt": value}}
    return {"$or": [below, {step.field: {"$eq": None}}]} if step.nullable else below
