"""Figures as they were at a past moment, complaint by complaint from their timelines."""

from asyncio import Lock, Semaphore, to_thread
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from weakref import WeakValueDictionary

from hub.domain.activity import Facts, last_day
from hub.domain.complaint import FOLLOWED_UP_STATUSES, ComplaintStatus
from hub.domain.course import acts
from hub.domain.deadlines import Reckoning, Rulebook, is_late
from hub.domain.indicators import STAGES, Dimension, Freshness, IndicatorRow, Period
from hub.domain.past import PastError, Then, as_it_was
from hub.domain.scope import Reach
from hub.domain.series import nothing
from hub.store import plan
from hub.store.answers import Question
from hub.store.documents import NOT_OPENED, unopened_complaint
from hub.store.figures import received_in
from hub.store.groups import rows_of
from hub.store.mongo import Database, Document
from hub.store.reckoned import day_of, month_of, steps_of

MOST = 50_000
"""So many complaints are looked at for one answer: a few seconds."""
MOST_VIEWERS = 8
"""Of so many viewers questions are answered at once, each of which holds a batch of complaints."""

_BATCH = 2_000
_SECONDS_PER_HOUR = 3_600


class Past:
    """Answers about past moments. Every complaint is read, and reckoned by the rules of today as
    it was then, so that a figure is what the hub would have told had it known what it knows now."""

    def __init__(self, database: Database, rules: Rulebook) -> None:
        self._complaints = database["complaints"]
        self._rules = rules
        self._turns = _Turns()

    async def rows(self, question: Question, at: datetime, viewer: str) -> list[IndicatorRow]:
        """The figures of each group at a moment (UTC). Raises PastError."""
        q = question
        groups: _Groups = {}

        def add(document: Document, then: Then) -> None:
            keys = {d.value: _key(d, document, then) for d in q.dimensions}
            if q.names:
                keys["institution"] = q.names.name(document["province"], document["institution"])
            reckoning = self._rules.reckon(then.complaint, then.steps)
            group = groups.setdefault(tuple(keys.values()), {"_id": keys, "changed_at": None})
            _count(group, document, then, reckoning, at)

        here = plan.both(plan.match(q.condition, at), received_in(q.period))
        await self._each(here, q.reach, at, viewer, add)
        freshness = Freshness(at)
        rows = rows_of([*groups.values()], q.dimensions, at.replace(tzinfo=None), freshness)
        return rows or ([] if q.dimensions else [nothing((), freshness)])

    async def facts(
        self, reach: Reach, province: str | None, period: Period, at: datetime, viewer: str
    ) -> list[Facts]:
        """What had been seen at a moment (UTC) of institutions. Raises PastError."""
        found: dict[tuple[str | None, str | None, str | None], _Seen] = defaultdict(_Seen)

        def add(document: Document, then: Then) -> None:
            keys = document["province"], document["district"], document["institution"]
            clock = self._rules.calendar.clock(document["district"] or document["province"])
            received_in = document["received_on"][:7]
            days = {clock.day(each) for each in acts(then.complaint, then.steps)}
            months, latest = {*map(month_of, days)}, max(map(day_of, days), default="")
            if not days and _came_to_follow_up(then):
                months, latest = {received_in}, last_day(received_in)
            seen, counts = found[keys], period.includes(received_in)
            seen.received += counts
            seen.followed_up += counts and then.complaint.status in FOLLOWED_UP_STATUSES
            seen.acted_in |= months
            seen.acted_on = max(seen.acted_on, latest)
            seen.channels.add(document["channel"])

        # An operator's channels are no places (see activity.py).
        places = plan.within(replace(reach, channels=frozenset()))
        here: plan.Filter = {"province": {"$eq": province}} if province else {}
        await self._each(plan.both(places, here), reach, at, viewer, add)
        return [
            Facts(
                *keys,
                s.received,
                s.followed_up,
                frozenset(s.acted_in),
                s.acted_on or None,
                frozenset(s.channels),
            )
            for keys, s in found.items()
        ]

    async def _each(
        self,
        wanted: plan.Filter,
        reach: Reach,
        at: datetime,
        viewer: str,
        add: Callable[[Document, Then], None],
    ) -> None:
        """Calls `add` with each complaint that was received by then, in a thread."""
        before = {"received_at": {"$lte": at}}
        wanted = plan.both(plan.within(reach), wanted, before)
        if await self._complaints.count_documents(wanted, limit=MOST + 1) > MOST:
            told = f"is told of {MOST:,} complaints at most; narrow down the places or the period"
            raise PastError("asOf", told)

        def add_all(documents: list[Document]) -> None:
            for document in documents:
                complaint = unopened_complaint(document)
                steps = steps_of(complaint.history, document["timeline"])
                add(document, as_it_was(complaint, steps, at))

        async with self._turns.of(viewer):
            found = self._complaints.find(wanted, NOT_OPENED, batch_size=_BATCH)
            while documents := await found.to_list(_BATCH):
                async with self._turns.batch:
                    await to_thread(add_all, documents)


