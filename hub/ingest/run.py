"""One run: read, map, store, count, and only then move the checkpoint."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import anyio
import structlog

from hub.connectors.base import ChannelError, Connector, Surroundings
from hub.connectors.load import Loaded
from hub.connectors.vocabulary import ConfigError
from hub.domain.run import Ledger, RunState
from hub.ingest.ahead import one_ahead
from hub.ingest.job import Job
from hub.ingest.places import district_map
from hub.store.runs import RunSupersededError
from hub.store.store import Store

_log = structlog.get_logger()
Progress = Callable[[Ledger], None]


@dataclass(frozen=True, slots=True)
class Finished:
    """How a run ended."""

    run: str
    connector: str
    state: RunState
    ledger: Ledger
    unmapped: list[dict[str, Any]]
    error: str | None

    @property
    def green(self) -> bool:
        """Whether every record that the channel handed over is accounted for."""
        return self.state is RunState.SUCCEEDED


async def sync(
    loaded: Loaded,
    store: Store,
    surroundings: Surroundings,
    progress: Progress = lambda _: None,
) -> Finished:
    """Runs a connector once. A failing channel fails the run, never what was stored before it."""
    config = loaded.config
    await store.channels.add(config.channel, config.title or config.channel)
    run = await store.runs.start(config.name, config.channel, loaded.version)
    log = _log.bind(connector=config.name, channel=config.channel, run=run.id)
    job = Job(loaded, store, run, await district_map(config, store))
    state, error = RunState.FAILED, None
    try:
        connector: Connector[Any] = loaded.connect(surroundings)
        async with one_ahead(job.arriving(connector.read(run.checkpoint))) as batches:
            async for batch in batches:
                await job.store(batch)
                progress(job.ledger)
        if job.ledger.balanced:
            state = RunState.SUCCEEDED
            await store.channels.synced(config.channel, run.started_at)
        else:
            error = f"The ledger does not balance: {job.ledger}"
    except (ChannelError, RunSupersededError, ConfigError) as failure:
        error = str(failure)
    except BaseException as failure:
        with anyio.CancelScope(shield=True):  # a cancelled run is told too
            await store.runs.finish(run, state, job.ledger, job.unmapped, type(failure).__name__)
        raise
    await store.runs.finish(run, state, job.ledger, job.unmapped, error)
    log.info("run.finished", state=state.value, ledger=job.ledger, error=error)
    return Finished(run.id, config.name, state, job.ledger, job.unmapped, error)
