"""One delivery → one signed request, and what its answer means."""

import math
import random
from datetime import datetime, timedelta
from typing import Any

import orjson
import structlog
from standardwebhooks import Webhook as Signer

from hub.connectors.base import ChannelError
from hub.connectors.http.sending import Poster
from hub.deliveries.teller import Teller, scope_of
from hub.domain.clock import Clock
from hub.domain.delivery import RETRIES, DeliveryKind
from hub.domain.scope import Scope
from hub.store.deliveries import Delivery
from hub.store.scope_monitor import viewing
from hub.store.store import Store
from hub.store.webhooks import Webhook

_GONE = 410
_LONGEST_WAIT = timedelta(days=1)
_JITTER = 0.2

_log = structlog.get_logger()


class PausedError(Exception):
    """The client of a webhook is disabled."""


class Sender:
    """Sends some deliveries of one webhook, signed with `secrets`."""

    def __init__(
        self,
        webhook: Webhook,
        secrets: list[str],
        poster: Poster,
        store: Store,
        teller: Teller,
        clock: Clock,
    ) -> None:
        self._webhook = webhook
        self._secrets = secrets
        self._poster = poster
        self._store = store
        self._teller = teller
        self._clock = clock
        self._failing = webhook.failing

    async def send(self, delivery: Delivery) -> datetime | None:
        """Sends one; None where it is settled, else when it is to be tried again (UTC). Raises
        PausedError, NotToldError and StoreError."""
        scope = await scope_of(self._webhook, self._store)
        if scope is None:
            raise PausedError
        data = await self._told(scope, delivery)
        if data is None:
            await self._store.outbox.drop(delivery.id)
            return None
        body = orjson.dumps(
            {"type": delivery.kind.value, "timestamp": delivery.at, "data": data},
            option=orjson.OPT_NAIVE_UTC,
        )
        status, error, wait = None, None, None
        try:
            headers = signed(delivery.id, body, self._secrets, self._clock)
            sent = await self._poster.post(body, headers)
        except ChannelError as failure:
            error = str(failure)
        else:
            status, wait = sent
            if 200 <= status < 300:  # noqa: PLR2004
                await self._took(delivery, status)
                return None
            error = f"answered {status}"
        return await self._failed(delivery, status, error, wait)

    async def _told(self, scope: Scope, delivery: Delivery) -> dict[str, Any] | None:
        """What is sent of a change; None where it lies outside what the scope of now reaches."""
        if delivery.warning is not None:
            with viewing(scope):
                warning = await self._teller.warning(scope, delivery.warning)
            return None if warning is None else {"id": delivery.warning, "warning": warning}
        if delivery.kind is DeliveryKind.MISSED or delivery.complaint is None:
            return {}
        name = self._teller.name(delivery.complaint)
        if delivery.kind is DeliveryKind.GONE:
            was = delivery.was
            known = was and scope.rows.covers(was.province, was.district, was.channel)
            return {"id": name} if known else None
        with viewing(scope):
            complaint = await self._teller.complaint(scope, delivery.complaint)
        return None if complaint is None else {"id": name, "complaint": complaint}

    async def _took(self, delivery: Delivery, status: int) -> None:
        if self._failing:
            self._failing = False
            await self._store.webhooks.worked(self._webhook.id)
        await self._store.outbox.delivered(delivery.id, status)

    async def _failed(
        self, delivery: Delivery, status: int | None, error: str, wait: float | None
    ) -> datetime | None:
        now = self._clock.now()
        next_at = None
        if status != _GONE and delivery.tries < len(RETRIES):
            next_at = now + _put_off(RETRIES[delivery.tries], wait)
        _log.info(
            "webhook.not_taken", webhook=self._webhook.id, status=status, tries=delivery.tries + 1
        )
        self._failing = True
        register = self._store.webhooks
        if status == _GONE:
            ended = await register.disable(self._webhook.id, "its address answered 410 Gone")
        else:
            ended = await register.failed(self._webhook.id, now)
        await self._store.outbox.failed(delivery.id, status, error, next_at)
        if ended:
            _log.warning("webhook.disabled", webhook=self._webhook.id)
            await self._store.outbox.bury(self._webhook.id)
        return next_at


def signed(id_: str, body: bytes, secrets: list[str], clock: Clock) -> dict[str, str]:
    """The headers of a message, as Standard Webhooks has them: a signature by each secret."""
    now = clock.now()
    text = body.decode()
    return {
        "Content-Type": "application/json",
        "webhook-id": id_,
        "webhook-timestamp": str(math.floor(now.timestamp())),
        "webhook-signature": " ".join(Signer(each).sign(id_, now, text) for each in secrets),
    }


def _put_off(usual: timedelta, asked: float | None) -> timedelta:
    """The usual wait and a little more, so that not all come at once; or as long as was asked."""
    later = usual * (1 + _JITTER * random.random())  # noqa: S311 - no secret
    return max(later, min(timedelta(seconds=min(asked or 0.0, 1e6)), _LONGEST_WAIT))
