"""Exports: files that are made in the background for one reader, sealed, and gone after a day."""

import hmac
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b, sha256
from typing import Any

import orjson
from pymongo import ReturnDocument

from hub.domain.clock import utc_now
from hub.domain.scope import Permission, Scope
from hub.store import plan
from hub.store.grants import grant_documents, grants_in
from hub.store.mongo import Database, Document
from hub.store.vault import Vault

KEPT = timedelta(hours=24)
LINK_HOLDS = timedelta(minutes=15)
MOST_UNDER_WAY = 2
MOST_KEPT = 20
"""So many exports one reader may have under way, and in all within a day."""

_DIGEST_BYTES = 16


class ExportState(StrEnum):
    """How far an export is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ExportFormat(StrEnum):
    """What a file can be; the value is how its name ends."""

    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


_UNDER_WAY = {"state": {"$in": [ExportState.WAITING.value, ExportState.RUNNING.value]}}


class TooManyExportsError(Exception):
    """A reader has as many exports as one may have; the text says which."""


class ExportLostError(Exception):
    """An export was cancelled, or another hub has taken it over."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported, and as what."""

    view: str
    document: str
    variables: dict[str, Any]
    format: ExportFormat


@dataclass(slots=True)
class Export:
    """An export in hand: what was asked by whom, and how far it is. `after` is where the next page
    begins, `parts` are the ids of what is read so far."""

    id: str
    holder: str
    wanted: Wanted
    asked_as: Scope
    read_as: str | None
    tries: int
    rows: int
    after: str | None
    parts: list[str]
    complete: bool


class OwnExports:
    """The exports of a viewer; no other is found here."""

    def __init__(self, scope: Scope, database: Database, vault: Vault) -> None:
        self._scope = scope
        self._mine = {"by": scope.subject}
        self._exports = database["exports"]
        self._parts = database["export_parts"]
        self._links = Links(vault)

    async def all(self) -> list[Document]:
        """Each of them, the latest first."""
        found = await self._exports.find(self._mine, sort=[("at", -1), ("_id", -1)]).to_list(None)
        return [self._links.shown(each) for each in found]

    async def get(self, id_: str) -> Document | None:
        """One by its id."""
        found = await self._exports.find_one(self._named(id_))
        return self._links.shown(found) if found else None

    async def start(self, wanted: Wanted) -> Document:
        """Asks for one. Raises TooManyExportsError."""
        for among, most, told in (
            (plan.both(self._mine, _UNDER_WAY), MOST_UNDER_WAY, "under way"),
            (self._mine, MOST_KEPT, "of the last 24 hours"),
        ):
            if await self._exports.count_documents(among, limit=most) >= most:
                raise TooManyExportsError(f"you have {most} exports {told}, the most that one may")
        now = utc_now()
        document: Document = {
            "_id": f"ex_{secrets.token_urlsafe(24)}",
            **self._mine,
            "grants": grant_documents(self._scope.grants),
            "permissions": sorted(self._scope.permissions),
            "view": wanted.view,
            "document": wanted.document,
            "variables": orjson.dumps(wanted.variables),
            "format": wanted.format.value,
            "state": ExportState.WAITING.value,
            "read_as": None,
            "tries": 0,
            "rows": 0,
            "after": None,
            "parts": [],
            "complete": False,
            "file": [],
            "size": None,
            "error": None,
            "holder": None,
            "until": now,
            "at": now,
            "ended_at": None,
            "expires_at": now + KEPT,
        }
        await self._exports.insert_one(document)
        return self._links.shown(document)

    async def cancel(self, id_: str) -> bool:
        """Ends one that is under way; whether there was one."""
        ended = {"state": ExportState.CANCELLED.value, "ended_at": utc_now(), "holder": None}
        mine = plan.both(self._named(id_), _UNDER_WAY)
        done = await self._exports.update_one(mine, {"$set": ended})
        if done.matched_count:
            await self._parts.delete_many({"export": {"$eq": id_}})
        return bool(done.matched_count)

    def _named(self, id_: str) -> plan.Filter:
        return plan.both(self._mine, {"_id": {"$eq": id_}})


class Links:
    """Addresses that whoever has one may download at, for a while."""

    def __init__(self, vault: Vault) -> None:
        self._key = vault.key_for("exports")

    def shown(self, export: Document) -> Document:
        """An export with a link that holds from now on, where there is something to have."""
        link = self._link(export["_id"]) if export["state"] == ExportState.DONE.value else None
        return {**export, "link": link}

    def holds(self, id_: str, expires: str, signature: str) -> bool:
        """Whether a link is one of ours and has not expired."""
        genuine = hmac.compare_digest(self._signature(id_, expires).encode(), signature.encode())
        return genuine and int(expires) > utc_now().timestamp()

    def _link(self, id_: str) -> str:
        expires = str(int((utc_now() + LINK_HOLDS).timestamp()))
        signature = self._signature(id_, expires)
        return f"/exports/{id_}?expires={expires}&signature={signature}"

    def _signature(self, id_: str, expires: str) -> str:
        return hmac.new(self._key, f"{id_}?{expires}".encode(), sha256).hexdigest()


