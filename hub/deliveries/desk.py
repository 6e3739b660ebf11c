"""What a client does with its webhooks: its own alone, and what may tell whom is written down."""

import base64
import secrets
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from hub.connectors.base import ChannelError
from hub.connectors.http.sending import check_address
from hub.domain.argument import ArgumentError
from hub.domain.clock import utc_now
from hub.domain.scope import Scope
from hub.store.changes import Change
from hub.store.mongo import Document
from hub.store.store import Store
from hub.store.webhooks import (
    MOST_OF_ONE,
    DisabledByAdministratorError,
    TooManyWebhooksError,
)

SECRET_BYTES = 32
OVERLAP = timedelta(hours=24)
"""So long an earlier secret signs as well once there is another one."""
MOST_REDELIVERED = 1_000


class WebhookError(ArgumentError):
    """What can't be done, in words for whoever asked."""


class NotAClientError(Exception):
    """A webhook outlives whoever asks for it."""


class WebhookDesk:
    """Does what a client asks for with its webhooks; those of others do not exist for it."""

    def __init__(self, scope: Scope, store: Store, private_hosts: frozenset[str]) -> None:
        self._scope = scope
        self._store = store
        self._own = store.reader(scope).webhooks
        self._deliveries = store.reader(scope).deliveries
        self._private_hosts = private_hosts

    async def create(
        self, url: str, filter_: Document, *, warnings: bool = False
    ) -> tuple[Document, str]:
        """A new webhook, for `warnings` too, and its secret, which is told here alone. Raises
        WebhookError, and NotAClientError for whoever is no client of the hub that asks for
        itself."""
        if not await self._is_client():
            raise NotAClientError(
                "A webhook is a client's own, which gets tokens for itself: a person's visit ends, "
                "and what other issuers say of theirs is not known later."
            )
        try:
            approved = await self._store.hosts.of_webhooks()
            check_address(url, self._private_hosts, approved)
        except ChannelError as error:
            raise WebhookError("url", str(error)) from None
        await self._note("createWebhook", urlsplit(url).hostname)
        secret = new_secret()
        # Before it is there: nothing that happens once it is must be missed.
        await self._store.webhooks.feed.begin()
        try:
            return await self._own.add(url, filter_, secret, warnings=warnings), secret
        except TooManyWebhooksError:
            told = f"you have {MOST_OF_ONE} webhooks, the most that one may"
            raise WebhookError("url", told) from None

    async def enable(self, id_: str) -> Document:
        """Lets one be told again. Raises WebhookError."""
        await self._note("enableWebhook", id_)
        try:
            return _found(await self._own.enable(id_))
        except DisabledByAdministratorError as error:
            told = f"was disabled by an administrator ({error}), who enables it"
            raise WebhookError("id", told) from None

    async def disable(self, id_: str) -> Document:
        """Tells one nothing more; what waits for it are dead letters. Raises WebhookError."""
        await self._note("disableWebhook", id_)
        found = _found(await self._own.disable(id_))
        await self._store.outbox.bury(found["_id"])
        return found

    async def remove(self, id_: str) -> bool:
        """Removes one and all that is of it; whether there was one."""
        await self._note("removeWebhook", id_)
        removed = await self._own.remove(id_)
        await self._deliveries.forget(id_)
        return removed

    async def rotate(self, id_: str) -> tuple[Document, str]:
        """One with another secret, which is told here alone; the earlier one signs as well for
        OVERLAP. Raises WebhookError."""
        await self._note("rotateWebhookSecret", id_)
        secret = new_secret()
        return _found(await self._own.rotate(id_, secret, utc_now() + OVERLAP)), secret

    async def redeliver(self, id_: str, deliveries: Sequence[str] | None) -> int:
        """Sends dead deliveries of one again, or these; how many there are. Raises WebhookError."""
        if deliveries is not None and len(deliveries) > MOST_REDELIVERED:
            raise WebhookError(
                "ids", f"name {MOST_REDELIVERED:,} at most, or none for all dead ones"
            )
        return await self._deliveries.redeliver(id_, deliveries)

    async def _is_client(self) -> bool:
        subject = self._scope.subject
        return (
            not subject.startswith("user:") and await self._store.clients.get(subject) is not None
        )

    async def _note(self, what: str, detail: str | None) -> None:
        await self._store.changes.record(Change(self._scope.subject, what, detail=detail))


def new_secret() -> str:
    """A secret as Standard Webhooks writes them."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def _found(webhook: Document | None) -> Document:
    if webhook is None:
        raise WebhookError("id", "there is no webhook of yours of this id")
    return webhook
