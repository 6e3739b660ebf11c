"""Letters of provinces to the ministry: numbered, in versions, each with the figures that it was
made of, as they were then."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

import orjson
from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.domain.clock import utc_now
from hub.domain.letter import LetterState, Wording
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.cursor import Cursors
from hub.store.files import SealedFiles
from hub.store.mongo import Database, Document
from hub.store.paging import Pager, PageRequest, Slice

MOST_VERSIONS = 50
MOST_DRAFTS = 50
"""Of a province and a year. Letters are not removed: whoever has so many sends one."""
_LATEST_FIRST = (plan.Step("at", descending=True), plan.Step("_id", descending=True))
_DRAFT: plan.Filter = {"state": {"$eq": LetterState.DRAFT.value}}


class NoLetterError(Exception):
    """There is no such letter for the viewer, or it may not be changed by them."""


class LetterSentError(Exception):
    """A letter that was sent does not change any more."""


class VersionPassedError(Exception):
    """The letter has another version than the one that was read."""


class TooManyVersionsError(Exception):
    """A letter has as many versions as one may have."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The figures of a letter as they were at a moment (UTC), and whatever gave them: the question
    and its variables, the hub, the template and the typesetter that make a page of them."""

    at: datetime
    question: str
    variables: Document
    data: Document
    hub: str
    template: str
    typesetter: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A version of a letter as it is to be made. `dated` is its day in the province's zone."""

    province: str
    first: date
    last: date
    dated: date
    wording: Wording
    frozen: Frozen


class Letters:
    """The letters that a viewer may read, and those that they may write."""

    def __init__(
        self, scope: Scope, database: Database, cursors: Cursors, files: SealedFiles
    ) -> None:
        self._scope = scope
        self._within = plan.letters(scope)
        self._own = plan.within(scope.own_letters)
        self._letters = database["letters"]
        self._pager = Pager(self._letters, scope, cursors)
        self._files = files

    def may_write(self, province: str) -> bool:
        """Whether the viewer writes the letters of a province."""
        return self._scope.own_letters.covers(province, None, "")

    async def page(self, request: PageRequest) -> Slice:
        """A page of letters, the latest first, without their figures. Raises InvalidCursorError."""
        hidden = {"versions.figures": 0}
        found = await self._pager.read(self._within, {}, _LATEST_FIRST, request, hidden)
        for letter in found.documents:
            self._hide_drafts(letter)
        return found

    async def get(self, id_: str) -> Document | None:
        """A letter by its id, with its figures; None where there is none for this viewer."""
        found = await self._letters.find_one(self._named(id_))
        return self._hide_drafts(found) if found else None

    async def sent(self, letter: Document) -> bytes:
        """What was sent, as it was then. Raises VaultError."""
        return await self._files.get(letter["file"])

    async def has_drafts_enough(self, province: str, year: int) -> bool:
        """Whether a province has as many drafts in a year as one may have."""
        of_year: plan.Filter = {"province": {"$eq": province}, "year": {"$eq": year}}
        drafts = plan.both(self._within, of_year, _DRAFT)
        return await self._letters.count_documents(drafts, limit=MOST_DRAFTS) >= MOST_DRAFTS

    async def next_number(self, province: str, year: int) -> int:
        """The number that follows the last one of a province in a year."""
        wanted: plan.Filter = {"province": {"$eq": province}, "year": {"$eq": year}}
        last = await self._letters.find_one(
            plan.both(self._within, wanted), {"number": 1}, sort=[("number", -1)]
        )
        return last["number"] + 1 if last else 1

    def made(self, draft: Draft, number: int) -> Document:
        """A letter as `add` takes it."""
        year = draft.dated.year
        return {
            "_id": f"{draft.province}-{year}-{number}",
            "province": draft.province,
            "year": year,
            "number": number,
            "state": LetterState.DRAFT.value,
            "first": draft.first.isoformat(),
            "last": draft.last.isoformat(),
            "versions": [self.version(draft, 1)],
            "by": self._scope.subject,
            "at": utc_now(),
            "sent_by": None,
            "sent_at": None,
            "file": None,
        }

    async def add(self, letter: Document) -> bool:
        """Adds a letter; False where its number was given meanwhile."""
        try:
            await self._letters.insert_one(letter)
        except DuplicateKeyError:
            return False
        return True

    async def revise(self, id_: str, version: Document) -> Document:
        """Adds a version to a letter of the viewer's. Raises NoLetterError, LetterSentError,
        VersionPassedError, TooManyVersionsError."""
        number = version["version"]
        if number > MOST_VERSIONS:
            raise TooManyVersionsError
        return await self._change(id_, number - 1, {"$push": {"versions": version}})

    async def send(self, id_: str, version: int, pdf: bytes) -> Document:
        """Sends a letter of the viewer's, if it still has this version as its last. Raises
        NoLetterError, LetterSentError, VersionPassedError."""
        file = await self._files.put(pdf)
        sent: Document = {
            "state": LetterState.SENT.value,
            "sent_by": self._scope.subject,
            "sent_at": utc_now(),
            "file": file,
        }
        try:
            return await self._change(id_, version, {"$set": sent})
        except (NoLetterError, LetterSentError, VersionPassedError):
            await self._files.discard(file)
            raise

    async def _change(self, id_: str, version: int, change: Document) -> Document:
        mine = plan.both(self._own, self._named(id_))
        same = plan.both(mine, _DRAFT, {"versions": {"$size": version}})
        after = ReturnDocument.AFTER
        changed: Document | None = await self._letters.find_one_and_update(
            same, change, return_document=after
        )
        if changed:
            return changed
        found = await self._letters.find_one(mine, {"state": 1})
        if found is None:
            raise NoLetterError
        if found["state"] == LetterState.SENT.value:
            raise LetterSentError
        raise VersionPassedError

    def version(self, draft: Draft, version: int) -> Document:
        """A version of a letter as `revise` takes it."""
        frozen = draft.frozen
        stated = {"question": frozen.question, "variables": frozen.variables, "data": frozen.data}
        return {
            "version": version,
            "dated": draft.dated.isoformat(),
            "wording": {**asdict(draft.wording), "copies": [*draft.wording.copies]},
            # As the API told them, in the order of the question.
            "figures": orjson.dumps(stated, option=orjson.OPT_NAIVE_UTC),
            "frozen_at": frozen.at,
            "hub": frozen.hub,
            "template": frozen.template,
            "typesetter": frozen.typesetter,
            "by": self._scope.subject,
            "at": utc_now(),
        }

    def _hide_drafts(self, letter: Document) -> Document:
        """Who is sent a letter sees what was sent, not how it came to be."""
        if not self._scope.letters.covers(letter["province"], None, ""):
            letter["versions"] = letter["versions"][-1:]
        return letter

    def _named(self, id_: str) -> plan.Filter:
        return plan.both(self._within, {"_id": {"$eq": id_}})
