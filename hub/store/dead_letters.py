"""Records that could not be stored, kept with their reason until they can be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from hub.domain.complaint import Provenance, derived_id
from hub.domain.run import DeadLetterState, Rejection
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.cursor import Cursors
from hub.store.mongo import DUPLICATE_KEY, Database
from hub.store.paging import Pager, PageRequest, Slice
from hub.store.vault import Vault

_SHOWN = {"raw": 0}
_LATEST_FIRST = (plan.Step("last_seen", descending=True), plan.Step("_id", descending=True))


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that no complaint could be made of, and why."""

    rejection: Rejection
    raw: bytes


class ScopedDeadLetters:
    """Dead letters of the viewer's own channels; the ministry's are all."""

    def __init__(self, scope: Scope, database: Database, cursors: Cursors) -> None:
        self._within = plan.within(scope.dead_letters)
        self._pager = Pager(database["dead_letters"], scope, cursors)

    async def page(
        self, connector: str | None, state: DeadLetterState | None, request: PageRequest
    ) -> Slice:
        """A page of dead letters, the latest first. Raises InvalidCursorError."""
        wanted: plan.Filter = {}
        if connector:
            wanted["connector"] = {"$eq": connector}
        if state:
            wanted["state"] = {"$eq": state.value}
        return await self._pager.read(self._within, wanted, _LATEST_FIRST, request, _SHOWN)


class DeadLetterBox:
    """Where ingest puts them. The same record twice is one dead letter with two attempts."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._letters = database["dead_letters"]
        self._vault = vault

    async def put(self, channel: str, batch: Sequence[Refused], provenance: Provenance) -> None:
        """Keeps refused records durably, each raw record sealed."""
        if batch:
            updates = [self._update(channel, refused, provenance) for refused in batch]
            try:
                await self._letters.bulk_write(updates, ordered=False)
            except BulkWriteError as error:
                # A later run has met the record since: what it found of it stands.
                if any(e["code"] != DUPLICATE_KEY for e in error.details["writeErrors"]):
                    raise

    async def any_open(self, channel: str) -> bool:
        """Whether there is anything that a record of this channel could resolve."""
        return await self._letters.find_one(_open_of(channel), {"_id": 1}) is not None

    async def waiting(self, channel: str) -> int:
        """How many of a channel are open."""
        return await self._letters.count_documents(_open_of(channel))

    async def resolve(self, channel: str, ids: Iterable[str], seen_at: datetime) -> None:
        """Marks those whose record is a stored complaint with one of these ids, as a run that
        began at a moment (UTC) found; not those that a later run has met since."""
        await self._letters.update_many(
            {**_open_of(channel), "_id": {"$in": list(ids)}, "last_seen": {"$lte": seen_at}},
            {"$set": {"state": DeadLetterState.RESOLVED.value, "last_seen": seen_at}},
        )

    def _update(self, channel: str, refused: Refused, provenance: Provenance) -> UpdateOne:
        rejection = refused.rejection
        own_id = rejection.external_id
        id_ = derived_id(channel, own_id) if own_id else derived_id(channel, "", refused.raw.hex())
        return UpdateOne(
            {"_id": id_, "last_seen": {"$lte": provenance.fetched_at}},
            {
                "$set": {
                    "channel": channel,
                    "connector": provenance.connector,
                    "run": provenance.run,
                    "config_version": provenance.config_version,
                    "external_id": own_id,
                    "field": rejection.field,
                    "value": rejection.value,
                    "reason": rejection.reason,
                    "state": DeadLetterState.OPEN.value,
                    "last_seen": provenance.fetched_at,
                    "raw": self._vault.seal(refused.raw, id_),
                },
                "$setOnInsert": {"first_seen": provenance.fetched_at},
                "$inc": {"attempts": 1},
            },
            upsert=True,
        )


def _open_of(channel: str) -> plan.Filter:
    return {"channel": channel, "state": DeadLetterState.OPEN.value}
