"""Exports: files that are made in the background for one reader, sealed, and gone after a day."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import orjson

from hub.domain.clock import utc_now
from hub.domain.scope import Permission, Scope
from hub.store import plan
from hub.store.export_links import Links
from hub.store.grants import grant_documents, grants_in
from hub.store.mongo import Database, Document
from hub.store.vault import Vault

KEPT = timedelta(hours=24)
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


UNDER_WAY = {"state": {"$in": [ExportState.WAITING.value, ExportState.RUNNING.value]}}


class TooManyExportsError(Exception):
    """A reader has as many exports as one may have; the text says which."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported, and as what."""

    view: str
    document: str
    variables: dict[str, Any]
    format: ExportFormat


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
            (plan.both(self._mine, UNDER_WAY), MOST_UNDER_WAY, "under way"),
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
        mine = plan.both(self._named(id_), UNDER_WAY)
        done = await self._exports.update_one(mine, {"$set": ended})
        if done.matched_count:
            await self._parts.delete_many({"export": {"$eq": id_}})
        return bool(done.matched_count)

    def _named(self, id_: str) -> plan.Filter:
        return plan.both(self._mine, {"_id": {"$eq": id_}})


def asked_as(export: Document) -> Scope:
    """The scope of whoever asked for an export, as it was then."""
    permissions = frozenset(map(Permission, export["permissions"]))
    return Scope(export["by"], grants_in(export["grants"]), permissions)


def scope_digest(scope: Scope) -> str:
    """Tells one scope from another."""
    parts = [scope.subject, grant_documents(scope.grants), sorted(scope.permissions)]
    return blake2b(orjson.dumps(parts), digest_size=_DIGEST_BYTES).hexdigest()
