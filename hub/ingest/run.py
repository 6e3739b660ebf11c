"""One run: read, map, store, count, and only then move the checkpoint."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from hub.connectors.base import Batch, ChannelError, Connector, Record, Surroundings, Undecodable
from hub.connectors.load import Loaded
from hub.connectors.mapping import Mapper
from hub.connectors.vocabulary import ConfigError
from hub.domain.complaint import Provenance
from hub.domain.run import Ledger, Rejection, RunState
from hub.store.dead_letters import Refused
from hub.store.documents import Received
from hub.store.runs import RunSupersededError, StartedRun
from hub.store.store import Store

MAX_RECORD_BYTES = 1024 * 1024
MAX_UNMAPPED = 500

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
    job = _Job(loaded, store, run)
    state, error = RunState.FAILED, None
    try:
        connector: Connector[Any] = loaded.connect(surroundings)
        checkpoint = dict(run.checkpoint)
        async for batch in connector.read(run.checkpoint):
            await job.store(batch)
            if batch.state is not None:
                checkpoint[batch.resource] = batch.state
            await store.runs.progress(run, job.ledger, checkpoint)
            progress(job.ledger)
        if job.ledger.balanced:
            state = RunState.SUCCEEDED
            await store.channels.synced(config.channel, run.started_at)
        else:
            error = f"The ledger does not balance: {job.ledger}"
    except (ChannelError, RunSupersededError, ConfigError) as failure:
        error = str(failure)
    except BaseException as failure:
        await store.runs.finish(run, state, job.ledger, job.unmapped, type(failure).__name__)
        raise
    await store.runs.finish(run, state, job.ledger, job.unmapped, error)
    log.info("run.finished", state=state.value, ledger=job.ledger, error=error)
    return Finished(run.id, config.name, state, job.ledger, job.unmapped, error)


class _Job:
    """The state of a run under way."""

    def __init__(self, loaded: Loaded, store: Store, run: StartedRun) -> None:
        self.ledger = Ledger()
        self._store = store
        self._channel = loaded.config.channel
        self._mappers = {r.name: Mapper(r, self._channel) for r in loaded.config.mapped}
        self._provenance = Provenance(
            connector=loaded.config.name,
            config_version=loaded.version,
            run=run.id,
            fetched_at=run.started_at,
        )
        self._provinces: set[str] = set()
        self._districts: set[str] = set()

    @property
    def unmapped(self) -> list[dict[str, Any]]:
        """Labels that no mapping knows, the most frequent first."""
        total: Counter[tuple[str, str]] = Counter()
        for mapper in self._mappers.values():
            total += mapper.unmapped
        return [
            {"field": field, "value": value, "count": count}
            for (field, value), count in total.most_common(MAX_UNMAPPED)
        ]

    async def store(self, batch: Batch) -> None:
        """Stores what can be mapped, keeps the rest as dead letters, counts both."""
        received: list[Received] = []
        refused: list[Refused] = []
        mapper = self._mappers[batch.resource]
        for record in batch.records:
            try:
                received.append(_map(mapper, record))
            except Rejection as rejection:
                refused.append(Refused(rejection, _raw(record)[:MAX_RECORD_BYTES]))
        await self._note_places(received)
        written = await self._store.writer.write(received, self._provenance)
        await self._store.dead_letters.put(self._channel, refused, self._provenance)
        await self._store.dead_letters.resolve(
            self._channel, [each.complaint.id for each in received]
        )
        self.ledger.read += len(batch.records)
        self.ledger.inserted += written.inserted
        self.ledger.updated += written.updated
        self.ledger.unchanged += written.unchanged
        self.ledger.dead_lettered += len(refused)

    async def _note_places(self, received: list[Received]) -> None:
        provinces = {r.complaint.province for r in received if r.complaint.province}
        districts = {r.complaint.district for r in received if r.complaint.district}
        if provinces - self._provinces or districts - self._districts:
            self._provinces |= provinces
            self._districts |= districts
            await self._store.channels.saw(self._channel, self._provinces, self._districts)


def _map(mapper: Mapper, record: Record | Undecodable) -> Received:
    if isinstance(record, Undecodable):
        raise Rejection("record", None, record.reason)
    raw = _raw(record)
    if len(raw) > MAX_RECORD_BYTES:
        raise Rejection("record", None, f"larger than {MAX_RECORD_BYTES >> 20} MiB")
    return Received(mapper.map(record), raw)


def _raw(record: Record | Undecodable) -> bytes:
    return record.raw if isinstance(record, Undecodable) else orjson.dumps(record)
