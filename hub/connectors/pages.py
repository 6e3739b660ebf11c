"""Walking through the pages of an HTTP resource."""

from collections.abc import AsyncIterator, Callable

from hub.connectors.base import ChannelError
from hub.connectors.http import ChannelClient
from hub.connectors.http_config import Cursor, PageNumber, Paginator
from hub.connectors.http_errors import IgnoredError
from hub.connectors.paths import getter

Decode = Callable[[bytes], object]


async def pages(
    client: ChannelClient,
    path: str,
    params: dict[str, str],
    paginator: Paginator | None,
    decode: Decode,
    records: Callable[[object], list[object]],
) -> AsyncIterator[list[object]]:
    """The records of each page, until the paginator's end.

    A server that answers every page with the same one would never end, and one that repeats a
    cursor neither: both raise ChannelError.
    """
    params = dict(params)
    last: list[object] | None = None
    seen: set[str] = set()
    next_cursor = getter(paginator.cursor_path) if isinstance(paginator, Cursor) else None
    number = paginator.base_page if isinstance(paginator, PageNumber) else 0
    while True:
        if isinstance(paginator, PageNumber):
            params[paginator.page_param] = str(number)
        try:
            document = decode(await client.get(path, params))
        except IgnoredError:
            return
        found = records(document)
        if isinstance(paginator, PageNumber):
            if not found:
                return
            if found == last:
                raise ChannelError(
                    f"{path} answers each {paginator.page_param} with the same records; "
                    "it does not page by number."
                )
            number, last = number + 1, found
        yield found
        if isinstance(paginator, Cursor) and next_cursor:
            cursor = next_cursor(document)
            if cursor in (None, ""):
                return
            if str(cursor) in seen:
                raise ChannelError(f"{path} names the cursor {cursor!r} twice; it would not end.")
            seen.add(str(cursor))
            params[paginator.cursor_param] = str(cursor)
        elif not isinstance(paginator, PageNumber):
            return
