"""What resolvers hold while they answer: the viewer's reader and desks, never a database."""

from asyncio import ensure_future, shield
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from strawberry.dataloader import DataLoader
from strawberry.types import Info

from hub.deliveries.desk import WebhookDesk
from hub.domain.reading import Reading
from hub.domain.scope import Permission
from hub.domain.working_days import Calendar
from hub.ingest.desk import Desk
from hub.oversight.desk import OversightDesk
from hub.oversight.letters.desk import LetterDesk
from hub.schema.errors import MissingPermissionError, RefusedError
from hub.schema.loaders import Loaders
from hub.store.cases import Case
from hub.store.store import Reader

MOST_CHANGES = 20

Document = Mapping[str, Any]
Admit = Callable[[str], Awaitable[None]]
"""Raises GraphQLError for a document that may not be answered later."""


@dataclass(frozen=True, slots=True)
class Desks:
    """What a viewer reads by and changes things at. It holds no state but their scope."""

    reader: Reader
    connectors: Desk
    webhooks: WebhookDesk
    oversight: OversightDesk
    letters: LetterDesk


class Context:
    """One for each request."""

    def __init__(self, desks: Desks, admit: Admit | None = None) -> None:
        """`admit` tells what the viewer's client may have done once this request has ended."""
        self.reader = desks.reader
        self._desks = desks
        self._admit = admit
        self._changes = 0
        self.reading = Reading()
        self._channels: Any = None
        self._loaders: Loaders | None = None

    def begin_again(self) -> None:
        """For the next event of a subscription: what was read for others does not count."""
        self.reading = Reading()
        self._channels = None
        self._loaders = None

    @property
    def loaders(self) -> Loaders:
        """What fields of many things are read by, made where one is."""
        if self._loaders is None:
            self._loaders = Loaders(self.reader)
        return self._loaders

    def need(self, permission: Permission) -> None:
        """Raises MissingPermissionError where the token lacks a permission."""
        if permission not in self.reader.scope.permissions:
            raise MissingPermissionError(permission)

    def desk(self) -> Desk:
        """What the viewer changes things at. Raises GraphQLError where they may change nothing,
        or have asked for too many changes at once."""
        self.need(Permission.CONNECTORS_READ)
        self.need(Permission.CONNECTORS_WRITE)
        self.count_change()
        return self._desks.connectors

    def webhooks(self) -> WebhookDesk:
        """What the viewer changes their webhooks at. Raises GraphQLError where they have asked for
        too many changes at once."""
        self.count_change()
        return self._desks.webhooks

    def oversight(self) -> OversightDesk:
        """What the viewer oversees with. Raises GraphQLError where they may not, or have asked for
        too many changes at once."""
        self.need(Permission.COMPLAINTS_READ)
        self.need(Permission.OVERSIGHT_WRITE)
        self.count_change()
        return self._desks.oversight

    async def admit(self, document: str) -> None:
        """Raises GraphQLError where a document may not be answered later on the viewer's behalf."""
        self.count_change()
        if self._admit is None:
            raise RefusedError("Nothing is done on your behalf later.", "FORBIDDEN")
        await self._admit(document)

    def letters(self) -> LetterDesk:
        """What the viewer changes letters at. Raises GraphQLError where they may change nothing, or
        have asked for too many changes at once."""
        self.need(Permission.STATISTICS_READ)
        self.need(Permission.COMPLAINTS_READ)
        self.need(Permission.LETTERS_WRITE)
        self.count_change()
        return self._desks.letters

    def count_change(self) -> None:
        """Raises GraphQLError where the viewer has asked for too many changes at once."""
        self._changes += 1
        if self._changes > MOST_CHANGES:
            told = f"A request makes {MOST_CHANGES} changes at most."
            raise RefusedError(told, "BAD_USER_INPUT")

    async def channels_by_name(self) -> dict[str, Document]:
        """The viewer's channels by name and in its order, read once for each request."""
        if self._channels is None:
            self._channels = ensure_future(self.reader.channels.all())
        # Shielded: a field that is given up must not take the others' channels with it.
        return {channel["_id"]: channel for channel in await shield(self._channels)}

    async def cases(self) -> DataLoader[str, Case | None]:
        """The cases of complaints by their ids."""
        return self.loaders.cases

    async def calendar(self) -> Calendar:
        """The working days of all places."""
        return self.reader.calendar


HubInfo = Info[Context, None]


def needs_of(info: object) -> frozenset[str] | None:
    """The stored fields that the selection reads, where that is known; None for all."""
    return getattr(info, "needs", None)
