"""Clients that are not ours listen to a hub: over a WebSocket, and to server-sent events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import httpx2
import orjson
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.running_hub import RunningHub

PROTOCOL = Subprotocol("graphql-transport-ws")
CHANGED = """subscription ($filter: ComplaintFilter) {
  complaintChanged(filter: $filter) { id kind complaint { number title institution } } }"""


class Listener:
    """One connection of `graphql-transport-ws`."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, type_: str, **parts: Any) -> None:
        await self.socket.send(orjson.dumps({"type": type_, **parts}).decode())

    async def next(self) -> dict[str, Any]:
        """The next message of the hub."""
        with anyio.fail_after(20):
            found: dict[str, Any] = orjson.loads(await self.socket.recv())
        return found

    async def init(self, token: str | None) -> dict[str, Any]:
        """Says who comes; the answer."""
        payload = {"Authorization": f"Bearer {token}"} if token else {}
        await self.send("connection_init", payload=payload)
        return await self.next()

    async def subscribe(self, query: str, id_: str = "1", **variables: Any) -> None:
        """Subscribes, and returns once that is live."""
        await self.send("subscribe", id=id_, payload={"query": query, "variables": variables})
        await self.live()

    async def live(self) -> None:
        """Returns once what was asked before is live."""
        await self.send("ping")
        assert await self.next() == {"type": "pong"}

    async def told(self) -> Any:
        """The data of the next event."""
        message = await self.next()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        return message["payload"]["data"]

    async def changes(self, most: int) -> list[tuple[str, str]]:
        """What is told of the next so many changes: how each looks, and of which complaint."""
        heard = [(await self.told())["complaintChanged"] for _ in range(most)]
        return [(each["kind"], each["id"].removeprefix("complaint:")) for each in heard]

    async def closed(self) -> tuple[int | None, str | None]:
        """The code and the reason with which the hub closes."""
        with anyio.fail_after(20):
            await self.socket.wait_closed()
        return self.socket.close_code, self.socket.close_reason


@asynccontextmanager
async def connected(hub: RunningHub, **options: Any) -> AsyncIterator[Listener]:
    """A connection over which nothing was said yet."""
    url = str(hub.http.base_url).replace("http", "ws", 1).rstrip("/")
    options = {"subprotocols": [PROTOCOL], "compression": None, **options}
    async with connect(f"{url}/graphql", close_timeout=1, **options) as socket:
        yield Listener(socket)


@asynccontextmanager
async def listening(hub: RunningHub, token: str) -> AsyncIterator[Listener]:
    """A connection of whoever has this token."""
    async with connected(hub) as listener:
        assert await listener.init(token) == {"type": "connection_ack"}
        yield listener


class Events:
    """The server-sent events of one answer."""

    def __init__(self, answer: httpx2.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def next(self) -> tuple[str, Any]:
        """The name of the next event, and what it says; comments are `:`."""
        name, data = "", ""
        with anyio.fail_after(20):
            async for line in self._lines:
                if line == ":":
                    name = ":"
                elif line.startswith("event: "):
                    name = line.removeprefix("event: ")
                elif line.startswith("data:"):
                    data = line.removeprefix("data:").strip()
                elif not line:
                    return name, orjson.loads(data) if data else None
        raise EOFError


@asynccontextmanager
async def events(
    hub: RunningHub, token: str, query: str, *, accept: str = "text/event-stream", **variables: Any
) -> AsyncIterator[Events]:
    """The events that a document gets."""
    async with hub.http.stream(
        "POST",
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {token}", "Accept": accept},
        timeout=20,
    ) as answer:
        yield Events(answer)
