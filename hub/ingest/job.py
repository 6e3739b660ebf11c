"""Records on their way into the store: mapped, stored or kept as dead letters, counted."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any

from hub.connectors.base import Batch
from hub.connectors.load import Loaded
from hub.connectors.mapping.mapper import Districts, Mapper
from hub.domain.complaint import Provenance
from hub.domain.run import Ledger, Rejection
from hub.ingest.arrival import MAX_RECORD_BYTES, Arrival, Arrived, arrived, mapping_version
from hub.store.dead_letters import Refused
from hub.store.documents import Received
from hub.store.runs import Run, StartedRun
from hub.store.store import Store
from hub.store.timelines import Again

MAX_UNMAPPED = 500
MAX_GONE = 100


class Intake:
    """Stores what it is given for a run, and counts what became of it."""

    def __init__(
        self, loaded: Loaded, store: Store, run: Run, districts: Districts | None = None
    ) -> None:
        self.ledger = Ledger()
        self._store = store
        self._began = run.started_at
        self._config = loaded.config
        self._channel = loaded.config.channel
        self._mappers = {r.name: Mapper(r, self._channel, districts) for r in loaded.config.mapped}
        self._provenance = Provenance(
            connector=loaded.config.name,
            config_version=loaded.version,
            run=run.id,
            fetched_at=run.started_at,
        )
        outlines = districts.version if districts else ""
        self.made_by = f"{loaded.version} {mapping_version()} {outlines}"
        self._fingerprints = {
            name: store.writer.fingerprints(f"{self.made_by} {name}") for name in self._mappers
        }
        self._declared: dict[str, int] = {}
        self._read: Counter[str] = Counter()
        self._gone: list[str] = []
        self._letters_open: bool | None = None
        self._provinces: set[str] = set()
        self._districts: set[str] = set()

    @property
    def unmapped(self) -> list[dict[str, Any]]:
        """Labels that no mapping knows, the most frequent first; after them, as `recheck`, the ids
        of complaints that the channel has no more."""
        total: Counter[tuple[str, str]] = Counter()
        for mapper in self._mappers.values():
            total += mapper.unmapped
        labels = total.most_common(MAX_UNMAPPED - len(self._gone))
        return [
            {"field": field, "value": value, "count": count}
            for (field, value), count in [*labels, *((("recheck", id_), 1) for id_ in self._gone)]
        ]

    @property
    def declared(self) -> int | None:
        """How many records the channel says that it had, None where it did not say."""
        return sum(self._declared.values()) if self._declared else None

    @property
    def hole(self) -> str | None:
        """What is wrong with the account, if anything is."""
        if not self.ledger.balanced:
            return f"The ledger does not balance: {self.ledger}"
        return " ".join(map(self._told, self._holes)) or None

    @property
    def _holes(self) -> list[str]:
        """The resources of which the channel says that it has more than it handed over so far."""
        return [name for name, declared in self._declared.items() if declared > self._read[name]]

    def _told(self, resource: str) -> str:
        declared, read = self._declared[resource], self._read[resource]
        return (
            f"{resource}: the channel says that it has {declared} records and handed over {read}: "
            f"{declared - read} are missing. What came is stored; the next run asks for all of it "
            "again. Look at the paginator and at limits of the channel."
        )

    async def arriving(self, batches: AsyncGenerator[Batch, None]) -> AsyncGenerator[Arrived, None]:
        """The batches of the channel, ready to be looked for in the store."""
        async with aclosing(batches):
            async for batch in batches:
                yield self.arrived(batch)

    def arrived(self, batch: Batch) -> Arrived:
        """A batch, ready to be looked for in the store."""
        of = batch.resource
        return arrived(batch, self._channel, self._mappers[of], self._fingerprints[of])

    async def keep(self, batch: Arrived, seen_at: datetime | None = None) -> None:
        """Stores what can be mapped, keeps the rest as dead letters, counts both. Records that
        came at another time than the run began say when (UTC)."""
        fetched_at = seen_at or self._began
        provenance = replace(self._provenance, fetched_at=fetched_at, resource=batch.resource)
        held = await self._held(batch)
        mapper = self._mappers[batch.resource]
        received: list[Received] = []
        refused: list[Refused] = []
        for arrival in batch.arrivals:
            if arrival.id in held:
                continue
            try:
                received.append(received_from(arrival, mapper))
            except Rejection as rejection:
                refused.append(Refused(rejection, arrival.raw[:MAX_RECORD_BYTES], batch.resource))
        await self._note_places(received)
        written = await self._store.writer.write(received, provenance)
        ids = [*held, *(each.complaint.id for each in received)]
        await self._note_letters(refused, ids, provenance)
        self.ledger.read += len(batch.arrivals)
        self._read[batch.resource] += len(batch.arrivals)
        self._gone += batch.gone[: MAX_GONE - len(self._gone)]
        if batch.declared is not None:
            self._declared[batch.resource] = batch.declared
        self.ledger.inserted += written.inserted
        self.ledger.updated += written.updated
        self.ledger.unchanged += written.unchanged + len(held)
        self.ledger.dead_lettered += len(refused)

    async def _held(self, batch: Arrived) -> set[str]:
        """The ids of records that are stored as they arrived, and need not be mapped again.

        One that occurs twice is never among them: what stands between decides what it changes.
        """
        times = Counter(arrival.id for arrival in batch.arrivals)
        return await self._store.writer.held(
            {a.id: a.fingerprint for a in batch.arrivals if a.id and times[a.id] == 1}
        )

    async def _note_letters(
        self, refused: list[Refused], stored: list[str], provenance: Provenance
    ) -> None:
        """Keeps what was refused; resolves, where the channel has any open, what now is stored."""
        letters = self._store.dead_letters
        if self._letters_open is None:
            self._letters_open = await letters.any_open(self._channel)
        await letters.put(self._channel, refused, provenance)
        self._letters_open |= bool(refused)
        if self._letters_open:
            await letters.resolve(self._channel, stored, provenance.fetched_at)

    async def _note_places(self, received: list[Received]) -> None:
        provinces = {r.complaint.province for r in received if r.complaint.province}
        districts = {r.complaint.district for r in received if r.complaint.district}
        if provinces - self._provinces or districts - self._districts:
            self._provinces |= provinces
            self._districts |= districts
            await self._store.channels.saw(self._channel, self._provinces, self._districts)


class Job(Intake):
    """A run under way, with its checkpoint. One that does not move leaves it where it is."""

    def __init__(
        self,
        loaded: Loaded,
        store: Store,
        run: StartedRun,
        districts: Districts | None = None,
        *,
        moves: bool = True,
    ) -> None:
        super().__init__(loaded, store, run, districts)
        self._run = run
        self._moves = moves
        self._checkpoint = dict(run.checkpoint)

    async def store(self, batch: Arrived, seen_at: datetime | None = None) -> None:
        """Keeps a batch; the checkpoint moves last, and past no hole: what is missing would never
        be asked for again."""
        await self.keep(batch, seen_at)
        if batch.state is not None and self._moves and batch.resource not in self._holes:
            self._checkpoint[batch.resource] = batch.state
        await self._store.runs.progress(self._run, self.ledger, self._checkpoint)


def received_from(arrival: Arrival, mapper: Mapper, again: Again | None = None) -> Received:
    """Raises Rejection. A record with a label that is not mapped gets no fingerprint: it is mapped
    at each run, since each run lists such labels."""
    labels = mapper.missed
    complaint = arrival.map(mapper)
    known_by = arrival.fingerprint if mapper.missed == labels else None
    return Received(complaint, arrival.raw, known_by, again)
