"""Where the outbound client may go: to allowed hosts, at public addresses."""

import ipaddress
import socket
from ipaddress import IPv4Address
from pathlib import Path

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.decode import decode_json
from hub.connectors.guard import callable_addresses, is_public
from hub.connectors.http.client import ChannelClient
from hub.connectors.http.config import HttpClient
from tests.connectors.channel import Serve

LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.1",
    "0x7f000001",
    "017700000001",
    "0",
    "0.0.0.0",
    "localhost",
    "LOCALHOST",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "0x7f.0.0.1",
    "127.0.1",
    "127.255.255.254",
]
PRIVATE = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[fd00::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::ffff:10.0.0.1]",
    "[2002:a9fe:a9fe::1]",
    "[2001:0:1::1]",
    "[fd00:ec2::254]",
    "2852039166",
    "0xa9fea9fe",
    "169.254.43518",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[64:ff9b::a9fe:a9fe]",
    "100.100.100.200",
    "192.0.0.192",
]


async def message(
    base_url: str,
    path: str = "list",
    allowed_hosts: tuple[str, ...] = (),
    private_hosts: frozenset[str] = frozenset(),
) -> str:
    """What a request is refused with."""
    surroundings = Surroundings(Path(), {}, private_hosts)
    with pytest.raises(ChannelError) as failure:
        async with ChannelClient(
            HttpClient(base_url=base_url), list(allowed_hosts), surroundings
        ) as client:
            await client.get(path, {})
    return str(failure.value)


def counting(asked: list[Request]) -> Starlette:
    async def endpoint(request: Request) -> Response:
        asked.append(request)
        return PlainTextResponse("here")

    return Starlette(routes=[Route("/list", endpoint)])


@pytest.mark.parametrize("host", LOOPBACK)
async def test_no_spelling_of_loopback_reaches_it(serve: Serve, host: str) -> None:
    asked: list[Request] = []
    served = await serve(counting(asked))
    port = served.rpartition(":")[2]
    told = await message(f"http://{host}:{port}/", private_hosts=frozenset({"127.0.0.2:80"}))
    assert "is a private address" in told
    assert not asked


@pytest.mark.parametrize("host", PRIVATE)
async def test_no_private_address_is_called(host: str) -> None:
    assert "is a private address" in await message(f"http://{host}/")


@pytest.mark.parametrize("host", ["0177.0.0.1", "0251.0376.0251.0376", "127.0.0.1.", "1.2.3.400"])
async def test_what_is_no_name_and_no_address_is_not_called(serve: Serve, host: str) -> None:
    asked: list[Request] = []
    port = (await serve(counting(asked))).rpartition(":")[2]
    told = await message(f"http://{host}:{port}/")
    assert "Invalid IPv4 address" in told or "can't be found" in told
    assert not asked


async def test_a_private_host_is_called_only_at_the_port_that_is_named(serve: Serve) -> None:
    asked: list[Request] = []
    host, other = await serve(counting(asked)), await serve(counting(asked))
    surroundings = Surroundings(Path(), {}, frozenset({host}))
    async with ChannelClient(HttpClient(base_url=f"http://{host}/"), [], surroundings) as client:
        assert await client.get("list", {}) == b"here"
        assert len(asked) == 1
    told = await message(f"http://{other}/", private_hosts=frozenset({host}))
    assert "HUB_PRIVATE_HOSTS" in told
    assert len(asked) == 1


async def test_a_private_host_goes_by_its_name_and_not_by_another_of_the_same_address(
    serve: Serve,
) -> None:
    host = await serve(counting([]))
    port = host.rpartition(":")[2]
    told = await message(f"http://localhost:{port}/", private_hosts=frozenset({host}))
    assert told.startswith(f"localhost:{port} is a private address")


@pytest.mark.parametrize("path", ["http://8.8.8.8/list", "http://127.0.0.1:1/list"])
async def test_a_host_that_is_not_allowed_is_refused_before_it_is_looked_up(path: str) -> None:
    told = await message(
        "http://api.example/", path, private_hosts=frozenset({"127.0.0.1:1", "8.8.8.8:80"})
    )
    assert told.endswith("is not among allowed_hosts.")
    told = await message("http://api.example/", "list", ("other.example",))
    assert told == "api.example is not among allowed_hosts."


async def test_allowed_hosts_are_written_in_any_case(serve: Serve) -> None:
    port = (await serve(counting([]))).rpartition(":")[2]
    surroundings = Surroundings(Path(), {}, frozenset({f"localhost:{port}"}))
    config = HttpClient(base_url=f"http://LocalHost:{port}/")
    async with ChannelClient(config, ["LOCALHOST"], surroundings) as client:
        assert await client.get("list", {}) == b"here"


