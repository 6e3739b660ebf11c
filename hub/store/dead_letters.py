"""Records that could not be stored, kept with their reason until they can be."""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from hub.domain.clock import utc_now
from hub.domain.complaint import Provenance, derived_id
from hub.domain.run import DeadLetterState, Rejection
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.cursor import Cursors
from hub.store.mongo import DUPLICATE_KEY, Database, Document
from hub.store.paging import Pager, PageRequest, Slice
from hub.store.vault import Vault

_SHOWN = {"raw": 0}
_LATEST_FIRST = (plan.Step("last_seen", descending=True), plan.Step("_id", descending=True))


@dataclass(frozen=True, slots=True)
class Refused:
    """A record that no complaint could be made of, and why."""

    rejection: Rejection
    raw: bytes
    resource: str | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter as it is mapped again; `seen_at` (UTC) is when its record was last met."""

    id: str
    resource: str | None
    raw: bytes
    seen_at: datetime


class ScopedDeadLetters:
    """Dead letters of the viewer's own channels; the ministry's are all."""

    def __init__(self, scope: Scope, database: Database, cursors: Cursors, vault: Vault) -> None:
        self._within = plan.within(scope.dead_letters)
        self._vault = vault
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
        found = await self._pager.read(self._within, wanted, _LATEST_FIRST, request, _SHOWN)
        for letter in found.documents:
            letter["value"] = _opened(letter, self._vault)
        return found


class OwnDeadLetters:
    """Dead letters that a viewer may settle, seen or not."""

    def __init__(self, scope: Scope, database: Database) -> None:
        self._within = plan.within(scope.own_connectors)
        self._letters = database["dead_letters"]

    async def acknowledge(self, id_: str, note: str, by: str) -> bool:
        """Notes that a letter need not be stored, why and who says so; False where there is no
        open one of this id among them."""
        wanted = plan.both(self._within, {"_id": {"$eq": id_}}, _OPEN)
        return bool((await self._letters.update_one(wanted, _acknowledged(note, by))).matched_count)


class DeadLetterBox:
    """Where ingest puts them. The same record twice is one dead letter with two attempts."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._letters = database["dead_letters"]
        self._vault = vault

    async def put(self, channel: str, batch: Sequence[Refused], provenance: Provenance) -> None:
        """Keeps refused records durably, each raw record and refused value sealed. One that was
        acknowledged stays so; one that was resolved or discarded is open again."""
        if batch:
            updates = [self._update(channel, refused, provenance) for refused in batch]
            try:
                await self._letters.bulk_write(updates, ordered=False)
            except BulkWriteError as error:
                # A later run has met the record since: what it found of it stands.
                if any(e["code"] != DUPLICATE_KEY for e in error.details["writeErrors"]):
                    raise
            ids = [_id(channel, refused) for refused in batch]
            ended = [DeadLetterState.RESOLVED.value, DeadLetterState.DISCARDED.value]
            await self._letters.update_many(
                {"_id": {"$in": ids}, "run": provenance.run, "state": {"$in": ended}},
                {"$set": {"state": DeadLetterState.OPEN.value}},
            )

    async def any_open(self, channel: str) -> bool:
        """Whether there is anything that a record of this channel could resolve."""
        return await self._letters.find_one(_unresolved_of(channel), {"_id": 1}) is not None

    async def resolve_replayed(self, letter: Letter, run: str) -> None:
        """Marks one that a run mapped again and did not refuse again, and no other run has met."""
        await self._letters.update_one(
            {"_id": letter.id, "last_seen": letter.seen_at, "run": {"$ne": run}},
            {"$set": {"state": DeadLetterState.RESOLVED.value}},
        )

    async def unresolved(
        self, channel: str, ids: Sequence[str] | None = None
    ) -> AsyncIterator[Letter]:
        """The letters of a channel that can be mapped again, the oldest first; of these ids, or
        all."""
        wanted = {**_unresolved_of(channel), "raw": {"$ne": None}}
        if ids is not None:
            wanted["_id"] = {"$in": list(ids)}
        async for d in self._letters.find(wanted, sort=[("last_seen", 1), ("_id", 1)]):
            raw = self._vault.open(d["raw"], d["_id"])
            yield Letter(d["_id"], d.get("resource"), raw, d["last_seen"])

    async def listed(self, channel: str, limit: int) -> list[Document]:
        """The latest that wait, without their raw records, for the hub's own commands."""
        found = await self._letters.find(
            _unresolved_of(channel), _SHOWN, sort=[("last_seen", -1), ("_id", -1)], limit=limit
        ).to_list()
        return [{**letter, "value": _opened(letter, self._vault)} for letter in found]

    async def record(self, id_: str) -> bytes | None:
        """The record of a letter as it arrived, for the hub's own commands; None where there is no
        such letter, or its record has been removed."""
        letter = await self._letters.find_one({"_id": id_}, {"raw": 1})
        return self._vault.open(letter["raw"], id_) if letter and letter["raw"] else None

    async def acknowledge(self, ids: Sequence[str], note: str, by: str) -> int:
        """Notes that open letters need not be stored, why and who says so; how many there were."""
        wanted = {"_id": {"$in": list(ids)}, **_OPEN}
        return (await self._letters.update_many(wanted, _acknowledged(note, by))).modified_count

    async def discard(self, connector: str, before: datetime) -> int:
        """Ends those that no run of a connector has met since a moment (UTC): the record and the
        value go, the reason stays. Returns how many."""
        done = await self._letters.update_many(
            {
                "connector": connector,
                "last_seen": {"$lt": before},
                "state": {"$ne": DeadLetterState.DISCARDED.value},
            },
            {"$set": {"state": DeadLetterState.DISCARDED.value, "raw": None, "value": None}},
        )
        return done.modified_count

    async def unresolved_among(self, channel: str, ids: Iterable[str]) -> set[str]:
        """Of these ids of complaints, those whose record waits as a letter."""
        wanted = {**_unresolved_of(channel), "_id": {"$in": list(ids)}}
        return {d["_id"] async for d in self._letters.find(wanted, {"_id": 1})}

    async def waiting(self, channel: str) -> int:
        """How many of a channel are open."""
        return await self._letters.count_documents(_unresolved_of(channel))

    async def resolve(self, channel: str, ids: Iterable[str], seen_at: datetime) -> None:
        """Marks those whose record is a stored complaint with one of these ids, as a run that
        began at a moment (UTC) found; not those that a later run has met since."""
        await self._letters.update_many(
            {**_unresolved_of(channel), "_id": {"$in": list(ids)}, "last_seen": {"$lte": seen_at}},
            {"$set": {"state": DeadLetterState.RESOLVED.value, "last_seen": seen_at}},
        )

    def _update(self, channel: str, refused: Refused, provenance: Provenance) -> UpdateOne:
        rejection = refused.rejection
        id_, value = _id(channel, refused), rejection.value
        return UpdateOne(
            {"_id": id_, "last_seen": {"$lte": provenance.fetched_at}},
            {
                "$set": {
                    "channel": channel,
                    "connector": provenance.connector,
                    "run": provenance.run,
                    "config_version": provenance.config_version,
                    "external_id": rejection.external_id,
                    "resource": refused.resource,
                    "field": rejection.field,
                    "value": None if value is None else self._vault.seal(value.encode(), id_),
                    "reason": rejection.reason,
                    "stage": rejection.code.stage.value,
                    "error_code": rejection.code.value,
                    "last_seen": provenance.fetched_at,
                    "raw": self._vault.seal(refused.raw, id_),
                },
                "$setOnInsert": {
                    "first_seen": provenance.fetched_at,
                    "state": DeadLetterState.OPEN.value,
                },
                "$inc": {"attempts": 1},
            },
            upsert=True,
        )


_OPEN = {"state": DeadLetterState.OPEN.value}


def _acknowledged(note: str, by: str) -> Document:
    noted = {"note": note, "by": by, "at": utc_now()}
    return {"$set": {"state": DeadLetterState.ACKNOWLEDGED.value, "acknowledged": noted}}


def _id(channel: str, refused: Refused) -> str:
    own_id = refused.rejection.external_id
    return derived_id(channel, own_id) if own_id else derived_id(channel, "", refused.raw.hex())


def _opened(letter: Document, vault: Vault) -> str | None:
    """The refused value; letters of an earlier hub have it as it was."""
    value = letter.get("value")
    return vault.open(value, letter["_id"]).decode() if isinstance(value, bytes) else value


def _unresolved_of(channel: str) -> plan.Filter:
    states = [DeadLetterState.OPEN.value, DeadLetterState.ACKNOWLEDGED.value]
    return {"channel": channel, "state": {"$in": states}}
