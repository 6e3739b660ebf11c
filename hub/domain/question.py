"""What can be asked about complaints: conditions, order and pages, without saying how."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Field(StrEnum):
    """A field of a complaint that can be compared. The value is its name in the store. Of the
    remaining working days nothing is stored: by_moments (remaining.py) makes others of it."""

    ID = "_id"
    NUMBER = "number"
    EXTERNAL_ID = "external_id"
    SP4N_ID = "sp4n_id"
    CHANNEL = "channel"
    CLASSIFICATION = "classification"
    CATEGORY = "category"
    CATEGORY_SOURCE = "category_source"
    PROGRAMME = "programme"
    STATUS = "status"
    STATUS_SOURCE = "status_source"
    TITLE = "title"
    DESCRIPTION = "description"
    RECEIVED_AT = "received_at"
    UPDATED_AT = "updated_at"
    HANDED_OVER_AT = "handed_over_at"
    FOLLOWED_UP_AT = "followed_up_at"
    CLOSED_AT = "closed_at"
    DUE_AT = "due_at"
    OVERDUE = "overdue"
    OVERDUE_EVER = "overdue_ever"
    STAGE = "stage"
    STAGE_DUE_AT = "stage_due_at"
    REMAINING_WORKING_DAYS = "remaining_working_days"
    RECKONED_BY = "clock.by"
    CLOCK_PLACE = "clock.place"
    DAYS_LEFT = "clock.left"
    DEADLINES = "deadlines"
    REOPENED = "reopened"
    PROVINCE = "province"
    DISTRICT = "district"
    ADDRESS = "address"
    LOCATION = "location"
    WORDS = "words"
    INSTITUTION = "institution"
    ANONYMOUS = "anonymous"
    SECRET = "secret"  # noqa: S105 - a field's name
    TIMELINE = "timeline"
    CONNECTOR = "provenance.connector"
    CONFIG_VERSION = "provenance.config_version"
    RUN = "provenance.run"
    FETCHED_AT = "provenance.fetched_at"
    HASH = "provenance.hash"


class EntryField(StrEnum):
    """A field of an entry of a complaint's timeline or deadlines. The value is its name in the
    store, but that `late` follows from others."""

    AT = "at"
    STATUS = "status"
    STATUS_SOURCE = "status_source"
    STAGE = "stage"
    DUE_AT = "due_at"
    ENDED_AT = "ended_at"
    PENDING = "pending"
    LATE = "late"
    RULE = "rule"


class Op(StrEnum):
    """How a field is compared. `ne` is the exact negation of `eq`, so it holds for unknown values;
    the ranges hold for no unknown value. `has` is for words, `within` for a location, `some` for
    the entries of a list."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    GT = "gt"
    GTE = "gte"
    LT = "lt"
    LTE = "lte"
    IS_NULL = "is_null"
    HAS = "has"
    WITHIN = "within"
    SOME = "some"


@dataclass(frozen=True, slots=True)
class Circle:
    """All within some metres of a point in degrees, WGS 84."""

    longitude: float
    latitude: float
    metres: float


@dataclass(frozen=True, slots=True)
class Box:
    """All between two meridians and two parallels, in degrees, WGS 84."""

    west: float
    south: float
    east: float
    north: float


Area = Circle | Box


@dataclass(frozen=True, slots=True)
class EntryCompare:
    """One field of an entry against a value, as Compare has it."""

    field: EntryField
    op: Op
    value: "Value | tuple[Value, ...]"


Value = str | bool | int | datetime | Area | EntryCompare


@dataclass(frozen=True, slots=True)
class Compare:
    """One field against a value: a tuple of values for IN, True or False for IS_NULL, a tuple of
    stems that are all there for HAS, an area for WITHIN, and for SOME what holds of one and the
    same entry."""

    field: Field
    op: Op
    value: Value | tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class All:
    """Every part holds; of no parts, always."""

    parts: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds; of no parts, never."""

    parts: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: "Condition"


Condition = Compare | All | AnyOf | Not
EVERYTHING = All()


def fields_of(condition: Condition) -> frozenset[Field]:
    """All fields that a condition looks at."""
    match condition:
        case Compare():
            return frozenset({condition.field})
        case Not():
            return fields_of(condition.part)
        case All() | AnyOf():
            return frozenset().union(*(fields_of(part) for part in condition.parts))


class OrderField(StrEnum):
    """What complaints can be ordered by: each has an index behind each kind of scope."""

    RECEIVED_AT = "received_at"
    UPDATED_AT = "updated_at"
    DUE_AT = "due_at"
    STAGE_DUE_AT = "stage_due_at"


@dataclass(frozen=True, slots=True)
class Order:
    """One step of an order. Unknown values come first when ascending, last when descending."""

    field: OrderField
    descending: bool


LATEST_FIRST = (Order(OrderField.RECEIVED_AT, descending=True),)

Position = tuple[datetime | None, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in an order a complaint stands: its value for each step, then its id."""

    values: Position
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of an ordered list: `size` from the start, or from the end when `backward`."""

    size: int
    after: Place | None = None
    before: Place | None = None
    backward: bool = False
