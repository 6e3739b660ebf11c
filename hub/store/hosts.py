"""Hosts that an administrator lets operators' connectors call, and complaints be sent to."""

import re
from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Any

from pymongo import ReturnDocument

from hub.domain.clock import utc_now
from hub.store.mongo import Database, Document

WEBHOOKS = "(webhooks)"
"""What an approval has in the place of a connector, that webhooks may be sent to a host: no
connector is called so, and what all connectors may call no webhook may be at."""

_NAME = re.compile(r"[^\s/:@?#\[\]]{1,253}")


@dataclass(frozen=True, slots=True)
class Approval:
    """A host for one connector, or for all where that is None; by whom, and when (UTC)."""

    host: str
    connector: str | None
    by: str
    at: datetime


def host_named(text: str) -> str:
    """A host as approvals have it: lower case, without a port. Raises ValueError."""
    host = text.strip().lower()
    try:
        return ip_address(host.strip("[]")).compressed
    except ValueError:
        if not _NAME.fullmatch(host):
            raise ValueError(
                f"{text!r} is no host; write it without scheme and port: api.example.go.id"
            ) from None
    return host


class ApprovedHosts:
    """The approvals."""

    def __init__(self, database: Database) -> None:
        self._approved = database["approved_hosts"]

    async def approve(self, host: str, connector: str | None, by: str) -> Approval:
        """Approves a host; the first approval stands. Raises ValueError."""
        id_ = _id(host, connector)
        new = {"host": host_named(host), "connector": connector, "by": by, "at": utc_now()}
        stands: Any = await self._approved.find_one_and_update(
            {"_id": id_}, {"$setOnInsert": new}, upsert=True, return_document=ReturnDocument.AFTER
        )
        return _approval(stands)

    async def revoke(self, host: str, connector: str | None) -> bool:
        """Takes an approval back; whether there was one. Raises ValueError."""
        done = await self._approved.delete_one({"_id": _id(host, connector)})
        return bool(done.deleted_count)

    async def all(self) -> list[Approval]:
        """Every approval, by host."""
        return [_approval(each) async for each in self._approved.find().sort("_id", 1)]

    async def of(self, connector: str) -> frozenset[str]:
        """The hosts that a connector may call."""
        wanted = {"connector": {"$in": [connector, None]}}
        return frozenset([each["host"] async for each in self._approved.find(wanted)])

    async def of_webhooks(self) -> frozenset[str]:
        """The hosts that webhooks may be at."""
        return frozenset([d["host"] async for d in self._approved.find({"connector": WEBHOOKS})])


def _id(host: str, connector: str | None) -> str:
    return f"{host_named(host)} {connector or ''}"


def _approval(found: Document) -> Approval:
    return Approval(found["host"], found["connector"], found["by"], found["at"])
