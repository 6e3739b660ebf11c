"""What a province does with its letters: it drafts, revises and sends them; the ministry reads what
was sent. Figures are asked once for each version, within the province, and frozen."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from importlib.metadata import version as version_of
from importlib.resources import files
from typing import Any

from hub.domain.clock import utc_now
from hub.domain.indicators import Period
from hub.domain.letter import LetterError, LetterState, Wording, check_letter, check_sent
from hub.domain.region import regions
from hub.domain.scope import Grant, Permission, Role, Scope, narrowed
from hub.oversight.letters.page import marked, page_of
from hub.oversight.letters.typesetting import TEMPLATE, TYPESETTER, UnshownError, typeset
from hub.store.letters import (
    MOST_DRAFTS,
    MOST_VERSIONS,
    Draft,
    Frozen,
    LetterSentError,
    NoLetterError,
    TooManyVersionsError,
    VersionPassedError,
)
from hub.store.mongo import Document
from hub.store.store import Store

Ask = Callable[[Scope, str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""The data that a document gets within a scope, given its variables. Raises AskError."""
_TRIES = 50


class AskError(Exception):
    """The figures of a letter can't be had; the text says why, `code` what kind of error it is."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class NumberTakenError(Exception):
    """So many letters of one province are begun at once that this one got no number."""


@dataclass(frozen=True, slots=True)
class Pdf:
    """A letter as it is handed out."""

    name: str
    content: bytes


class LetterDesk:
    """Does what a viewer asks for with letters; those of others do not exist for them."""

    def __init__(self, scope: Scope, store: Store, ask: Ask) -> None:
        self._scope = scope
        self._letters = store.reader(scope).letters
        self._ask = ask

    async def create(self, province: str, first: date, last: date, wording: Wording) -> Document:
        """A draft under the next number of the province's year. Raises LetterError, AskError,
        NumberTakenError."""
        check_letter(province, first, last, wording, utc_now())
        if not self._letters.may_write(province):
            raise LetterError("province", "is not one whose letters you write")
        year = _today(province).year
        if await self._letters.has_drafts_enough(province, year):
            told = f"has {MOST_DRAFTS} drafts of {year}, the most that one has: send some of them"
            raise LetterError("province", told)
        draft = await self._draft(province, first, last, wording)
        number = await self._letters.next_number(province, draft.dated.year)
        letter = self._letters.made(draft, number)
        # What can't be made into a page is not kept.
        await self._typeset(letter, letter["versions"][-1], draft=True)
        for _ in range(_TRIES):
            if await self._letters.add(letter):
                return letter
            number = await self._letters.next_number(province, draft.dated.year)
            letter = self._letters.made(draft, number)
        raise NumberTakenError

    async def revise(self, id_: str, version: int, wording: Wording | None) -> Document:
        """Another version of a draft, with the figures of now and, where it is given, another
        wording; `version` is the one that was read. Raises LetterError, AskError."""
        letter = await self._own(id_, version)
        latest = letter["versions"][-1]
        said = wording or _wording(latest["wording"])
        first, last = (date.fromisoformat(letter[end]) for end in ("first", "last"))
        check_letter(letter["province"], first, last, said, utc_now())
        draft = await self._draft(letter["province"], first, last, said)
        new = self._letters.version(draft, version + 1)
        await self._typeset(letter, new, draft=True)
        with _told():
            return await self._letters.revise(id_, new)

    async def send(self, id_: str, version: int) -> Document:
        """Sends a draft to the ministry as it was read in a version; it does not change any more.
        Raises LetterError."""
        letter = await self._own(id_, version)
        said = _wording(letter["versions"][-1]["wording"])
        check_sent(letter["province"], date.fromisoformat(letter["last"]), said, utc_now())
        pdf = await self._typeset(letter, letter["versions"][-1], draft=False)
        with _told():
            return await self._letters.send(id_, version, pdf)

    async def pdf(self, id_: str, version: int | None = None) -> Pdf | None:
        """A version of a letter, the last one unless told; None where there is none for this
        viewer. Of one that was sent, what was sent then."""
        letter = await self._letters.get(id_)
        if letter is None:
            return None
        latest = letter["versions"][-1]
        wanted = latest["version"] if version is None else version
        found = next((each for each in letter["versions"] if each["version"] == wanted), None)
        if found is None:
            return None
        if found is latest and letter["state"] == LetterState.SENT.value:
            return Pdf(f"surat-{id_}.pdf", await self._letters.sent(letter))
        content = await self._typeset(letter, found, draft=True)
        return Pdf(f"surat-{id_}-konsep-{wanted}.pdf", content)

    async def _own(self, id_: str, version: int) -> Document:
        """A draft of the viewer's that still has this version as its last. Raises LetterError."""
        letter = await self._letters.get(id_)
        with _told():
            if letter is None or not self._letters.may_write(letter["province"]):
                raise NoLetterError
            if letter["state"] == LetterState.SENT.value:
                raise LetterSentError
            if letter["versions"][-1]["version"] != version:
                raise VersionPassedError
        return letter

    async def _draft(self, province: str, first: date, last: date, wording: Wording) -> Draft:
        within = Grant(Role.PROVINCE, (province,))
        scope = replace(
            self._scope,
            grants=narrowed(self._scope.grants, [within]),
            permissions=self._scope.permissions - {Permission.COMPLAINTS_PII},
        )
        until = {"to": last.isoformat()}
        variables = {
            "province": province,
            "period": {"from": first.isoformat(), **until},
            "year": {"from": date(last.year, 1, 1).isoformat(), **until},
            # Who was active is known of whole months alone.
            "wholeMonths": Period(first, last).has_whole_months,
            # For whoever asks again, as it was then.
            "asOf": None,
        }
        data = await self._ask(scope, _question(), variables)
        now = utc_now()
        hub = version_of("complaint-hub")
        frozen = Frozen(now, _question(), variables, data, hub, TEMPLATE, TYPESETTER)
        return Draft(province, first, last, _today(province), wording, frozen)

    async def _typeset(self, letter: Document, version: Document, *, draft: bool) -> bytes:
        page = page_of(letter, version, draft=draft)
        try:
            return await typeset(version["template"], page)
        except UnshownError as error:
            for name, stated in version["wording"].items():
                if error.signs & set("".join(stated or "")):
                    told = f"can't be shown in a letter: {error}"
                    raise LetterError(f"wording.{name}", told) from None
            # Of what channels call things nobody here is to blame.
            return await typeset(version["template"], marked(page, error.signs))


def _today(province: str) -> date:
    """The day by the clocks of a province, which is known to be one."""
    region = regions().get(province)
    assert region  # noqa: S101 - checked before
    return region.day_of(utc_now())


@cache
def _question() -> str:
    """What is asked for the figures of a letter."""
    return (files("hub.oversight.letters") / "question.graphql").read_text(encoding="utf-8")


def _wording(stored: Document) -> Wording:
    return Wording(**{**stored, "copies": tuple(stored["copies"])})


@contextmanager
def _told() -> Iterator[None]:
    """Tells a client why a letter does not change."""
    try:
        yield
    except NoLetterError:
        raise LetterError("id", "there is no letter of this id that you write") from None
    except LetterSentError:
        raise LetterError("id", "was sent, and does not change any more") from None
    except VersionPassedError:
        told = "is not the last one any more; read the letter again"
        raise LetterError("version", told) from None
    except TooManyVersionsError:
        told = f"has {MOST_VERSIONS} versions, the most that a letter has"
        raise LetterError("id", told) from None
