"""Complaints in bulk: new ones inserted, changed ones replaced, the rest left alone."""

from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pymongo import DESCENDING, InsertOne, ReplaceOne, UpdateOne
from pymongo.errors import BulkWriteError

from hub.domain.complaint import ComplaintStatus, Provenance
from hub.domain.deadlines import Rulebook
from hub.domain.run import CountedBy
from hub.store.documents import Received, complaint_document
from hub.store.fingerprints import Fingerprint, fingerprint_by, same_maker
from hub.store.mongo import DUPLICATE_KEY, Collection, Database, Document, documents
from hub.store.rollups import RollupMarks
from hub.store.timelines import next_timeline, timeline_again
from hub.store.vault import Vault

_KNOWN = {
    "cell": 1,
    "timeline": 1,
    "provenance.hash": 1,
    "provenance.fingerprint": 1,
    "provenance.source_updated_at": 1,
    "provenance.fetched_at": 1,
}
_KNOWN_FOR_TIMELINE = dict.fromkeys(
    ("status", "status_source", "received_at", "followed_up_at", "closed_at"), 1
)
_WAITING_AT_ONCE = 1000


@dataclass(slots=True)
class Written:
    """How many complaints of a batch were what."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0


class ComplaintWriter:
    """Writes batches of complaints, so that writing one again changes nothing."""

    def __init__(self, database: Database, vault: Vault, rules: Rulebook) -> None:
        self._complaints: Collection = database["complaints"]
        self._vault = vault
        self._rules = rules
        self._marks = RollupMarks(database)
        self._hash_key = vault.key_for("content-hash")
        self._fingerprint_key = vault.key_for("record-fingerprint")

    def fingerprints(self, made_by: str) -> Fingerprint:
        """Fingerprints for `held`, of records from which complaints are made in one way."""
        return fingerprint_by(self._fingerprint_key, made_by)

    async def held(self, fingerprints: Mapping[str, str | None]) -> set[str]:
        """Of these ids, the ones whose stored complaint was made of a record with the same
        fingerprint, so that to write it again would change nothing."""
        if not fingerprints:
            return set()
        query = {"_id": {"$in": list(fingerprints)}}
        found = self._complaints.find(query, {"provenance.fingerprint": 1})
        stored = {d["_id"]: d["provenance"].get("fingerprint") async for d in found}
        return {id_ for id_, its in stored.items() if its and its == fingerprints[id_]}

    async def counted_by_day(
        self, channel: str, by: CountedBy, start: datetime, end: datetime, zone: ZoneInfo
    ) -> dict[date, int]:
        """How many complaints of a channel have such a time on each day of a zone."""
        wanted = {"channel": channel, by.value: {"$gte": start, "$lt": end}}
        day = {"$dateToString": {"date": f"${by}", "timezone": zone.key, "format": "%Y-%m-%d"}}
        grouped: list[Document] = [{"$match": wanted}, {"$group": {"_id": day, "n": {"$sum": 1}}}]
        found = await documents(self._complaints, grouped)
        return {date.fromisoformat(each["_id"]): each["n"] for each in found}

    async def waiting(
        self,
        channel: str,
        resource: str,
        statuses: Iterable[ComplaintStatus],
        received_before: datetime,
    ) -> AsyncGenerator[list[str], None]:
        """External ids of a channel's complaints in these statuses that a resource brought, the
        latest first, a page at a time."""
        wanted: Document = {
            "channel": channel,
            "status": {"$in": [status.value for status in statuses]},
            "received_at": {"$lt": received_before},
            # Of what an earlier version of the hub stored it is not known.
            "provenance.resource": {"$in": [resource, None]},
        }
        order = [("received_at", DESCENDING), ("_id", DESCENDING)]
        while True:
            # Not one cursor: MongoDB closes it while a slow channel is waited for.
            found = self._complaints.find(wanted, {"external_id": 1, "received_at": 1})
            page = [each async for each in found.sort(order).limit(_WAITING_AT_ONCE)]
            if not page:
                return
            yield [each["external_id"] for each in page]
            at, id_ = page[-1]["received_at"], page[-1]["_id"]
            wanted["received_at"] = {"$lte": at}
            wanted["$or"] = [{"received_at": {"$lt": at}}, {"_id": {"$lt": id_}}]

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
        again = any(received.again for received in wave.values())
        shown = {**_KNOWN, **_KNOWN_FOR_TIMELINE} if again else _KNOWN
        found = self._complaints.find({"_id": {"$in": list(wave)}}, shown)
        known = {document["_id"]: document async for document in found}
        changes: dict[str, Document] = {}
        renewed: list[UpdateOne] = []
        for id_, received in wave.items():
            before = known.get(id_)
            complaint = received.complaint
            digest = complaint.content_hash(self._hash_key)
            if not _is_news(received, digest, provenance, before):
                written.unchanged += 1
                renewed += _renewal(received, digest, before) if before else []
                continue
            origin = provenance
            if received.again and before:
                origin = replace(provenance, fetched_at=received.again.fetched_at)
                timeline = timeline_again(complaint, received.again, before)
            else:
                timeline = next_timeline(complaint, provenance.fetched_at, before)
            changes[id_] = complaint_document(
                id_, received, origin, digest, timeline, self._vault, self._rules
            )
        if renewed:
            await self._complaints.bulk_write(renewed, ordered=False)
        if not changes:
            return {}
        lost = await self._store(changes, known)
        stored = changes.keys() - lost
        written.updated += len(stored & known.keys())
        written.inserted += len(stored - known.keys())
        return {id_: wave[id_] for id_ in wave if id_ in lost}

    async def _store(self, changes: dict[str, Document], known: dict[str, Document]) -> set[str]:
        """Inserts or replaces. Returns the ids of those that another writer got to first.

        The cells of the roll-up that this touches, where a complaint was and where it is now, are
        marked from before the write until it is over.
        """
        operations = [_operation(document, known.get(id_)) for id_, document in changes.items()]
        replaced = {id_: changes[id_] for id_ in changes.keys() & known.keys()}
        touched = {document["cell"] for document in changes.values()}
        touched |= {known[id_]["cell"] for id_ in replaced}
        mark = await self._marks.begin(touched)
        lost, matched = await self._bulk_write(operations, list(changes))
        await self._marks.end(mark)
        if matched < len(replaced):
            lost |= await self._overtaken(replaced)
        return lost

    async def _bulk_write(
        self, operations: Sequence[InsertOne[Document] | ReplaceOne[Document]], ids: list[str]
    ) -> tuple[set[str], int]:
        """(ids that someone else inserted first, how many that were to be replaced were found)."""
        try:
            result = await self._complaints.bulk_write(operations, ordered=False)
        except BulkWriteError as error:
            failures = error.details["writeErrors"]
            if any(failure["code"] != DUPLICATE_KEY for failure in failures):
                raise
            return {ids[failure["index"]] for failure in failures}, error.details["nMatched"]
        return set(), result.matched_count

    async def _overtaken(self, replaced: dict[str, Document]) -> set[str]:
        """Of those that we meant to replace, the ones that do not hold what we wrote."""
        found = self._complaints.find({"_id": {"$in": list(replaced)}}, {"provenance.hash": 1})
        return replaced.keys() - {
            d["_id"]
            async for d in found
            if d["provenance"]["hash"] == replaced[d["_id"]]["provenance"]["hash"]
        }


def _operation(
    document: Document, before: Document | None
) -> InsertOne[Document] | ReplaceOne[Document]:
    """Puts a document where there was none, or in the place of exactly the one that was seen."""
    if before is None:
        return InsertOne(document)
    seen = {"_id": document["_id"], "provenance.hash": before["provenance"]["hash"]}
    return ReplaceOne(seen, document)


def _renewal(received: Received, digest: str, before: Document) -> list[UpdateOne]:
    """Lets a complaint that a changed mapping or a newer hub makes just the same be known by its
    record again. Not where only the record differs: some channels stamp theirs at each asking."""
    stored, new = before["provenance"], received.fingerprint
    if digest != stored["hash"] or new is None or same_maker(new, stored.get("fingerprint")):
        return []
    same = {"_id": before["_id"], "provenance.hash": digest}
    return [UpdateOne(same, {"$set": {"provenance.fingerprint": new}})]


def _is_news(
    received: Received, digest: str, provenance: Provenance, before: Document | None
) -> bool:
    """Whether what arrived differs from what is stored and is not older than it; what is made
    anew, whether it still stands in for the same."""
    complaint, again = received.complaint, received.again
    if before is None:
        return again is None
    stored = before["provenance"]
    if digest == stored["hash"]:
        return False
    if again:
        return bool(again.digest == stored["hash"])
    fetched = bool(provenance.fetched_at >= stored["fetched_at"])
    if complaint.updated_at and stored["source_updated_at"]:
        if complaint.updated_at == stored["source_updated_at"]:
            return fetched  # edited without a word: what a later run read counts
        return bool(complaint.updated_at > stored["source_updated_at"])
    return fetched


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
