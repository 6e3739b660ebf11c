"""Runs connectors when they are due, in a process of its own, beside any number of others."""

import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from anyio import create_task_group
from anyio.abc import TaskGroup

from hub.connectors.base import Surroundings
from hub.connectors.config import ConnectorConfig
from hub.connectors.load import Loaded
from hub.connectors.vocabulary import ConfigError
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.domain.run import RunState
from hub.ingest.run import NothingToRunError, sync
from hub.store.mongo import StoreError
from hub.store.runs import LEASE, ConnectorBusyError
from hub.store.schedules import Standing
from hub.store.store import Store

POLL_SECONDS = 2.0
AT_ONCE = 4
"""How many connectors one scheduler runs at the same time."""
FAILURES_UNTIL_PAUSE = 10
LONGEST_REST = timedelta(hours=6)
"""After each failed run in a row the next waits twice as long, up to this or its usual wait."""
BY = "the hub"

Find = Callable[[str], Awaitable[tuple[Loaded, Surroundings]]]
"""A registered connector by its name. Raises ConfigError."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Outcome:
    """How a run ended; `config` is None where there is none to be had."""

    config: ConnectorConfig | None
    green: bool
    told: str | None


class Scheduler:
    """Begins the runs that are due. Of several on one database, one runs a connector at a time."""

    def __init__(self, store: Store, find: Find, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store = store
        self._find = find
        self._clock = clock
        self._running: set[str] = set()

    async def work(self) -> None:
        """Goes on until it is cancelled; then what is being stored is stored to its end."""
        async with create_task_group() as runs:
            while True:
                try:
                    await self._begin_due(runs)
                except StoreError as error:
                    _log.warning("schedule.not_read", error=str(error))
                await self._clock.sleep(POLL_SECONDS)

    async def _begin_due(self, runs: TaskGroup) -> None:
        for each in await self._store.schedules.all():
            if each.paused or each.connector in self._running:
                continue
            standing = await self._planned(each)
            now = self._clock.now()
            due = standing.requested or (standing.next_at and standing.next_at <= now)
            if not due or len(self._running) >= AT_ONCE:
                continue
            if await self._store.schedules.claim(standing, now + LEASE):
                self._running.add(standing.connector)
                runs.start_soon(self._run, standing)

    async def _planned(self, standing: Standing) -> Standing:
        """The connector with its next run planned, once for each version of it."""
        if standing.planned_for == standing.config_version:
            return standing
        next_at = None
        try:
            config = (await self._find(standing.connector))[0].config
        except ConfigError as error:
            _log.warning("schedule.config", connector=standing.connector, error=str(error))
        else:
            if config.schedule:
                first = config.schedule.first(self._clock.now(), config.zone)
                next_at = first + _put_off(config.schedule.spread)
        await self._store.schedules.plan(standing, next_at)
        # Claimed from the next look on, as it then is stored.
        return replace(standing, next_at=None, requested=None)

    async def _run(self, standing: Standing) -> None:
        name, began = standing.connector, self._clock.now()
        try:
            outcome = await self._outcome(name)
            failed = 0 if outcome.green else standing.failures + 1
            failures = await self._store.schedules.ended(
                name, self._next(outcome.config, began, failed), green=outcome.green
            )
            if failures >= FAILURES_UNTIL_PAUSE:
                reason = f"{failures} runs in a row failed, the last with: {outcome.told}"
                await self._store.connectors.pause(name, reason, BY)
                _log.warning("connector.paused", connector=name, failures=failures)
        except ConnectorBusyError:  # by hand, or by a hub that stalled: due again in a while
            if standing.requested:
                await self._store.schedules.request(name, standing.requested["by"])
        except StoreError as error:  # the claim runs out, and the connector is due again
            _log.warning("run.not_noted", connector=name, error=str(error))
        finally:
            self._running.discard(name)

    async def _outcome(self, name: str) -> _Outcome:
        """Runs a connector. Raises ConnectorBusyError and StoreError."""
        config = None
        try:
            loaded, surroundings = await self._find(name)
            config = loaded.config
            finished = await sync(
                loaded, self._store, surroundings, take_over=False, clock=self._clock
            )
        except ConfigError as error:
            return _Outcome(config, green=False, told=str(error))
        except NothingToRunError as error:  # asked for all the same: no failure of the channel
            _log.info("schedule.nothing_to_run", connector=name)
            return _Outcome(config, green=True, told=str(error))
        except (ConnectorBusyError, StoreError):
            raise
        except Exception as error:  # one connector's fault ends no other's run
            _log.exception("run.failed", connector=name)
            return _Outcome(config, green=False, told=type(error).__name__)
        if finished.state is RunState.INTERRUPTED:  # what comes next is the later run's to say
            raise ConnectorBusyError(finished.error)
        return _Outcome(config, finished.green, finished.error)

    def _next(
        self, config: ConnectorConfig | None, began: datetime, failed: int
    ) -> datetime | None:
        """When the run after one that began at a moment is due, so many in a row having failed: a
        channel that is down is not asked as often as ever, nor given up while it may come back."""
        if config is None or config.schedule is None:
            return None
        schedule, zone = config.schedule, config.zone
        due = schedule.after(began, zone)
        usual = due - began
        rest = min(usual * 2 ** (failed - 1), LONGEST_REST) if failed > 1 else usual
        if rest > usual:
            due = schedule.after(began + rest - usual, zone)
        return max(due + _put_off(schedule.spread), self._clock.now())


def _put_off(most: timedelta) -> timedelta:
    return most * random.random()  # noqa: S311 - no secret
