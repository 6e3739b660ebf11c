"""Every read of complaints. There is no other."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from pymongo import ReadPreference

from hub.domain.clock import utc_now
from hub.domain.complaint import Complaint, Provenance
from hub.domain.deadlines import Rulebook
from hub.domain.disclosure import DisclosureError, lies_within
from hub.domain.indicators import Dimension, IndicatorRow, Period
from hub.domain.institutions import Names
from hub.domain.past import MOVING, PastError
from hub.domain.question import LATEST_FIRST, Condition, Order, fields_of
from hub.domain.reading import Reading
from hub.domain.remaining import by_moments
from hub.domain.scope import Scope
from hub.domain.seen import as_seen
from hub.domain.series import Back, beside, filled, time_of
from hub.store import plan
from hub.store.answers import Answers, Question
from hub.store.cursor import Cursors
from hub.store.documents import Received, complaint_document
from hub.store.feed import Change
from hub.store.masks import FOR_NOBODY, Fields, Masks
from hub.store.mongo import Database, Document, find_at_once, read_quickly
from hub.store.paging import Pager, PageRequest, Slice
from hub.store.past import Past
from hub.store.shared_reads import SharedFinds
from hub.store.statistics import Statistics
from hub.store.timelines import next_timeline
from hub.store.vault import Vault

MOST_COUNTED = 10_000
"""So many complaints of a list are counted: some ten milliseconds of MongoDB, whatever its size."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many a list has. As an estimate it is never less than MOST_COUNTED."""

    number: int
    is_estimate: bool = False


