"""One run: read, map, store, count, and only then move the checkpoint."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

import anyio
import structlog

from hub.connectors.base import Between, ChannelError, Connector, Surroundings
from hub.connectors.config import ConnectorConfig
from hub.connectors.kinds import KINDS
from hub.connectors.load import Loaded
from hub.connectors.vocabulary import ConfigError
from hub.connectors.webhook import nothing_to_read
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.domain.run import Ledger, RunState
from hub.ingest.ahead import one_ahead
from hub.ingest.job import Job
from hub.ingest.lease import Lease
from hub.ingest.places import district_map
from hub.store.runs import RunSupersededError
from hub.store.store import Store

_log = structlog.get_logger()
Progress = Callable[[Ledger], None]


class NothingToRunError(ChannelError):
    """The channel pushes; no run can ask it for anything."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended."""

    run: str
    connector: str
    state: RunState
    ledger: Ledger
    unmapped: list[dict[str, Any]]
    error: str | None
    declared: int | None = None

    @property
    def green(self) -> bool:
        """Whether every record that the channel handed over is accounted for."""
        return self.state is RunState.SUCCEEDED


async def sync(
    loaded: Loaded,
    store: Store,
    surroundings: Surroundings,
    progress: Progress = lambda _: None,
    *,
    between: Between | None = None,
    take_over: bool = True,
    clock: Clock = SYSTEM_CLOCK,
) -> Finished:
    """Runs a connector once. A failing channel fails the run, never what was stored before it.

    `between` reads a stretch of time again and leaves the checkpoint where it is. When it is
    cancelled, a batch that is being stored is stored to its end. Raises ConnectorBusyError where
    another run holds the connector and is not to be taken over from, and NothingToRunError.
    """
    config = loaded.config
    if KINDS[config.type].pushed:
        raise NothingToRunError(nothing_to_read(config.name))
    await store.channels.add(config.channel, config.title or config.channel)
    districts = await district_map(config, store)
    run = await store.runs.start(config.name, config.channel, loaded.version, take_over=take_over)
    log = _log.bind(connector=config.name, channel=config.channel, run=run.id)
    job = Job(loaded, store, run, districts, moves=between is None)
    lease = Lease(store.runs, run, clock)
    state, error = RunState.FAILED, None

    async def finish(state: RunState, error: str | None) -> None:
        await store.runs.finish(run, state, job.ledger, job.unmapped, error, job.declared)

    try:
        around = replace(surroundings, stored=partial(store.writer.waiting, config.channel))
        connector: Connector[Any] = loaded.connect(around)
        arriving = job.arriving(connector.read(run.checkpoint, between))
        async with lease.kept(), one_ahead(arriving) as batches:
            async for batch in batches:
                with anyio.CancelScope(shield=True):
                    await lease.hold()
                    await job.store(batch)
                progress(job.ledger)
        error = job.hole
        if error is None:
            state = RunState.SUCCEEDED
            if between is None:
                await store.channels.synced(config.channel, run.started_at)
    except (ChannelError, ConfigError) as failure:
        error = str(failure)
    except RunSupersededError as failure:
        state, error = RunState.INTERRUPTED, str(failure)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            told = "Stopped in order; the next run goes on from here."
            await finish(RunState.INTERRUPTED, told)
        raise
    except BaseException as failure:
        await finish(state, type(failure).__name__)
        raise
    await finish(state, error)
    await end_letters(config, store, run.started_at)
    log.info("run.finished", state=state.value, ledger=job.ledger, error=error)
    return Finished(run.id, config.name, state, job.ledger, job.unmapped, error, job.declared)


async def end_letters(config: ConnectorConfig, store: Store, now: datetime) -> int:
    """Ends the dead letters that a connector keeps no longer at a moment (UTC); how many."""
    if config.dead_letter is None:
        return 0
    return await store.dead_letters.discard(config.name, now - config.dead_letter.retention)
