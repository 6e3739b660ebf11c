"""A service that takes its question as the body of a POST."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Connector
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, batches, connector, ids

YAML = """\
version: "1"
name: channel
type: rest_api
client: {base_url: "http://HOST/v1/"}
resources:
  - name: complaints
    endpoint:
      path: search
      method: POST
      params: {lang: id}
      json:
        changed: {from: "{incremental.start_value}", to: ["{incremental.end_value}"]}
        open: true
        codes: [1, 2.5, "3", null, "true", 73.71.01, -1]
        text: a {b} c
      data_selector: $.data[*]
      paginator: PAGINATOR
      incremental:
        {cursor_path: at, initial_value: "2025-01-01T00:00:00+08:00", datetime_format: "%d-%m-%Y"}
    select: {external_id: id, status: state, received_at: at}
"""
SIZE = 3


class Channel:
    """Answers three records at a time, from where the body says."""

    def __init__(self, rows: int) -> None:
        self.rows = [{"id": str(number)} for number in range(rows)]
        self.asked: list[Any] = []
        self.queries: list[str] = []
        self.app = Starlette(routes=[Route("/v1/search", self.search, methods=["POST"])])

    async def search(self, request: Request) -> Response:
        body = await request.json()
        self.asked.append(body)
        self.queries.append(request.url.query)
        page = body.get("page", {})
        start = page.get("from") or SIZE * (page.get("number", 1) - 1)
        start = start or int(request.query_params.get("from", 0))
        more = start + SIZE < len(self.rows)
        return JSONResponse(
            {
                "data": self.rows[start : start + SIZE],
                "next": start + SIZE if more else None,
                "link": f"search?from={start + SIZE}" if more else None,
            }
        )


def service(host: str, paginator: str = "{type: single_page}") -> Connector[Any]:
    return connector(YAML.replace("PAGINATOR", paginator), host)


async def test_the_body_is_sent_as_it_is_written_with_its_placeholders_filled(
    serve: Serve,
) -> None:
    channel = Channel(1)
    assert ids(await batches(service(await serve(channel.app)))) == ["0"]
    (asked,) = channel.asked
    assert asked["changed"]["from"] == "01-01-2025"
    assert len(asked["changed"]["to"][0]) == len("01-01-2025")
    assert asked["open"] is True
    assert asked["codes"] == [1, 2.5, "3", None, "true", "73.71.01", -1]
    assert asked["text"] == "a {b} c"
    assert channel.queries == ["lang=id"]


@pytest.mark.parametrize("rows", [0, 3, 4, 10])
@pytest.mark.parametrize(
    ("paginator", "first"),
    [
        ("{type: page_number, page_body_path: page.number}", {"number": 1}),
        (
            "{type: offset, limit: 3, limit_body_path: page.size, offset_body_path: page.from}",
            {"size": 3, "from": 0},
        ),
        ("{type: cursor, cursor_path: next, cursor_body_path: page.from}", None),
        ("{type: json_link, next_url_path: link}", None),
    ],
)
async def test_paginators_turn_the_pages_in_the_body(
    serve: Serve, paginator: str, first: Any, rows: int
) -> None:
    channel = Channel(rows)
    found = await batches(service(await serve(channel.app), paginator))
    assert ids(found) == [row["id"] for row in channel.rows]
    assert channel.asked[0].get("page") == first
    assert all(asked["open"] is True for asked in channel.asked)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_body_is_not_sent_on_to_where_an_answer_points(serve: Serve, status: int) -> None:
    other = Channel(1)
    elsewhere = f"http://{await serve(other.app)}/v1/search"

    async def redirect(_: Request) -> Response:
        return RedirectResponse(elsewhere, status)

    host = await serve(Starlette(routes=[Route("/v1/search", redirect, methods=["POST"])]))
    with pytest.raises(ChannelError, match=f"answered {status}"):
        await batches(service(host))
    assert not other.asked


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("method: POST", "method: GET", "json is sent by POST only"),
        ("method: POST", "method: PUT", "Input should be 'GET' or 'POST'"),
        (".start_value", ".begin", "json.changed.from: unknown placeholder"),
        ("      incremental:\n        {", "      x: {", "unknown key"),
        ("PAGINATOR", "{type: cursor, cursor_path: a, cursor_body_path: $.a}", "parted by dots"),
        ("a {b} c", "[a, {b: c}]\n      paginator: 1", "given twice"),
    ],
)
def test_a_question_that_can_not_be_asked_is_refused(before: str, after: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        connector(
            YAML.replace(before, after).replace("PAGINATOR", "{type: single_page}"), "127.0.0.1:1"
        )


def test_a_place_in_the_body_needs_a_body() -> None:
    text = YAML.replace("PAGINATOR", "{type: page_number, page_body_path: page}")
    start, end = text.index("      json:"), text.index("      data_selector")
    with pytest.raises(ConfigError, match="a paginator that writes into the body needs `json`"):
        connector(text[:start] + text[end:], "127.0.0.1:1")
