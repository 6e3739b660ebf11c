"""Changes of complaints as clients see them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import strawberry

from hub.domain.change import ChangeKind
from hub.domain.reading import Reading
from hub.schema.source import attribute, awaited, derived, output
from hub.schema.types.complaint import Complaint
from hub.schema.types.node import global_id
from hub.store.feed import Change


@dataclass(frozen=True, slots=True)
class Heard:
    """What a viewer hears of a change; `read` finds the complaint as they may see it, and tells
    `reading` of it."""

    change: Change
    kind: ChangeKind
    reading: Reading
    read: Callable[[Change, Reading], Awaitable[Any]]

    @property
    def id(self) -> str:
        """The complaint's."""
        return self.change.id

    async def complaint(self) -> Any:
        """The complaint. Of one that is gone nothing is read."""
        return None if self.kind is ChangeKind.GONE else await self.read(self.change, self.reading)


@output
class ComplaintChange:
    """A change of a complaint that you watch."""

    id: strawberry.ID = derived(lambda h: global_id("complaint", h.id), "The complaint's id.")
    kind: ChangeKind = attribute("kind", "What became of it, as you see it.")
    complaint: Complaint | None = awaited(
        lambda heard: heard.complaint(),
        "The complaint as it is now, which may be later than this change; null where it is gone, "
        "or will be told to be in a moment.",
    )
