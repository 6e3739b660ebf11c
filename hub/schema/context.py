"""What resolvers hold while they answer: the viewer's reader, never a database."""

from asyncio import ensure_future, shield
from collections.abc import Mapping
from typing import Any

from strawberry.types import Info

from hub.domain.reading import Reading
from hub.domain.scope import Permission
from hub.schema.errors import MissingPermissionError
from hub.store.store import Reader

Document = Mapping[str, Any]


class Context:
    """One for each request."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.reading = Reading()
        self._channels: Any = None

    def need(self, permission: Permission) -> None:
        """Raises MissingPermissionError where the token lacks a permission."""
        if permission not in self.reader.scope.permissions:
            raise MissingPermissionError(permission)

    async def channels_by_name(self) -> dict[str, Document]:
        """The viewer's channels by name and in its order, read once for each request."""
        if self._channels is None:
            self._channels = ensure_future(self.reader.channels.all())
        # Shielded: a field that is given up must not take the others' channels with it.
        return {channel["_id"]: channel for channel in await shield(self._channels)}


HubInfo = Info[Context, None]


def needs_of(info: object) -> frozenset[str] | None:
    """The stored fields that the selection reads, where that is known; None for all."""
    return getattr(info, "needs", None)
