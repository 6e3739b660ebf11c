"""A hostile channel: speaks as a connector's YAML expects, and fails as real channels do."""

from collections import Counter
from dataclasses import replace
from enum import StrEnum

import orjson

from hub.grade.records import Row
from hub.grade.shapes import Page, Shape
from hub.grade.wire import Answer, Asked, BreakOff

PAGE_ROWS = 500
REPEATED_ROWS = 5
"""Rows of the page before that a page begins with: the list moved while it was read."""
TOKEN_PATH = "/oauth/token"  # noqa: S105 - where one is given
_TOKEN = orjson.dumps({"access_token": "graded", "token_type": "bearer", "expires_in": 3600})


class Fault(StrEnum):
    """What can be wrong with an answer."""

    STORM = "429 with Retry-After"
    BUSY = "503 without Retry-After"
    ERROR_BODY = "200 with an error in the body"
    CUT_LENGTH = "connection closed in a body of stated length"
    CUT_CHUNKED = "connection closed in a body of chunks"
    HALF = "half a body that ends as a whole one"
    SAME_PAGE = "one page for another"


FAULTS = {
    2: Fault.CUT_LENGTH,
    4: Fault.STORM,
    5: Fault.BUSY,
    6: Fault.BUSY,
    8: Fault.ERROR_BODY,
    10: Fault.CUT_CHUNKED,
    12: Fault.HALF,
    15: Fault.SAME_PAGE,
    19: Fault.CUT_LENGTH,
}
"""The number of an answer → what is wrong with it."""
_INSTEAD = {
    Fault.STORM: Answer(b"slow down", 429, {"Retry-After": "0"}),
    Fault.BUSY: Answer(b"busy", 503),
    Fault.ERROR_BODY: Answer(b'{"error": "database is locked"}'),
}
_BREAKS = {Fault.CUT_LENGTH: BreakOff.LENGTH, Fault.CUT_CHUNKED: BreakOff.CHUNKED}


class HostileChannel:
    """Serves `rows` of one resource, so many on a page."""

    def __init__(self, shape: Shape, page_rows: int = PAGE_ROWS) -> None:
        """Raises CannotGradeError for a resource of which no channel can be made."""
        self.rows: list[Row] = []
        self.met: Counter[Fault] = Counter()
        self._shape = shape
        self._page_rows = page_rows
        self._asked = 0
        self._last: Page | None = None
        shape.answer(Page([], 0, None, 0, page_rows), Asked("", {}, None))

    def answer(self, asked: Asked) -> Answer:
        """What the channel says to a request."""
        if asked.path == TOKEN_PATH:
            return Answer(_TOKEN)
        if aside := self._shape.aside(asked):
            return aside
        self._asked += 1
        page, fault = self._page(asked), FAULTS.get(self._asked)
        if fault is Fault.SAME_PAGE and (page.start == 0 or self._last is None):
            fault = None
        if fault is None:
            self._last = page
            return self._shape.answer(page, asked)
        self.met[fault] += 1
        return self._faulty(fault, page, asked)

    def _faulty(self, fault: Fault, page: Page, asked: Asked) -> Answer:
        if instead := _INSTEAD.get(fault):
            return instead
        if fault is Fault.SAME_PAGE and self._last:
            return self._shape.answer(self._last, asked)
        whole = self._shape.answer(page, asked)
        if breaks := _BREAKS.get(fault):
            return replace(whole, breaks=breaks)
        return replace(whole, body=whole.body[: len(whole.body) // 2])

    def _page(self, asked: Asked) -> Page:
        rows = self._shape.of(self.rows, asked)
        place = self._shape.place(asked, self._page_rows)
        if place is None:
            most = self._shape.cut_off or len(rows)
            return Page(rows[:most], 0, None, len(rows), max(len(rows), 1))
        start, size = place
        repeated = min(REPEATED_ROWS, size // 2) if start else 0
        if self._shape.shifts:
            # Who counts records counts those that come again, too.
            end, more = start + size - repeated, min(REPEATED_ROWS, size // 2)
            total = len(rows) + (more if len(rows) > size else 0)
            return Page(rows[start - repeated : end], start, end, total, size)
        end = start + size
        found = rows[start - repeated : end] if start < len(rows) else []
        return Page(found, start, end if end < len(rows) else None, len(rows), size)