@given(st.ip_addresses(v=4))
def test_no_wrapping_makes_a_private_address_public(inner: ipaddress.IPv4Address) -> None:
    number = int(inner)
    wrapped = [
        (0xFFFF << 32) | number,
        number,
        (0x0064FF9B << 96) | number,
        (0x2002 << 112) | (number << 80),
    ]
    plain = is_public(inner)
    assert plain is (
        inner.is_global
        and not inner.is_multicast
        and inner not in ipaddress.ip_network("192.0.0.0/24")
    )
    assert not any(is_public(ipaddress.IPv6Address(each)) for each in wrapped)


@pytest.mark.parametrize("address", ["8.8.8.8", "103.10.0.1", "2606:4700::1111"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


class Resolver:
    """A name whose address is another one at each question."""

    def __init__(self, *answers: list[str]) -> None:
        self.left = list(answers)

    async def __call__(
        self, _: str, port: int, **__: object
    ) -> list[tuple[object, object, int, str, tuple[str, int]]]:
        found = self.left.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in found]


async def test_a_name_that_changes_its_address_after_the_check_is_not_asked_again(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []
    port = (await serve(counting(asked))).rpartition(":")[2]
    name = f"channel.example:{port}"
    resolver = Resolver(["127.0.0.1"], ["169.254.169.254"])
    monkeypatch.setattr(anyio, "getaddrinfo", resolver)
    surroundings = Surroundings(Path(), {}, frozenset({name}))
    async with ChannelClient(HttpClient(base_url=f"http://{name}/"), [], surroundings) as client:
        assert await client.get("list", {}) == b"here"
    assert len(asked) == 1
    assert resolver.left == [["169.254.169.254"]]


def resolved(host: str) -> str:
    """An address as a resolver gives it, whatever the spelling."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return socket.gethostbyname(host)


@pytest.mark.parametrize("target", LOOPBACK + PRIVATE)
async def test_no_target_is_reached_by_a_name_that_changes_its_address(
    monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    public, private = "8.8.8.8", resolved(target)
    monkeypatch.setattr(anyio, "getaddrinfo", Resolver([public], [public, private], [private]))
    assert await callable_addresses("channel.example", 80, frozenset()) == [IPv4Address(public)]
    for _ in range(2):
        with pytest.raises(ChannelError, match="is a private address"):
            await callable_addresses("channel.example", 80, frozenset())


@pytest.mark.parametrize("private", ["127.0.0.1", "169.254.169.254", "10.0.0.1"])
async def test_a_name_that_turns_private_is_refused_at_the_next_request(
    monkeypatch: pytest.MonkeyPatch, private: str
) -> None:
    monkeypatch.setattr(anyio, "getaddrinfo", Resolver(["8.8.8.8", private]))
    assert "is a private address" in await message("http://channel.example/")


async def test_the_next_address_is_tried_when_one_takes_no_connection(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Request] = []
    port = (await serve(counting(asked))).rpartition(":")[2]
    name = f"channel.example:{port}"
    both = ["127.0.0.9", "127.0.0.1"]
    monkeypatch.setattr(anyio, "getaddrinfo", Resolver(both, both))
    surroundings = Surroundings(Path(), {}, frozenset({name}))
    async with ChannelClient(HttpClient(base_url=f"http://{name}/"), [], surroundings) as client:
        assert await client.get("list", {}) == b"here"
        assert await client.get("list", {}) == b"here"
    assert [request.headers["host"] for request in asked] == [name, name]


async def test_only_approved_hosts_are_called(serve: Serve) -> None:
    host = await serve(counting([]))
    config = HttpClient(base_url=f"http://{host}/")
    for approved, refused in (({"127.0.0.1"}, False), ({"other.example"}, True), (set(), True)):
        surroundings = Surroundings(
            Path(), {}, frozenset({host}), approved_hosts=frozenset(approved)
        )
        async with ChannelClient(config, [], surroundings) as client:
            if not refused:
                assert await client.get("list", {}) == b"here"
                continue
            with pytest.raises(ChannelError, match="An administrator approves"):
                await client.get("list", {})


@pytest.mark.parametrize("body", [b"[" * 50_000 + b"]" * 50_000, b"[" + b"0," * 2_000_001 + b"0]"])
def test_an_answer_that_nests_or_holds_too_much_is_refused(body: bytes) -> None:
    with pytest.raises(ChannelError, match="The answer"):
        decode_json(body)
