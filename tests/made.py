"""Complaints and scopes that tests make, by hand and by hypothesis."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from hub.domain.complaint import (
    Classification,
    Complaint,
    ComplaintStatus,
    Location,
    Provenance,
    Reporter,
    derived_id,
)
from hub.domain.deadline_rules import DeadlineStage
from hub.domain.question import (
    All,
    AnyOf,
    Box,
    Circle,
    Compare,
    Condition,
    EntryCompare,
    EntryField,
    Field,
    Not,
    Op,
    Order,
    OrderField,
)
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.documents import Received
from hub.store.mongo import Database
from hub.store.predicates import WATCHED_FIELDS

MOMENT = datetime(2020, 7, 1, 3, tzinfo=UTC)
PLACES = [("73", "73.71"), ("73", "73.06"), ("73", None), ("74", "74.71"), ("76", "76.04")]
CHANNELS = ["lapor", "sulsel", "makassar"]
POINTS = [Location(119.41, -5.14), Location(119.52, -5.06), Location(122.51, -3.97)]
"""Two in Makassar and Maros, 16 km from each other, and one in Kendari, 370 km away."""
MINISTRY = Scope("ministry", (Grant(Role.MINISTRY),), frozenset(Permission))


def complaint(**stated: Any) -> Complaint:
    """A complaint of Makassar, but for what is stated."""
    usual: dict[str, Any] = {
        "channel": "lapor",
        "external_id": "1",
        "number": stated.get("external_id", "1"),
        "status": ComplaintStatus.RECEIVED,
        "status_source": "open",
        "received_at": MOMENT,
        "province": "73",
        "district": "73.71",
    }
    return Complaint(**usual | stated)


def provenance(fetched_at: datetime = MOMENT, run: str = "run") -> Provenance:
    return Provenance("connector", "v1", run, fetched_at)


def received(*complaints: Complaint) -> list[Received]:
    return [Received(each, b"{}") for each in complaints]


def scope(*grants: Grant, without: frozenset[Permission] = frozenset()) -> Scope:
    """A viewer with these grants and every permission, but for some."""
    return Scope("someone", grants, frozenset(Permission) - without)


def _moments() -> st.SearchStrategy[datetime]:
    # Few moments, so that orders have ties; whole milliseconds, as MongoDB keeps them.
    return st.integers(0, 12).map(lambda n: MOMENT + timedelta(days=n, hours=n))


@st.composite
def complaints(draw: st.DrawFn, *, channel: str | None = None) -> Complaint:
    """Any complaint of a few places and channels."""
    province, district = draw(st.sampled_from([*PLACES, (None, None)]))
    status = draw(st.sampled_from(ComplaintStatus))
    received_at = draw(_moments())
    return complaint(
        channel=channel or draw(st.sampled_from(CHANNELS)),
        external_id=str(draw(st.integers(0, 5) | st.integers(0, 10_000))),
        status=status,
        classification=draw(st.sampled_from(Classification)),
        category=draw(st.sampled_from([None, "roads", "waste"])),
        programme=draw(st.sampled_from([None, "COVID19"])),
        title=draw(st.sampled_from([None, "Jalan rusak", "Sampah"])),
        description=draw(st.sampled_from([None, "Berlubang"])),
        received_at=received_at,
        updated_at=draw(st.none() | _moments()),
        location=draw(st.sampled_from([None, *POINTS])),
        address=draw(st.sampled_from([None, "Jalan Masjid Raya 44"])),
        handed_over_at=draw(st.none() | _moments()),
        followed_up_at=draw(st.none() | st.just(received_at + timedelta(hours=30))),
        closed_at=draw(st.none() | st.just(received_at + timedelta(days=25))),
        due_at=draw(st.none() | _moments()),
        province=province,
        district=district,
        institution=draw(st.sampled_from([None, "Pemerintah Kota Makassar"])),
        anonymous=draw(st.booleans()),
        secret=draw(st.booleans()),
        reporter=draw(st.none() | st.just(Reporter("Sitti", "0811"))),
    )


def distinct_complaints(most: int = 40) -> st.SearchStrategy[list[Complaint]]:
    return st.lists(complaints(), min_size=1, max_size=most, unique_by=lambda c: c.id)


GRANTS = [
    Grant(Role.MINISTRY),
    Grant(Role.PROVINCE, ("73",)),
    Grant(Role.PROVINCE, ("74", "76")),
    Grant(Role.DISTRICT, ("73.71",)),
    Grant(Role.DISTRICT, ("74.71", "73.06")),
    Grant(Role.OPERATOR, channels=("sulsel",)),
    Grant(Role.STATISTICS),
    Grant(Role.ADMIN),
]


@st.composite
def scopes(draw: st.DrawFn) -> Scope:
    """Any viewer: some grants, and permissions that are mostly there."""
    grants = draw(st.lists(st.sampled_from(GRANTS), max_size=3, unique=True))
    missing = draw(st.sets(st.sampled_from(Permission), max_size=2))
    return Scope("someone", tuple(grants), frozenset(Permission) - missing)


_VALUES: dict[Field, list[Any]] = {
    Field.ID: [derived_id(channel, str(n)) for channel in CHANNELS for n in range(4)],
    Field.DESCRIPTION: ["Berlubang", "none such"],
    Field.CONNECTOR: ["connector", "none such"],
    Field.RUN: ["run"],
    Field.FETCHED_AT: [MOMENT, MOMENT + timedelta(days=1)],
    Field.CHANNEL: CHANNELS,
    Field.CLASSIFICATION: [c.value for c in Classification],
    Field.CATEGORY: ["roads", "waste", "none such"],
    Field.PROGRAMME: ["COVID19"],
    Field.STATUS: [s.value for s in ComplaintStatus],
    Field.PROVINCE: ["73", "74", "76"],
    Field.DISTRICT: ["73.71", "73.06", "74.71"],
    Field.INSTITUTION: ["Pemerintah Kota Makassar"],
    Field.RECEIVED_AT: [MOMENT + timedelta(days=n, hours=n) for n in range(0, 13, 3)],
    Field.DUE_AT: [MOMENT + timedelta(days=n, hours=n) for n in range(0, 13, 3)],
    Field.HANDED_OVER_AT: [MOMENT + timedelta(days=n, hours=n) for n in range(0, 13, 3)],
    Field.STATUS_SOURCE: ["open"],
    Field.TITLE: ["Jalan rusak", "Sampah"],
    Field.ADDRESS: ["Jalan Masjid Raya 44", "none such"],
    Field.WORDS: ["jalan", "rusak", "sampah", "raya", "none"],
    Field.LOCATION: [
        Circle(119.41, -5.14, 1_000),
        Circle(119.45, -5.1, 20_000),
        Circle(120, -4, 1_000_000),
        Box(119.4, -5.2, 119.5, -5),
        Box(119, -6, 123, -3),
        Box(80, -45, 170, 45),
    ],
    Field.ANONYMOUS: [True, False],
    Field.SECRET: [True, False],
    Field.OVERDUE: [True, False],
    **{field: [True, False] for field in (Field.OVERDUE_EVER, Field.REOPENED)},
    Field.STAGE: [stage.value for stage in DeadlineStage],
    Field.STAGE_DUE_AT: [MOMENT + timedelta(days=n) for n in range(0, 20, 4)],
}
_ENTRIES: dict[Field, dict[EntryField, list[Any]]] = {
    Field.TIMELINE: {
        EntryField.AT: [MOMENT + timedelta(days=n, hours=n) for n in range(0, 13, 3)],
        EntryField.STATUS: [s.value for s in ComplaintStatus],
        EntryField.STATUS_SOURCE: ["open", "$status"],
    },
    Field.DEADLINES: {
        EntryField.STAGE: [stage.value for stage in DeadlineStage],
        EntryField.DUE_AT: [MOMENT + timedelta(days=n) for n in range(0, 20, 4)],
        EntryField.ENDED_AT: [MOMENT + timedelta(days=n) for n in range(0, 20, 4)],
        EntryField.PENDING: [True, False],
        EntryField.LATE: [True, False],
        EntryField.RULE: ["verify", "$rule"],
    },
}
RECKONED = frozenset(
    {
        *(Field.OVERDUE_EVER, Field.REOPENED, Field.STAGE, Field.STAGE_DUE_AT),
        *(Field.DEADLINES, Field.TIMELINE),
    }
)
"""What hangs on the whole timeline, and not on what a channel said last."""
_RANGES = [Op.GT, Op.GTE, Op.LT, Op.LTE]


def _ops(values: list[Any]) -> list[Op]:
    more = [] if isinstance(values[0], bool) else [Op.IN, Op.IS_NULL, *_RANGES]
    return [Op.EQ, Op.NE, *more]


@st.composite
def _entry_comparisons(draw: st.DrawFn, list_: Field) -> EntryCompare:
    field = draw(st.sampled_from(sorted(_ENTRIES[list_])))
    values = _ENTRIES[list_][field]
    op = draw(st.sampled_from([*_ops(values), Op.IS_NULL]))
    if op is Op.IN:
        return EntryCompare(field, op, tuple(draw(st.lists(st.sampled_from(values), max_size=3))))
    return EntryCompare(field, op, draw(st.sampled_from([True] if op is Op.IS_NULL else values)))


@st.composite
def _comparisons(  # noqa: PLR0911 - one for each kind of value
    draw: st.DrawFn, of: frozenset[Field]
) -> Condition:
    field = draw(st.sampled_from(sorted(of & (_VALUES.keys() | _ENTRIES.keys()))))
    if field in _ENTRIES:
        some = st.lists(_entry_comparisons(field), min_size=1, max_size=2)
        return draw(some.map(lambda parts: Compare(field, Op.SOME, tuple(parts))))
    values = _VALUES[field]
    if field is Field.LOCATION and draw(st.booleans()):
        return Compare(field, Op.IS_NULL, draw(st.booleans()))
    op = draw(st.sampled_from(_ops(values)))
    if isinstance(values[0], Circle | Box):
        return Compare(field, Op.WITHIN, draw(st.sampled_from(values)))
    if field is Field.WORDS:
        stems = draw(st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True))
        return Compare(field, Op.HAS, tuple(stems))
    if op is Op.IN:
        return Compare(field, op, tuple(draw(st.lists(st.sampled_from(values), max_size=3))))
    if op is Op.IS_NULL:
        return Compare(field, op, draw(st.booleans()))
    return Compare(field, op, draw(st.sampled_from(values)))


def _joined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    some = st.lists(parts, max_size=3).map(tuple)
    return some.map(All) | some.map(AnyOf) | parts.map(Not)


def conditions(of: frozenset[Field] = frozenset(Field)) -> st.SearchStrategy[Condition]:
    """Any condition on these fields, nested."""
    return st.recursive(_comparisons(of), _joined, max_leaves=5)


def watchable_conditions() -> st.SearchStrategy[Condition]:
    """Any condition that can be looked at without MongoDB."""
    return conditions(WATCHED_FIELDS | {Field.OVERDUE, Field.OVERDUE_EVER, Field.REOPENED})


def orders() -> st.SearchStrategy[tuple[Order, ...]]:
    """Any order of one or more distinct fields."""
    steps = st.builds(Order, st.sampled_from(OrderField), st.booleans())
    return st.lists(steps, min_size=1, max_size=2, unique_by=lambda o: o.field).map(tuple)


async def without_complaints(database: Database) -> None:
    """Takes away what examples before have left; the rest of the database stays."""
    for name in ("complaints", "rollups", "rollup_marks"):
        await database[name].delete_many({})
