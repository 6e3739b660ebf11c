"""Dead letters mapped again with the connector as it now is, without a call to its channel."""

from collections.abc import Sequence

import anyio
import orjson

from hub.connectors.base import Batch, Record, Undecodable
from hub.connectors.config import ConnectorConfig
from hub.connectors.load import Loaded
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.ingest.job import Job
from hub.ingest.lease import Lease
from hub.ingest.offline import run_offline
from hub.ingest.run import Finished
from hub.store.dead_letters import Letter
from hub.store.runs import StartedRun
from hub.store.store import Store


async def replay(
    loaded: Loaded, store: Store, ids: Sequence[str] | None = None, clock: Clock = SYSTEM_CLOCK
) -> Finished:
    """Maps again the letters of these ids, or all that wait, in a run of its own: what can be
    stored is resolved, the rest says what it now fails with. The checkpoint stays where it is.

    A letter that several resources could have brought, and that does not say which, waits on.
    Raises ConnectorBusyError where a run holds the connector.
    """

    async def work(job: Job, run: StartedRun, lease: Lease) -> None:
        await letters_again(loaded.config, store, job, run, lease, ids)

    return await run_offline(loaded, store, Job, work, clock)


async def letters_again(
    config: ConnectorConfig,
    store: Store,
    job: Job,
    run: StartedRun,
    lease: Lease,
    ids: Sequence[str] | None = None,
) -> None:
    """Maps again the letters of these ids, or all that wait, within a run."""
    async for letter in store.dead_letters.unresolved(config.channel, ids):
        batch = batch_of(letter, config)
        if batch is None:
            continue
        with anyio.CancelScope(shield=True):
            await lease.hold()
            await job.store(job.arrived(batch), letter.seen_at)
            await store.dead_letters.resolve_replayed(letter, run.id)


def batch_of(letter: Letter, config: ConnectorConfig) -> Batch | None:
    """The record of a letter; None where it is not known which resource it is of."""
    resource = resource_of(letter.resource, config)
    return Batch(resource, [record_of(letter.raw)], None) if resource else None


def resource_of(noted: str | None, config: ConnectorConfig) -> str | None:
    """The resource that a record is of: the noted one, or the only one that there is."""
    names = {resource.name for resource in config.mapped}
    if noted in names:
        return noted
    return next(iter(names)) if len(names) == 1 else None


def record_of(raw: bytes) -> Record | Undecodable:
    """A record as it was kept."""
    try:
        record = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return Undecodable(raw, "was kept as it came, and can't be read as a record")
    if not isinstance(record, dict):
        return Undecodable(raw, "is no object")
    return record
