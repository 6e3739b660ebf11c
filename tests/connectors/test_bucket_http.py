"""A file of a web server."""

import asyncio
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Connector
from hub.connectors.files import buckets
from hub.connectors.http import files as http_files
from tests.connectors.channel import Serve, batches, connector, ids, raw_channel

YAML = """\
version: "1"
name: kota-a-web
type: filesystem
bucket_url: http://HOST/out/
credentials: {type: http_basic, username: hub, password: "${env.PASSWORD}"}
resources:
  - name: reports
    file_glob: "laporan 1.jsonl"
    decoder: {type: jsonl}
    select: {external_id: id, status: state, received_at: at}
"""


class Web:
    """A web server with one file."""

    def __init__(self) -> None:
        self.body = b'{"id": 1}\n'
        self.headers: dict[str, str] = {"etag": '"1"'}
        self.asked: list[tuple[str, str | None]] = []
        self.app = Starlette(routes=[Route("/out/laporan 1.jsonl", self.answer)])

    async def answer(self, request: Request) -> Response:
        self.asked.append((request.method, request.headers.get("authorization")))
        return Response(self.body, headers=self.headers)


def of(host: str, text: str = YAML) -> Connector[Any]:
    return connector(text, host, environment={"PASSWORD": "s3cret"})


async def failure(host: str, text: str = YAML) -> str:
    with pytest.raises(ChannelError) as failed:
        await batches(of(host, text))
    assert "s3cret" not in str(failed.value)
    return str(failed.value)


@pytest.mark.parametrize("header", ["etag", "last-modified"])
async def test_a_file_is_fetched_where_its_version_is_new(serve: Serve, header: str) -> None:
    web = Web()
    host = await serve(web.app)
    web.headers = {header: "one"}
    found = await batches(of(host))
    assert ids(found) == ["1"]
    state = {"reports": found[-1].state or {}}
    assert ids(await batches(of(host), state)) == []
    web.headers = {header: "two"}
    assert ids(await batches(of(host), state)) == ["1"]
    assert [method for method, _ in web.asked] == ["HEAD", "GET", "HEAD", "HEAD", "GET"]
    assert {told for _, told in web.asked} == {"Basic aHViOnMzY3JldA=="}


async def test_a_file_of_which_nothing_is_told_is_always_new(serve: Serve) -> None:
    web = Web()
    host = await serve(web.app)
    web.headers = {}
    found = await batches(of(host))
    assert ids(await batches(of(host), {"reports": found[-1].state or {}})) == ["1"]


async def test_a_file_that_changes_as_it_is_fetched_is_told(serve: Serve) -> None:
    web = Web()
    host = await serve(web.app)
    async with of(host)._bucket() as bucket:  # type: ignore[attr-defined]
        (listed,) = await bucket.files("laporan 1.jsonl")
        web.headers = {"etag": '"2"'}
        with pytest.raises(ChannelError, match=r"laporan 1\.jsonl was written to as it was read"):
            async with bucket.opened(listed):
                pass


async def test_what_is_not_there_or_too_large_is_told(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    web = Web()
    host = await serve(web.app)
    other = YAML.replace("laporan 1", "laporan 2")
    assert await failure(host, other) == f"No file matches laporan 2.jsonl in http://{host}/out."
    told = await failure(host, YAML.replace("laporan 1", "*"))
    assert "a web server lists no files" in told
    monkeypatch.setattr(buckets, "MOST_BYTES", 4)
    assert "laporan 1.jsonl has more than" in await failure(host)


async def test_a_key_in_the_query_and_another_host_are_refused(serve: Serve) -> None:
    host = await serve(Web().app)
    key = "{type: api_key, name: k, api_key: '${env.PASSWORD}', location: query}"
    by_key = YAML.replace('{type: http_basic, username: hub, password: "${env.PASSWORD}"}', key)
    assert "as a header only" in await failure(host, by_key)
    in_header = by_key.replace("location: query", "location: header")
    assert ids(await batches(of(host, in_header))) == ["1"]
    elsewhere = YAML.replace("resources:", "allowed_hosts: [a.example]\nresources:")
    assert "is not among allowed_hosts" in await failure(host, elsewhere)


async def test_what_passes_is_asked_for_again(serve: Serve) -> None:
    web = Web()
    passing = iter([503, 429, 200, 500, 200])
    answer = web.answer

    async def at_times(request: Request) -> Response:
        status = next(passing)
        return Response(status_code=status) if status > 200 else await answer(request)

    web.app = Starlette(routes=[Route("/out/laporan 1.jsonl", at_times)])
    assert ids(await batches(of(await serve(web.app)))) == ["1"]
    assert next(passing, None) is None


async def test_a_server_that_breaks_off_or_is_silent_is_told(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def half(request: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nETag: 1\r\nContent-Length: 99\r\n\r\n")
        if request.startswith(b"GET"):
            writer.write(b'{"id": 1}\n')

    async with raw_channel(half) as host:
        assert "broke off" in await failure(host)

    monkeypatch.setattr(http_files, "ANSWER_SECONDS", 0.1)
    over = asyncio.Event()

    async def silent(_: Request) -> Response:
        await over.wait()
        return Response()

    host = await serve(Starlette(routes=[Route("/out/laporan 1.jsonl", silent)]))
    assert "gave no answer within" in await failure(host)
    over.set()
