"""Webhooks of consoles: where changes are sent to, which ones, and what they are signed with."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from hub.domain.clock import utc_now
from hub.domain.delivery import DISABLED_AFTER, WebhookState
from hub.domain.scope import Permission, Scope
from hub.store import plan
from hub.store.durable_feed import DurableFeed
from hub.store.mongo import Database, Document
from hub.store.vault import Vault

MOST_OF_ONE = 10
_HUB = "the hub"
_SHOWN = {"secret": 0, "earlier_secret": 0}
_ENABLED = {"state": WebhookState.ENABLED.value}
_DISABLED = {"state": WebhookState.DISABLED.value}
_AS_ENABLED = {**_ENABLED, "disabled": None, "failing_since": None, "missed": True}


class TooManyWebhooksError(Exception):
    """A client has as many webhooks as one may have."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as whoever delivers knows it; `filter` is as its client stated it, `permissions`
    the most that it was registered with."""

    id: str
    by: str
    permissions: frozenset[Permission]
    url: str
    filter: Document
    at: datetime
    failing: bool
    warnings: bool
    """Whether it is told of warnings too, from `at` (UTC) on."""
    missed: bool
    """Whether it has to be told that there were changes which it is not told."""


class DisabledByAdministratorError(Exception):
    """A client wants to enable what an administrator disabled; the text is the reason."""


class OwnWebhooks:
    """The webhooks of a viewer; no other is found here."""

    def __init__(self, scope: Scope, database: Database, vault: Vault) -> None:
        self._scope = scope
        self._mine = {"by": scope.subject}
        self._webhooks = database["webhooks"]
        self._vault = vault

    async def all(self) -> list[Document]:
        """Each of them, the oldest first, without its keys."""
        found = self._webhooks.find(self._mine, _SHOWN, sort=[("at", 1), ("_id", 1)])
        return await found.to_list(None)

    async def add(
        self, url: str, filter_: Document, secret: str, *, warnings: bool = False
    ) -> Document:
        """Adds one, which is told of warnings too if it is to be. Raises TooManyWebhooksError."""
        if await self._webhooks.count_documents(self._mine, limit=MOST_OF_ONE) >= MOST_OF_ONE:
            raise TooManyWebhooksError
        id_ = f"wh_{secrets.token_hex(12)}"
        document = {
            "_id": id_,
            **self._mine,
            "permissions": sorted(self._scope.permissions),
            "url": url,
            "filter": filter_,
            "warnings": warnings,
            "secret": self._vault.seal(secret.encode(), id_),
            "earlier_secret": None,
            "earlier_until": None,
            **_ENABLED,
            "disabled": None,
            "failing_since": None,
            "missed": False,
            "at": utc_now(),
        }
        await self._webhooks.insert_one(document)
        return document

    async def enable(self, id_: str) -> Document | None:
        """Lets one be told again what happens from now on, and that it missed what happened
        meanwhile; None where there is none. Raises DisabledByAdministratorError."""
        mine = self._named(id_)
        own_doing = {**_DISABLED, "disabled.administrator": False}
        await self._webhooks.update_one(plan.both(mine, own_doing), {"$set": _AS_ENABLED})
        found = await self._webhooks.find_one(mine, _SHOWN)
        if found and found["disabled"]:
            raise DisabledByAdministratorError(found["disabled"]["reason"])
        return found

    async def disable(self, id_: str) -> Document | None:
        """Tells one nothing any more; None where there is none. A first reason stays."""
        mine = self._named(id_)
        changed = _disabled("disabled by its client", self._scope.subject)
        await self._webhooks.update_one(plan.both(mine, _ENABLED), {"$set": changed})
        return await self._webhooks.find_one(mine, _SHOWN)

    async def remove(self, id_: str) -> bool:
        """Removes one; whether there was one."""
        return bool((await self._webhooks.delete_one(self._named(id_))).deleted_count)

    async def rotate(self, id_: str, secret: str, until: datetime) -> Document | None:
        """Signs by another key, and until a moment (UTC) by the one before as well; None where
        there is none."""
        sealed = self._vault.seal(secret.encode(), id_)
        changed = {"secret": sealed, "earlier_secret": "$secret", "earlier_until": until}
        found: Any = await self._webhooks.find_one_and_update(
            self._named(id_), [{"$set": changed}], _SHOWN, return_document=ReturnDocument.AFTER
        )
        return None if found is None else dict(found)

    def _named(self, id_: str) -> plan.Filter:
        return plan.both(self._mine, {"_id": {"$eq": id_}})


class WebhookRegister:
    """All webhooks, for whoever delivers to them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._webhooks = database["webhooks"]
        self._vault = vault
        self.feed = DurableFeed(database, "webhooks")

    async def enabled(self) -> list[Webhook]:
        """Each that is told anything."""
        return [_webhook(each) async for each in self._webhooks.find(_ENABLED, _SHOWN)]

    async def with_secrets(self, id_: str) -> tuple[Webhook, list[str]] | None:
        """One as it is now, and what it is signed with; None where it is told nothing any more.
        Raises VaultError."""
        found = await self._webhooks.find_one({"_id": id_, **_ENABLED})
        if found is None:
            return None
        sealed = [found["secret"]]
        if found["earlier_until"] and found["earlier_until"] > utc_now():
            sealed.append(found["earlier_secret"])
        return _webhook(found), [self._vault.open(each, id_).decode() for each in sealed]

    async def miss(self, *ids: str) -> None:
        """Notes that these have to be told of changes that they are not told; of none, all."""
        wanted: Document = {"_id": {"$in": list(ids)}} if ids else _ENABLED
        await self._webhooks.update_many(wanted, {"$set": {"missed": True}})

    async def told_of_missed(self, id_: str) -> None:
        """Notes that a delivery which says so is stored."""
        await self._webhooks.update_one({"_id": id_}, {"$set": {"missed": False}})

    async def worked(self, id_: str) -> None:
        """Notes that something was delivered."""
        await self._webhooks.update_one({"_id": id_}, {"$set": {"failing_since": None}})

    async def failed(self, id_: str, now: datetime) -> bool:
        """Notes that nothing could be delivered at a moment (UTC); whether it has been so for too
        long, and the webhook is disabled for it."""
        since = {"_id": id_, "failing_since": None}
        await self._webhooks.update_one(since, {"$set": {"failing_since": now}})
        long_ago = {"_id": id_, "failing_since": {"$lte": now - DISABLED_AFTER}}
        reason = f"nothing could be delivered for {DISABLED_AFTER.days} days"
        return await self._disable(long_ago, _disabled(reason, _HUB))

    async def listed(self) -> list[Document]:
        """Each, the oldest first, without its keys, for the hub's own commands."""
        return await self._webhooks.find({}, _SHOWN, sort=[("at", 1), ("_id", 1)]).to_list(None)

    async def disable(
        self, id_: str, reason: str, by: str = _HUB, *, administrator: bool = False
    ) -> bool:
        """Tells one nothing any more; whether it was told until now. What an administrator
        disables its client can't enable."""
        changed = _disabled(reason, by, administrator=administrator)
        return await self._disable({"_id": id_}, changed)

    async def enable(self, id_: str) -> bool:
        """Lets one be told again, whoever disabled it; whether it was disabled."""
        done = await self._webhooks.update_one({"_id": id_, **_DISABLED}, {"$set": _AS_ENABLED})
        return bool(done.matched_count)

    async def _disable(self, which: Document, changed: Document) -> bool:
        done = await self._webhooks.update_one({**which, **_ENABLED}, {"$set": changed})
        return bool(done.matched_count)


def _disabled(reason: str, by: str, *, administrator: bool = False) -> Document:
    why = {"reason": reason, "by": by, "at": utc_now(), "administrator": administrator}
    return {"state": WebhookState.DISABLED.value, "disabled": why}


def _webhook(found: Document) -> Webhook:
    return Webhook(
        id=found["_id"],
        by=found["by"],
        permissions=frozenset(map(Permission, found["permissions"])),
        url=found["url"],
        filter=found["filter"],
        at=found["at"],
        failing=found["failing_since"] is not None,
        warnings=found.get("warnings", False),
        missed=found["missed"],
    )
