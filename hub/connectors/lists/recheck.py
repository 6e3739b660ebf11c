"""Asking again, by id, for complaints that are still open: what changes long after receipt would
not be seen otherwise, since GeoReport v2 can't be asked for what changed."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from hub.connectors.base import ChannelError, Record
from hub.connectors.config import Text
from hub.connectors.http.errors import RefusedError
from hub.connectors.schedule import Duration
from hub.connectors.vocabulary import Vocabulary

_NOT_FOUND = 404

Ask = Callable[[Sequence[str]], Awaitable[list[Record]]]


class OpenItems(Vocabulary):
    """Which complaints are asked for again."""

    status: Annotated[list[Text], Field(min_length=1)] | Text
    """Labels of `status_mapping`; whatever is mapped to the same status is asked for too."""

    @property
    def labels(self) -> list[str]:
        """The labels, in lower case."""
        stated = [self.status] if isinstance(self.status, str) else self.status
        return [label.casefold() for label in stated]


class ById(Vocabulary):
    """Asking by id, for some at once."""

    ids_param: Text = "service_request_id"
    """The parameter that takes ids, parted by commas."""
    batch_size: Annotated[int, Field(ge=1, le=200)] = 50
    """How many ids to ask for at once."""


class Recheck(ById):
    """Asking again for open complaints, by id and some at once."""

    where: OpenItems
    """Which complaints are open."""
    interval: Annotated[Duration, Field(gt=timedelta(0))]
    """How long after one such round the next begins, at the earliest."""

    def due(self, last: str | None, now: datetime) -> bool:
        """Whether the last round began long enough ago, if there was one."""
        return last is None or now - datetime.fromisoformat(last) >= self.interval


async def asked_again(
    ids: Sequence[str], ask: Ask, id_of: Callable[[Record], str | None]
) -> AsyncGenerator[tuple[list[Record], list[str]], None]:
    """The records of these ids, and the ids of which there is none any more.

    Some servers answer 404 where one of several is unknown: then each half is asked for. Raises
    ChannelError, also where the answer holds what was not asked for.
    """
    try:
        records = await ask(ids)
    except RefusedError as error:
        if error.status != _NOT_FOUND:
            raise
        records = []
        if len(ids) > 1:
            middle = len(ids) // 2
            for half in (ids[:middle], ids[middle:]):
                async for found in asked_again(half, ask, id_of):
                    yield found
            return
    found_ids = {id_of(record) for record in records}
    if not found_ids <= {*ids}:
        raise ChannelError(
            "Asked by id, the answer holds requests that were not asked for; the server does not "
            "know `ids_param`."
        )
    yield records, [id_ for id_ in ids if id_ not in found_ids]