class _Turns:
    """Who is answered next. It is Python that counts, and others want to be answered meanwhile: so
    one batch is counted at a time, and the next one is that of whoever has waited longest. A viewer
    is answered one question after another, however many they ask."""

    def __init__(self) -> None:
        self.batch = Semaphore(1)
        self._all = Semaphore(MOST_VIEWERS)
        self._viewers: WeakValueDictionary[str, Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, viewer: str) -> AsyncIterator[None]:
        """The turn of a viewer."""
        own = self._viewers.setdefault(viewer, Lock())
        async with own, self._all:
            yield


_Groups = dict[tuple[str | None, ...], Document]


@dataclass(slots=True)
class _Seen:
    received: int = 0
    followed_up: int = 0
    acted_in: set[str] = field(default_factory=set)
    acted_on: str = ""
    channels: set[str] = field(default_factory=set)


def _key(dimension: Dimension, document: Document, then: Then) -> str | None:
    day: str = document["received_on"]
    match dimension:
        case Dimension.STATUS:
            return then.complaint.status.value
        case Dimension.MONTH:
            return day[:7]
        case Dimension.WEEK:
            return f"{date.fromisoformat(day):%G-W%V}"
        case Dimension.DAY:
            return day
        case _:
            value: str | None = document[dimension.value]
            return value


def _came_to_follow_up(then: Then) -> bool:
    was = {step.status for step in then.steps}
    return not was.isdisjoint(FOLLOWED_UP_STATUSES) or then.complaint.followed_up_at is not None


def _count(
    group: Document, document: Document, then: Then, reckoning: Reckoning, at: datetime
) -> None:
    """Adds one complaint to a group of the form that cells have (see cells.py)."""
    c = then.complaint
    followed_up = _came_to_follow_up(then)
    handed_over = followed_up or c.handed_over_at is not None
    verified = handed_over or any(s.status is ComplaintStatus.VERIFIED for s in then.steps)
    closed = c.status is ComplaintStatus.CLOSED
    for name, counts in (
        ("received", True),
        ("followed_up", c.status in FOLLOWED_UP_STATUSES),
        ("verified", verified),
        ("handed_over", handed_over),
        ("closed", closed),
        ("archived", c.status is ComplaintStatus.ARCHIVED),
        ("reopened", reckoning.reopened),
        ("uncertain", not then.certain),
        *_of_deadlines(reckoning, at, then.certain),
    ):
        group[name] = group.get(name, 0) + counts
    came = {"hand_over": verified, "follow_up": followed_up, "close": closed or bool(c.closed_at)}
    for stage in STAGES:
        if came[stage]:
            group.setdefault(stage, []).append(reckoning.days.get(stage))
    if c.followed_up_at:
        taken = c.followed_up_at - c.received_at
        group.setdefault("hours", []).append(int(taken.total_seconds() // _SECONDS_PER_HOUR))
    fetched_at = document["provenance"]["fetched_at"].replace(tzinfo=None)
    group["changed_at"] = max(group["changed_at"] or fetched_at, fetched_at)


def _of_deadlines(reckoning: Reckoning, at: datetime, certain: bool) -> Iterator[tuple[str, bool]]:
    """What had an end had it, as somebody dates it; that something was still to be done is known
    of those alone whose status is certain."""
    overdue = False
    for stage, _, due_at, ended_at, pending in reckoning.duties:
        is_known = certain or not pending
        late = is_late(due_at, ended_at, pending, at) if is_known else None
        overdue |= pending and late is True
        yield f"{stage}_overdue", pending and late is True
        yield f"{stage}_late", not pending and late is True
        yield f"{stage}_n", late is not None
        yield f"{stage}_of", due_at is not None
    yield "stage_overdue", overdue
