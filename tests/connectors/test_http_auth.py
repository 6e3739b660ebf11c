"""Passwords and tokens that the client sends with each request."""

import base64
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.http.client import ChannelClient
from hub.connectors.http.config import HttpBasicAuth, HttpClient, OAuth2ClientCredentials
from tests.connectors.channel import Serve

SECRET = "s3cret: +/é"


class Channel:
    """Gives numbered tokens, of which those in `good` open the list."""

    def __init__(self, answer: dict[str, object], good: tuple[str, ...] = ("t1",)) -> None:
        self.answer = answer
        self.good = good
        self.given: list[dict[str, str]] = []
        self.asked: list[str] = []
        self.app = Starlette(
            routes=[Route("/token", self.token, methods=["POST"]), Route("/list", self.list)]
        )

    async def token(self, request: Request) -> Response:
        form = dict(part.split("=") for part in (await request.body()).decode().split("&"))
        self.given.append({**form, "authorization": request.headers["authorization"]})
        return JSONResponse({"access_token": f"t{len(self.given)}", **self.answer})

    async def list(self, request: Request) -> Response:
        self.asked.append(request.headers["authorization"])
        good = self.asked[-1].removeprefix("Bearer ") in self.good
        return Response("here", 200 if good else 401)


def client(host: str, allowed_hosts: tuple[str, ...] = (), token_host: str = "") -> ChannelClient:
    auth = OAuth2ClientCredentials(
        type="oauth2_client_credentials",
        access_token_url=f"http://{token_host or host}/token",
        client_id="hub",
        client_secret="${env.SECRET}",
        access_token_request_data={"scope": "read"},
    )
    surroundings = Surroundings(Path(), {"SECRET": SECRET}, frozenset({host, token_host}))
    config = HttpClient(base_url=f"http://{host}/", auth=auth)
    return ChannelClient(config, list(allowed_hosts), surroundings)


@pytest.mark.parametrize("answer", [{"expires_in": 3600}, {}])
async def test_a_token_is_kept(serve: Serve, answer: dict[str, object]) -> None:
    channel = Channel(answer)
    async with client(await serve(channel.app)) as asking:
        for _ in range(3):
            assert await asking.get("list", {}) == b"here"
    given = "Basic " + base64.b64encode(b"hub:s3cret%3A+%2B%2F%C3%A9").decode()
    assert channel.given == [
        {"grant_type": "client_credentials", "scope": "read", "authorization": given}
    ]
    assert channel.asked == ["Bearer t1"] * 3


async def test_a_token_that_expired_is_fetched_anew(serve: Serve) -> None:
    channel = Channel({"expires_in": 0}, good=("t1", "t2"))
    async with client(await serve(channel.app)) as asking:
        for _ in range(2):
            await asking.get("list", {})
    assert channel.asked == ["Bearer t1", "Bearer t2"]


async def test_a_token_that_is_refused_is_fetched_anew_once(serve: Serve) -> None:
    channel = Channel({"expires_in": 3600}, good=("t2",))
    async with client(await serve(channel.app)) as asking:
        assert await asking.get("list", {}) == b"here"
        channel.good = ()
        with pytest.raises(ChannelError, match=r"/list answered 401\. It does not let the hub in"):
            await asking.get("list", {})
    assert channel.asked == ["Bearer t1", "Bearer t2", "Bearer t2", "Bearer t3"]


@pytest.mark.parametrize("token", [None, "", 5, "a\r\nb", "é"])
async def test_an_answer_without_a_token_is_an_error_that_does_not_tell_it(
    serve: Serve, token: object
) -> None:
    async with client(await serve(Channel({"access_token": token}).app)) as asking:
        with pytest.raises(ChannelError, match=r"/token answered without an access_token\.$"):
            await asking.get("list", {})


async def test_the_secret_goes_to_an_allowed_host_only(serve: Serve) -> None:
    channel = Channel({})
    port = (await serve(channel.app)).rpartition(":")[2]
    host, other = f"127.0.0.1:{port}", f"localhost:{port}"
    async with client(host, ("127.0.0.1",), other) as asking:
        with pytest.raises(ChannelError, match="localhost is not among allowed_hosts"):
            await asking.get("list", {})
    assert not channel.given
    async with client(host, (), other) as asking:
        assert await asking.get("list", {}) == b"here"


async def test_a_name_and_a_password(serve: Serve) -> None:
    channel = Channel({})
    host = await serve(channel.app)
    auth = HttpBasicAuth(type="http_basic", username="Wati", password="${env.SECRET}")
    surroundings = Surroundings(Path(), {"SECRET": SECRET}, frozenset({host}))
    config = HttpClient(base_url=f"http://{host}/", auth=auth)
    async with ChannelClient(config, [], surroundings) as asking:
        with pytest.raises(ChannelError, match="answered 401"):
            await asking.get("list", {})
    pair = base64.b64encode(f"Wati:{SECRET}".encode()).decode()
    assert channel.asked == [f"Basic {pair}"]
