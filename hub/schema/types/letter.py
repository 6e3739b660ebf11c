"""Letters of provinces, as the API tells of them."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import orjson
import strawberry
from strawberry.scalars import JSON

from hub.domain.letter import LetterState, Wording
from hub.domain.plain_text import stripped
from hub.domain.region import regions
from hub.schema.source import derived, input_object, output, stored
from hub.schema.types.region import Region


def _usual(description: str) -> str | None:
    found: str | None = strawberry.field(default=None, description=description)
    return found


@input_object
class LetterWording:
    """What stands in a letter beside its figures; what is usual unless told."""

    office: str | None = _usual("The office in the letterhead: Sekretariat Daerah.")
    address: str | None = _usual("The address in the letterhead; none.")
    code: str | None = _usual("The classification code that the number begins with; none.")
    place: str | None = _usual("Where it is written: the province's capital.")
    signer_title: str | None = _usual(
        "In what office it is signed, in one or two lines; needed to send it."
    )
    signer: str | None = _usual("Who signs it; needed to send it.")
    signer_rank: str | None = _usual("The signer's rank; none.")
    signer_id: str | None = _usual("The signer's number (NIP); needed to send it.")
    remarks: str | None = _usual("What the province adds, up to 4,000 letters.")
    copies: list[str] | None = strawberry.field(
        default=None, description="Who gets a copy (tembusan), up to 20."
    )

    @property
    def stated(self) -> Wording:
        """As the domain has it."""
        return Wording(
            stripped(self.office),
            stripped(self.address),
            stripped(self.code),
            stripped(self.place),
            stripped(self.signer_title),
            stripped(self.signer),
            stripped(self.signer_rank),
            stripped(self.signer_id),
            stripped(self.remarks),
            tuple(name.strip() for name in self.copies or ()),
        )


@output
class LetterVersion:
    """A letter as it was at one time."""

    version: int = stored("version", "Counts the versions of a letter from 1.")
    dated: date = stored("dated", "The day that stands in it.", date.fromisoformat)
    frozen_at: datetime = stored("frozen_at", "The moment that its figures are of.")
    hub: str = stored("hub", "The version of the hub that gave them.")
    template: str = stored("template", "The template that makes a page of them.")
    typesetter: str = stored("typesetter", "What made the page when it was drafted.")
    by: str = stored("by", "The client that made it.")
    at: datetime = stored("at", "When.")


@output
class Letter:
    """A letter of a province to the ministry on the outcome of its monitoring."""

    id: strawberry.ID = stored("_id", "Province, year and number: 73-2026-1.")
    province: Region = stored("province", "Whose letter it is.", lambda code: regions().get(code))
    year: int = stored("year", "The year that its number is of.")
    number: int = stored("number", "Its number among the province's of the year.")
    state: LetterState = stored("state", "How far it is.", LetterState)
    first: date = stored("first", "The first day that it is about.", date.fromisoformat)
    last: date = stored("last", "The last day that it is about.", date.fromisoformat)
    versions: list[LetterVersion] = stored(
        "versions", "Each of them, the first one first; for whom it was sent to, that one alone."
    )
    by: str = stored("by", "The client that began it.")
    at: datetime = stored("at", "When.")
    sent_by: str | None = stored("sent_by", "The client that sent it.")
    sent_at: datetime | None = stored("sent_at", "When it was sent; null for a draft.")
    link: str = derived(
        lambda letter: f"/letters/{letter['_id']}.pdf",
        "Where its last version is had as PDF, below the hub's address and with a token; another "
        "one with `?version=`.",
        ("_id",),
    )


def _figure(name: str) -> Callable[[bytes], Any]:
    return lambda figures: orjson.loads(figures)[name]


@output
class LetterFigures:
    """The figures of a version of a letter as they were frozen, and the question that gave them:
    asked again it gives those of now."""

    version: int = stored("version", "The version of the letter.")
    frozen_at: datetime = stored("frozen_at", "When they were asked for.")
    question: str = stored("figures", "The GraphQL document.", _figure("question"))
    variables: JSON = stored("figures", "Its variables.", _figure("variables"))
    data: JSON = stored("figures", "What it was answered.", _figure("data"))
