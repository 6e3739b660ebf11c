"""What viewers may ask of complaints that they may count but not read. Pure.

Each answer is a sum of cells of one table for each breakdown: place by value by month. So many
questions tell no more than those tables do (tables.py), which are made safe (suppression.py).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from hub.domain.argument import ArgumentError
from hub.domain.indicators import Dimension, Period
from hub.domain.question import (
    EVERYTHING,
    All,
    Compare,
    Condition,
    Field,
    Not,
    Op,
    fields_of,
)
from hub.domain.scope import Reach
from hub.domain.seen import named_by, owned_by

PLACE = (Dimension.PROVINCE, Dimension.DISTRICT)
BREAKDOWNS = (
    Dimension.CHANNEL,
    Dimension.CATEGORY,
    Dimension.CLASSIFICATION,
    Dimension.PROGRAMME,
    Dimension.STATUS,
)
_FIELDS = tuple(Field(dimension.value) for dimension in (*PLACE, *BREAKDOWNS))
_OPS = {Op.EQ, Op.IN, Op.IS_NULL}

Values = Mapping[Dimension, str | None]


class DisclosureError(ArgumentError):
    """A question tells complaints too finely apart for a viewer who may not read them.

    It hangs on the question alone, never on what there is.
    """


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that such a viewer may ask."""

    dimensions: tuple[Dimension, ...]
    compared: tuple[Compare, ...]
    period: Period

    @classmethod
    def of(cls, dimensions: Sequence[Dimension], condition: Condition, period: Period) -> "Asked":
        """Raises DisclosureError for what may not be asked."""
        for dimension in dimensions:
            if dimension in {Dimension.DAY, Dimension.WEEK}:
                raise DisclosureError("groupBy", f"you may group by month, not by {dimension}")
            if dimension not in {*PLACE, *BREAKDOWNS, Dimension.MONTH}:
                raise DisclosureError("groupBy", f"you may not group by {dimension}")
        if not period.has_whole_months:
            raise DisclosureError("period", "you may ask for whole months only")
        if hidden := fields_of(condition) - {*_FIELDS}:
            fields = f"by {_listed(_FIELDS)}, not by {_listed(sorted(hidden))}"
            raise DisclosureError("filter", f"you may filter {fields}")
        compared = tuple(_compared(condition))
        filtered = {Dimension(each.field.value) for each in compared}
        if len({*BREAKDOWNS} & {*dimensions, *filtered}) > 1:
            raise DisclosureError(
                "groupBy", f"with filter, you may use one of {_listed(BREAKDOWNS)} at a time"
            )
        return cls(tuple(dimensions), compared, period)

    @property
    def told_apart(self) -> frozenset[Dimension]:
        """The dimensions of the cells that the answer is a sum of."""
        used = {*self.dimensions, *(Dimension(each.field.value) for each in self.compared)}
        if Dimension.DISTRICT in used:
            used.add(Dimension.PROVINCE)
        if self.period != Period():
            used.add(Dimension.MONTH)
        return frozenset(used)

    @property
    def table(self) -> tuple[Dimension, ...]:
        """The dimensions of the table that has these cells.

        Which channel serves which place is no secret, so channels come with all places.
        """
        places = PLACE if Dimension.CHANNEL in self.told_apart else ()
        return tuple(d for d in Dimension if d in {*self.told_apart, *places})

    @property
    def provinces(self) -> tuple[str, ...] | None:
        """The provinces whose districts the table needs; None for all."""
        if Dimension.CHANNEL in self.told_apart:
            return None
        found = [_provinces(each) for each in self.compared]
        return min((some for some in found if some is not None), key=len, default=None)

    def chooses(self, values: Values, dimensions: Iterable[Dimension]) -> bool:
        """Whether values are asked for in these dimensions."""
        month = values.get(Dimension.MONTH) if Dimension.MONTH in dimensions else None
        if month and not self.period.includes(month):
            return False
        compared = [(Dimension(each.field.value), each) for each in self.compared]
        return all(_holds(each, values.get(d)) for d, each in compared if d in dimensions)


def _holds(compare: Compare, value: str | None) -> bool:
    match compare:
        case Compare(_, Op.IN, tuple() as values):
            return value in values
        case Compare(_, Op.IS_NULL, is_null):
            return (value is None) is is_null
        case _:
            return value == compare.value


def _provinces(compare: Compare) -> tuple[str, ...] | None:
    """Where it can hold; None for anywhere."""
    if compare.op is Op.IS_NULL or compare.field not in {Field.PROVINCE, Field.DISTRICT}:
        return None
    codes = compare.value if isinstance(compare.value, tuple) else (compare.value,)
    return tuple(sorted({str(code)[:2] for code in codes}))


def _compared(condition: Condition) -> Iterable[Compare]:
    match condition:
        case Compare(_, op, _) if op in _OPS:
            yield condition
        case All(parts):
            for part in parts:
                yield from _compared(part)
        case _:
            raise DisclosureError("filter", "you may compare with eq, in and isNull, all at once")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def unread(rows: Reach) -> Condition:
    """Complaints that do not lie within what the viewer may read."""
    named = named_by(rows)
    return Not(named) if named.parts else EVERYTHING


def lies_within(condition: Condition, rows: Reach) -> bool:
    """Whether a condition asks for nothing but what the viewer may read."""
    match condition:
        case Compare(field, Op.EQ | Op.IN, value):
            asked = set(value) if isinstance(value, tuple) else {value}
            return any(field is owned and asked <= values for owned, values in owned_by(rows))
        case All(parts):
            return any(lies_within(part, rows) for part in parts)
        case _:
            return False
