"""The readiness register: what local governments entered, and what was said of it. Each change is a
document of its own, in the order of their versions, so that nothing is lost and none is half made.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime

from pymongo.errors import DuplicateKeyError

from hub.domain.clock import utc_now
from hub.domain.readiness import ReadinessItem, ReadinessState, Statement
from hub.domain.region import place_of
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.files import SealedFiles
from hub.store.mongo import Database, Document

MOST_CHANGES = 200
"""So often an entry can be changed; a local government does so a few times a year."""
MOST_JUDGEMENTS = 100
"""Of its changes so many may be what is said of it: the others are for whoever enters it."""
MOST_ATTACHMENTS = 10
MOST_FILES, MOST_BYTES = 100, 200 << 20
"""So much a local government may have attached, with what is kept for the histories alone."""
_WIDTH = len(str(MOST_CHANGES))


class NoEntryError(Exception):
    """There is no such entry for the viewer, or it may not be changed by them."""


class ChangedMeanwhileError(Exception):
    """Somebody else changed the entry since it was read."""


class TooMuchError(Exception):
    """An entry or a local government has as much as one may have; the text says of what."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of an entry; `type` is its media type, told from its content."""

    id: str
    name: str
    type: str
    size: int
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """An item of a local government as it stands, and every change of it, the first one first."""

    region: str
    item: ReadinessItem
    changes: list[Document] = field(repr=False)

    @property
    def latest(self) -> Document:
        """How it stands."""
        return self.changes[-1]


