"""Where the outbound client may go: to allowed hosts, at public addresses."""

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.guard import is_public
from hub.connectors.http import ChannelClient
from hub.connectors.http_config import HttpClient
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
    assert plain is (inner.is_global and not inner.is_multicast)
    assert not any(is_public(ipaddress.IPv6Address(each)) for each in wrapped)


@pytest.mark.parametrize("address", ["8.8.8.8", "103.10.0.1", "2606:4700::1111"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
