"""Parts of a complaint that a service keeps in lists of their own, such as its replies."""

from collections.abc import Sequence
from contextlib import aclosing
from typing import Any, Self

import anyio
import orjson
from pydantic import model_validator

from hub.connectors.base import ChannelError, Record, Undecodable
from hub.connectors.config import Slug
from hub.connectors.http.client import ChannelClient
from hub.connectors.lists.endpoint import Endpoint
from hub.connectors.lists.listing import listed
from hub.connectors.mapping.paths import getter
from hub.connectors.vocabulary import Vocabulary

_AT_ONCE = 4
_MOST_PARTS = 1000
_MOST_BYTES = 1024 * 1024
RECORDS_AT_ONCE = 100
"""So many records with their parts are held in memory."""


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


async def _with(
    client: ChannelClient, record: Record | Undecodable, part: Part
) -> Record | Undecodable:
    """The record with a list under its name; as it is where it lacks what to ask with. One whose
    list is too long can't be read as a whole."""
    if isinstance(record, Undecodable):
        return record
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
    found, size = list[Any](), 0
    async with aclosing(listed(client, part.endpoint, values)) as pages:
        async for page in pages:
            found += page.records
            size += len(_as_bytes(page.records))
            if len(found) > _MOST_PARTS or size > _MOST_BYTES:
                told = f"has more than {_MOST_PARTS:,} {part.name}, or of more than 1 MiB"
                return Undecodable(_as_bytes(record), told)
    return {**record, part.name: found}


def _as_bytes(value: object) -> bytes:
    """The value as JSON, empty where it is nested too deeply; ingest refuses such a record."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return b""
