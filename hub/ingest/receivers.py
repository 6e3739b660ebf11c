"""The connectors whose channels push, held ready so that each request costs the same."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from standardwebhooks import Webhook

from hub.connectors.base import Surroundings
from hub.connectors.kinds import KINDS
from hub.connectors.load import Loaded
from hub.connectors.mapping.mapper import Districts
from hub.connectors.vocabulary import ConfigError
from hub.connectors.webhook import WebhookConnector
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.ingest.places import HeldDistricts
from hub.store.mongo import StoreError
from hub.store.store import Store

Find = Callable[[str], Awaitable[tuple[Loaded, Surroundings]]]
"""A registered connector by its name. Raises ConfigError."""

_LOOK_AGAIN = timedelta(seconds=1)
_READ_AGAIN = timedelta(seconds=20)
"""How long a secret that was replaced still counts."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Receiver:
    """A connector that takes pushes, with the outlines that its records are placed by."""

    loaded: Loaded
    connector: WebhookConnector
    keys: list[Webhook]
    districts: Districts | None
    read_at: datetime
    paused: bool


class Receivers:
    """All of them are looked up together, whichever is asked for: what a request costs does not
    tell whether there is a connector of the name that it gives."""

    def __init__(self, store: Store, find: Find, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store = store
        self._find = find
        self._clock = clock
        self._places = HeldDistricts(store)
        self._held: dict[str, Receiver] = {}
        self._looked_at: datetime | None = None
        self._looking = asyncio.Lock()

    async def get(self, name: str) -> Receiver | None:
        """The receiver of this name as it is registered now. While the store does not answer, the
        ones of before stand, so that not each request waits for it in turn. Raises StoreError
        where there are none."""
        async with self._looking:
            now = self._clock.now()
            if self._looked_at is None or now - self._looked_at >= _LOOK_AGAIN:
                try:
                    self._held = await self._looked_up(now)
                except StoreError as error:
                    if self._looked_at is None:
                        raise
                    _log.warning("webhook.not_looked_up", error=type(error).__name__)
                self._looked_at = self._clock.now()
        return self._held.get(name)

    async def _looked_up(self, now: datetime) -> dict[str, Receiver]:
        found = {}
        for standing in await self._store.schedules.all(_PUSHED):
            name, held = standing.connector, self._held.get(standing.connector)
            if (
                held is None
                or held.loaded.version != standing.config_version
                or now - held.read_at >= _READ_AGAIN
                or held.paused != standing.paused
            ):
                held = await self._read(name, now, paused=standing.paused)
            if held:
                found[name] = held
        return found

    async def _read(self, name: str, now: datetime, *, paused: bool) -> Receiver | None:
        """None for one that can't be used, which is told in the log and to nobody else."""
        try:
            loaded, surroundings = await self._find(name)
            connector = loaded.connect(surroundings)
            if not isinstance(connector, WebhookConnector):
                return None
            keys = connector.keys()
        except ConfigError as error:
            _log.error("webhook.config", connector=name, error=str(error))
            return None
        config = loaded.config
        await self._store.channels.add(config.channel, config.title or config.channel)
        return Receiver(loaded, connector, keys, await self._places.of(config), now, paused)


_PUSHED = [name for name, kind in KINDS.items() if kind.pushed]
