"""What the outbound client makes of a channel's answers."""

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.http import client as http
from hub.connectors.http.client import ChannelClient
from hub.connectors.http.config import ApiKeyAuth, BearerAuth, HttpClient
from hub.connectors.http.errors import ErrorHandler
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, raw_channel

ATTEMPTS = ErrorHandler().max_retries + 1
SECRET = "s3cret-key"
KEY_IN_QUERY = ApiKeyAuth(type="api_key", name="key", api_key="${env.KEY}", location="query")
KEY_IN_HEADER = ApiKeyAuth(type="api_key", name="X-Api-Key", api_key="${env.KEY}")
BEARER = BearerAuth(type="bearer", token="${env.KEY}")
Endpoint = Callable[[Request], Awaitable[Response]]


def client(
    host: str,
    auth: ApiKeyAuth | BearerAuth | None = None,
    key: str = SECRET,
    allowed_hosts: tuple[str, ...] = (),
) -> ChannelClient:
    config = HttpClient(base_url=f"http://{host}/v1/", auth=auth, headers={"X-From": "hub"})
    surroundings = Surroundings(Path(), {"KEY": key}, frozenset({host}))
    return ChannelClient(config, list(allowed_hosts), surroundings)


async def get(host: str, **options: Any) -> bytes:
    async with client(host, **options) as channel:
        return await channel.get("list", {"name": "Wati"})


async def refusal(host: str, **options: Any) -> str:
    """The message that a request ends with; it tells neither the query nor a key."""
    with pytest.raises(ChannelError) as failure:
        await get(host, **options)
    assert SECRET not in str(failure.value)
    assert "Wati" not in str(failure.value)
    return str(failure.value)


