"""A hostile channel: speaks as a connector's YAML expects, and fails as real channels do."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs
from xml.etree.ElementTree import Element, SubElement, tostring

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.connectors.http.config import Cursor, PageNumber, Paginator
from hub.connectors.lists.endpoint import START, Endpoint
from hub.connectors.open311 import MOST_ROWS, Requests
from hub.connectors.rest_api import RestResource
from hub.grade.records import CannotGradeError, Row, put

PAGE_ROWS = 500
REPEATED_ROWS = 5
"""Rows of the page before that a page begins with: the list moved while it was read."""

_STORM, _ERROR_BODY, _CUT, _SAME_PAGE = "storm", "error", "cut", "same"
FAULTS = {4: _STORM, 5: _STORM, 8: _ERROR_BODY, 12: _CUT, 16: _SAME_PAGE, 22: _STORM, 27: _CUT}
"""The number of an answer → what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of one answer, and the cursor of the next."""

    rows: list[Row]
    next: str | None
    first: bool


class HostileChannel:
    """Serves `rows` of one resource, an ASGI application."""

    def __init__(self, resource: RestResource | Requests) -> None:
        """Raises CannotGradeError for a resource of which no channel can be made."""
        if isinstance(resource, RestResource):
            endpoint = resource.endpoint
            for key, stated in (("json", endpoint.json_), ("is_success", endpoint.is_success)):
                if stated is not None:
                    raise CannotGradeError(f"{key}: no channel can be made that heeds it.")
        self.rows: list[Row] = []
        self._resource = resource
        self._asked = 0
        self._last: Page | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers as the ASGI protocol has it."""
        if scope["type"] != "http":
            return
        answer = self._answer(Request(scope))
        await answer(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        query = {name: values[0] for name, values in parse_qs(request.url.query).items()}
        resource = self._resource
        if isinstance(resource, Requests) and "services." in request.url.path:
            return Response(_open311(resource.format, "service", [{"service_code": "x"}]))
        self._asked += 1
        fault = FAULTS.get(self._asked)
        if fault == _STORM:
            return Response(b"slow down", 429, {"Retry-After": "0"})
        if fault == _ERROR_BODY:
            return Response(b'{"error": "database is locked"}')
        page = self._page(query)
        if fault == _SAME_PAGE and not page.first and self._last:
            page = self._last
        self._last = page
        records = [row.record for row in page.rows]
        if isinstance(resource, Requests):
            body = _open311(resource.format, "request", records)
        else:
            body = _rest(resource, records, page.next)
        return Response(body[: len(body) // 2] if fault == _CUT else body)

    def _page(self, query: dict[str, str]) -> Page:
        resource = self._resource
        paginator: Paginator | None
        if isinstance(resource, Requests):
            paginator, rows = resource.paginator, self._of_window(query)
        else:
            paginator, rows = resource.endpoint.paginator, self._since(resource.endpoint, query)
        if isinstance(paginator, PageNumber):
            start = (int(query[paginator.page_param]) - paginator.base_page) * PAGE_ROWS
        elif isinstance(paginator, Cursor):
            start = int(query.get(paginator.cursor_param, 0))
        else:
            most = MOST_ROWS if isinstance(resource, Requests) else len(rows)
            return Page(rows[:most], None, first=True)
        end = start + PAGE_ROWS
        if start >= len(rows):
            return Page([], None, first=False)
        overlapping = rows[max(start - REPEATED_ROWS, 0) : end]
        return Page(overlapping, str(end) if end < len(rows) else None, first=start == 0)

    def _of_window(self, query: dict[str, str]) -> list[Row]:
        start, end = query.get("start_date"), query.get("end_date")
        rows = sorted(self.rows, key=lambda row: row.received)
        recheck = self._resource.recheck if isinstance(self._resource, Requests) else None
        if recheck and recheck.ids_param in query:
            ids = query[recheck.ids_param].split(",")
            return [row for row in rows if row.id in ids]
        if start and end:
            first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
            rows = [row for row in rows if first <= row.received <= last]
        return rows

    def _since(self, endpoint: Endpoint, query: dict[str, str]) -> list[Row]:
        """In the order of their change, as `row_order: asc` expects."""
        rows = sorted(self.rows, key=lambda row: row.changed)
        for name, template in endpoint.params.items():
            if START in template and endpoint.incremental:
                before, after = map(re.escape, template.split(START, 1))
                match = re.fullmatch(f"{before}(.*){after}", query.get(name, ""))
                pattern = endpoint.incremental.datetime_format
                since = _time(match[1] if match else "", pattern)
                return [row for row in rows if row.changed >= since]
        return rows


def _time(text: str, pattern: str | None) -> datetime:
    moment = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.astimezone()


def _rest(resource: RestResource, records: list[Any], next_: str | None) -> bytes:
    """The records where `data_selector` finds them, the next cursor where the paginator does."""
    path = resource.endpoint.data_selector
    if path == "$[*]":
        return orjson.dumps(records)
    if not re.fullmatch(r"\$(\.\w+)+\[\*\]", path):
        raise CannotGradeError(f"data_selector: no answer can be made for {path}.")
    document: dict[str, Any] = {}
    put(document, path[2:-3], records)
    paginator = resource.endpoint.paginator
    if isinstance(paginator, Cursor):
        put(document, paginator.cursor_path, next_)
    return orjson.dumps(document)


def _open311(format_: str, element: str, records: list[dict[str, Any]]) -> bytes:
    if format_ == "json":
        return orjson.dumps(records)
    root = Element(f"{element}s")
    for record in records:
        item = SubElement(root, element)
        for name, value in record.items():
            SubElement(item, name).text = value
    return bytes(tostring(root))
