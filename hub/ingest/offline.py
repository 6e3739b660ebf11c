"""A run over what the hub has stored, without a call to the channel."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from hub.connectors.load import Loaded
from hub.domain.clock import Clock
from hub.domain.run import RunState
from hub.ingest.job import Job
from hub.ingest.lease import Lease
from hub.ingest.places import district_map
from hub.ingest.run import Finished
from hub.store.runs import RunSupersededError, StartedRun
from hub.store.store import Store

J = TypeVar("J", bound=Job)
_STOPPED = "Stopped before its end; what was mapped until then is stored."


class CannotGoOnError(Exception):
    """What is stored and the configuration do not go together; the run fails and says this."""


async def run_offline(
    loaded: Loaded,
    store: Store,
    job_of: Callable[..., J],
    work: Callable[[J, StartedRun, Lease], Awaitable[None]],
    clock: Clock,
) -> Finished:
    """Runs `work`, which asks `lease.hold()` before it writes, in a run of its own, whose
    checkpoint stays where it is. Raises ConnectorBusyError where a run holds the connector."""
    config = loaded.config
    districts = await district_map(config, store)
    run = await store.runs.start(config.name, config.channel, loaded.version, take_over=False)
    job, lease = job_of(loaded, store, run, districts, moves=False), Lease(store.runs, run, clock)
    state = RunState.FAILED
    told: str | None = _STOPPED
    try:
        async with lease.kept():
            await work(job, run, lease)
        told = job.hole
        state = RunState.FAILED if told else RunState.SUCCEEDED
    except (CannotGoOnError, RunSupersededError) as failure:
        told = str(failure)
    except asyncio.CancelledError:
        state = RunState.INTERRUPTED
        raise
    finally:
        with anyio.CancelScope(shield=True):
            await store.runs.finish(run, state, job.ledger, job.unmapped, told)
    return Finished(run.id, config.name, state, job.ledger, job.unmapped, told)
