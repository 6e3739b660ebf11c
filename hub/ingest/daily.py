"""What one of all schedulers does once a day: what has been kept for long enough ends, deadlines
follow the rules and days of now, and channels are asked how many records they have."""

from dataclasses import asdict
from datetime import timedelta

import structlog

from hub.connectors.base import Between, ChannelError, Surroundings
from hub.connectors.load import Loaded
from hub.connectors.vocabulary import ConfigError
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.ingest.completeness import completeness
from hub.ingest.run import end_letters
from hub.ingest.scheduler import Find
from hub.store.mongo import StoreError
from hub.store.store import Store

RUNS_KEPT = timedelta(days=400)
"""How long a run is kept after its end: a month can be compared with the same one a year before."""
DAY = timedelta(days=1)
DAYS_COUNTED = 31
"""Of so many days, the last of them today, a channel is asked how many records it has."""
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
        deadlines = await self._store.deadlines.recompute()
        letters = 0
        for standing in await self._store.schedules.all():
            name = standing.connector
            try:
                loaded, surroundings = await self._find(name)
            except ConfigError as error:
                _log.warning("daily.config", connector=name, error=str(error))
                continue
            letters += await end_letters(loaded.config, self._store, self._clock.now())
            if not standing.paused:
                await self._count(loaded, surroundings)
        _log.info("daily.done", runs=runs, dead_letters=letters, deadlines=deadlines)

    async def _count(self, loaded: Loaded, surroundings: Surroundings) -> None:
        """Keeps what a channel says that it has, where it can say so; else what it last said."""
        config, now = loaded.config, self._clock.now()
        today = now.astimezone(config.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        between = Between(today - DAY * (DAYS_COUNTED - 1), now)
        try:
            found = await completeness(loaded, self._store, surroundings, between)
        except (ChannelError, ConfigError) as error:
            _log.info("daily.not_counted", connector=config.name, error=str(error))
            return
        except StoreError:
            raise
        except Exception:  # one connector's fault ends no other's day
            _log.exception("daily.count_failed", connector=config.name)
            return
        days = [{**asdict(e), "day": e.day.isoformat(), "missing": e.missing} for e in found.days]
        await self._store.completeness.put(config.name, config.channel, now, days, found.counted_by)
