"""Dead letters mapped again with the connector as it now is, without a call to its channel."""

from collections.abc import Sequence

import anyio
import orjson

from hub.connectors.base import Batch, Record, Undecodable
from hub.connectors.load import Loaded
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.domain.run import RunState
from hub.ingest.job import Job
from hub.ingest.lease import Lease
from hub.ingest.places import district_map
from hub.ingest.run import Finished
from hub.store.dead_letters import Letter
from hub.store.store import Store


async def replay(
    loaded: Loaded, store: Store, ids: Sequence[str] | None = None, clock: Clock = SYSTEM_CLOCK
) -> Finished:
    """Maps again the letters of these ids, or all that wait, in a run of its own: what can be
    stored is resolved, the rest says what it now fails with. The checkpoint stays where it is.

    A letter that several resources could have brought, and that does not say which, waits on.
    Raises ConnectorBusyError where a run holds the connector.
    """
    config = loaded.config
    districts = await district_map(config, store)
    run = await store.runs.start(config.name, config.channel, loaded.version, take_over=False)
    job, lease = Job(loaded, store, run, districts, moves=False), Lease(store.runs, run, clock)
    names = {resource.name for resource in config.mapped}
    only = next(iter(names)) if len(names) == 1 else None
    state = RunState.FAILED
    error: str | None = "Stopped before its end; what was mapped until then is stored."
    try:
        async with lease.kept():
            async for letter in store.dead_letters.unresolved(config.channel, ids):
                resource = letter.resource if letter.resource in names else only
                if resource is None:
                    continue
                with anyio.CancelScope(shield=True):
                    await lease.hold()
                    batch = job.arrived(Batch(resource, [_record(letter)], None))
                    await job.store(batch, letter.seen_at)
                    await store.dead_letters.resolve_replayed(letter, run.id)
        error = job.hole
        state = RunState.FAILED if error else RunState.SUCCEEDED
    finally:
        with anyio.CancelScope(shield=True):
            await store.runs.finish(run, state, job.ledger, job.unmapped, error)
    return Finished(run.id, config.name, state, job.ledger, job.unmapped, error)


def _record(letter: Letter) -> Record | Undecodable:
    try:
        record = orjson.loads(letter.raw)
    except orjson.JSONDecodeError:
        return Undecodable(letter.raw, "was kept as it came, and can't be read as a record")
    if not isinstance(record, dict):
        return Undecodable(letter.raw, "is no object")
    return record
