"""Every way to page reads every record once, whatever the number of them."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Connector
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, batches, connector, ids

YAML = """\
version: "1"
name: channel
type: rest_api
client:
  base_url: http://HOST/v1/
  auth: {type: api_key, name: key, api_key: "${env.K}", location: query}
resources:
  - name: complaints
    endpoint: {path: list, params: {q: "a b"}, data_selector: "$.data[*]", paginator: PAGINATOR}
    select: {external_id: id, status: state, received_at: created}
"""
SIZE = 3
PAGINATORS = [
    "{type: page_number, page_param: p}",
    "{type: page_number, page_param: p, stop_after_empty_page: false, total_path: pages}",
    "{type: page_number, page_param: p, maximum_page: 4}",
    "{type: offset, limit: 3, offset_param: o}",
    "{type: offset, limit: 50, offset_param: o}",
    "{type: offset, limit: 3, offset_param: o, stop_after_empty_page: false, total_path: total}",
    "{type: header_link}",
    "{type: json_link, next_url_path: links.next}",
    "{type: json_link, next_url_path: links.relative}",
]


class Channel:
    """Pages its records in every way, and no more than three at once."""

    def __init__(self, rows: int) -> None:
        self.rows = [{"id": str(number)} for number in range(rows)]
        self.queries: list[dict[str, str]] = []
        self.app = Starlette(routes=[Route("/v1/list", self.list)])

    async def list(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.queries.append(query)
        start = int(query.get("o", "0")) or SIZE * (int(query.get("p", "1")) - 1)
        more = start + SIZE < len(self.rows)
        link = request.url.remove_query_params("key").include_query_params(o=start + SIZE)
        return JSONResponse(
            {
                "data": self.rows[start : start + SIZE],
                "total": len(self.rows),
                "pages": -(-len(self.rows) // SIZE),
                "links": {
                    "next": str(link) if more else None,
                    "relative": f"list?q=a+b&o={start + SIZE}" if more else "",
                },
            },
            headers={"Link": f'<{link}>; rel="next", </>; rel="first"'} if more else {},
        )


def service(host: str, paginator: str) -> Connector[Any]:
    return connector(YAML.replace("PAGINATOR", paginator), host, environment={"K": "s3cret"})


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 9, 11])
@pytest.mark.parametrize("paginator", PAGINATORS)
async def test_every_record_is_read_once(serve: Serve, paginator: str, rows: int) -> None:
    channel = Channel(rows)
    found = await batches(service(await serve(channel.app), paginator))
    assert ids(found) == [row["id"] for row in channel.rows]
    assert all(query["key"] == "s3cret" and query["q"] == "a b" for query in channel.queries)


async def test_a_maximum_page_is_the_last(serve: Serve) -> None:
    channel = Channel(11)
    host = await serve(channel.app)
    found = await batches(service(host, "{type: page_number, page_param: p, maximum_page: 2}"))
    assert len(ids(found)) == 6
    assert len(channel.queries) == 2


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ("http://other.example/v1/list", "other.example is not among allowed_hosts"),
        ("http://169.254.169.254/latest", "169.254.169.254 is not among allowed_hosts"),
        ("//other.example/", "other.example is not among allowed_hosts"),
        ("https://127.0.0.1/v1/list", "another scheme or with a password"),
        ("http://a:b@127.0.0.1/v1/list", "another scheme or with a password"),
        ("file:///etc/passwd", "another scheme or with a password"),
        ("http://a:port/", "names a next page that is none"),
        ("list?x=1", "twice; it would not end"),
    ],
)
async def test_a_next_link_stays_where_it_may(serve: Serve, link: str, told: str) -> None:
    async def answer(_: Request) -> Response:
        return JSONResponse({"data": [{"id": 1}], "next": link})

    host = await serve(Starlette(routes=[Route("/v1/list", answer)]))
    with pytest.raises(ChannelError) as failure:
        await batches(service(host, "{type: json_link}"))
    assert told in str(failure.value)


async def test_a_total_that_is_not_there_is_an_error(serve: Serve) -> None:
    host = await serve(Channel(5).app)
    with pytest.raises(ChannelError, match="nowhere is no number"):
        await batches(service(host, "{type: offset, limit: 3, total_path: nowhere}"))


@pytest.mark.parametrize(
    ("beside", "headers", "told"),
    [
        ({"next": "?page=2"}, {}, "it names a next page at next"),
        ({"meta": {"next_cursor": 7}}, {}, "it names a next page at meta.next_cursor"),
        ({"_links": {"next": {"href": "/2"}}}, {}, "it names a next page at _links.next"),
        ({"paging": {"hasMore": True}}, {}, "paging.hasMore is true"),
        ({"total": 1_200}, {}, "total is 1,200, and it holds 1"),
        ({}, {"Link": '</2>; rel="next"'}, "its header Link names a next page"),
    ],
)
async def test_one_page_of_several_is_not_taken_for_all(
    serve: Serve, beside: dict[str, Any], headers: dict[str, str], told: str
) -> None:
    async def answer(_: Request) -> Response:
        return JSONResponse({"data": [{"id": 1, "next": "x"}], **beside}, headers=headers)

    host = await serve(Starlette(routes=[Route("/v1/list", answer)]))
    unstated = connector(YAML.replace(", paginator: PAGINATOR", ""), host, environment={"K": "x"})
    with pytest.raises(ChannelError) as failure:
        await batches(unstated)
    assert f"list answered with one page of several: {told}. State its" in str(failure.value)
    assert ids(await batches(service(host, "{type: single_page}"))) == ["1"]


@pytest.mark.parametrize(
    "beside",
    [
        {"next": None, "has_more": False, "total": 1},
        {"links": {"next": ""}, "total": "7", "total_open": 5},
        {"data_before": [{"next": "x"}]},
    ],
)
async def test_an_answer_that_says_that_it_is_all_needs_no_paginator(
    serve: Serve, beside: dict[str, Any]
) -> None:
    async def answer(_: Request) -> Response:
        return JSONResponse({"data": [{"id": 1}], **beside})

    host = await serve(Starlette(routes=[Route("/v1/list", answer)]))
    unstated = connector(YAML.replace(", paginator: PAGINATOR", ""), host, environment={"K": "x"})
    assert ids(await batches(unstated)) == ["1"]


@pytest.mark.parametrize(
    ("paginator", "told"),
    [
        ("{type: auto}", "a paginator is not guessed"),
        ("{type: page_number, stop_after_empty_page: false}", "would not end"),
        ("{type: offset, limit: 3, stop_after_empty_page: false}", "would not end"),
        ("{type: offset, limit: 0}", "greater than or equal to 1"),
    ],
)
def test_a_paginator_that_can_not_work_is_refused(paginator: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        service("127.0.0.1:1", paginator)


@pytest.mark.parametrize(("path", "fails"), [("total", False), ("nowhere", True)])
async def test_what_the_service_declares_stands_beside_each_page(
    serve: Serve, path: str, fails: bool
) -> None:
    host = await serve(Channel(5).app)
    text = YAML.replace("PAGINATOR}", f"{{type: header_link}}, total_selector: {path}}}")
    read = connector(text, host, environment={"K": "s3cret"})
    if fails:
        with pytest.raises(ChannelError, match="total_selector: nowhere is no number"):
            await batches(read)
    else:
        assert [batch.declared for batch in await batches(read)] == [5, 5]
