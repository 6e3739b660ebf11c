"""Districts of a viewer in order of a figure."""

from collections import defaultdict
from datetime import datetime

from hub.domain.clock import utc_now
from hub.domain.indicators import Dimension, Freshness, Period
from hub.domain.question import All, Compare, Condition, Field, Op
from hub.domain.ranking import Measure, Ranking
from hub.domain.region import regions
from hub.domain.scope import Scope
from hub.store.complaints import ScopedComplaints
from hub.store.masks import Fields


class ScopedRankings:
    """Rankings of the districts whose complaints a viewer may count. They are made of answers that
    the viewer is given as well, so they tell nothing more."""

    def __init__(self, scope: Scope, complaints: ScopedComplaints) -> None:
        self._scope = scope
        self._complaints = complaints

    async def of(
        self,
        measure: Measure,
        province: str | None,
        condition: Condition,
        period: Period,
        parts: Fields = None,
        as_of: datetime | None = None,
    ) -> Ranking:
        """The districts, of one province where that is told, by complaints of a condition that
        were received in a period; `parts` are the figures that the caller reads. As it was at
        a past moment (UTC), where that is told. Raises DisclosureError and PastError."""
        here = (Compare(Field.PROVINCE, Op.EQ, province),) if province else ()
        through = Compare(Field.CHANNEL, Op.IN, tuple(sorted(measure.yardstick)))
        needed = None if parts is None else parts | measure.by.needs
        rows = await self._complaints.indicators(
            [Dimension.DISTRICT], All((*here, through, condition)), period, needed, as_of=as_of
        )
        counts = await self._complaints.indicators(
            [Dimension.DISTRICT, Dimension.CHANNEL], All(here), Period(), frozenset(), as_of=as_of
        )
        figures = {code: row for row in rows if (code := dict(row.keys)[Dimension.DISTRICT])}
        channels: dict[str, set[str]] = defaultdict(set)
        for row in counts:
            keys = dict(row.keys)
            code, channel = keys[Dimension.DISTRICT], keys[Dimension.CHANNEL]
            if code and channel:
                channels[code].add(channel)
        counted = self._scope.counts
        districts = [
            each
            for each in regions().districts_of(province)
            if counted.covers(each.province, each.code, "") or each.code in channels
        ]
        told = [*rows, *counts]
        freshness = told[0].freshness if told else Freshness(as_of or utc_now())
        all_told = not self._scope.counts_beyond_rows
        return measure.rank(districts, figures, channels, freshness, all_told=all_told)
