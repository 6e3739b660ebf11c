"""What is sent by POST reaches an approved address alone, and waits for nobody for long."""

import asyncio
from collections.abc import Iterator
from functools import partial

import pytest

from hub.connectors.base import ChannelError
from hub.connectors.http import sending
from hub.connectors.http.errors import PassingError
from hub.connectors.http.sending import Poster, Sent
from tests.connectors.channel import Answer, raw_channel

APPROVED = frozenset({"127.0.0.1"})


async def send(answer: Answer, *, private: bool = True) -> Sent:
    async with raw_channel(answer) as host:
        hosts = frozenset({host} if private else ())
        async with Poster(f"http://{host}/hub", hosts, APPROVED) as poster:
            return await poster.post(b"{}", {"webhook-id": "1"})


async def says(text: str, request: bytes, writer: asyncio.StreamWriter) -> None:
    assert request.startswith(b"POST /hub HTTP/1.1\r\n")
    assert b"webhook-id: 1\r\n" in request
    writer.write(text.replace("\n", "\r\n").encode())


async def says_nothing(_: bytes, __: asyncio.StreamWriter) -> None:
    await asyncio.sleep(0.5)


async def breaks_off_late(_: bytes, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    writer.write((b"400\r\n" + b"x" * 1_024 + b"\r\n") * 40)  # and no end of it


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sending, "SECONDS", 0.2)
    yield


async def test_any_status_is_an_answer() -> None:
    moved = "HTTP/1.1 302 Found\nLocation: http://127.0.0.1:1/\nContent-Length: 0\n\n"
    assert await send(partial(says, moved)) == (302, None)
    later = "HTTP/1.1 503 Later\nRetry-After: 7\nContent-Length: 0\n\n"
    assert await send(partial(says, later)) == (503, 7.0)


async def test_an_answer_is_not_read_to_its_end() -> None:
    assert (await send(breaks_off_late)).status == 200


async def test_no_answer_ends_the_wait(hurried: None) -> None:
    with pytest.raises(PassingError, match="gave no answer within"):
        await send(says_nothing)


async def test_what_breaks_off_may_be_over_in_a_while() -> None:
    with pytest.raises(PassingError, match="broke off"):
        await send(partial(says, "HTTP/1.1 200"))


async def test_a_private_address_is_let_through_by_name_and_port_alone() -> None:
    with pytest.raises(ChannelError, match="Use https"):
        await send(partial(says, ""), private=False)
    async with Poster("https://127.0.0.1:9/hub", frozenset(), APPROVED) as poster:
        with pytest.raises(ChannelError, match="private address"):
            await poster.post(b"{}", {})
