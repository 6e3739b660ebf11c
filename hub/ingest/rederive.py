"""Complaints made anew from their stored raw records, once the mapping has changed."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import anyio

from hub.connectors.base import Batch
from hub.connectors.load import Loaded
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.domain.run import Rejection
from hub.ingest.arrival import MAX_RECORD_BYTES
from hub.ingest.job import Job, received_from
from hub.ingest.lease import Lease
from hub.ingest.offline import CannotGoOnError, run_offline
from hub.ingest.replay import letters_again, record_of, resource_of
from hub.ingest.run import Finished
from hub.store.dead_letters import Refused
from hub.store.documents import Received
from hub.store.raw_records import Kept, Progress
from hub.store.runs import StartedRun
from hub.store.store import Store
from hub.store.timelines import Again

Tell = Callable[[int], None]
"""Is told of how many more complaints became what they became."""


@dataclass(frozen=True, slots=True)
class Rederived:
    """How it ended, and how many complaints were left as they are: their raw record was purged, or
    several resources could have brought it."""

    finished: Finished
    without_raw: int
    unclear: int


async def rederive(
    loaded: Loaded, store: Store, tell: Tell = lambda _: None, clock: Clock = SYSTEM_CLOCK
) -> Rederived:
    """Maps anew first the dead letters, then the stored complaints of a connector, in a run of its
    own; the checkpoint stays where it is. Broken off anywhere, it goes on from there.

    A complaint keeps the time at which it was fetched; one that the mapping now refuses stays as
    it is, and gets a dead letter, if none of it waits: that would be of a later record. Raises
    ConnectorBusyError where a run holds the connector.
    """
    name, channel, records = loaded.config.name, loaded.config.channel, store.raw_records
    so_far = Progress("")

    async def work(job: _Rederivation, run: StartedRun, lease: Lease) -> None:
        nonlocal so_far
        await letters_again(loaded.config, store, job, run, lease)
        so_far = await records.progress(name, job.made_by)
        async for page in records.pages(channel, name, so_far, other_than=run.id):
            with anyio.CancelScope(shield=True):
                await lease.hold()
                passed = await job.make_anew(page)
                so_far = so_far.past(page[-1], passed["without_raw"], passed["unclear"])
                await records.reached(name, so_far)
            tell(len(page))
        await records.ended(name)

    finished = await run_offline(loaded, store, _Rederivation, work, clock)
    return Rederived(finished, so_far.without_raw, so_far.unclear)


class _Rederivation(Job):
    async def make_anew(self, page: Sequence[Kept]) -> Counter[str]:
        """Stores what a page of complaints now is; how many were passed over, and why. Raises
        CannotGoOnError before anything of the page is stored."""
        passed: Counter[str] = Counter()
        of_resource: dict[str, list[Kept]] = defaultdict(list)
        for kept in page:
            resource = resource_of(kept.resource, self._config)
            if kept.raw is None:
                passed["without_raw"] += 1
            elif resource is None:
                passed["unclear"] += 1
            else:
                of_resource[resource].append(kept)
        mapped = [(name, *self._map_anew(name, of)) for name, of in of_resource.items()]
        for name, received, refused in mapped:
            provenance = replace(self._provenance, resource=name)
            await self._note_places(received)
            written = await self._store.writer.write(received, provenance)
            letters = self._store.dead_letters
            waiting = await letters.unresolved_among(self._channel, refused)
            new = [each for id_, each in refused.items() if id_ not in waiting]
            await letters.put(self._channel, new, provenance)
            read = len(of_resource[name])
            self.ledger.read += read
            self.ledger.updated += written.updated
            self.ledger.unchanged += read - written.updated - len(refused)
            self.ledger.dead_lettered += len(refused)
        await self._store.runs.progress(self._run, self.ledger, None)
        return passed

    def _map_anew(self, name: str, page: list[Kept]) -> tuple[list[Received], dict[str, Refused]]:
        """(what may have changed, what is refused by the complaint's id) of the complaints of a
        resource; those that this mapping made are neither. Raises CannotGoOnError."""
        mapper = self._mappers[name]
        batch = self.arrived(Batch(name, [record_of(kept.raw or b"") for kept in page], None))
        received: list[Received] = []
        refused: dict[str, Refused] = {}
        for kept, arrival in zip(page, batch.arrivals, strict=True):
            if kept.fingerprint and kept.fingerprint == arrival.fingerprint:
                continue
            again = Again(kept.digest, kept.fetched_at, mapper.status)
            try:
                made = received_from(arrival, mapper, again)
            except Rejection as rejection:
                refused[kept.id] = Refused(rejection, arrival.raw[:MAX_RECORD_BYTES], name)
                continue
            if made.complaint.id != kept.id:
                raise CannotGoOnError(another_id(kept, made.complaint.external_id))
            received.append(made)
        return received, refused


def another_id(kept: Kept, external_id: str) -> str:
    """Why nothing is made anew where it would be stored a second time."""
    return (
        f"By this mapping the complaint {kept.document['external_id']} would be {external_id}, and "
        "be stored a second time. Leave external_id and the channel as they were, or register "
        "another connector."
    )
