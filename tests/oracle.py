"""What MongoDB is asked, said again as plain loops over plain objects."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import asin, ceil, cos, radians, sin, sqrt
from operator import ge, gt, le, lt
from statistics import median
from typing import Any, NamedTuple

from hub.domain.complaint import FOLLOWED_UP_STATUSES, OPEN_STATUSES, Complaint, Location
from hub.domain.deadlines import Rulebook, is_late
from hub.domain.indicators import DaysTaken, Dimension, IndicatorRow
from hub.domain.question import (
    All,
    AnyOf,
    Box,
    Circle,
    Compare,
    Condition,
    EntryField,
    Field,
    Not,
    Op,
    Order,
)
from hub.domain.region import regions
from hub.domain.scope import Role, Scope
from hub.store.reckoned import reckoned as fields
from hub.store.timelines import next_timeline
from tests.made import MOMENT

_RANGES: dict[Op, Callable[[Any, Any], bool]] = {Op.GT: gt, Op.GTE: ge, Op.LT: lt, Op.LTE: le}


def visible(scope: Scope, complaint: Complaint) -> bool:
    """Whether one of the grants, by itself, shows this complaint as a row."""
    if "complaints:read" not in scope.permissions:
        return False
    for grant in scope.grants:
        if grant.role is Role.MINISTRY:
            return True
        if grant.role is Role.PROVINCE and complaint.province in grant.regions:
            return True
        if grant.role is Role.DISTRICT and complaint.district in grant.regions:
            return True
        if grant.role is Role.OPERATOR and complaint.channel in grant.channels:
            return True
    return False


def words_are_shown(scope: Scope, complaint: Complaint) -> bool:
    """Whether the words of a complaint that this viewer sees are shown to them."""
    for grant in scope.grants:
        if grant.role is Role.MINISTRY and "complaints:pii" in scope.permissions:
            return True
        if grant.role is Role.PROVINCE and complaint.province in grant.regions:
            return True
        if grant.role is Role.DISTRICT and complaint.district in grant.regions:
            return True
    return not complaint.secret


def shown(scope: Scope, complaint: Complaint) -> Complaint:
    """A complaint as this viewer sees it."""
    if words_are_shown(scope, complaint):
        return complaint
    return replace(complaint, title=None, description=None, address=None, location=None)


RULES = Rulebook()


Steps = list[dict[str, Any]]
"""A timeline as it is stored."""


def reckoned(complaint: Complaint, steps: Steps | None = None) -> dict[str, Any]:
    """What the rules make of a complaint that was fetched once, or came by these steps; they have
    an oracle of their own (tests/domain/test_deadlines.py)."""
    return fields(complaint, steps or timeline(complaint), RULES)


def overdue(complaint: Complaint) -> bool:
    return is_overdue(complaint, reckoned(complaint))


def is_overdue(
    complaint: Complaint, stored: Mapping[str, Any], now: datetime | None = None
) -> bool:
    """Past its deadline and not answered."""
    due = stored["due_at"]
    now = now or datetime.now(UTC)
    return due is not None and due < now and complaint.status in OPEN_STATUSES


def holds(  # noqa: PLR0911 - one for each case
    condition: Condition, complaint: Complaint, steps: Steps | None = None
) -> bool:
    """Whether a condition holds, by its words, for a complaint that came by these steps; without
    them, for one that was fetched once."""
    match condition:
        case All(parts):
            return all(holds(part, complaint, steps) for part in parts)
        case AnyOf(parts):
            return any(holds(part, complaint, steps) for part in parts)
        case Not(part):
            return not holds(part, complaint, steps)
        case Compare(Field.WORDS, _, tuple() as stems):
            texts = (complaint.title, complaint.description, complaint.address)
            return {*stems} <= {*" ".join(filter(None, texts)).casefold().split()}
        case Compare(field, Op.SOME, tuple() as parts):
            stored = {**reckoned(complaint, steps), "timeline": steps or timeline(complaint)}
            return any(all(_holds_of(part, each) for part in parts) for each in stored[field])
        case Compare(Field.LOCATION, _, Circle() | Box() as area):
            return complaint.location is not None and lies_in(area, complaint.location)
        case Compare(field, op, value):
            return compares(_actual(complaint, field, steps), op, value)


def timeline(complaint: Complaint) -> Steps:
    """The steps of a complaint that was fetched once."""
    return next_timeline(complaint, MOMENT, None)


def _holds_of(part: Any, entry: dict[str, Any]) -> bool:
    actual = entry.get(part.field)
    if part.field is EntryField.LATE:
        ended_at, pending = entry["ended_at"], entry["pending"]
        actual = is_late(entry["due_at"], ended_at, pending, datetime.now(UTC))
    return compares(actual, part.op, part.value)


def _actual(  # noqa: PLR0911 - one for each case
    complaint: Complaint, field: Field, steps: Steps | None = None
) -> Any:
    match field:
        case Field.OVERDUE:
            return is_overdue(complaint, reckoned(complaint, steps))
        case Field.OVERDUE_EVER:
            stored = reckoned(complaint, steps)
            return is_overdue(complaint, stored) or stored.get("late", False)
        case Field.REOPENED:
            return reckoned(complaint, steps).get("reopened", False)
        case Field.CONNECTOR | Field.RUN:
            return field.value.rpartition(".")[2]  # as tests.made has it
        case Field.FETCHED_AT:
            return MOMENT
        case Field.ID:
            return complaint.id
        case Field.DUE_AT | Field.STAGE | Field.STAGE_DUE_AT:
            return reckoned(complaint, steps).get(field)
        case _:
            return getattr(complaint, field)


def lies_in(area: Circle | Box, point: Location) -> bool:
    """Whether a point lies in an area: the great circle by haversines, the box by its degrees."""
    if isinstance(area, Box):
        return (
            area.west <= point.longitude <= area.east and area.south <= point.latitude <= area.north
        )
    north, south = radians(point.latitude), radians(area.latitude)
    east = radians(point.longitude - area.longitude)
    haversine = sin((north - south) / 2) ** 2 + cos(north) * cos(south) * sin(east / 2) ** 2
    return 2 * asin(sqrt(haversine)) * 6_378_100 <= area.metres


def compares(actual: Any, op: Op, value: Any) -> bool:
    match op:
        case Op.EQ:
            return bool(actual == value)
        case Op.NE:
            return bool(actual != value)
        case Op.IN:
            return actual in value
        case Op.IS_NULL:
            return (actual is None) is value
        case _:
            return actual is not None and _RANGES[op](actual, value)


def ordered(complaints: Iterable[Complaint], order: Sequence[Order]) -> list[Complaint]:
    """Sorted step by step, the last step first; unknown is lowest, ids settle ties."""
    found = sorted(complaints, key=lambda c: c.id, reverse=order[0].descending)
    for step in reversed(order):
        found.sort(key=lambda c, s=step: _rank(_actual(c, Field(s.field))), reverse=step.descending)  # type: ignore[misc]
    return found


def _rank(value: datetime | None) -> tuple[bool, float]:
    return (value is not None, value.timestamp() if value else 0.0)


def key(complaint: Complaint, dimension: Dimension) -> str | None:
    """What a complaint is grouped under."""
    if dimension in {Dimension.DAY, Dimension.MONTH, Dimension.WEEK}:
        region = regions().get(complaint.district or complaint.province or "31")
        assert region
        local = complaint.received_at.astimezone(region.zone)
        return local.strftime({"day": "%Y-%m-%d", "month": "%Y-%m", "week": "%G-W%V"}[dimension])
    value = getattr(complaint, dimension)
    return None if value is None else str(value)


class Figures(NamedTuple):
    """What is told of a group, the days as (n, of, median, 90th percentile)."""

    received: int
    followed_up: int
    overdue: int
    timed: int
    median_days: float | None
    p90_days: float | None
    verified: int
    handed_over: int
    closed: int | None
    archived: int | None
    overdue_ever: int
    stage_overdue: int
    deadlines: list[tuple[str, int, int, int, int]]
    reopened: int
    hand_over: Any
    follow_up: Any
    close: Any


def comparable(rows: Iterable[IndicatorRow]) -> dict[Any, Figures]:
    """Values of the keys → what `figures` says of the same group."""
    return {
        tuple(value for _, value in row.keys): Figures(
            row.received,
            row.followed_up,
            row.overdue,
            row.timed,
            row.median_days_to_follow_up,
            row.p90_days_to_follow_up,
            row.verified,
            row.handed_over,
            row.closed,
            row.archived,
            row.overdue_ever,
            row.stage_overdue,
            [(d.stage, d.overdue, d.late, d.n, d.of) for d in row.deadlines or ()],
            row.reopened,
            *map(_told, (row.hand_over, row.follow_up, row.close)),
        )
        for row in rows
    }


def _told(days: DaysTaken | None) -> tuple[int, int, float | None, float | None]:
    assert days  # it is told to whoever may read the complaints
    return days.n, days.of, days.median, days.p90


class Told(NamedTuple):
    """A complaint as it is stored: with the steps it was seen at, and what the rules make of it
    (which have oracles of their own)."""

    complaint: Complaint
    steps: list[Any]
    reckoned: Mapping[str, Any]

    @classmethod
    def once(cls, complaint: Complaint) -> "Told":
        """One that was fetched once."""
        return cls(complaint, next_timeline(complaint, MOMENT, None), reckoned(complaint))

    @classmethod
    def of(cls, complaint: Complaint, document: Mapping[str, Any]) -> "Told":
        """One that lies in MongoDB."""
        return cls(complaint, document["timeline"], document)


def figures(complaints: Iterable[Complaint | Told], now: datetime | None = None) -> Figures:
    """The figures of a group, complaint by complaint; now unless told."""
    group = [c if isinstance(c, Told) else Told.once(c) for c in complaints]
    hours: list[float] = []
    days: dict[str, list[int | None]] = {"hand_over": [], "follow_up": [], "close": []}
    counts: Counter[str] = Counter()
    deadlines: list[Mapping[str, Any]] = []
    for c, steps, stored in group:
        was = {step["status"] for step in steps}
        followed_up = bool(was & {*FOLLOWED_UP_STATUSES}) or c.followed_up_at is not None
        handed_over = followed_up or c.handed_over_at is not None
        verified = handed_over or "verified" in was
        late = stored.get("late", False)
        counts["followed_up"] += c.status in FOLLOWED_UP_STATUSES
        counts["verified"] += verified
        counts["handed_over"] += handed_over
        counts["closed"] += c.status == "closed"
        counts["archived"] += c.status == "archived"
        counts["overdue"] += is_overdue(c, stored, now)
        counts["overdue_ever"] += late or is_overdue(c, stored, now)
        to_do = [each for each in stored["deadlines"] if each["stage"] != "closing"]
        counts["stage_overdue"] += any(each["pending"] and _late(each, now) for each in to_do)
        deadlines += to_do
        counts["reopened"] += stored.get("reopened", False)
        if c.followed_up_at:
            hours.append((c.followed_up_at - c.received_at).total_seconds() // 3600)
        if verified:
            days["hand_over"].append(stored["days"].get("hand_over"))
        if followed_up:
            days["follow_up"].append(stored["days"].get("follow_up"))
        if c.status == "closed" or c.closed_at:
            days["close"].append(stored["days"].get("close"))
    return Figures(
        len(group),
        counts["followed_up"],
        counts["overdue"],
        len(hours),
        median(hours) / 24 if hours else None,
        sorted(hours)[ceil(9 * len(hours) / 10) - 1] / 24 if hours else None,
        counts["verified"],
        counts["handed_over"],
        counts["closed"],
        counts["archived"],
        counts["overdue_ever"],
        counts["stage_overdue"],
        [_kept(stage, deadlines, now) for stage in ("verify", "follow_up", "answer")],
        counts["reopened"],
        *(_taken(days[stage]) for stage in ("hand_over", "follow_up", "close")),
    )


def _late(deadline: Mapping[str, Any], now: datetime | None) -> bool | None:
    """Whether a stage was done, or is still to be, after it was due; None where nobody knows."""
    done = (now or datetime.now(UTC)) if deadline["pending"] else deadline["ended_at"]
    return done > deadline["due_at"] if done and deadline["due_at"] else None


def _kept(
    stage: str, deadlines: list[Mapping[str, Any]], now: datetime | None
) -> tuple[str, int, int, int, int]:
    """(The stage, how many are overdue, were ever late, are known to be or not, have one)."""
    of = [each for each in deadlines if each["stage"] == stage and each["due_at"]]
    known = [(each["pending"], _late(each, now)) for each in of if _late(each, now) is not None]
    overdue = sum(1 for pending, late in known if pending and late)
    return stage, overdue, sum(1 for _, late in known if late), len(known), len(of)


def _taken(days: list[int | None]) -> tuple[int, int, float | None, float | None]:
    known = sorted(each for each in days if each is not None)
    n = len(known)
    return n, len(days), median(known) if n else None, known[ceil(9 * n / 10) - 1] if n else None
