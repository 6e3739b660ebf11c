"""Filters as clients write them → conditions."""

from dataclasses import fields
from datetime import datetime
from enum import Enum
from functools import cached_property
from typing import Any, Optional

import strawberry
from strawberry import UNSET

from hub.domain.complaint import Classification, ComplaintStatus
from hub.domain.deadline_rules import DeadlineStage
from hub.domain.question import (
    LATEST_FIRST,
    All,
    AnyOf,
    Compare,
    Condition,
    EntryCompare,
    EntryField,
    Field,
    Not,
    Op,
    Order,
    OrderField,
    Value,
)
from hub.domain.region import regions
from hub.domain.words import stems_of
from hub.schema.comparisons import (
    BooleanFilter,
    ClassificationFilter,
    DateTimeFilter,
    DaysFilter,
    DeadlineFilter,
    IdFilter,
    KnownFilter,
    ProvenanceFilter,
    RegionFilter,
    StageFilter,
    StatusChangeFilter,
    StatusFilter,
    StringFilter,
    TruthFilter,
    unset,
)
from hub.schema.enums import OrderDirection
from hub.schema.errors import InputError
from hub.schema.periods import in_utc
from hub.schema.places import Box, Near
from hub.schema.source import input_object
from hub.schema.types.node import local_id

NOT_WATCHED = (
    "search, near, within, location, title, description, address, timeline, deadlines, provenance "
    "and remainingWorkingDays can't be watched; all else can"
)
MOST_VALUES = 500
MOST_NESTING = 10
MOST_WORDS = 20


@input_object
class ComplaintFilter:
    """All conditions that are given hold at once."""

    and_: list["ComplaintFilter"] | None = unset("All of these hold.", "and")
    or_: list["ComplaintFilter"] | None = unset("At least one of these holds.", "or")
    not_: Optional["ComplaintFilter"] = unset("This does not hold.", "not")
    id: IdFilter | None = unset("The complaint's id.")
    number: StringFilter | None = unset("The reporter's number.")
    external_id: StringFilter | None = unset("The channel's own id.")
    sp4n_id: StringFilter | None = unset("The id that it has in SP4N-LAPOR!.")
    channel: StringFilter | None = unset("Name of the channel.")
    classification: ClassificationFilter | None = unset("The kind.")
    category: StringFilter | None = unset("The hub's category.")
    category_source: StringFilter | None = unset("The channel's category.")
    programme: StringFilter | None = unset("The programme, such as COVID19.")
    status: StatusFilter | None = unset("Where it stands.")
    status_source: StringFilter | None = unset("The channel's label for it.")
    title: StringFilter | None = unset("The title; unknown where it is not for you.")
    description: StringFilter | None = unset("The description; unknown like `title`.")
    received_at: DateTimeFilter | None = unset("When it was received.")
    updated_at: DateTimeFilter | None = unset("When it last changed.")
    handed_over_at: DateTimeFilter | None = unset("When it was handed to an institution.")
    followed_up_at: DateTimeFilter | None = unset("When it was first followed up.")
    closed_at: DateTimeFilter | None = unset("When it was closed.")
    due_at: DateTimeFilter | None = unset("By when an answer is due.")
    overdue: BooleanFilter | None = unset("Past its deadline and not answered.")
    overdue_ever: BooleanFilter | None = unset("Overdue now, or answered after that was due.")
    stage: StageFilter | None = unset("What has to be done now; unknown where nothing has.")
    stage_due_at: DateTimeFilter | None = unset("By when that has to be done.")
    remaining_working_days: DaysFilter | None = unset(
        "Working days from today to `dueAt`, in the district; unknown where nothing is due."
    )
    deadlines: DeadlineFilter | None = unset("One of its deadlines.")
    reopened: BooleanFilter | None = unset("Whether it was closed or put aside, and open again.")
    province: RegionFilter | None = unset("The province.")
    district: RegionFilter | None = unset("The district.")
    search: str | None = unset(
        "Words of title, description and address: all of them occur, in any form "
        "(`perbaikan` finds *diperbaiki*). Words that are not for you are not found."
    )
    near: Near | None = unset("Not farther than this from a point.")
    within: Box | None = unset("Within this part of the map.")
    location: KnownFilter | None = unset("Whether it is on the map; unknown like `title`.")
    address: StringFilter | None = unset("The address; unknown where it is not for you.")
    institution: StringFilter | None = unset("Who handles it.")
    anonymous: BooleanFilter | None = unset("Whether the reporter's name is hidden.")
    secret: BooleanFilter | None = unset("Whether the report is not public.")
    timeline: StatusChangeFilter | None = unset("One of its steps.")
    provenance: ProvenanceFilter | None = unset("Where it came from.")

    @cached_property
    def condition(self) -> Condition:
        """What it states; made once, since a plan is remembered with its arguments. Raises
        InputError naming the argument."""
        return _condition(self, "filter", 0)


@input_object
class ComplaintOrder:
    """One step of an order."""

    field: OrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.DESC, description="Which way; unknown values are lowest."
    )


def order_of(order_by: list[ComplaintOrder] | None) -> tuple[Order, ...]:
    """The order that is asked for, latest first by default. Raises InputError."""
    if not order_by:
        return LATEST_FIRST
    chosen = [step.field for step in order_by]
    if len(set(chosen)) < len(chosen):
        raise InputError("orderBy", "names a field twice")
    return tuple(Order(s.field, s.direction is OrderDirection.DESC) for s in order_by)


def condition_of(given: ComplaintFilter | None) -> Condition:
    """The condition that a filter states, none if it is left out. Raises InputError."""
    return given.condition if given else All()


