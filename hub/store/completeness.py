"""What a channel said that it had by day, beside what was stored, as it was last counted."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from hub.domain.run import CountedBy
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.mongo import Database, Document


class ScopedCompleteness:
    """The counts of connectors of the viewer's own channels."""

    def __init__(self, scope: Scope, database: Database) -> None:
        self._within = plan.within(scope.ledgers)
        self._counts = database["completeness"]

    async def of(self, connectors: Sequence[str]) -> dict[str, Document]:
        """The latest counts of some connectors; of those whose channel was never counted none."""
        here = plan.both(self._within, {"_id": {"$in": [*connectors]}})
        return {counts["_id"]: counts for counts in await self._counts.find(here).to_list(None)}


class CompletenessRegister:
    """Where whoever counted puts the counts."""

    def __init__(self, database: Database) -> None:
        self._counts = database["completeness"]

    async def put(
        self,
        connector: str,
        channel: str,
        at: datetime,
        days: Iterable[Document],
        by: CountedBy = CountedBy.RECEIVED_AT,
    ) -> None:
        """Keeps the counts of a connector, each with `day`, `source`, `stored` and `missing`, in
        the place of earlier ones."""
        counted: Document = {"channel": channel, "at": at, "by": by.value, "days": [*days]}
        await self._counts.replace_one({"_id": connector}, counted, upsert=True)
