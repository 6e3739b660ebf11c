"""What institutions and districts did, read from the roll-up."""

from datetime import datetime

from hub.domain.activity import Activity, Facts, Members, of_districts, of_institutions
from hub.domain.clock import utc_now
from hub.domain.indicators import Freshness, Period
from hub.domain.region import regions
from hub.domain.scope import Scope
from hub.domain.series import SeriesError
from hub.store import cells, plan
from hub.store.institutions import ScopedInstitutions
from hub.store.mongo import Database, Document
from hub.store.past import Past
from hub.store.rollups import Rollups


class ScopedActivity:
    """The activity of a viewer's regions, by complaints that they may read one by one: of a small
    institution, that it is active says what became of a complaint. Channels are no regions."""

    def __init__(self, scope: Scope, database: Database, rollups: Rollups, past: Past) -> None:
        self._viewer, self._rows = scope.subject, scope.rows
        self._within = plan.within(scope.rows)
        self._institutions = ScopedInstitutions(scope, database)
        self._rollups, self._past = rollups, past

    async def of(
        self,
        members: Members,
        province: str | None,
        period: Period,
        as_of: datetime | None = None,
    ) -> Activity:
        """What each of the viewer's institutions or districts did in whole months; those of one
        province where that is told. As far as it was known at a past moment (UTC), where that is.
        Raises SeriesError and PastError."""
        if not period.has_whole_months:
            raise SeriesError("period", "activity is told of whole months")
        if as_of:
            facts = await self._past.facts(self._rows, province, period, as_of, self._viewer)
        else:
            as_of = await self._rollups.settled(utc_now())
            pipeline = cells.activity(self._within, province, period)
            facts = [_facts_of(document) for document in await self._rollups.read(pipeline)]
        freshness = Freshness(as_of)
        if members is Members.INSTITUTION:
            listed = await self._institutions.all()
            here = [each for each in listed if province in {None, each.province}]
            return of_institutions(here, facts, period, freshness)
        districts = [
            each
            for each in regions().districts_of(province)
            if self._rows.covers(each.province, each.code, "")
        ]
        return of_districts(districts, facts, period, freshness)


def _facts_of(document: Document) -> Facts:
    place = document["_id"]
    return Facts(
        place.get("province"),
        place.get("district"),
        place.get("institution"),
        document["received"],
        document["followed_up"],
        frozenset(document["acted_in"]),
        document["acted_on"],
        frozenset(document["channels"]),
    )
