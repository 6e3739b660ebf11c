"""Complaints in bulk: new ones inserted, changed ones replaced, the rest left alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pymongo import InsertOne, ReplaceOne
from pymongo.errors import BulkWriteError

from hub.domain.complaint import Complaint, Provenance
from hub.store.documents import Received, complaint_document, next_timeline
from hub.store.mongo import Collection, Database, Document
from hub.store.vault import Vault

_DUPLICATE_KEY = 11_000
_KNOWN = {
    "timeline": 1,
    "provenance.hash": 1,
    "provenance.source_updated_at": 1,
    "provenance.fetched_at": 1,
}


@dataclass(slots=True)
class Written:
    """How many complaints of a batch were what."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


class ComplaintWriter:
    """Writes batches of complaints, so that writing one again changes nothing."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._complaints: Collection = database["complaints"]
        self._vault = vault
        self._hash_key = vault.key_for("content-hash")

    async def write(self, batch: Sequence[Received], provenance: Provenance) -> Written:
        """Stores a batch durably and tells what it did.

        Same content is skipped by its hash. An older version never replaces a newer one; both
        count as unchanged. Where another writer comes between reading and writing, only the
        complaints that it touched are looked at again.
        """
        written = Written()
        for wave in _waves(batch):
            pending = wave
            while pending:
                pending = await self._attempt(pending, provenance, written)
        return written

    async def _attempt(
        self, wave: dict[str, Received], provenance: Provenance, written: Written
    ) -> dict[str, Received]:
        """One read and one bulk write. Returns those that another writer got to first."""
        found = self._complaints.find({"_id": {"$in": list(wave)}}, _KNOWN)
        known = {document["_id"]: document async for document in found}
        operations: list[InsertOne[Document] | ReplaceOne[Document]] = []
        replaced: dict[str, str] = {}
        ids: list[str] = []
        for id_, received in wave.items():
            before = known.get(id_)
            complaint = received.complaint
            digest = complaint.content_hash(self._hash_key)
            if before and not _is_news(complaint, digest, provenance, before):
                written.unchanged += 1
                continue
            timeline = next_timeline(complaint, provenance.fetched_at, before)
            document = complaint_document(received, provenance, digest, timeline, self._vault)
            ids.append(id_)
            if before:
                replaced[id_] = digest
                seen = {"_id": id_, "provenance.hash": before["provenance"]["hash"]}
                operations.append(ReplaceOne(seen, document))
            else:
                operations.append(InsertOne(document))
        if not operations:
            return {}
        inserted, matched, lost = await self._bulk_write(operations, ids)
        if matched < len(replaced):
            lost |= await self._overtaken(replaced)
        written.inserted += inserted
        written.updated += len(replaced) - len(lost & replaced.keys())
        return {id_: wave[id_] for id_ in lost}

    async def _bulk_write(
        self, operations: list[InsertOne[Document] | ReplaceOne[Document]], ids: list[str]
    ) -> tuple[int, int, set[str]]:
        """(inserted, matched, ids that someone else inserted first)."""
        try:
            result = await self._complaints.bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            if any(failure["code"] != _DUPLICATE_KEY for failure in failures):
                raise
            lost = {ids[failure["index"]] for failure in failures}
            return error.details["nInserted"], error.details["nMatched"], lost
        return result.inserted_count, result.matched_count, set()

    async def _overtaken(self, replaced: dict[str, str]) -> set[str]:
        """Of those that we meant to replace, the ones that hold something else now."""
        found = self._complaints.find({"_id": {"$in": list(replaced)}}, {"provenance.hash": 1})
        return {d["_id"] async for d in found if d["provenance"]["hash"] != replaced[d["_id"]]}


def _is_news(complaint: Complaint, digest: str, provenance: Provenance, before: Document) -> bool:
    """Whether what arrived differs from what is stored and is not older than it."""
    stored = before["provenance"]
    if digest == stored["hash"]:
        return False
    if complaint.updated_at and stored["source_updated_at"]:
        return bool(complaint.updated_at >= stored["source_updated_at"])
    return bool(provenance.fetched_at >= stored["fetched_at"])


def _waves(batch: Sequence[Received]) -> Iterable[dict[str, Received]]:
    """The batch in parts in which no complaint occurs twice, in order of arrival."""
    wave: dict[str, Received] = {}
    for received in batch:
        id_ = received.complaint.id
        if id_ in wave:
            yield wave
            wave = {}
        wave[id_] = received
    if wave:
        yield wave