def stated(given: Any) -> Any:
    """A filter as the JSON of a variable, which reads as the same filter."""
    if type(given) in _NAMES:
        told = ((name, getattr(given, own)) for own, name in _NAMES[type(given)])
        return {name: stated(value) for name, value in told if value is not UNSET}
    if isinstance(given, list):
        return [stated(each) for each in given]
    if isinstance(given, Enum):
        return given.name
    return given.isoformat() if isinstance(given, datetime) else given


def _condition(given: ComplaintFilter, argument: str, depth: int) -> Condition:
    if depth > MOST_NESTING:
        raise InputError(argument, f"is nested more than {MOST_NESTING} deep")
    parts: list[Condition] = []
    for name, value, path in _given(given, argument):
        if name == "not_":
            parts.append(Not(_condition(value, path, depth + 1)))
        elif name == "search":
            parts.append(_search(value, path))
        elif name in {"near", "within"}:
            parts.append(Compare(Field.LOCATION, Op.WITHIN, value.area(path)))
        elif name in {"timeline", "deadlines"}:
            entry = _entry(value, path)
            parts.append(Compare(Field[name.upper()], Op.SOME, entry))
        elif name == "provenance":
            for own, below, at in _some_given(value, path):
                parts.extend(_comparisons(Field[own.upper()], below, at))
        elif name in {"and_", "or_"}:
            if len(value) > MOST_VALUES:
                raise InputError(path, f"has more than {MOST_VALUES} parts")
            nested = tuple(
                _condition(part, f"{path}.{i}", depth + 1) for i, part in enumerate(value)
            )
            parts.append(All(nested) if name == "and_" else AnyOf(nested))
        else:
            parts.extend(_comparisons(Field[name.upper()], value, path))
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _search(text: str, argument: str) -> Compare:
    stems = stems_of(text)
    if not stems:
        raise InputError(argument, "names no word to look for")
    if len(stems) > MOST_WORDS:
        raise InputError(argument, f"names more than {MOST_WORDS} words")
    return Compare(Field.WORDS, Op.HAS, tuple(stems))


def _entry(given: Any, argument: str) -> tuple[EntryCompare, ...]:
    return tuple(
        EntryCompare(EntryField[name.upper()], op, compared)
        for name, value, path in _some_given(given, argument)
        for op, compared in _compared(EntryField[name.upper()], value, path)
    )


def _some_given(given: Any, argument: str) -> list[tuple[str, Any, str]]:
    """What is given, which has to be something."""
    found = _given(given, argument)
    if not found:
        raise InputError(argument, "states no condition")
    return found


def _given(given: Any, argument: str) -> list[tuple[str, Any, str]]:
    """(name, value, path) of what is given. An explicit null is refused: it could be read as
    no condition at all, and so show more than was meant."""
    found = []
    for name, graphql_name in _NAMES[type(given)]:
        value = getattr(given, name)
        if value is UNSET:
            continue
        path = f"{argument}.{graphql_name}"
        if value is None:
            raise InputError(path, "is null; leave it out, or ask with isNull")
        found.append((name, value, path))
    return found


def _graphql_name(name: str) -> str:
    head, *tail = name.strip("_").split("_")
    return head + "".join(part.capitalize() for part in tail)


_FILTERS: tuple[Any, ...] = (
    BooleanFilter,
    ClassificationFilter,
    ComplaintFilter,
    DateTimeFilter,
    DaysFilter,
    DeadlineFilter,
    IdFilter,
    KnownFilter,
    ProvenanceFilter,
    RegionFilter,
    StageFilter,
    StatusChangeFilter,
    StatusFilter,
    StringFilter,
    TruthFilter,
)
_NAMES = {kind: [(f.name, _graphql_name(f.name)) for f in fields(kind)] for kind in _FILTERS}
"""Of each filter the fields, by their names here and in GraphQL."""

_OPS = {"in_": Op.IN, "is_null": Op.IS_NULL}


def _comparisons(field: Field, given: Any, argument: str) -> list[Condition]:
    return [Compare(field, op, value) for op, value in _compared(field, given, argument)]


def _compared(
    field: Field | EntryField, given: Any, argument: str
) -> list[tuple[Op, Value | tuple[Value, ...]]]:
    compared: list[tuple[Op, Any]] = []
    bounds: dict[str, Any] = {}
    for name, value, path in _given(given, argument):
        op = _OPS.get(name) or Op(name)
        values = value if op is Op.IN else [value]
        if len(values) > MOST_VALUES:
            raise InputError(path, f"has more than {MOST_VALUES} values")
        if op is not Op.IS_NULL:
            values = [_checked(field, each, path) for each in values]
        bounds[name] = values[0] if values else None
        compared.append((op, tuple(values) if op is Op.IN else values[0]))
    if not compared:
        raise InputError(argument, "states no condition")
    low = bounds.get("gt", bounds.get("gte"))
    high = bounds.get("lt", bounds.get("lte"))
    if low is not None and high is not None and low > high:
        raise InputError(argument, "the lower bound is above the upper one")
    return compared


def _checked(field: Field | EntryField, value: Any, argument: str) -> Any:
    """The value as the store has it. Raises InputError for one that nothing can have."""
    if value is None:
        raise InputError(argument, "is null; ask with isNull")
    if field in {Field.PROVINCE, Field.DISTRICT}:
        region = regions().get(value)
        if region is None or region.level.value != field.value:
            example = "73" if field is Field.PROVINCE else "73.71"
            raise InputError(
                argument, f"{value!r} is not the code of a {field}, such as {example!r}"
            )
    if field is Field.ID:
        own = local_id(value, "complaint")
        if own is None:
            raise InputError(argument, f"{value!r} is not the id of a complaint")
        return own
    if isinstance(value, ComplaintStatus | Classification | DeadlineStage):
        return value.value
    return in_utc(value, argument) if isinstance(value, datetime) else value
