"""Holding a connector while it runs, so that no other hub runs it at the same time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog

from hub.domain.clock import Clock
from hub.ingest.ending import end
from hub.store.mongo import StoreError
from hub.store.runs import LEASE, RunRegister, RunSupersededError, StartedRun

_log = structlog.get_logger()


class Lease:
    """A run's hold on its connector; lost if it is not renewed for LEASE."""

    def __init__(self, runs: RunRegister, run: StartedRun, clock: Clock) -> None:
        self._runs = runs
        self._run = run
        self._clock = clock
        self._until = run.lease_until

    async def hold(self) -> None:
        """To be asked before anything is written: renews the hold where it has not been renewed
        lately, as after a stall. Raises RunSupersededError once another run took over."""
        if self._clock.now() + LEASE / 2 >= self._until:
            self._until = await self._runs.renew(self._run)

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Renews the hold again and again while the block runs, however long its channel takes."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            await end(keeping)

    async def _keep(self) -> None:
        with suppress(RunSupersededError):  # the next batch meets it, and ends the run
            while True:
                await self._clock.sleep(LEASE.total_seconds() / 3)
                try:
                    self._until = await self._runs.renew(self._run)
                except StoreError as error:
                    _log.warning("lease.not_renewed", run=self._run.id, error=str(error))
