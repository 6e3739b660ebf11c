"""What can be asked and changed of the letters of provinces."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from hub.domain.letter import LetterError, Wording
from hub.domain.scope import Permission
from hub.oversight.letters.desk import AskError, NumberTakenError
from hub.schema.context import HubInfo
from hub.schema.errors import InputError, RefusedError
from hub.schema.source import output, resolved
from hub.schema.types.connection import LetterConnection, page_request
from hub.schema.types.indicators import Period
from hub.schema.types.letter import Letter, LetterFigures, LetterWording

_ID = {"id": "Of a letter: 73-2026-1."}
_READ = {"version": "The version that you read: another one is not changed."}
_WORDING = {"wording": "What stands in it beside its figures."}
FIGURES_WEIGHT = 16_000
"""To compute its figures, were they asked for by themselves (question.graphql), of the province
with most districts."""


@output
class LetterQuery:
    """What can be asked about letters."""

    @resolved(
        LetterConnection,
        {
            "first": "How many at most: 20 unless told, up to 200.",
            "after": "An `endCursor`: what follows it.",
        },
    )
    async def letters(
        self, info: HubInfo, first: int | None = UNSET, after: str | None = UNSET
    ) -> Any:
        """Letters of your province, and those that were sent to you, the latest first."""
        info.context.need(Permission.STATISTICS_READ)
        info.context.need(Permission.COMPLAINTS_READ)
        return await info.context.reader.letters.page(page_request(first, after))

    @resolved(Letter | None, _ID)
    async def letter(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """A letter by its id; null if it does not exist for you."""
        info.context.need(Permission.STATISTICS_READ)
        info.context.need(Permission.COMPLAINTS_READ)
        return await info.context.reader.letters.get(id)

    @resolved(LetterFigures | None, _ID | {"version": "Of this version; of the last unless told."})
    async def letter_figures(
        self,
        info: HubInfo,
        id: strawberry.ID,  # noqa: A002
        version: int | None = UNSET,
    ) -> Any:
        """The figures that a letter was made of; null if it does not exist for you."""
        info.context.need(Permission.STATISTICS_READ)
        info.context.need(Permission.COMPLAINTS_READ)
        letter = await info.context.reader.letters.get(id)
        versions = letter["versions"] if letter else []
        if not isinstance(version, int):
            return versions[-1] if versions else None
        return next((each for each in versions if each["version"] == version), None)


@output
class LetterMutation:
    """What can be changed of letters."""

    @resolved(
        Letter,
        {
            "province": "Code of your province.",
            "period": "Complaints received in these days; both ends are needed.",
        }
        | _WORDING,
        weight=FIGURES_WEIGHT,
    )
    async def create_letter(
        self,
        info: HubInfo,
        province: str,
        period: Period,
        wording: LetterWording | None = UNSET,
    ) -> Any:
        """Drafts the letter of your province to the ministry on a period: with the figures of now,
        which are kept, under the next number of the year. Only your province sees a draft."""
        desk = info.context.letters()
        if period.from_ is None or period.to is None:
            raise InputError("period", "needs both its ends")
        with _told():
            said = wording.stated if wording else Wording()
            return await desk.create(province, period.from_, period.to, said)

    @resolved(Letter, _ID | _READ | _WORDING, weight=FIGURES_WEIGHT)
    async def revise_letter(
        self,
        info: HubInfo,
        id: strawberry.ID,  # noqa: A002
        version: int,
        wording: LetterWording | None = UNSET,
    ) -> Any:
        """Gives a draft of yours another version, with the figures of now; the wording stays unless
        another one is given. Earlier versions are kept."""
        with _told():
            said = wording.stated if wording else None
            return await info.context.letters().revise(id, version, said)

    @resolved(Letter, _ID | _READ)
    async def send_letter(self, info: HubInfo, id: strawberry.ID, version: int) -> Any:  # noqa: A002
        """Sends a draft of yours to the ministry, which sees it from then on. It does not change
        any more. Its period is over, and it names who signs it."""
        with _told():
            return await info.context.letters().send(id, version)


@contextmanager
def _told() -> Iterator[None]:
    """Tells a client what the desk refuses."""
    try:
        yield
    except LetterError as error:
        raise InputError(to_camel_case(error.argument), str(error)) from None
    except AskError as error:
        raise RefusedError(f"The figures can't be had: {error}", error.code) from None
    except NumberTakenError:
        told = "Many letters of this province are begun at once. Try again."
        raise RefusedError(told, "UNAVAILABLE") from None
