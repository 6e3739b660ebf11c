"""Parts of a complaint that a service keeps in lists of their own, such as its replies."""

from collections.abc import Sequence
from typing import Any, Self

import anyio
from pydantic import model_validator

from hub.connectors.base import ChannelError, Record
from hub.connectors.config import Slug
from hub.connectors.endpoint import Endpoint
from hub.connectors.http import ChannelClient
from hub.connectors.listing import listed
from hub.connectors.paths import getter
from hub.connectors.vocabulary import Vocabulary

_AT_ONCE = 4
_MOST_PARTS = 1000


class Part(Vocabulary):
    """A list that is asked for with each record of another, and becomes part of that record."""

    name: Slug
    """The key under which the list stands in the record."""
    endpoint: Endpoint
    """Where the list is: with {resources.complaints.id} in path, params or json."""

    @model_validator(mode="after")
    def _of_one_list(self) -> Self:
        if len({parent for parent, _ in self.endpoint.of_records.values()}) != 1:
            raise ValueError("endpoint: a part belongs to the records of one resource")
        for word in ("incremental", "total_selector"):
            if getattr(self.endpoint, word) is not None:
                raise ValueError(f"endpoint.{word}: a part is read whole, with its record")
        return self

    @property
    def parent(self) -> str:
        """The resource whose records it belongs to."""
        return next(parent for parent, _ in self.endpoint.of_records.values())


async def with_parts(client: ChannelClient, records: list[Any], parts: Sequence[Part]) -> list[Any]:
    """The records with their parts, a few asked for at a time. Raises ChannelError."""
    if not parts:
        return records
    whole = [*records]
    limit, failures = anyio.CapacityLimiter(_AT_ONCE), list[ChannelError]()

    async def complete(number: int) -> None:
        try:
            async with limit:
                for part in parts:
                    whole[number] = await _with(client, whole[number], part)
        except ChannelError as error:
            failures.append(error)
            group.cancel_scope.cancel()

    async with anyio.create_task_group() as group:
        for number in range(len(records)):
            group.start_soon(complete, number)
    if failures:
        raise failures[0]
    return whole


async def _with(client: ChannelClient, record: Record, part: Part) -> Record:
    """The record with a list under its name; as it is where it lacks what to ask with."""
    if part.name in record:
        raise ChannelError(
            f"{part.name}: records of {part.parent} have a field of this name; choose another one."
        )
    values = {
        placeholder: "" if (value := getter(path)(record)) is None else str(value)
        for placeholder, (_, path) in part.endpoint.of_records.items()
    }
    # A path of dots would be asked elsewhere, with our credentials.
    if not all(value.strip(".") for value in values.values()):
        return record
    found: list[Any] = []
    async for page in listed(client, part.endpoint, values):
        found += page.records
        if len(found) > _MOST_PARTS:
            raise ChannelError(f"{part.name}: a record has more than {_MOST_PARTS:,} of them.")
    return {**record, part.name: found}
