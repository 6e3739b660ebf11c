"""Walking through the pages of an HTTP resource."""

from collections.abc import AsyncIterator, Callable
from typing import NamedTuple

from hub.connectors.base import ChannelError
from hub.connectors.http import Answer, ChannelClient, Link
from hub.connectors.http_config import (
    Cursor,
    HeaderLink,
    JsonLink,
    Offset,
    PageNumber,
    Paginator,
    SinglePage,
)
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
    cursor or a link neither: both raise ChannelError.
    """
    walk = _walk(path, params, paginator)
    while walk.target is not None:
        try:
            answer = await client.ask(walk.target, walk.params)
        except IgnoredError:
            return
        document = decode(answer.body)
        found = records(document)
        walk.go_on(_Page(answer, document, found))
        if found or not isinstance(walk, _Count):
            yield found


class _Page(NamedTuple):
    answer: Answer
    document: object
    records: list[object]


class _Walk:
    """Where to ask next, `target` being None at the end. This one asks once."""

    def __init__(self, path: str, params: dict[str, str]) -> None:
        self.path = path
        self.target: str | Link | None = path
        self.params = dict(params)
        self._seen: set[str] = set()

    def go_on(self, _: _Page, /) -> None:
        """Turns to what comes after an answer. Raises ChannelError if that would not end."""
        self.target = None

    def once(self, what: str, name: object) -> str:
        """A cursor or link that was not there before."""
        if str(name) in self._seen:
            raise ChannelError(f"{self.path} names the {what} {name!r} twice; it would not end.")
        self._seen.add(str(name))
        return str(name)


class _Count(_Walk):
    def __init__(self, path: str, params: dict[str, str], by: PageNumber | Offset) -> None:
        super().__init__(path, params)
        self._by = by
        self._total = getter(by.total_path) if by.total_path else None
        self._last: list[object] | None = None
        self._number = self._first = by.base_page if isinstance(by, PageNumber) else by.offset
        self._param = by.page_param if isinstance(by, PageNumber) else by.offset_param
        if isinstance(by, Offset):
            self.params[by.limit_param] = str(by.limit)
        self.params[self._param] = str(self._number)

    def go_on(self, page: _Page, /) -> None:
        found = page.records
        if found and found == self._last:
            raise ChannelError(
                f"{self.path} answers each {self._param} with the same records; "
                "it does not page by number."
            )
        self._last = found
        # A server may give fewer records than it was asked for.
        self._number += 1 if isinstance(self._by, PageNumber) else len(found)
        self.params[self._param] = str(self._number)
        if self._ended(page.document, found):
            self.target = None

    def _ended(self, document: object, found: list[object]) -> bool:
        by = self._by
        if not found and (by.stop_after_empty_page or isinstance(by, Offset)):
            return True
        last = by.maximum_page if isinstance(by, PageNumber) else None
        if last is not None and self._number > last:
            return True
        if self._total is None:
            return False
        total = self._total(document)
        if not isinstance(total, int):
            raise ChannelError(f"{self.path}: {by.total_path} is no number.")
        start = self._first if isinstance(by, PageNumber) else 0
        return self._number - start >= total


class _Cursors(_Walk):
    def __init__(self, path: str, params: dict[str, str], by: Cursor) -> None:
        super().__init__(path, params)
        self._param = by.cursor_param
        self._get = getter(by.cursor_path)

    def go_on(self, page: _Page, /) -> None:
        cursor = self._get(page.document)
        if cursor in (None, ""):
            self.target = None
        else:
            self.params[self._param] = self.once("cursor", cursor)


class _Links(_Walk):
    def __init__(self, path: str, params: dict[str, str], by: HeaderLink | JsonLink) -> None:
        super().__init__(path, params)
        self._rel = by.links_next_key if isinstance(by, HeaderLink) else None
        self._get = getter(by.next_url_path) if isinstance(by, JsonLink) else None

    def go_on(self, page: _Page, /) -> None:
        answer = page.answer
        link = self._get(page.document) if self._get else answer.links.get(self._rel or "")
        if link in (None, ""):
            self.target = None
            return
        self.target, self.params = answer.follow(self.once("link", link)), {}


def _walk(path: str, params: dict[str, str], paginator: Paginator | None) -> _Walk:
    match paginator:
        case PageNumber() | Offset():
            return _Count(path, params, paginator)
        case Cursor():
            return _Cursors(path, params, paginator)
        case HeaderLink() | JsonLink():
            return _Links(path, params, paginator)
        case SinglePage() | None:
            return _Walk(path, params)
