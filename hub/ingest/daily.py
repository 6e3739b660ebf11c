"""What one of all schedulers does once a day: what has been kept for long enough ends."""

from datetime import timedelta

import structlog

from hub.connectors.vocabulary import ConfigError
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.ingest.scheduler import Find
from hub.store.mongo import StoreError
from hub.store.store import Store

RUNS_KEPT = timedelta(days=400)
"""How long a run is kept after its end: a month can be compared with the same one a year before."""
DAY = timedelta(days=1)
_LOOK_SECONDS = 300.0

_log = structlog.get_logger()


class Daily:
    """The day's work on a store. Of several on one database, one does it."""

    def __init__(self, store: Store, find: Find, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store = store
        self._find = find
        self._clock = clock

    async def work(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            try:
                now = self._clock.now()
                if await self._store.schedules.claim_day(now, now + DAY):
                    await self.once()
            except StoreError as error:
                _log.warning("daily.not_done", error=str(error))
            await self._clock.sleep(_LOOK_SECONDS)

    async def once(self) -> None:
        """Does it, whoever else has. Raises StoreError."""
        runs = await self._store.runs.remove(self._clock.now() - RUNS_KEPT)
        letters = 0
        for name in await self._store.connectors.names():
            letters += await self._end_letters(name)
        _log.info("daily.done", runs=runs, dead_letters=letters)

    async def _end_letters(self, name: str) -> int:
        """Ends the dead letters of a connector, which may not have run for long."""
        try:
            kept = (await self._find(name))[0].config.dead_letter
        except ConfigError as error:
            _log.warning("daily.config", connector=name, error=str(error))
            return 0
        if kept is None:
            return 0
        return await self._store.dead_letters.discard(name, self._clock.now() - kept.retention)
