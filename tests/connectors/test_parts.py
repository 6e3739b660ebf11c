"""Lists that are asked for with each record of another, and become part of it."""

import asyncio
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from hub.connectors.base import ChannelError, Connector
from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, batches, connector

YAML = """\
version: "1"
name: channel
type: rest_api
client: {base_url: "http://HOST/v1/"}
error_handler: {response_filters: [{http_codes: [404], action: IGNORE}]}
resources:
  - name: complaints
    endpoint: {path: complaints, paginator: {type: page_number}}
    select: {external_id: no, status: state, received_at: created}
  - name: replies
    endpoint:
      path: "complaints/{resources.complaints.no}/replies"
      params: {kind: "{resources.complaints.meta.kind}"}
      data_selector: $.data[*]
      paginator: {type: page_number}
"""


class Channel:
    """Complaints, and two replies a page to each of them; notes how many it answers at once."""

    def __init__(self, *complaints: dict[str, Any], replies: int = 3) -> None:
        self.complaints = complaints
        self.replies = replies
        self.asked: list[str] = []
        self.now = self.most = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.005)
        self.now -= 1
        await self.answer(scope, Request(scope))(scope, receive, send)

    def answer(self, scope: Scope, request: Request) -> Response:
        page = int(request.query_params["page"])
        segments = scope["raw_path"].decode().split("/")
        if segments[1:] == ["v1", "complaints"]:
            return JSONResponse(list(self.complaints) if page == 1 else [])
        assert [*segments[:3], segments[4]] == ["", "v1", "complaints", "replies"]
        id_ = unquote(segments[3])
        self.asked.append(id_)
        if id_ == "gone":
            return Response(status_code=404)
        if id_ == "broken":
            return Response(status_code=403)
        kind = request.query_params["kind"]
        texts = [{"text": f"{id_}/{kind}/{n}"} for n in range(self.replies)]
        return JSONResponse({"data": texts[2 * page - 2 : 2 * page]})


def complaint(no: Any, **more: Any) -> dict[str, Any]:
    return {"no": no, "meta": {"kind": "k"}, **more}


def service(host: str, text: str = YAML) -> Connector[Any]:
    return connector(text, host)


async def read(channel: Channel, serve: Serve) -> list[Any]:
    found = await batches(service(await serve(channel)))
    return [record for batch in found for record in batch.records]


async def test_each_record_has_the_records_that_belong_to_it(serve: Serve) -> None:
    channel = Channel(*(complaint(number) for number in range(20)))
    found = await read(channel, serve)
    assert [record["no"] for record in found] == [*range(20)]
    for record in found:
        expected = [f"{record['no']}/k/{n}" for n in range(3)]
        assert [reply["text"] for reply in record["replies"]] == expected
    assert 1 < channel.most <= 4


@pytest.mark.parametrize("id_", ["a/b", "../x", "a?b=c", "a#b", "é %2e", "{incremental.end_value}"])
async def test_what_a_record_says_is_one_segment_of_the_path(serve: Serve, id_: str) -> None:
    channel = Channel(complaint(id_))
    (record,) = await read(channel, serve)
    assert {*channel.asked} == {id_}
    assert len(record["replies"]) == 3


@pytest.mark.parametrize("id_", [None, "", ".", "..", "..."])
async def test_a_record_that_can_not_be_asked_with_is_left_as_it_is(serve: Serve, id_: Any) -> None:
    channel = Channel(complaint(id_), complaint("1"))
    found = await read(channel, serve)
    assert found[0] == complaint(id_)
    assert {*channel.asked} == {"1"}


async def test_nothing_there_is_an_empty_list(serve: Serve) -> None:
    (record,) = await read(Channel(complaint("gone")), serve)
    assert record["replies"] == []


async def test_a_list_that_fails_fails_the_run_with_its_reason_alone(serve: Serve) -> None:
    channel = Channel(*(complaint(number) for number in range(10)), complaint("broken"))
    with pytest.raises(ChannelError, match="complaints/broken/replies answered 403"):
        await read(channel, serve)


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        (Channel(complaint("1", replies="x")), "have a field of this name"),
        (Channel(complaint("1"), replies=1003), "more than 1,000 of them"),
    ],
)
async def test_what_can_not_become_part_of_a_record_is_an_error(
    serve: Serve, channel: Channel, told: str
) -> None:
    channel.answer = channel.answer if told[0] == "h" else _all_at_once(channel)  # type: ignore[method-assign]
    with pytest.raises(ChannelError, match=told):
        await read(channel, serve)


def _all_at_once(channel: Channel) -> Any:
    def answer(scope: Scope, request: Request) -> Response:
        if "replies" in request.url.path:
            return JSONResponse({"data": [{}] * channel.replies})
        return JSONResponse(list(channel.complaints))

    return answer


async def test_a_check_asks_for_the_parts_of_one_record(serve: Serve) -> None:
    channel = Channel(complaint("1"), complaint("2"))
    told = await service(await serve(channel)).check()
    assert told == "complaints: 2 records on the first page"
    assert {*channel.asked} == {"1"}


def test_only_what_selects_is_mapped() -> None:
    assert [each.name for each in load(YAML, "c.yaml").config.mapped] == ["complaints"]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("{resources.complaints.", "{resources.complaint.", "did you mean 'complaints'?"),
        ("meta.kind}", "}", "endpoint: params.kind: unknown placeholder"),
        ("{resources.complaints.meta.kind}", "{resources.x.y}", "of one resource"),
        ("name: replies", "name: complaints", "names of their own"),
        ("{resources.complaints.no}/replies", "{x}", "path: unknown placeholder"),
        (
            "      paginator: {type: page_number}\n",
            "      total_selector: n\n",
            "resources.1: endpoint.total_selector: a part is read whole",
        ),
        ("  - name: replies\n", "  - name: replies\n    select: {}\n", "select.external_id"),
        ("path: complaints,", "path: '{resources.replies.no}',", "a part has `name` and"),
    ],
)
def test_a_part_of_nothing_is_refused(before: str, after: str, told: str) -> None:
    assert before in YAML
    with pytest.raises(ConfigError) as failure:
        load(YAML.replace(before, after), "c.yaml")
    assert told in str(failure.value)
