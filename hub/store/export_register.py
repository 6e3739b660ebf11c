"""Exports in hand: what was read and what was made of it, sealed, and whose turn it is."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pymongo import ReturnDocument

from hub.domain.clock import utc_now
from hub.domain.scope import Scope
from hub.store.export_links import Links
from hub.store.exports import (
    KEPT,
    UNDER_WAY,
    ExportFormat,
    ExportState,
    Wanted,
    asked_as,
    scope_digest,
)
from hub.store.mongo import Database, Document
from hub.store.vault import Vault


class ExportLostError(Exception):
    """An export was cancelled, or another hub has taken it over."""


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
            {**UNDER_WAY, "until": {"$lte": now}},
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