class ExportRegister:
    """All exports, for whoever makes them and hands them out."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._exports = database["exports"]
        self._parts = database["export_parts"]
        self._vault = vault
        self.links = Links(vault)

    async def claim(self, holder: str, now: datetime, until: datetime) -> Export | None:
        """The one that has waited longest, or whose holder was not heard of; it is this holder's
        until a moment (UTC)."""
        found: Any = await self._exports.find_one_and_update(
            {**_UNDER_WAY, "until": {"$lte": now}},
            {
                "$set": {"state": ExportState.RUNNING.value, "holder": holder, "until": until},
                "$inc": {"tries": 1},
            },
            sort=[("at", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _export(found)

    async def keep(self, export: Export, until: datetime) -> None:
        """Holds one for longer. Raises ExportLostError."""
        await self._change(export, {"$set": {"until": until}})

    async def put_back(self, export: Export, until: datetime) -> None:
        """Lets any hub go on with one from a moment (UTC). Raises ExportLostError."""
        await self._change(export, {"$set": {"holder": None, "until": until}})

    async def reads_as(self, export: Export, scope: Scope) -> bool:
        """Whether a scope is that which it was read with so far, if it was. Raises
        ExportLostError."""
        digest = scope_digest(scope)
        if export.read_as is None:
            export.read_as = digest
            await self._change(export, {"$set": {"read_as": digest}})
        return export.read_as == digest

    async def add(self, export: Export, part: bytes, rows: int, after: str | None) -> None:
        """Keeps what was read, and where it goes on; None where that was all. Raises
        ExportLostError."""
        id_ = await self._put(export, part)
        complete = after is None
        await self._change(
            export,
            {
                "$push": {"parts": id_},
                "$set": {"rows": rows, "after": after, "complete": complete, "tries": 1},
            },
        )
        export.parts.append(id_)
        export.rows, export.after, export.complete = rows, after, complete

    async def parts(self, export: Export) -> AsyncIterator[bytes]:
        """What was read, in order."""
        for id_ in export.parts:
            yield await self._get(id_)

    async def add_to_file(self, export: Export, chunk: bytes) -> str:
        """Keeps a piece of the file; its id."""
        return await self._put(export, chunk)

    async def finish(self, export: Export, file: list[str], size: int) -> None:
        """Notes that the file is there. Raises ExportLostError."""
        await self._end(export, ExportState.DONE, {"file": file, "size": size})
        await self._parts.delete_many({"export": export.id, "_id": {"$nin": file}})

    async def fail(self, export: Export, error: str) -> None:
        """Notes why there will be none. Raises ExportLostError."""
        await self._end(export, ExportState.FAILED, {"error": error})
        await self._parts.delete_many({"export": export.id})

    async def done(self, id_: str) -> Document | None:
        """One whose file can be had."""
        return await self._exports.find_one({"_id": id_, "state": ExportState.DONE.value})

    async def file(self, export: Document) -> AsyncIterator[bytes]:
        """Its file, piece by piece."""
        for id_ in export["file"]:
            yield await self._get(id_)

    async def _end(self, export: Export, state: ExportState, told: Document) -> None:
        ended = {"state": state.value, "ended_at": utc_now(), "holder": None, "parts": [], **told}
        await self._change(export, {"$set": ended})

    async def _change(self, export: Export, changed: Document) -> None:
        held = {"_id": export.id, "holder": export.holder}
        if not (await self._exports.update_one(held, changed)).matched_count:
            raise ExportLostError

    async def _put(self, export: Export, content: bytes) -> str:
        # Of its holder's own making: who was taken over from overwrites nothing.
        id_ = f"{export.id}/{secrets.token_hex(8)}"
        sealed = self._vault.seal(content, id_)
        part = {"_id": id_, "export": export.id, "content": sealed, "expires_at": utc_now() + KEPT}
        await self._parts.insert_one(part)
        return id_

    async def _get(self, id_: str) -> bytes:
        found = await self._parts.find_one({"_id": id_})
        if found is None:
            raise ExportLostError
        return self._vault.open(found["content"], id_)


def asked_as(export: Document) -> Scope:
    """The scope of whoever asked for an export, as it was then."""
    permissions = frozenset(map(Permission, export["permissions"]))
    return Scope(export["by"], grants_in(export["grants"]), permissions)


def scope_digest(scope: Scope) -> str:
    """Tells one scope from another."""
    parts = [scope.subject, grant_documents(scope.grants), sorted(scope.permissions)]
    return blake2b(orjson.dumps(parts), digest_size=_DIGEST_BYTES).hexdigest()


def _export(found: Document) -> Export:
    variables = orjson.loads(found["variables"])
    return Export(
        id=found["_id"],
        holder=found["holder"],
        wanted=Wanted(found["view"], found["document"], variables, ExportFormat(found["format"])),
        asked_as=asked_as(found),
        read_as=found["read_as"],
        tries=found["tries"],
        rows=found["rows"],
        after=found["after"],
        parts=found["parts"],
        complete=found["complete"],
    )
