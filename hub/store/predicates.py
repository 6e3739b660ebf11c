"""Conditions looked at in Python: what plan.match asks MongoDB, of a document that is at hand."""

from collections.abc import Callable
from datetime import datetime
from operator import ge, gt, le, lt
from typing import Any

from hub.domain.complaint import OPEN_STATUSES
from hub.domain.question import All, AnyOf, Compare, Condition, Field, Not, Op, Value
from hub.store.mongo import Document

Predicate = Callable[[Document, datetime], bool]
"""(A complaint as stored, the time (UTC) at which it counts as overdue) → whether it fits."""

WATCHED_FIELDS = frozenset(
    {
        Field.ID,
        Field.NUMBER,
        Field.EXTERNAL_ID,
        Field.CHANNEL,
        Field.CLASSIFICATION,
        Field.CATEGORY,
        Field.CATEGORY_SOURCE,
        Field.PROGRAMME,
        Field.STATUS,
        Field.STATUS_SOURCE,
        Field.RECEIVED_AT,
        Field.UPDATED_AT,
        Field.HANDED_OVER_AT,
        Field.FOLLOWED_UP_AT,
        Field.CLOSED_AT,
        Field.DUE_AT,
        Field.STAGE,
        Field.STAGE_DUE_AT,
        Field.PROVINCE,
        Field.DISTRICT,
        Field.INSTITUTION,
        Field.ANONYMOUS,
        Field.SECRET,
    }
)
"""What documents at hand have. None of them is hidden by a mask from whoever may read the row."""

_RANGES: dict[Op, Callable[[Any, Any], bool]] = {Op.GT: gt, Op.GTE: ge, Op.LT: lt, Op.LTE: le}


class NotWatchableError(Exception):
    """A condition that only MongoDB can look at; the text is the field's name."""


def predicate(condition: Condition) -> Predicate:  # noqa: PLR0911 - one for each case
    """Holds for exactly the documents that plan.match finds. Raises NotWatchableError."""
    match condition:
        case Compare(Field.OVERDUE, op, value):
            wanted = (op is Op.EQ) is value
            return lambda document, now: _overdue(document, now) is wanted
        case Compare(Field.OVERDUE_EVER, op, value):
            ever = (op is Op.EQ) is value
            return lambda document, now: _overdue_ever(document, now) is ever
        case Compare(Field.REOPENED, op, value):
            reopened = (op is Op.EQ) is value
            return lambda document, _: (document.get("reopened") is True) is reopened
        case Compare():
            return _comparison(condition)
        case All(parts):
            every = [predicate(part) for part in parts]
            return lambda document, now: all(holds(document, now) for holds in every)
        case AnyOf(parts):
            some = [predicate(part) for part in parts]
            return lambda document, now: any(holds(document, now) for holds in some)
        case Not(part):
            inner = predicate(part)
            return lambda document, now: not inner(document, now)


def _comparison(compare: Compare) -> Predicate:
    name, value = compare.field.value, _stored(compare.value)
    if compare.field not in WATCHED_FIELDS:
        raise NotWatchableError(name)
    match compare.op:
        case Op.EQ:
            return lambda document, _: bool(document.get(name) == value)
        case Op.NE:
            return lambda document, _: bool(document.get(name) != value)
        case Op.IN:
            return lambda document, _: document.get(name) in value
        case Op.IS_NULL:
            return lambda document, _: (document.get(name) is None) is value
        case op if op in _RANGES:
            within = _RANGES[op]
            return lambda document, _: (
                document.get(name) is not None and within(document[name], value)
            )
        case _:
            raise NotWatchableError(name)


def _stored(value: Value | tuple[Value, ...]) -> Any:
    """A value as MongoDB is given it: times are cut to milliseconds."""
    if isinstance(value, tuple):
        return tuple(map(_stored, value))
    if isinstance(value, datetime):
        return value.replace(microsecond=value.microsecond // 1000 * 1000)
    return value


def _overdue_ever(document: Document, now: datetime) -> bool:
    return document.get("late") is True or _overdue(document, now)


def _overdue(document: Document, now: datetime) -> bool:
    due = document["due_at"]
    return due is not None and due < _stored(now) and document["status"] in OPEN_STATUSES
