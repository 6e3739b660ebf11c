"""Walking through the pages of an HTTP resource."""

from collections.abc import AsyncGenerator, Callable
from copy import deepcopy
from typing import Any, NamedTuple

from hub.connectors.base import ChannelError
from hub.connectors.http.client import Answer, ChannelClient, Question, Read
from hub.connectors.http.config import (
    Cursor,
    HeaderLink,
    JsonLink,
    Offset,
    PageNumber,
    Paginator,
    SinglePage,
)
from hub.connectors.http.errors import IgnoredError
from hub.connectors.lists.more import sign_of_more
from hub.connectors.mapping.paths import getter, put


async def pages(
    client: ChannelClient,
    question: Question,
    paginator: Paginator | None,
    read: Read,
    records: Callable[[object], list[object]],
) -> AsyncGenerator[list[object], None]:
    """The records of each page, until the paginator's end.

    A server that answers every page with the same one would never end, and one that repeats a
    cursor or a link neither: both raise ChannelError. So does an answer that tells of a next page
    where no paginator is stated: what is left out would be missed by nobody.
    """
    walk = _walk(question, paginator)
    while walk.question is not None:
        try:
            answer = await client.ask(walk.question, read)
        except IgnoredError:
            return
        found = records(answer.document)
        walk.go_on(_Page(answer, found))
        if found or not isinstance(walk, _Count):
            yield found


class _Page(NamedTuple):
    answer: Answer
    records: list[object]


class _Walk:
    """What to ask next, `question` being None at the end. This one asks once."""

    def __init__(self, question: Question) -> None:
        self.path = question.path
        self.question: Question | None = question
        self._seen: set[str] = set()

    def go_on(self, _: _Page, /) -> None:
        """Turns to what comes after an answer. Raises ChannelError if that would not end."""
        self.question = None

    def once(self, what: str, name: object) -> str:
        """A cursor or link that was not there before."""
        if str(name) in self._seen:
            raise ChannelError(f"{self.path} names the {what} {name!r} twice; it would not end.")
        self._seen.add(str(name))
        return str(name)


class _Unstated(_Walk):
    def go_on(self, page: _Page, /) -> None:
        answer = page.answer
        sign = sign_of_more(answer.document, len(page.records))
        if "next" in answer.links:
            sign = "its header Link names a next page"
        if sign:
            raise ChannelError(
                f"{self.path} answered with one page of several: {sign}. State its `paginator`, or "
                "`paginator: {type: single_page}` if this is all."
            )
        super().go_on(page)


class _Count(_Walk):
    def __init__(self, question: Question, by: PageNumber | Offset) -> None:
        super().__init__(question)
        self._by = by
        self._total = getter(by.total_path) if by.total_path else None
        self._last: list[object] | None = None
        self._number = self._first = by.base_page if isinstance(by, PageNumber) else by.offset
        self._param = by.page_param if isinstance(by, PageNumber) else by.offset_param
        self._place = by.page_body_path if isinstance(by, PageNumber) else by.offset_body_path
        if isinstance(by, Offset):
            question = _with(question, by.limit_param, by.limit_body_path, by.limit)
        self.question = self._at(question)

    def _at(self, question: Question) -> Question:
        return _with(question, self._param, self._place, self._number)

    def go_on(self, page: _Page, /) -> None:
        found = page.records
        if found and found == self._last:
            raise ChannelError(
                f"{self.path} answers each {self._place or self._param} with the same records; "
                "it does not page by number."
            )
        self._last = found
        # A server may give fewer records than it was asked for.
        self._number += 1 if isinstance(self._by, PageNumber) else len(found)
        ended = self._ended(page.answer.document, found)
        self.question = None if ended or not self.question else self._at(self.question)

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
    def __init__(self, question: Question, by: Cursor) -> None:
        super().__init__(question)
        self._asked = question
        self._by = by
        self._get = getter(by.cursor_path)

    def go_on(self, page: _Page, /) -> None:
        cursor = self._get(page.answer.document)
        if cursor in (None, ""):
            self.question = None
            return
        self.once("cursor", cursor)
        by = self._by
        self.question = _with(self._asked, by.cursor_param, by.cursor_body_path, cursor)


class _Links(_Walk):
    def __init__(self, question: Question, by: HeaderLink | JsonLink) -> None:
        super().__init__(question)
        self._asked = question
        self._rel = by.links_next_key if isinstance(by, HeaderLink) else None
        self._get = getter(by.next_url_path) if isinstance(by, JsonLink) else None

    def go_on(self, page: _Page, /) -> None:
        answer = page.answer
        link = self._get(answer.document) if self._get else answer.links.get(self._rel or "")
        if link in (None, ""):
            self.question = None
            return
        target = answer.follow(self.once("link", link))
        self.question = self._asked._replace(path=target, params={})


def _with(question: Question, param: str, place: str | None, value: Any) -> Question:
    """The question with a value at a place in its body, else as a parameter."""
    if place is None:
        return question._replace(params={**question.params, param: str(value)})
    body = deepcopy(question.json or {})
    put(body, place, value)
    return question._replace(json=body)


def _walk(question: Question, paginator: Paginator | None) -> _Walk:
    match paginator:
        case PageNumber() | Offset():
            return _Count(question, paginator)
        case Cursor():
            return _Cursors(question, paginator)
        case HeaderLink() | JsonLink():
            return _Links(question, paginator)
        case SinglePage():
            return _Walk(question)
        case None:
            return _Unstated(question)