@asynccontextmanager
async def writing(*parts: bytes, hang: bool = False) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that writes these bytes to each request, and the requests that came."""
    requests: list[bytes] = []

    async def answer(request: bytes, writer: asyncio.StreamWriter) -> None:
        requests.append(request)
        writer.writelines(parts)
        await writer.drain()
        if hang:
            await asyncio.sleep(1)

    async with raw_channel(answer) as host:
        yield host, requests


def answering(endpoint: Endpoint) -> Starlette:
    return Starlette(routes=[Route("/v1/list", endpoint)])


async def test_key_token_headers_and_parameters_reach_the_channel(serve: Serve) -> None:
    async def echo(request: Request) -> Response:
        return JSONResponse([dict(request.query_params), dict(request.headers)])

    host = await serve(answering(echo))
    in_query, in_header, bearer = [
        (await get(host, auth=auth)).decode() for auth in (KEY_IN_QUERY, KEY_IN_HEADER, BEARER)
    ]
    assert f'{{"name":"Wati","key":"{SECRET}"}}' in in_query
    assert f'"x-api-key":"{SECRET}"' in in_header
    assert f'"authorization":"Bearer {SECRET}"' in bearer
    assert '"x-from":"hub"' in bearer
    assert f'"host":"{host}"' in bearer


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_a_passing_failure_is_tried_again(serve: Serve, status: int) -> None:
    asked = []

    async def recovers(request: Request) -> Response:
        asked.append(request)
        return PlainTextResponse("whole", 200 if len(asked) == ATTEMPTS else status)

    assert await get(await serve(answering(recovers))) == b"whole"


@pytest.mark.parametrize(
    ("status", "times"), [(500, ATTEMPTS), (404, 1), (401, 1), (204, 1), (206, 1)]
)
async def test_what_is_not_a_200_ends_in_an_error(serve: Serve, status: int, times: int) -> None:
    asked = []

    async def fails(request: Request) -> Response:
        asked.append(request)
        return Response(status_code=status)

    host = await serve(answering(fails))
    told = await refusal(host, auth=KEY_IN_QUERY)
    assert told.startswith(f"GET http://{host}/v1/list answered {status}.")
    assert len(asked) == times


async def test_a_redirect_is_not_followed(serve: Serve) -> None:
    asked = []

    async def elsewhere(request: Request) -> Response:
        asked.append(request)
        return RedirectResponse(f"/v1/list?{SECRET}", 302)

    assert "answered 302. It sends elsewhere" in await refusal(await serve(answering(elsewhere)))
    assert len(asked) == 1


@pytest.mark.parametrize("parts", [(), (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"half")])
async def test_a_channel_that_hangs_is_given_up(
    parts: tuple[bytes, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", 0.3)
    async with writing(*parts, hang=True) as (host, requests):
        assert "gave no answer within" in await refusal(host, auth=KEY_IN_QUERY)
        assert len(requests) == ATTEMPTS


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[1, 2",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n[1, 2\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(b"[1, 2]")[:-9],
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
        b"rubbish\r\n\r\n",
        b"",
    ],
    ids=["length", "chunked", "gzip", "empty gzip", "no http", "nothing"],
)
async def test_an_answer_that_breaks_off_is_tried_again_and_then_an_error(answer: bytes) -> None:
    async with writing(answer) as (host, requests):
        assert "broke off" in await refusal(host, auth=BEARER)
        assert len(requests) == ATTEMPTS


async def test_a_channel_that_nobody_listens_at_is_an_error() -> None:
    async with writing() as (host, _):
        pass
    assert "can't be connected to: " in await refusal(host)


def gzipped(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + body


async def test_gzip_is_inflated_also_in_several_members() -> None:
    body = gzip.compress(b"[1, ") + gzip.compress(b"2]" + b" " * 100_000)
    async with writing(gzipped(body)) as (host, _):
        assert (await get(host)).strip() == b"[1, 2]"


async def test_what_is_called_gzip_but_is_none_is_an_error() -> None:
    async with writing(gzipped(b"[1, 2]")) as (host, _):
        assert "broken gzip" in await refusal(host)


@pytest.mark.parametrize("members", [1, 3])
async def test_a_body_as_large_as_the_cap_is_read_and_no_byte_more(
    members: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 3 << 20)
    fits, bomb = gzip.compress(bytes((3 << 20) // members)) * members, gzip.compress(b"!")
    for body, plain in ((fits, bytes(3 << 20)), (fits + bomb, bytes((3 << 20) + 1))):
        whole = b"HTTP/1.1 200 OK\r\n\r\n" + plain
        for answer in (gzipped(body), whole):
            async with writing(answer) as (host, _):
                if len(plain) > 3 << 20:
                    assert await refusal(host) == (
                        f"GET http://{host}/v1/list answered more than 3,072 KiB."
                    )
                else:
                    assert await get(host) == plain


@pytest.mark.parametrize("key", [f"{SECRET}\n", f"{SECRET}\r\nX-Other: 1", f"{SECRET}é"])
@pytest.mark.parametrize("auth", [BEARER, KEY_IN_HEADER], ids=["bearer", "header"])
async def test_a_key_that_is_no_header_value_is_refused_without_telling_it(
    auth: ApiKeyAuth | BearerAuth, key: str
) -> None:
    assert "odd character" in await refusal("127.0.0.1:1", auth=auth, key=key)


async def test_a_password_in_the_address_is_not_told(serve: Serve) -> None:
    host = await serve(Starlette())
    config = HttpClient(base_url="${env.URL}")
    environment = {"URL": f"http://hub:{SECRET}@{host}/v1/"}
    surroundings = Surroundings(Path(), environment, frozenset({host}))
    async with ChannelClient(config, [], surroundings) as channel:
        with pytest.raises(ChannelError) as failure:
            await channel.get("list", {})
    told = f"GET http://{host}/v1/list answered 404. It has nothing there: look at the address"
    assert str(failure.value).startswith(told)


async def test_nothing_that_is_logged_tells_the_query(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("test").info("a log is kept")
    host = await serve(Starlette())
    for auth in (KEY_IN_QUERY, KEY_IN_HEADER, BEARER):
        await refusal(host, auth=auth)
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("uvicorn")]
    assert "a log is kept" in ours
    assert SECRET not in "".join(ours)


def test_a_variable_that_is_not_set_is_named() -> None:
    config = HttpClient(base_url="https://api.example/", auth=BEARER)
    with pytest.raises(ConfigError, match=r"client\.auth\.token: .*variable KEY is not set"):
        ChannelClient(config, [], Surroundings(Path(), {}))


def test_an_address_from_the_environment_that_is_none_is_an_error() -> None:
    config = HttpClient(base_url="${env.URL}")
    with pytest.raises(ChannelError, match=r"client\.base_url"):
        ChannelClient(config, [], Surroundings(Path(), {"URL": "http://0177.0.0.1/"}))
