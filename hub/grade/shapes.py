"""The shape of a channel as a connector's YAML describes it: how it is asked and how it answers."""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode
from xml.etree.ElementTree import Element, SubElement, tostring
from zoneinfo import ZoneInfo

import orjson

from hub.connectors.graphql import GraphqlResource
from hub.connectors.http.config import (
    Cursor,
    HeaderLink,
    JsonLink,
    Offset,
    PageNumber,
    Paginator,
)
from hub.connectors.lists.endpoint import END, START
from hub.connectors.lists.incremental import Incremental
from hub.connectors.lists.open311_windows import MOST_ROWS
from hub.connectors.mapping.paths import getter
from hub.connectors.open311 import Requests
from hub.connectors.rest_api import RestResource
from hub.grade.records import CannotGradeError, Row, put
from hub.grade.wire import Answer, Asked

_FROM = "from_row"
"""The parameter of the links that this channel gives."""

Gradable = RestResource | Requests | GraphqlResource


class Page(NamedTuple):
    """Rows of one answer, which of them is the first, where the next ones begin, how many there
    are in all, and how many stand on a page."""

    rows: list[Row]
    start: int
    next: int | None
    total: int
    size: int


class Shape(ABC):
    """A kind of channel. `cut_off` is after how many rows it ends an answer that has no pages;
    where it `shifts`, rows that come in meanwhile move the later ones to a later page."""

    cut_off: int | None = None
    shifts = False

    @abstractmethod
    def of(self, rows: list[Row], asked: Asked) -> list[Row]:
        """The rows that are asked for, in the channel's order."""

    @abstractmethod
    def place(self, asked: Asked, size: int) -> tuple[int, int] | None:
        """Which row the page begins with and how many it has at most; None where all are one."""

    @abstractmethod
    def answer(self, page: Page, asked: Asked, /) -> Answer:
        """The page, as the connector reads it. Raises CannotGradeError."""

    def aside(self, _: Asked, /) -> Answer | None:
        """What is answered to a question that is not for records."""
        return None


def shape_of(resource: Gradable, zone: ZoneInfo | None, envelope: Any = None) -> Shape:
    """The channel's shape. `zone` is that of times which name none, `envelope` an answer that it
    gave, whose records are replaced. Raises CannotGradeError where none can be made."""
    match resource:
        case Requests():
            return _Open311(resource)
        case GraphqlResource():
            return _Graphql(resource, zone)
        case RestResource():
            return _Rest(resource, zone, envelope)


class _Asked(Shape):
    """A service that is asked by placeholders, and gives what changed since."""

    def __init__(
        self, template: Mapping[str, Any], words: Incremental | None, zone: ZoneInfo | None
    ) -> None:
        self._template = template
        self._words = words
        self._zone = zone

    def of(self, rows: list[Row], asked: Asked) -> list[Row]:
        """In the order that `row_order` states, else of their change."""
        words = self._words
        rows = sorted(rows, key=lambda row: row.changed, reverse=_descending(words))
        if words is None:
            return rows
        given = {"path": asked.path, "query": asked.query, "body": asked.body}
        for name, text in _read_back(self._template, given):
            moment = self._time(text, words)
            rows = [
                r for r in rows if (r.changed >= moment if name == START else r.changed <= moment)
            ]
        return rows

    def _time(self, text: str, words: Incremental) -> datetime:
        pattern = words.datetime_format
        moment = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)


