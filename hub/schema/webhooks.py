"""What a client asks and changes of its webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import strawberry
from strawberry import UNSET

from hub.deliveries.desk import NotAClientError, WebhookDesk, WebhookError
from hub.domain.delivery import DeliveryState
from hub.domain.scope import Permission
from hub.schema.context import HubInfo
from hub.schema.errors import InputError, RefusedError
from hub.schema.filters import NOT_WATCHED, ComplaintFilter, condition_of, stated
from hub.schema.source import output, resolved
from hub.schema.types.connection import WebhookDeliveryConnection, page_request
from hub.schema.types.webhook import Issued, Webhook, WebhookWithSecret
from hub.store.live import readers
from hub.store.predicates import NotWatchableError

_ID = {"id": "Of a webhook of yours."}


@output
class WebhookQuery:
    """What can be asked about webhooks."""

    @resolved(list[Webhook], size=10)
    async def webhooks(self, info: HubInfo) -> Any:
        """Your webhooks, the oldest first."""
        info.context.need(Permission.COMPLAINTS_READ)
        return await info.context.reader.webhooks.all()

    @resolved(
        WebhookDeliveryConnection,
        {
            "webhook": "Id of a webhook: to this one only.",
            "state": "In this state only.",
            "first": "How many, up to 200.",
            "after": "A cursor: what follows it.",
        },
    )
    async def webhook_deliveries(
        self,
        info: HubInfo,
        webhook: strawberry.ID | None = UNSET,
        state: DeliveryState | None = UNSET,
        first: int | None = UNSET,
        after: str | None = UNSET,
    ) -> Any:
        """Messages to your webhooks of the last 30 days, the latest first; `DEAD` are those that
        nobody took."""
        info.context.need(Permission.COMPLAINTS_READ)
        request = page_request(first, after)
        return await info.context.reader.deliveries.page(webhook or None, state or None, request)


@output
class WebhookMutation:
    """What can be changed of webhooks."""

    @resolved(
        WebhookWithSecret,
        {
            "url": "Where to send to: https, at a host that an administrator approved.",
            "filter": "Which complaints, as for `complaintChanged`; all unless told.",
        },
    )
    async def create_webhook(
        self,
        info: HubInfo,
        url: str,
        filter: ComplaintFilter | None = UNSET,  # noqa: A002
    ) -> Any:
        """Has each change of the complaints of your scope that fulfil the filter sent to an
        address, from now on, as your grants are then; at least once, signed with the secret that
        is told here alone. For clients that get tokens for themselves, 10 webhooks at most."""
        desk = _desk(info)
        try:
            readers(info.context.reader.scope, condition_of(filter))
        except NotWatchableError:
            raise InputError("filter", NOT_WATCHED) from None
        with _told():
            return Issued(*await desk.create(url, stated(filter) if filter else {}))

    @resolved(Webhook, _ID)
    async def enable_webhook(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """Lets a webhook be told again what changes from now on, and first that it missed what
        changed meanwhile (`changes.missed`)."""
        with _told():
            return await _desk(info).enable(id)

    @resolved(Webhook, _ID)
    async def disable_webhook(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """Tells a webhook nothing more; what waits for it becomes dead deliveries."""
        with _told():
            return await _desk(info).disable(id)

    @resolved(bool, _ID)
    async def remove_webhook(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """Removes a webhook and its deliveries; whether there was one."""
        return await _desk(info).remove(id)

    @resolved(WebhookWithSecret, _ID)
    async def rotate_webhook_secret(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """Signs by a new secret, which is told here alone, and for 24 hours by the earlier one as
        well."""
        with _told():
            return Issued(*await _desk(info).rotate(id))

    @resolved(
        int,
        {
            "webhook": "Id of a webhook of yours.",
            "ids": "Of deliveries that were taken or are dead; all dead ones unless told.",
        },
    )
    async def redeliver(
        self, info: HubInfo, webhook: strawberry.ID, ids: list[strawberry.ID] | None = UNSET
    ) -> Any:
        """Sends dead deliveries of a webhook again, or those of these ids; how many. Complaints
        are told as they are then."""
        with _told():
            return await _desk(info).redeliver(webhook, ids if isinstance(ids, list) else None)


def _desk(info: HubInfo) -> WebhookDesk:
    info.context.need(Permission.COMPLAINTS_READ)
    return info.context.webhooks()


@contextmanager
def _told() -> Iterator[None]:
    """Tells a client what the desk refuses."""
    try:
        yield
    except WebhookError as error:
        raise InputError(error.argument, str(error)) from None
    except NotAClientError as error:
        raise RefusedError(str(error), "FORBIDDEN") from None
