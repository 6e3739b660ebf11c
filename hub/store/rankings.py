"""Districts and institutions of a viewer in order of a figure."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from hub.domain.activity import Members
from hub.domain.clock import utc_now
from hub.domain.indicators import Dimension, Freshness, IndicatorRow, Period
from hub.domain.institutions import Names
from hub.domain.question import All, Compare, Condition, Field, Op
from hub.domain.ranking import Measure, Ranked, Ranking
from hub.domain.region import regions
from hub.domain.scope import Scope
from hub.store.activity import ScopedActivity
from hub.store.complaints import ScopedComplaints
from hub.store.institutions import ScopedInstitutions
from hub.store.masks import Fields
from hub.store.mongo import Database

_Members = dict[tuple[str | None, ...], Ranked]
"""By the keys of their rows."""


class ScopedRankings:
    """Rankings of the districts whose complaints a viewer may count, and of the institutions whose
    complaints they may read. They are made of answers that the viewer is given as well, so they
    tell nothing more."""

    def __init__(
        self,
        scope: Scope,
        database: Database,
        complaints: ScopedComplaints,
        activity: ScopedActivity,
    ) -> None:
        self._scope = scope
        self._complaints = complaints
        self._activity = activity
        self._institutions = ScopedInstitutions(scope, database)

    async def of(
        self,
        members: Members,
        measure: Measure,
        province: str | None,
        condition: Condition,
        period: Period,
        parts: Fields = None,
        as_of: datetime | None = None,
    ) -> Ranking:
        """The districts or institutions, of one province where that is told, by complaints of a
        condition that were received in a period; `parts` are the figures that the caller reads. As
        it was at a past moment (UTC), where that is told. Raises DisclosureError and PastError."""
        here = (Compare(Field.PROVINCE, Op.EQ, province),) if province else ()
        through = Compare(Field.CHANNEL, Op.IN, tuple(sorted(measure.yardstick)))
        wanted = All((*here, through, condition))
        needed = None if parts is None else parts | measure.by.needs
        if members is Members.INSTITUTION:
            listed = [e for e in await self._institutions.all() if province in {None, e.province}]
            by = [Dimension.PROVINCE, Dimension.INSTITUTION]
            names = Names.of(listed)
            rows = await self._complaints.indicators(
                by, wanted, period, needed, as_of=as_of, names=names
            )
            seen = await self._activity.of(members, province, Period(), as_of)
            ranked: _Members = {
                (each.province, each.name): Ranked(
                    each.name, each.province, each.district, frozenset(each.channels)
                )
                for each in seen.members
            }
            return self._rank(measure, ranked, by, rows, seen.freshness)
        by = [Dimension.DISTRICT]
        rows = await self._complaints.indicators(by, wanted, period, needed, as_of=as_of)
        counts = await self._complaints.indicators(
            [*by, Dimension.CHANNEL], All(here), Period(), frozenset(), as_of=as_of
        )
        told = [*rows, *counts]
        freshness = told[0].freshness if told else Freshness(as_of or utc_now())
        return self._rank(measure, self._districts(province, counts), by, rows, freshness)

    def _districts(self, province: str | None, counts: Iterable[IndicatorRow]) -> _Members:
        channels: dict[str, set[str]] = defaultdict(set)
        for row in counts:
            keys = dict(row.keys)
            code, channel = keys[Dimension.DISTRICT], keys[Dimension.CHANNEL]
            if code and channel:
                channels[code].add(channel)
        counted = self._scope.counts
        return {
            (each.code,): Ranked(
                each.name, each.province, each.code, frozenset(channels.get(each.code, ()))
            )
            for each in regions().districts_of(province)
            if counted.covers(each.province, each.code, "") or each.code in channels
        }

    def _rank(
        self,
        measure: Measure,
        ranked: _Members,
        by: list[Dimension],
        rows: Iterable[IndicatorRow],
        freshness: Freshness,
    ) -> Ranking:
        figures = {
            member: row
            for row in rows
            if (member := ranked.get(tuple(dict(row.keys)[each] for each in by)))
        }
        all_told = not self._scope.counts_beyond_rows
        return measure.rank(ranked.values(), figures, freshness, all_told=all_told)
