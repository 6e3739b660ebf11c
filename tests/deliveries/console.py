"""A console that is told by webhook: a real server, which answers as a test lets it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
import orjson
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.serving import free_port, listening


@dataclass(frozen=True)
class Message:
    """What came."""

    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def type(self) -> str:
        return str(self.json["type"])

    def signed_with(self, secret: str) -> Any:
        """What it says. Raises WebhookVerificationError."""
        return Webhook(secret).verify(self.body, self.headers)


class Console:
    """Keeps what comes until somebody takes it, and answers each with the next status; the last
    one stays. With `hold` it answers once that is set."""

    def __init__(self, port: int) -> None:
        self.host = f"127.0.0.1:{port}"
        self.url = f"http://{self.host}/hub"
        self.begin_again()

    def begin_again(self) -> None:
        """As it was at first."""
        self.statuses = [200]
        self.headers: dict[str, str] = {}
        self.hold: asyncio.Event | None = None
        self.waiting: asyncio.Queue[Message] = asyncio.Queue()

    async def answer(self, request: Request) -> Response:
        """Takes one message."""
        self.waiting.put_nowait(Message(dict(request.headers), await request.body()))
        if self.hold:
            await self.hold.wait()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        return Response(status_code=status, headers=self.headers)

    async def next(self) -> Message:
        """The next message."""
        with anyio.fail_after(20):
            return await self.waiting.get()

    async def types(self, most: int) -> list[str]:
        """What the next so many messages tell."""
        return [(await self.next()).type for _ in range(most)]


@asynccontextmanager
async def running_console() -> AsyncIterator[Console]:
    """A console on a free port."""
    console = Console(free_port(0))
    app = Starlette(routes=[Route("/hub", console.answer, methods=["POST"])])
    async with listening(app, "127.0.0.1", int(console.host.rpartition(":")[2])):
        yield console
