"""The raw records that complaints were made of, read again for another mapping."""

from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from hub.domain.complaint import Complaint
from hub.store.documents import stored_complaint
from hub.store.mongo import Database, Document
from hub.store.vault import Vault

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Kept:
    """A complaint as it is stored, with its raw record, which is None once it was purged;
    `fetched_at` is UTC. `resource` is None for those of an earlier hub."""

    raw: bytes | None
    resource: str | None
    digest: str
    fingerprint: str | None
    fetched_at: datetime
    document: Document

    @property
    def id(self) -> str:
        """The complaint's id."""
        return str(self.document["_id"])


@dataclass(frozen=True, slots=True)
class Progress:
    """How far complaints were made anew by `made_by`: the last one, and how many before it were
    passed over, having no raw record or one of which it is not known where it came from."""

    made_by: str
    received_at: datetime | None = None
    id: str | None = None
    without_raw: int = 0
    unclear: int = 0

    def past(self, kept: Kept, without_raw: int, unclear: int) -> "Progress":
        """Further on, past a complaint, having passed over so many more."""
        return replace(
            self,
            received_at=kept.document["received_at"],
            id=kept.id,
            without_raw=self.without_raw + without_raw,
            unclear=self.unclear + unclear,
        )


class RawRecords:
    """The stored complaints of a connector, whatever district they are in: for ingest alone."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._complaints = database["complaints"]
        self._progress = database["rederivations"]
        self._vault = vault

    async def count(self, channel: str, connector: str) -> int:
        """How many complaints a connector has brought."""
        return await self._complaints.count_documents(_of(channel, connector))

    async def pages(
        self, channel: str, connector: str, after: Progress, other_than: str | None = None
    ) -> AsyncIterator[list[Kept]]:
        """The complaints from a place on, the latest received first; without those of one run.
        Each page is read when the one before has been dealt with."""
        received_at, id_ = after.received_at, after.id
        while True:
            wanted = _of(channel, connector)
            if other_than:
                wanted["provenance.run"] = {"$ne": other_than}
            if received_at:
                wanted["received_at"] = {"$lte": received_at}
                wanted["$or"] = [{"received_at": {"$lt": received_at}}, {"_id": {"$lt": id_}}]
            order = [("received_at", -1), ("_id", -1)]
            found = await self._complaints.find(wanted, sort=order, limit=_PAGE).to_list()
            if not found:
                return
            yield [self._kept(document) for document in found]
            received_at, id_ = found[-1]["received_at"], found[-1]["_id"]

    def complaint(self, kept: Kept) -> Complaint:
        """The complaint as it is stored."""
        return stored_complaint(kept.document, self._vault)

    async def progress(self, connector: str, made_by: str) -> Progress:
        """Where making a connector's complaints anew was broken off; the beginning where it was
        not, or was by another mapping."""
        found = await self._progress.find_one({"_id": connector, "made_by": made_by}, {"_id": 0})
        return Progress(**found) if found else Progress(made_by)

    async def reached(self, connector: str, progress: Progress) -> None:
        """Notes how far it has come."""
        await self._progress.replace_one({"_id": connector}, asdict(progress), upsert=True)

    async def ended(self, connector: str) -> None:
        """Notes that it has come to its end."""
        await self._progress.delete_one({"_id": connector})

    def _kept(self, document: Document) -> Kept:
        own, sealed = document["provenance"], document["raw"]
        return Kept(
            raw=self._vault.open(sealed, document["_id"]) if sealed else None,
            resource=own.get("resource"),
            digest=own["hash"],
            fingerprint=own["fingerprint"],
            fetched_at=own["fetched_at"],
            document=document,
        )


def _of(channel: str, connector: str) -> Document:
    return {"channel": channel, "provenance.connector": connector}
