"""Who changed what of connectors, hosts and dead letters: never a secret, never a record."""

import secrets
from dataclasses import asdict, dataclass, replace

from hub.domain.clock import utc_now
from hub.store.mongo import Database, Document

_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Change:
    """`what` is the mutation or the command; `detail` is a version, a reason, an id or a name."""

    by: str
    what: str
    connector: str | None = None
    channel: str | None = None
    detail: str | None = None


class ChangeLog:
    """Where changes are recorded, durably, before they are made."""

    def __init__(self, database: Database) -> None:
        self._changes = database["changes"]

    async def record(self, change: Change) -> None:
        """Records a change, its detail cut to 500 characters."""
        at = utc_now()
        change = replace(change, detail=change.detail and change.detail[:_LONGEST])
        id_ = f"{int(at.timestamp() * 1000):x}-{secrets.token_hex(6)}"
        await self._changes.insert_one({"_id": id_, "at": at, **asdict(change)})

    async def latest(self, connector: str | None, limit: int) -> list[Document]:
        """The latest changes (UTC), of one connector or all, for the hub's own commands."""
        wanted: Document = {"connector": {"$eq": connector}} if connector else {}
        found = self._changes.find(wanted, sort=[("at", -1), ("_id", -1)], limit=limit)
        return await found.to_list()
