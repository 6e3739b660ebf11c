"""A JSON service read page by page, by a number or a cursor."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Connector
from tests.connectors.channel import Serve, batches, connector, ids, raw_channel, states

YAML = """\
version: "1"
name: prov-b-hotline
type: rest_api
client: {base_url: "http://HOST/v1/"AUTH}
resources:
  - name: complaints
    endpoint:
      path: complaints
      params: {limit: "3"}
      data_selector: $.data[*]
      paginator: PAGINATOR
    select: {external_id: id, status: state, received_at: created}
"""
NUMBERED = "{type: page_number, page_param: p, base_page: 0}"
CURSOR = "{type: cursor, cursor_path: meta.next, cursor_param: after}"
ROWS = [{"id": number, "state": "BARU"} for number in range(10)]


def service(text: str = YAML, host: str = "", paginator: str = CURSOR, auth: str = "") -> Any:
    settings = text.replace("PAGINATOR", paginator).replace("AUTH", auth)
    return connector(settings, host, environment={"TOKEN": "s3cret"})


class Channel:
    """A service that answers with a function of each request's query."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.queries: list[dict[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.app = Starlette(routes=[Route("/v1/complaints", self.respond)])

    async def respond(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.queries.append(query)
        self.headers.append(dict(request.headers))
        answer = self.answer(query)
        return answer if isinstance(answer, Response) else JSONResponse(answer)


def numbered(query: dict[str, str]) -> Any:
    start = 3 * int(query["p"])
    return {"data": ROWS[start : start + 3]}


def by_cursor(query: dict[str, str]) -> Any:
    start = int(query.get("after", "0"))
    end = start + 3
    return {"data": ROWS[start:end], "meta": {"next": str(end) if end < len(ROWS) else None}}


async def failure(channel: Connector[Any]) -> str:
    with pytest.raises(ChannelError) as failed:
        await batches(channel)
    return str(failed.value)


@pytest.mark.parametrize(("paginator", "answer"), [(NUMBERED, numbered), (CURSOR, by_cursor)])
async def test_every_record_of_every_page_is_read_once(
    serve: Serve, paginator: str, answer: Any
) -> None:
    channel = Channel(answer)
    found = await batches(service(host=await serve(channel.app), paginator=paginator))
    assert ids(found) == [str(row["id"]) for row in ROWS]
    assert {query["limit"] for query in channel.queries} == {"3"}
    assert set(map(str, states(found))) == {"None"}


async def test_a_single_page_is_asked_for_once(serve: Serve) -> None:
    channel = Channel(by_cursor)
    host = await serve(channel.app)
    assert len(ids(await batches(service(host=host, paginator="{type: single_page}")))) == 3
    assert len(channel.queries) == 1


async def test_no_page_at_all_is_no_record(serve: Serve) -> None:
    host = await serve(Channel(lambda _: {"data": []}).app)
    assert ids(await batches(service(host=host, paginator=NUMBERED))) == []
    assert ids(await batches(service(host=host))) == []


@pytest.mark.parametrize("stamped", [False, True])
async def test_a_service_that_does_not_page_by_number_is_an_error(
    serve: Serve, stamped: bool
) -> None:
    channel: Channel = Channel(lambda _: {"data": ROWS, "made": stamped and len(channel.queries)})
    told = await failure(service(host=await serve(channel.app), paginator=NUMBERED))
    assert "answers each p with the same records" in told
    assert len(channel.queries) == 2


async def test_a_cursor_that_comes_again_is_an_error(serve: Serve) -> None:
    channel: Channel = Channel(lambda _: {"data": ROWS, "meta": {"next": len(channel.queries) % 3}})
    told = await failure(service(host=await serve(channel.app)))
    assert "names the cursor 1 twice" in told
    assert len(channel.queries) == 4


@pytest.mark.parametrize(
    ("auth", "header", "query"),
    [
        ("{type: bearer, token: '${env.TOKEN}'}", ("authorization", "Bearer s3cret"), {}),
        ("{type: api_key, name: X-Key, api_key: '${env.TOKEN}'}", ("x-key", "s3cret"), {}),
        (
            "{type: api_key, name: key, api_key: '${env.TOKEN}', location: query}",
            ("accept-encoding", "gzip"),
            {"key": "s3cret"},
        ),
    ],
)
async def test_the_caller_says_who_it_is_with_each_page(
    serve: Serve, auth: str, header: tuple[str, str], query: dict[str, str]
) -> None:
    channel = Channel(by_cursor)
    await batches(service(host=await serve(channel.app), auth=f", auth: {auth}"))
    assert len(channel.queries) == 4
    assert all(header in headers.items() for headers in channel.headers)
    assert all(query.items() <= asked.items() for asked in channel.queries)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"<html>maintenance</html>", "is not whole JSON"),
        (b'{"data": [{"id": 1}', "is not whole JSON"),
        (b"", "is not whole JSON"),
        (b'{"data": ["a", "b"]}', "$.data[*] does not select a list of objects"),
        (b'{"data": [{"id": 1}, null]}', "$.data[*] does not select a list of objects"),
        (b'{"data": {"id": 1}}', "$.data[*] does not select a list of objects"),
        (b'{"data": {"1": {"id": 1}}}', "$.data[*] does not select a list of objects"),
        (
            b'{"meta": {"items": [{"id": 1}]}}',
            "$.data[*] does not select a list of objects. The answer has them at $.meta.items[*].",
        ),
        (b'{"data": null}', "$.data[*] does not select a list of objects"),
        (b'{"error": "maintenance"}', "$.data[*] does not select a list of objects"),
        (b"[]", "$.data[*] does not select a list of objects"),
        (b"null", "$.data[*] does not select a list of objects"),
    ],
)
@pytest.mark.parametrize("paginator", [CURSOR, NUMBERED])
async def test_a_200_that_is_no_page_is_an_error_and_not_the_end(
    serve: Serve, body: bytes, told: str, paginator: str
) -> None:
    host = await serve(Channel(lambda _: Response(body)).app)
    assert told in await failure(service(host=host, paginator=paginator))


async def test_a_page_that_is_cut_off_is_an_error_and_moves_no_checkpoint() -> None:
    async def cut(request: bytes, writer: Any) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"data": [{"id": 1}]}')

    async with raw_channel(cut) as host:
        assert "broke off" in await failure(service(host=host))


async def test_a_selector_of_another_shape_selects_what_it_says(serve: Serve) -> None:
    host = await serve(Channel(lambda _: {"data": {"7": ROWS[7], "8": ROWS[8]}}).app)
    by_key = YAML.replace("$.data[*]", "$.data.*")
    assert ids(await batches(service(by_key, host))) == ["7", "8"]


async def test_a_check_reads_the_first_page_alone(serve: Serve) -> None:
    channel = Channel(by_cursor)
    connected = service(host=await serve(channel.app))
    assert await connected.check() == "complaints: 3 records on the first page"
    assert len(channel.queries) == 1
