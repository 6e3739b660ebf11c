"""Speaks HTTP/1.1 part by part, so that an answer can break off where a framework would end it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

import h11
import orjson

_AT_ONCE = 64 * 1024


class Asked(NamedTuple):
    """A request: the path and the query as they are meant, and the body as JSON."""

    path: str
    query: dict[str, str]
    body: Any


class BreakOff(StrEnum):
    """How the connection closes in the middle of a body."""

    LENGTH = "of a stated length"
    CHUNKED = "in chunks"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, and whether it breaks off."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    breaks: BreakOff | None = None


@asynccontextmanager
async def serving(answer: Callable[[Asked], Answer]) -> AsyncIterator[int]:
    """Answers on a port of 127.0.0.1, one request for each connection, while the block runs."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = h11.Connection(h11.SERVER)
        try:
            if asked := await _read(wire, reader):
                writer.write(_written(wire, answer(asked)))
                await writer.drain()
        except (h11.RemoteProtocolError, ConnectionError):
            pass  # who asked has gone
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


async def _read(wire: h11.Connection, reader: asyncio.StreamReader) -> Asked | None:
    """The request of a connection; None where it closes before its end."""
    target, body = "", b""
    while True:
        match wire.next_event():
            case h11.NEED_DATA:
                wire.receive_data(await reader.read(_AT_ONCE))
            case h11.Request() as request:
                target = request.target.decode()
            case h11.Data(data=data):
                body += data
            case h11.EndOfMessage():
                url = urlsplit(target)
                form = body.startswith((b"{", b"["))
                query = dict(parse_qsl(url.query, keep_blank_values=True))
                return Asked(unquote(url.path), query, orjson.loads(body) if form else None)
            case _:
                return None


def _written(wire: h11.Connection, answer: Answer) -> bytes:
    headers = [*answer.headers.items(), ("Connection", "close")]
    if answer.breaks is not BreakOff.CHUNKED:
        headers.append(("Content-Length", str(len(answer.body))))
    head = wire.send(h11.Response(status_code=answer.status, headers=headers)) or b""
    sent = answer.body[: len(answer.body) // 2] if answer.breaks else answer.body
    body = wire.send(h11.Data(data=sent)) or b""
    end = b"" if answer.breaks else wire.send(h11.EndOfMessage()) or b""
    return head + body + end