class Readiness:
    """The register as a viewer sees it, and what they may change in it."""

    def __init__(self, scope: Scope, database: Database, files: SealedFiles) -> None:
        self._scope = scope
        self._within = plan.within(scope.readiness)
        self._entries = database["readiness"]
        self._files = files

    async def all(self, region: str | None = None) -> list[Entry]:
        """Every entry of the viewer's scope, or of a province and its districts, or of a district:
        by region and item."""
        wanted = {"district" if "." in region else "province": {"$eq": region}} if region else {}
        return await self._read(wanted)

    async def attachment(self, id_: str) -> tuple[Attachment, bytes] | None:
        """An attachment and its content; None where there is none for this viewer. Raises
        VaultError."""
        wanted = plan.both(self._within, {"attachments.id": {"$eq": id_}})
        found = await self._entries.find_one(wanted, {"attachments": 1})
        if found is None:
            return None
        (stored,) = (each for each in found["attachments"] if each["id"] == id_)
        return Attachment(**stored), await self._files.get(id_)

    def may_enter(self, region: str) -> bool:
        """Whether the viewer enters what a local government has."""
        return self._scope.speaks_for(region)

    async def enter(self, region: str, item: ReadinessItem, statement: Statement) -> Entry:
        """Enters what a local government of the viewer's has; whatever was confirmed is to be
        confirmed anew. Attachments stay. Raises NoEntryError, ChangedMeanwhileError, TooMuchError.
        """
        if not self.may_enter(region):
            raise NoEntryError
        entry = await self._find(region, item)
        attachments = entry.latest["attachments"] if entry else []
        changed = {"statement": _stored(statement), "attachments": attachments}
        return await self._add(entry or Entry(region, item, []), ReadinessState.ENTERED, changed)

    async def judge(
        self,
        region: str,
        item: ReadinessItem,
        version: int,
        state: ReadinessState,
        note: str | None = None,
    ) -> Entry:
        """Confirms or returns what was entered, as it was read in a version; to say again what was
        said last changes nothing. Raises NoEntryError, ChangedMeanwhileError, TooMuchError."""
        entry = await self._find(region, item) if self._scope.confirms(region) else None
        if entry is None:
            raise NoEntryError
        if entry.latest["version"] != version:
            raise ChangedMeanwhileError
        if entry.latest["state"] == state.value and note in (None, entry.latest["note"]):
            return entry
        entered = ReadinessState.ENTERED.value
        if sum(each["state"] != entered for each in entry.changes) >= MOST_JUDGEMENTS:
            raise TooMuchError(f"been judged {MOST_JUDGEMENTS} times, as often as may be")
        return await self._add(entry, state, {}, note)

    async def attach(
        self, region: str, item: ReadinessItem, name: str, type_: str, content: bytes
    ) -> Attachment:
        """Adds a file to an entry of the viewer's. Raises NoEntryError, ChangedMeanwhileError,
        TooMuchError."""
        entry = await self._find(region, item) if self.may_enter(region) else None
        if entry is None:
            raise NoEntryError
        attachments = entry.latest["attachments"]
        if len(attachments) >= MOST_ATTACHMENTS:
            told = f"the entry has {MOST_ATTACHMENTS} attachments, the most that one has"
            raise TooMuchError(told)
        await self._check_quota(region, len(content))
        id_ = await self._files.put(content)
        new = Attachment(id_, name, type_, len(content), self._scope.subject, utc_now())
        changed = {"attachments": [*attachments, asdict(new)]}
        try:
            await self._add(entry, ReadinessState.ENTERED, changed)
        except (ChangedMeanwhileError, TooMuchError):
            await self._files.discard(id_)
            raise
        return new

    async def detach(self, id_: str) -> Entry:
        """Takes an attachment off an entry of the viewer's; its history keeps it. Raises
        NoEntryError, ChangedMeanwhileError, TooMuchError."""
        wanted = plan.both(self._within, {"attachments.id": {"$eq": id_}})
        found = await self._entries.find_one(wanted, {"region": 1, "item": 1})
        if found is None or not self.may_enter(found["region"]):
            raise NoEntryError
        entry = await self._find(found["region"], ReadinessItem(found["item"]))
        attachments = entry.latest["attachments"] if entry else []
        kept = [each for each in attachments if each["id"] != id_]
        if entry is None or len(kept) == len(attachments):
            raise NoEntryError
        return await self._add(entry, ReadinessState.ENTERED, {"attachments": kept})

    async def _check_quota(self, region: str, more: int) -> None:
        """Raises TooMuchError where a local government may not attach a file of so many bytes."""
        here = plan.both(self._within, {"region": {"$eq": region}})
        shown = {"attachments.id": 1, "attachments.size": 1}
        sizes = {
            each["id"]: each["size"]
            async for change in self._entries.find(here, shown)
            for each in change["attachments"]
        }
        if len(sizes) >= MOST_FILES or sum(sizes.values()) + more > MOST_BYTES:
            most = f"{MOST_FILES} files of {MOST_BYTES >> 20} MiB together are the most"
            raise TooMuchError(f"{most} that a local government attaches, those taken off too")

    async def _find(self, region: str, item: ReadinessItem) -> Entry | None:
        wanted = {"region": {"$eq": region}, "item": {"$eq": item.value}}
        return next(iter(await self._read(wanted)), None)

    async def _read(self, wanted: plan.Filter) -> list[Entry]:
        found = self._entries.find(plan.both(self._within, wanted), sort=[("_id", 1)])
        entries: dict[tuple[str, str], Entry] = {}
        async for change in found:
            key = change["region"], change["item"]
            new = Entry(change["region"], ReadinessItem(change["item"]), [])
            entries.setdefault(key, new).changes.append(change)
        return [*entries.values()]

    async def _add(
        self, entry: Entry, state: ReadinessState, changed: Document, note: str | None = None
    ) -> Entry:
        before: Document = entry.latest if entry.changes else {"version": 0}
        version = before["version"] + 1
        if version > MOST_CHANGES:
            raise TooMuchError(f"the entry has {MOST_CHANGES} changes, the most that one has")
        province, district = place_of(entry.region)
        change = {
            **before,
            **changed,
            # Padded, so that the order of ids is that of versions.
            "_id": f"{entry.region}/{entry.item.value}/{version:0{_WIDTH}}",
            "province": province,
            "district": district,
            "region": entry.region,
            "item": entry.item.value,
            "version": version,
            "state": state.value,
            "note": note,
            "by": self._scope.subject,
            "at": utc_now(),
        }
        try:
            await self._entries.insert_one(change)
        except DuplicateKeyError:
            raise ChangedMeanwhileError from None
        return Entry(entry.region, entry.item, [*entry.changes, change])


def _stored(statement: Statement) -> Document:
    signed_on = statement.signed_on and statement.signed_on.isoformat()
    return {**asdict(statement), "signed_on": signed_on, "channels": [*statement.channels]}
