"""The readiness register, as the API tells of it."""

from datetime import date, datetime
from typing import Any

import strawberry

from hub.domain.plain_text import stripped
from hub.domain.readiness import ReadinessItem, ReadinessState, Statement
from hub.domain.region import regions
from hub.schema.source import derived, input_object, output, stored
from hub.schema.types.region import Region


@input_object
class ReadinessStatement:
    """What a local government says of an item."""

    number: str | None = strawberry.field(default=None, description="Number of a decree (SK).")
    signed_on: date | None = strawberry.field(
        default=None, description="The day on which a decree was signed."
    )
    signer: str | None = strawberry.field(default=None, description="Who signed a decree.")
    description: str | None = strawberry.field(
        default=None, description="What there is, up to 2,000 letters."
    )
    channels: list[str] | None = strawberry.field(
        default=None, description="Names of channels that are integrated, up to 50."
    )

    @property
    def stated(self) -> Statement:
        """As the domain has it."""
        return Statement(
            stripped(self.number),
            self.signed_on or None,
            stripped(self.signer),
            stripped(self.description),
            tuple(name.strip() for name in self.channels or ()),
        )


@output
class Attachment:
    """A file that an entry rests on."""

    id: strawberry.ID = stored("id", "Opaque, and not to be guessed.")
    name: str = stored("name", "Its name, as it was uploaded.")
    type: str = stored("type", "Its media type, told from its content.")
    size: int = stored("size", "Its bytes.")
    by: str = stored("by", "The client that uploaded it.")
    at: datetime = stored("at", "When.")
    link: str = derived(
        lambda file: f"/readiness/attachments/{file['id']}",
        "Where it is had, below the hub's address and with a token.",
        ("id",),
    )


@output
class ReadinessChange:
    """An entry as it was entered, confirmed or returned."""

    version: int = stored("version", "Counts the changes of an entry from 1.")
    state: ReadinessState = stored("state", "How far it is.", ReadinessState)
    number: str | None = stored("statement.number", "Number of a decree (SK).")
    signed_on: date | None = stored(
        "statement.signed_on", "When a decree was signed.", date.fromisoformat
    )
    signer: str | None = stored("statement.signer", "Who signed a decree.")
    description: str | None = stored("statement.description", "What there is.")
    channels: list[str] = stored("statement.channels", "Channels that are integrated.")
    attachments: list[Attachment] = stored("attachments", "What it rests on.")
    note: str | None = stored("note", "What whoever confirmed or returned it says.")
    by: str = stored("by", "The client that changed it.")
    at: datetime = stored("at", "When.")


@output
class ReadinessEntry(ReadinessChange):
    """An item of a local government as it stands."""

    item: ReadinessItem = stored("item", "What it is about.", ReadinessItem)
    region: Region = stored("region", "The local government.", lambda code: regions().get(code))
    history: list[ReadinessChange] = stored("history", "Every change, the first one first.")


@output
class Readiness:
    """What a local government has in place to handle complaints."""

    region: Region = derived(lambda government: government[0], "The local government.")
    entries: list[ReadinessEntry] = derived(
        lambda government: government[1], "What was entered; an item without an entry is missing."
    )


Government = tuple[Any, list[Any]]
"""A region and its entries, as they are told."""
