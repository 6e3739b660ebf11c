"""Just enough of WebSockets and of server-sent events to take what comes, so that the hub is what
is measured."""

import asyncio
import base64
import os
import time
from typing import Any

import orjson

from bench.live.watchers import QUERY

_TEXT, _PING, _PONG = 1, 9, 10
_BYTE, _SHORT, _LONG = 125, 126, 127


class Taker(asyncio.Protocol):
    """Takes what one connection brings, with the moment at which it came."""

    def __init__(self, port: int, token: str, filter_: dict[str, Any] | None) -> None:
        self.taken: list[tuple[float, bytes]] = []
        self.live: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._asked = {"query": QUERY, "variables": {"filter": filter_}}
        self._head = [f"Host: 127.0.0.1:{port}", f"Authorization: Bearer {token}"]
        self._received = bytearray()
        self._open = False
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks."""
        self._transport = transport  # type: ignore[assignment]
        self._transport.write(self._request())

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the protocol has it
        """Which only the end of the process may bring."""
        if not self._transport.is_closing():
            self.taken.append((time.monotonic(), b"closed"))

    def data_received(self, data: bytes) -> None:
        """Takes all that is whole."""
        self._received += data
        if not self._open:
            head = self._received.find(b"\r\n\r\n")
            if head < 0:
                return
            if b" 101 " not in self._received[:20] and b" 200 " not in self._received[:20]:
                raise SystemExit(f"refused: {bytes(self._received[:500])!r}")
            del self._received[: head + 4]
            self._open = True
            self._opened()
        at = time.monotonic()
        while (part := self._next()) is not None:
            self._take(at, part)

    def _request(self) -> bytes:
        raise NotImplementedError

    def _opened(self) -> None:
        """Once the connection is one."""

    def _next(self) -> bytes | None:
        """The next whole part; None where there is none yet."""
        raise NotImplementedError

    def _take(self, at: float, part: bytes) -> None:
        raise NotImplementedError


class BySocket(Taker):
    """A subscription over a WebSocket."""

    def _request(self) -> bytes:
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET /graphql HTTP/1.1", *self._head, "Upgrade: websocket", "Connection: Upgrade"]
        lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13"]
        return "\r\n".join(
            [*lines, "Sec-WebSocket-Protocol: graphql-transport-ws", "", ""]
        ).encode()

    def _opened(self) -> None:
        for message in (
            {"type": "connection_init"},
            {"type": "subscribe", "id": "1", "payload": self._asked},
            {"type": "ping"},
        ):
            self._send(_TEXT, orjson.dumps(message))

    def _send(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        length = (
            bytes([0x80 | size]) if size <= _BYTE else bytes([0x80 | _SHORT]) + size.to_bytes(2)
        )
        # A mask of nothing leaves the payload as it is.
        self._transport.write(bytes([0x80 | kind]) + length + bytes(4) + payload)

    def _next(self) -> bytes | None:
        received = self._received
        if len(received) < 2:  # noqa: PLR2004
            return None
        size, head = received[1] & 0x7F, 2
        if size == _SHORT:
            size, head = int.from_bytes(received[2:4]), 4
        elif size == _LONG:
            size, head = int.from_bytes(received[2:10]), 10
        if len(received) < head + size:
            return None
        kind, part = received[0] & 0x0F, bytes(received[head : head + size])
        del received[: head + size]
        if kind == _PING:
            self._send(_PONG, part)
        return part if kind == _TEXT else b""

    def _take(self, at: float, part: bytes) -> None:
        if b'"type":"pong"' in part:
            self.live.set_result(None)
        elif part and b'"connection_ack"' not in part:
            self.taken.append((at, part))


class ByEvents(Taker):
    """A subscription by server-sent events."""

    def _request(self) -> bytes:
        body = orjson.dumps(self._asked)
        lines = ["POST /graphql HTTP/1.1", *self._head, "Accept: text/event-stream"]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
        return "\r\n".join(lines).encode() + body

    def _next(self) -> bytes | None:
        """A chunk: the hub sends each event by itself."""
        line = self._received.find(b"\r\n")
        if line < 0:
            return None
        size = int(self._received[:line], 16)
        if len(self._received) < line + 2 + size + 2:
            return None
        part = bytes(self._received[line + 2 : line + 2 + size])
        del self._received[: line + 2 + size + 2]
        return part

    def _take(self, at: float, part: bytes) -> None:
        if not part.startswith(b":"):
            self.taken.append((at, part.partition(b"\ndata: ")[2] or part))
        elif not self.live.done():
            self.live.set_result(None)
