"""What changes → what is to be delivered to which webhook, stored before the feed moves on."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from hashlib import blake2b

import structlog

from hub.deliveries.teller import OutdatedFilterError, Teller, scope_of
from hub.domain.change import ChangeKind
from hub.domain.delivery import DeliveryKind
from hub.domain.scope import Scope
from hub.store.deliveries import Delivery, Place
from hub.store.durable_feed import Happened, Stretch
from hub.store.feed import Audience
from hub.store.live import Announced, readers
from hub.store.predicates import NotWatchableError
from hub.store.store import Store
from hub.store.warnings import Raised
from hub.store.webhooks import Webhook

_KINDS = {
    ChangeKind.CREATED: DeliveryKind.CREATED,
    ChangeKind.UPDATED: DeliveryKind.UPDATED,
    ChangeKind.GONE: DeliveryKind.GONE,
}
_log = structlog.get_logger()


class Collector:
    """Stores deliveries for every webhook that hears of a change, by its client's grants of now."""

    def __init__(self, store: Store, teller: Teller) -> None:
        self._store = store
        self._teller = teller
        self._audiences: dict[str, tuple[Scope, Audience[Announced]]] = {}

    async def work(self, holder: str, stored: Callable[[], None]) -> None:
        """Goes on until it is cancelled, and says when there is something to send. Raises
        NotOurTurnError and StoreError."""
        async with aclosing(self._store.webhooks.feed.follow(holder)) as stretches:
            async for stretch in stretches:
                await self._store.outbox.put([each async for each in self._heard(stretch)])
                stored()

    async def warn(self) -> None:
        """Stores deliveries of warnings for every webhook that is told of them."""
        untold = await self._store.warnings.untold()
        if not untold:
            return
        made: list[Delivery] = []
        for webhook in await self._store.webhooks.enabled():
            scope = await scope_of(webhook, self._store) if webhook.warnings else None
            if webhook.warnings and scope is None:
                await self._store.webhooks.miss(webhook.id)
            made += [
                _warning(webhook, each)
                for each in untold
                if scope and each.raised_at >= webhook.at and _sees(scope, each)
            ]
        await self._store.outbox.put(made)
        await self._store.warnings.told([each.id for each in untold])

    async def _heard(self, stretch: Stretch) -> AsyncIterator[Delivery]:
        register = self._store.webhooks
        if stretch.missed:
            await register.miss()
        # Asked anew each time: who registered before a change must hear of it.
        for webhook in await register.enabled():
            scope = await scope_of(webhook, self._store)
            if scope is None:
                if not webhook.missed:
                    await register.miss(webhook.id)
                continue
            audience = await self._audience(webhook, scope)
            if audience is None:
                continue
            for each in stretch.happened:
                told = audience.hears(each.change)
                if told is not None:
                    yield _delivery(webhook, each, told)

    async def _audience(self, webhook: Webhook, scope: Scope) -> Audience[Announced] | None:
        """Who hears for a webhook; None where its filter can't be understood any more."""
        known = self._audiences.get(webhook.id)
        if known and known[0] == scope:
            return known[1]
        try:
            audience = readers(scope, self._teller.condition(webhook.filter))
        except (OutdatedFilterError, NotWatchableError) as error:
            _log.warning("webhook.filter_outdated", webhook=webhook.id, error=str(error))
            reason = f"its filter no longer fits the schema: {error}"
            await self._store.webhooks.disable(webhook.id, reason)
            return None
        self._audiences[webhook.id] = scope, audience
        return audience


def _delivery(webhook: Webhook, happened: Happened, told: Announced) -> Delivery:
    change = happened.change
    was = None
    if told.kind is ChangeKind.GONE and change.before:
        was = Place(*(change.before[name] for name in ("province", "district", "channel")))
    return Delivery(
        id=message_id(webhook.id, happened.order),
        webhook=webhook.id,
        by=webhook.by,
        kind=_KINDS[told.kind],
        complaint=change.id,
        was=was,
        order=happened.order,
        at=change.at,
    )


def _sees(scope: Scope, raised: Raised) -> bool:
    return scope.rows.covers(raised.province, raised.district, raised.channel or "")


def _warning(webhook: Webhook, raised: Raised) -> Delivery:
    return Delivery(
        id=message_id(webhook.id, raised.id),
        webhook=webhook.id,
        by=webhook.by,
        kind=DeliveryKind.WARNING,
        complaint=None,
        was=None,
        order="",
        at=raised.raised_at,
        warning=raised.id,
    )


def message_id(webhook: str, order: str) -> str:
    """The same for the same change and webhook, whoever delivers it and however often."""
    return f"msg_{blake2b(f'{webhook} {order}'.encode(), digest_size=16).hexdigest()}"
