"""Lists of a GeoReport v2 server, window by window: what it cuts off is asked for in halves."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from hub.connectors.base import ChannelError
from hub.connectors.http.client import ChannelClient, Question
from hub.connectors.http.config import PageNumber
from hub.connectors.lists.open311_rows import listed, rows_of
from hub.connectors.lists.pages import pages

MOST_ROWS = 1000
"""GeoReport v2 cuts an answer off after this many rows, and does not say so."""

CUT_OFF = (
    f"The answer holds {MOST_ROWS} rows, so the server cut it off and some would be lost. "
    "State `incremental` with a smaller `step`, or the server's `paginator`."
)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of a server: where it is, and what it is made of."""

    path: str
    format: str
    element: str
    paginator: PageNumber | None = None


async def answers(
    client: ChannelClient, listing: Listing, params: dict[str, str]
) -> AsyncIterator[list[Any]]:
    """The rows of each answer. Raises ChannelError."""
    decode = partial(rows_of, listing.format, listing.element)
    question = Question(f"{listing.path}.{listing.format}", params)
    async for rows in pages(client, question, listing.paginator, decode, listed):
        yield rows


async def within(
    client: ChannelClient,
    listing: Listing,
    params: dict[str, str],
    start: datetime,
    end: datetime,
) -> AsyncIterator[list[Any]]:
    """The rows of a window, in halves where the server cut the answer off. Raises ChannelError."""
    asked = {**params, "start_date": _timestamp(start), "end_date": _timestamp(end)}
    async for rows in answers(client, listing, asked):
        if len(rows) < MOST_ROWS or listing.paginator:
            yield rows
            continue
        middle = start + (end - start) / 2
        if end - start <= timedelta(seconds=1):
            raise ChannelError(CUT_OFF)
        for half in ((start, middle), (middle, end)):
            async for of_half in within(client, listing, params, *half):
                yield of_half


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