class ScopedComplaints:
    """Complaints as one viewer may see them: what is outside the scope does not exist here.

    Words of secret complaints and reporters are removed before a document leaves (masks.py), so
    that no caller can forget to; `reading` is told what was hidden and what was shown. Times in
    documents name no zone and are UTC.
    """

    def __init__(
        self,
        scope: Scope,
        database: Database,
        vault: Vault,
        cursors: Cursors,
        answers: Answers,
        statistics: Statistics,
        rules: Rulebook,
        finds: SharedFinds,
        past: Past,
    ) -> None:
        """`finds` are those of all viewers."""
        self._scope = scope
        self._rows = plan.within(scope.rows)
        self._vault = vault
        self._masks = Masks(scope, vault)
        self._complaints = read_quickly(database["complaints"])
        # What follows a change must not be older than it, whatever the URI says of other reads.
        self._newest = self._complaints.with_options(read_preference=ReadPreference.PRIMARY)
        self._answers, self._statistics = answers, statistics
        self._rules = rules
        self._finds = finds
        self._past = past
        self._pager = Pager(self._complaints, scope, cursors)

    async def get(self, id_: str, reading: Reading, fields: Fields = None) -> Document | None:
        """A complaint by its id; None outside the scope as for one that does not exist."""
        here = plan.both(self._rows, {"_id": {"$eq": id_}})
        found = await find_at_once(self._complaints, here, self._masks.projection(fields), (), 1)
        self._masks.put_on(found, fields, reading)
        return found[0] if found else None

    async def changed(
        self, change: Change, reading: Reading, fields: Fields = None
    ) -> Document | None:
        """The complaint that has changed as it is now, asked of MongoDB once for all who may read
        the same, and together with others; None outside the scope."""
        projection = self._masks.projection(fields)

        async def find(ids: list[str]) -> list[Document]:
            here = plan.both(self._rows, {"_id": {"$in": ids}})
            return await find_at_once(self._newest, here, projection, (), len(ids))

        same = self._scope.rows, *sorted(projection.items())
        document = await change.read(same, lambda: self._finds.get(same, change.id, find))
        if document:
            self._masks.put_on([document], fields, reading)
        return document

    async def several(
        self, ids: Sequence[str], reading: Reading, fields: Fields = None
    ) -> dict[str, Document]:
        """Complaints by their ids, at once; what is outside the scope or does not exist is left
        out."""
        here = plan.both(self._rows, {"_id": {"$in": [*ids]}})
        projection = self._masks.projection(fields)
        documents = await find_at_once(self._complaints, here, projection, (), len(ids))
        self._masks.put_on(documents, fields, reading)
        return {document["_id"]: document for document in documents}

    async def page(
        self,
        condition: Condition,
        request: PageRequest,
        reading: Reading,
        order: tuple[Order, ...] = LATEST_FIRST,
        fields: Fields = None,
    ) -> Slice:
        """A page of complaints. Raises InvalidCursorError."""
        found = await self._pager.read(
            self._rows,
            self._wanted(condition),
            plan.steps(order),
            request,
            self._masks.projection(fields),
        )
        self._masks.put_on(found.documents, fields, reading)
        return found

    def unstored(
        self, complaint: Complaint, provenance: Provenance, reading: Reading
    ) -> Document | None:
        """What a complaint that is not stored would be to this viewer; None outside the scope."""
        if not self._scope.rows.covers(complaint.province, complaint.district, complaint.channel):
            return None
        timeline = next_timeline(complaint, provenance.fetched_at, None)
        document: Document = _as_read(
            complaint_document(
                complaint.id,
                Received(complaint, b""),
                provenance,
                "",
                timeline,
                self._vault,
                self._rules,
            )
        )
        self._masks.put_on([document], None, reading)
        return document

    async def count(self, condition: Condition) -> Count:
        """How many complaints of the scope fulfil a condition: counted one by one up to
        MOST_COUNTED, beyond that about as many as the roll-up says, or that many at least."""
        now = utc_now()
        seen = self._seen(condition, now)
        wanted = plan.both(self._rows, plan.match(seen, now))
        counted = await self._complaints.count_documents(wanted, limit=MOST_COUNTED + 1)
        if counted <= MOST_COUNTED:
            return Count(counted)
        kept = await self._answers.estimate(self._scope.rows, seen, now)
        return Count(max(kept or 0, MOST_COUNTED), is_estimate=True)

    def _wanted(self, condition: Condition) -> plan.Filter:
        now = utc_now()
        return plan.match(self._seen(condition, now), now)

    def _seen(self, condition: Condition, now: datetime) -> Condition:
        """A condition at a moment, of what is stored and shown to this viewer."""
        return as_seen(by_moments(condition, self._rules.calendar, now), self._scope)

    async def indicators(
        self,
        dimensions: Sequence[Dimension],
        condition: Condition,
        period: Period,
        parts: Fields = None,
        *,
        fill: bool = False,
        compare: bool = False,
        as_of: datetime | None = None,
        names: Names | None = None,
    ) -> list[IndicatorRow]:
        """The figures of each group; of no dimension, one row for all. From the roll-up where it
        holds what is asked; `parts` are the figures that the caller reads, None for all. With
        `fill` there is a row for each time of the period, with `compare` the period before. With
        `as_of` they are those of a past moment (UTC). By province and institution, these are called
        by `names` where that is told.

        Where a viewer may count but not read, they get no group of fewer than five, and none that
        one could be computed from. Raises DisclosureError for what they may not ask, SeriesError
        for what makes no series, PastError for what no past moment can be asked for.
        """
        scope = self._scope
        reads_all = not scope.counts_beyond_rows or lies_within(condition, scope.rows)
        back = Back.of(dimensions, period) if compare else None
        if fill and time_of(dimensions) and not reads_all:
            raise DisclosureError("fill", "you may not tell groups of none from small ones")
        if as_of:
            self._refuse_of_past(condition, reads_all=reads_all)
        ask = partial(
            self._figures,
            condition=condition,
            parts=parts,
            reads_all=reads_all,
            as_of=as_of,
            names=names,
        )
        rows = await ask(dimensions, period=period)
        if fill:
            known = rows or await ask((), period=period)
            rows = filled(rows, dimensions, period, known[0].freshness)
        if back:
            # A question of its own, so that no more is told than to whoever asks both.
            earlier = await ask(dimensions, period=back.period)
            rows = beside(rows, earlier, back, all_told=reads_all)
        return rows

    async def _figures(
        self,
        dimensions: Sequence[Dimension],
        *,
        condition: Condition,
        period: Period,
        parts: Fields,
        reads_all: bool,
        as_of: datetime | None,
        names: Names | None,
    ) -> list[IndicatorRow]:
        scope = self._scope
        question = Question(scope.counts, tuple(dimensions), condition, period, parts, names)
        if not reads_all:
            return await self._statistics.answer(question, scope.rows, utc_now())
        reach = scope.rows if scope.counts_beyond_rows else scope.counts
        now = utc_now()
        seen = replace(question, reach=reach, condition=self._seen(condition, now))
        if as_of:
            return await self._past.rows(seen, as_of, scope.subject)
        return await self._answers.answer(seen, now)

    def _refuse_of_past(self, condition: Condition, *, reads_all: bool) -> None:
        if not reads_all:
            told = "you may not ask of a past moment: two of them tell single complaints apart"
            raise DisclosureError("asOf", told)
        if moving := fields_of(condition) & MOVING:
            told = f"{min(moving)} of a past moment can't be filtered by; group by status"
            raise PastError("filter", told)


def _as_read(value: Any) -> Any:
    """As the store reads documents: times name no zone, and what is for nobody is left out."""
    if isinstance(value, dict):
        return {name: _as_read(each) for name, each in value.items() if name not in FOR_NOBODY}
    if isinstance(value, list):
        return [_as_read(each) for each in value]
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value
