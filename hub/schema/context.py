"""What resolvers hold while they answer: the viewer's reader, never a database."""

from asyncio import ensure_future
from collections.abc import Mapping
from typing import Any

from strawberry.types import Info

from hub.domain.scope import Permission
from hub.schema.errors import MissingPermissionError
from hub.store.store import Reader

Document = Mapping[str, Any]


class Context:
    """One for each request."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._channels: Any = None

    def need(self, permission: Permission) -> None:
        """Raises MissingPermissionError where the token lacks a permission."""
        if permission not in self.reader.scope.permissions:
            raise MissingPermissionError(permission)

    async def channels(self) -> list[Document]:
        """The viewer's channels, read once for each request."""
        if self._channels is None:
            self._channels = ensure_future(self.reader.channels.all())
        found: list[Document] = await self._channels
        return found


HubInfo = Info[Context, None]
