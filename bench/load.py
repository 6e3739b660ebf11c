"""The load generator, a process of its own: jobs as JSON lines in, results as JSON lines out.

It speaks just enough HTTP/1.1 to know where an answer ends, so that the server is what is measured.
"""

import asyncio
import re
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import orjson
import uvloop

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.I)
_CURSOR = re.compile(rb'"endCursor": ?"([^"]*)"')
_PLACE = b"@CURSOR@"


class _Connection(asyncio.Protocol):
    """One request at a time; `done` gets each answer's body."""

    def __init__(self) -> None:
        self._head = -1
        self._ends: int | None = None
        self._received = bytearray()
        self.done: Callable[[bytearray, int], None]
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.transport.is_closing():
            raise SystemExit(f"the server closed the connection: {exc}")

    def data_received(self, data: bytes) -> None:
        received = self._received
        received += data
        if self._head < 0:
            self._head = received.find(b"\r\n\r\n")
            if self._head < 0:
                return
            found = _LENGTH.search(received, 0, self._head)
            self._ends = self._head + 4 + int(found[1]) if found else None
        if self._ends is None:
            if not received.endswith(b"\r\n0\r\n\r\n"):
                return
        elif len(received) < self._ends:
            return
        if not received.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"not 200: {bytes(received[:500])!r}")
        head, self._head, self._received = self._head, -1, bytearray()
        self.done(received, head + 4)


async def _connect(port: int) -> _Connection:
    _, connection = await asyncio.get_running_loop().create_connection(
        _Connection, "127.0.0.1", port
    )
    return connection


async def _load(port: int, requests: list[bytes], seconds: float, connections: int) -> Any:
    """As many as come back within the time, each connection always having one open."""
    latencies: list[float] = []
    begun = time.perf_counter()
    until = begun + seconds
    bytes_seen = 0

    async def keep_asking(offset: int) -> None:
        nonlocal bytes_seen
        connection = await _connect(port)
        finished = asyncio.get_running_loop().create_future()
        sent = 0.0
        number = offset

        def ask() -> None:
            nonlocal sent, number
            number += 1
            sent = time.perf_counter()
            connection.transport.write(requests[number % len(requests)])

        def done(body: bytearray, start: int) -> None:
            nonlocal bytes_seen
            now = time.perf_counter()
            latencies.append(now - sent)
            bytes_seen = len(body) - start
            if now < until:
                ask()
            else:
                finished.set_result(None)

        connection.done = done
        ask()
        await finished
        connection.transport.close()

    await asyncio.gather(*(keep_asking(n) for n in range(connections)))
    return _told(latencies, time.perf_counter() - begun, bytes_seen)


def _settle(answered: "asyncio.Future[bytearray]", text: bytearray, _: int) -> None:
    answered.set_result(text)


async def _walk(job: dict[str, Any], request: bytes) -> Any:
    """Whole walks through a list, each page by the cursor of the one before."""
    head, _, body = request.partition(b"\r\n\r\n")
    head = _LENGTH.sub(b"", head)
    durations: list[float] = []
    begun = time.perf_counter()

    async def keep_walking() -> None:
        connection = await _connect(job["port"])
        while True:
            walk_begun = time.perf_counter()
            cursor = b""
            for _ in range(job["pages"]):
                cursor = await _next_cursor(connection, head, body, cursor)
            durations.append(time.perf_counter() - walk_begun)
            if time.perf_counter() - begun > job["seconds"]:
                break
        connection.transport.close()

    await asyncio.gather(*(keep_walking() for _ in range(job["connections"])))
    return _told(durations, time.perf_counter() - begun, 0)


async def _next_cursor(connection: _Connection, head: bytes, body: bytes, cursor: bytes) -> bytes:
    answered: asyncio.Future[bytearray] = asyncio.get_running_loop().create_future()
    connection.done = partial(_settle, answered)
    asked = body.replace(_PLACE, cursor)
    length = b"\r\nContent-Length: %d" % len(asked) if body else b""
    connection.transport.write(head.replace(_PLACE, cursor) + length + b"\r\n\r\n" + asked)
    found = _CURSOR.search(await answered)
    if found is None:
        raise SystemExit("an answer without a cursor")
    return found[1]


def _told(latencies: list[float], seconds: float, size: int) -> dict[str, float]:
    latencies.sort()
    count = len(latencies)
    return {
        "count": count,
        "rate": count / seconds,
        "p50": latencies[count // 2] * 1000,
        "p99": latencies[min(count - 1, count * 99 // 100)] * 1000,
        "bytes": size,
    }


async def _job(job: dict[str, Any]) -> Any:
    requests = [text.encode() for text in job["requests"]]
    if job.get("pages"):
        return await _walk(job, requests[0])
    return await _load(job["port"], requests, job["seconds"], job["connections"])


def main() -> None:
    """Answers each line until standard input ends."""
    for line in sys.stdin.buffer:
        result = uvloop.run(_job(orjson.loads(line)))
        sys.stdout.buffer.write(orjson.dumps(result) + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
