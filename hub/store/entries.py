"""What holds of one entry of a list of a complaint → a filter. Pure."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from hub.domain.question import EntryCompare, EntryField, Op

Expression = dict[str, Any]

_DUE, _ENDED, _PENDING = "$$entry.due_at", "$$entry.ended_at", "$$entry.pending"


def some_entry(list_: str, parts: Iterable[Any], now: datetime) -> Expression:
    """Complaints with an entry of which all parts hold, `late` as of `now` (UTC). An expression,
    since `$elemMatch` does not compare two fields of an entry."""
    entries = {"$cond": [{"$isArray": f"${list_}"}, f"${list_}", []]}
    held = {"$and": [_holds(part, now) for part in parts]}
    return {"$expr": {"$anyElementTrue": {"$map": {"input": entries, "as": "entry", "in": held}}}}


def _holds(part: EntryCompare, now: datetime) -> Expression:
    field, value = f"$$entry.{part.field.value}", _literal(part.value)
    if part.field is EntryField.LATE:
        return _is_late(part, now)
    match part.op:
        case Op.IS_NULL:
            return {"$eq": [{"$eq": [{"$ifNull": [field, None]}, None]}, value]}
        case Op.EQ | Op.NE | Op.IN:
            return {f"${part.op.value}": [field, value]}
        case op:
            # Without a look at the types an expression orders values of any two.
            alike = {"$eq": [{"$type": field}, {"$type": value}]}
            return {"$and": [alike, {f"${op.value}": [field, value]}]}


def _is_late(part: EntryCompare, now: datetime) -> Expression:
    """domain/deadlines.py: is_late."""
    at = {"$cond": [{"$eq": [_PENDING, True]}, now, _ENDED]}
    known = {"$and": [{"$eq": [{"$type": each}, "date"]} for each in (at, _DUE)]}
    late = {"$cond": [known, {"$gt": [at, _DUE]}, None]}
    match part.op:
        case Op.IS_NULL:
            return {"$eq": [{"$not": [known]}, _literal(part.value)]}
        case op:
            return {f"${op.value}": [late, _literal(part.value)]}


def _literal(value: Any) -> Expression:
    """A caller's value: never the name of a field, nor an operator."""
    return {"$literal": list(value) if isinstance(value, tuple) else value}