class _Rest(_Asked):
    def __init__(self, resource: RestResource, zone: ZoneInfo | None, envelope: Any) -> None:
        endpoint = resource.endpoint
        template = {"path": endpoint.path, "query": endpoint.params, "body": endpoint.json_}
        super().__init__(template, endpoint.incremental, zone)
        self._endpoint = endpoint
        self._envelope = envelope if isinstance(envelope, dict) else {}
        path = endpoint.data_selector
        if path != "$[*]" and not re.fullmatch(r"\$(\.\w+)+\[\*\]", path):
            raise CannotGradeError(f"data_selector: no answer can be made for {path}.")
        if endpoint.is_success and not self._envelope:
            raise CannotGradeError(
                "is_success: no answer can be made that it holds of; give one by --sample."
            )
        if isinstance(endpoint.paginator, Offset):
            self.shifts = True

    def place(self, asked: Asked, size: int) -> tuple[int, int] | None:
        """By the paginator."""
        return _place(self._endpoint.paginator, asked, size)

    def answer(self, page: Page, asked: Asked, /) -> Answer:
        """The records where `data_selector` finds them, the next page where the paginator does."""
        endpoint, headers = self._endpoint, dict[str, str]()
        document: Any = deepcopy(self._envelope)
        records = [row.record for row in page.rows]
        by = endpoint.paginator
        link = f"?{urlencode({**asked.query, _FROM: page.next})}" if page.next else None
        if isinstance(by, HeaderLink) and link:
            headers["Link"] = f'<{link}>; rel="{by.links_next_key}"'
        if endpoint.data_selector == "$[*]":
            return Answer(orjson.dumps(records), headers=headers)
        put(document, endpoint.data_selector[2:-3], records)
        if isinstance(by, Cursor):
            put(document, by.cursor_path, None if page.next is None else str(page.next))
        elif isinstance(by, JsonLink):
            put(document, by.next_url_path, link)
        elif isinstance(by, PageNumber | Offset) and by.total_path:
            pages = -(-page.total // page.size)
            put(document, by.total_path, page.total if isinstance(by, Offset) else pages)
        if endpoint.total_selector:
            put(document, endpoint.total_selector, page.total)
        return Answer(orjson.dumps(document), headers=headers)


class _Graphql(_Asked):
    def __init__(self, resource: GraphqlResource, zone: ZoneInfo | None) -> None:
        endpoint = resource.endpoint
        super().__init__({"body": {"variables": endpoint.variables}}, endpoint.incremental, zone)
        self._endpoint = endpoint

    def place(self, asked: Asked, size: int) -> tuple[int, int] | None:
        """By the variable `after`."""
        return int(asked.body["variables"].get("after") or 0), size

    def answer(self, page: Page, _: Asked, /) -> Answer:
        """A connection, whatever the query selects of it."""
        info = {"hasNextPage": page.next is not None, "endCursor": str(page.next)}
        nodes = [row.record for row in page.rows]
        data: dict[str, Any] = {}
        put(data, self._endpoint.connection, {"nodes": nodes, "pageInfo": info})
        return Answer(orjson.dumps({"data": data}))


class _Open311(Shape):
    cut_off = MOST_ROWS

    def __init__(self, resource: Requests) -> None:
        self._resource = resource

    def aside(self, asked: Asked, /) -> Answer | None:
        """Its services."""
        if "services." not in asked.path:
            return None
        return Answer(_open311(self._resource.format, "service", [{"service_code": "x"}]))

    def of(self, rows: list[Row], asked: Asked) -> list[Row]:
        """By the time of receipt, or of the update, or of these ids."""
        rows = sorted(rows, key=lambda row: row.received)
        for by in (self._resource.recheck, self._resource.updates):
            if by and by.ids_param in asked.query:
                ids = asked.query[by.ids_param].split(",")
                return [row for row in rows if row.id in ids]
        start, end = asked.query.get("start_date"), asked.query.get("end_date")
        if start and end:
            first, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
            if self._are_updates(asked):
                return [row for row in rows if row.id and first <= row.changed <= last]
            rows = [row for row in rows if first <= row.received <= last]
        return rows

    def place(self, asked: Asked, size: int) -> tuple[int, int] | None:
        """By the number of the page, where the server has pages."""
        return _place(self._resource.paginator, asked, size)

    def answer(self, page: Page, asked: Asked, /) -> Answer:
        """A list of requests, or of updates."""
        if self._are_updates(asked):
            updates = [{"service_request_id": row.id} for row in page.rows]
            return Answer(_open311(self._resource.format, "request_update", updates))
        records = [row.record for row in page.rows]
        return Answer(_open311(self._resource.format, "request", records))

    def _are_updates(self, asked: Asked) -> bool:
        updates = self._resource.updates
        return updates is not None and f"{updates.path}." in asked.path


def _place(by: Paginator | None, asked: Asked, size: int) -> tuple[int, int] | None:
    match by:
        case PageNumber():
            number = _given(asked, by.page_param, by.page_body_path)
            return (int(number) - by.base_page) * size, size
        case Offset():
            number = _given(asked, by.offset_param, by.offset_body_path)
            return int(number) - by.offset, min(by.limit, size)
        case Cursor():
            return int(_given(asked, by.cursor_param, by.cursor_body_path) or 0), size
        case HeaderLink() | JsonLink():
            return int(asked.query.get(_FROM, 0)), size
    return None


def _given(asked: Asked, param: str, place: str | None) -> Any:
    """What a paginator wrote into a question."""
    return getter(place)(asked.body) if place else asked.query.get(param)


def _descending(words: Incremental | None) -> bool:
    return words is not None and words.row_order == "desc"


def _read_back(template: Any, given: Any) -> Iterator[tuple[str, str]]:
    """Each placeholder of a template, with what stands in its place."""
    match template, given:
        case str(), str():
            parts = re.split(f"({re.escape(START)}|{re.escape(END)})", template)
            pattern = "(.*)".join(map(re.escape, parts[::2]))
            if len(parts) > 1 and (found := re.search(f"{pattern}$", given)):
                yield from zip(parts[1::2], found.groups(), strict=True)
        case (Mapping(), Mapping()):
            for name in template.keys() & given.keys():
                yield from _read_back(template[name], given[name])
        case list(), list():
            for each, other in zip(template, given, strict=False):
                yield from _read_back(each, other)


def _open311(format_: str, element: str, records: list[dict[str, Any]]) -> bytes:
    if format_ == "json":
        return orjson.dumps(records)
    root = Element(f"{element}s")
    for record in records:
        item = SubElement(root, element)
        for name, value in record.items():
            if not isinstance(value, dict | list):
                SubElement(item, name).text = None if value is None else str(value)
    return bytes(tostring(root))
