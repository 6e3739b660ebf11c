"""Delivers to webhooks, in a process of its own, beside any number of others: one at a time."""

from collections.abc import Sequence
from datetime import timedelta

import anyio
import structlog
from anyio.abc import TaskGroup

from hub.connectors.http.sending import Poster
from hub.deliveries.collecting import Collector, message_id
from hub.deliveries.sending import PausedError, Sender
from hub.deliveries.teller import NotToldError, Teller, scope_of
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.domain.delivery import DeliveryKind
from hub.store.deliveries import Delivery
from hub.store.durable_feed import POLL_SECONDS, by_turns
from hub.store.mongo import StoreError
from hub.store.store import Store
from hub.store.webhooks import Webhook

LEASE = timedelta(seconds=15)
"""So long after a hub was last heard of another one delivers in its place."""
MOST_WEBHOOKS = 32
"""To so many one hub delivers at once; to one, MOST_OF_ONE messages."""
MOST_OF_ONE = 4
_BATCH = 100

_log = structlog.get_logger()


class Deliverer:
    """Collects and sends while it is this hub's turn. Messages of one complaint go one after the
    other; one that is not taken holds back what follows of its complaint, and nothing else."""

    def __init__(
        self,
        store: Store,
        teller: Teller,
        private_hosts: frozenset[str] = frozenset(),
        clock: Clock = SYSTEM_CLOCK,
        lease: timedelta = LEASE,
    ) -> None:
        self._store = store
        self._teller = teller
        self._private_hosts = private_hosts
        self._clock = clock
        self._lease = lease
        self._serving: set[str] = set()
        self._news = anyio.Event()

    async def work(self) -> None:
        """Goes on until it is cancelled."""
        await by_turns(self._store.webhooks.feed, self._turn, self._lease, self._clock)

    async def _turn(self, holder: str) -> None:
        """Until another hub has taken over, or MongoDB does not answer."""
        self._serving.clear()
        async with anyio.create_task_group() as group:
            collector = Collector(self._store, self._teller)
            group.start_soon(collector.work, holder, self._tell)
            await self._send(group, collector)

    def _tell(self) -> None:
        """Something is stored that can be sent."""
        self._news.set()

    async def _send(self, group: TaskGroup, collector: Collector) -> None:
        while True:
            self._news = anyio.Event()
            await collector.warn()
            for webhook in await self._store.webhooks.enabled():
                if webhook.id not in self._serving and len(self._serving) < MOST_WEBHOOKS:
                    self._serving.add(webhook.id)
                    group.start_soon(self._serve, webhook)
            with anyio.move_on_after(POLL_SECONDS):
                await self._news.wait()

    async def _serve(self, webhook: Webhook) -> None:
        """Sends what is due to one webhook."""
        try:
            if webhook.missed and await scope_of(webhook, self._store):
                await self._store.outbox.put([self._missed(webhook)])
                await self._store.webhooks.told_of_missed(webhook.id)
            while due := await self._due(webhook):
                # Asked anew for each batch: a host is taken back, a secret or a webhook changed.
                approved = await self._store.hosts.of_webhooks()
                found = await self._store.webhooks.with_secrets(webhook.id)
                if found is None:
                    return
                async with Poster(webhook.url, self._private_hosts, approved) as poster:
                    sender = Sender(*found, poster, self._store, self._teller, self._clock)
                    await self._send_all(sender, due)
        except StoreError:
            raise
        except PausedError:
            return
        except NotToldError as error:
            _log.warning("webhook.not_served", webhook=webhook.id, error=str(error))
        except Exception:  # one webhook's fault keeps nothing from the others
            _log.exception("webhook.failed", webhook=webhook.id)
        finally:
            self._serving.discard(webhook.id)

    async def _due(self, webhook: Webhook) -> list[Delivery]:
        return await self._store.outbox.due(webhook.id, self._clock.now(), _BATCH)

    async def _send_all(self, sender: Sender, due: Sequence[Delivery]) -> None:
        """Sends some, each complaint's in their order. Raises what the sender raises."""
        limit = anyio.CapacityLimiter(MOST_OF_ONE)
        failures: list[Exception] = []

        async def in_order(deliveries: list[Delivery]) -> None:
            async with limit:
                for each in deliveries:
                    if failures:
                        return
                    try:
                        again_at = await sender.send(each)
                    except Exception as error:
                        failures.append(error)
                        return
                    if again_at:
                        return  # what follows is put off beside it when it is looked at

        by_complaint: dict[str | None, list[Delivery]] = {}
        for each in due:
            by_complaint.setdefault(each.complaint, []).append(each)
        async with anyio.create_task_group() as group:
            for of_one in by_complaint.values():
                group.start_soon(in_order, of_one)
        if failures:
            raise failures[0]

    def _missed(self, webhook: Webhook) -> Delivery:
        now = self._clock.now()
        return Delivery(
            id=message_id(webhook.id, f"missed {now.isoformat()}"),
            webhook=webhook.id,
            by=webhook.by,
            kind=DeliveryKind.MISSED,
            complaint=None,
            was=None,
            order="",
            at=now,
        )
