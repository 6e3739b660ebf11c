"""Who was shown whose reporter: a record for each read of personal data, scoped like complaints."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime

from hub.domain.reading import Reading
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.cursor import Cursors
from hub.store.mongo import Database, Document
from hub.store.paging import Pager, PageRequest, Slice

_LATEST_FIRST = (plan.Step("at", descending=True), plan.Step("_id", descending=True))


@dataclass(frozen=True, slots=True)
class Query:
    """Which query it was: the name of the operation, if it has one, and a hash of the document.

    Neither the text nor variables are kept, since they may hold personal data themselves.
    """

    operation: str | None
    digest: str


class AuditLog:
    """Where reads of personal data are recorded, before the answer leaves."""

    def __init__(self, database: Database) -> None:
        self._records = database["audit"]

    async def record(self, scope: Scope, query: Query, reading: Reading) -> None:
        """Records, durably, a read; one document for each district that it reached into, so that
        whoever oversees one of them learns nothing of the others."""
        at = datetime.now(UTC)
        records = [
            {
                "_id": f"{int(at.timestamp() * 1000):x}-{secrets.token_hex(6)}",
                "at": at,
                "subject": scope.subject,
                "operation": query.operation,
                "document": query.digest,
                "province": province,
                "district": district,
                "rows": rows,
            }
            for (province, district), rows in reading.reporters_by_place.items()
        ]
        if records:
            await self._records.insert_many(records)

    async def between(self, first: datetime, last: datetime) -> AsyncIterator[Document]:
        """All records from one moment to another (UTC), the earliest first, for an export."""
        found = self._records.find({"at": {"$gte": first, "$lte": last}}, sort=[("at", 1)])
        async for record in found:
            yield record


class ScopedAudit:
    """Records of reads within the viewer's scope."""

    def __init__(self, scope: Scope, database: Database, cursors: Cursors) -> None:
        self._within = plan.within(scope.audit)
        self._pager = Pager(database["audit"], scope, cursors)

    async def page(self, request: PageRequest) -> Slice:
        """A page of records, the latest first. Raises InvalidCursorError."""
        return await self._pager.read(self._within, {}, _LATEST_FIRST, request)
