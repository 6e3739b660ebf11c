"""Operations over a WebSocket, after the protocol `graphql-transport-ws`."""

from asyncio import Event
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import anyio
from starlette.authentication import AuthenticationError
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from hub.auth.middleware import BearerBackend, UncheckedTokenError, Viewer
from hub.schema.answering import Answering
from hub.schema.streams.connection import BAD_MESSAGE, Closed, Connection
from hub.schema.streams.term import AuthorityEndedError, Term
from hub.store.remembered import Remembered

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 5.0
_CLOSING_SECONDS = 2.0

UNAUTHORIZED, FORBIDDEN, INIT_TIMEOUT, TOO_MANY_INITS = 4401, 4403, 4408, 4429
SERVICE_RESTART, TRY_AGAIN = 1012, 1013


class GraphQLSocket:
    """An ASGI application that opens WebSockets for those who come from a page that may."""

    def __init__(
        self,
        answering: Answering,
        backend: BearerBackend,
        changes: Remembered,
        origins: frozenset[str],
        ending: Event,
    ) -> None:
        """`changes` as for Term. Browsers say which page connects; `origins` are those that may."""
        self._answering = answering
        self._backend = backend
        self._changes = changes
        self._origins = origins
        self._ending = ending

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        socket = WebSocket(scope, receive, send)
        origin = socket.headers.get("origin")
        if PROTOCOL not in scope["subprotocols"] or (origin and origin not in self._origins):
            await socket.close()  # which is answered with 403
            return
        await socket.accept(PROTOCOL)
        closed = await self._serve(socket)
        if closed.code is not None:
            with anyio.move_on_after(_CLOSING_SECONDS):
                await socket.close(closed.code, closed.reason)

    async def _serve(self, socket: WebSocket) -> Closed:
        """Talks until one side ends it; how."""
        closed = Closed()
        async with anyio.create_task_group() as group:

            async def guarded(work: Callable[[], Awaitable[None]]) -> None:
                """Whatever ends one part ends all."""
                try:
                    await work()
                except Closed as error:
                    closed.by(error)
                    group.cancel_scope.cancel()

            group.start_soon(guarded, self._until_ending)
            group.start_soon(guarded, lambda: self._talk(socket, guarded))
        return closed

    async def _until_ending(self) -> None:
        await self._ending.wait()
        raise Closed(SERVICE_RESTART, "The hub ends.")

    async def _talk(self, socket: WebSocket, guarded: Any) -> None:
        connection = Connection(socket, self._answering)
        try:
            await self._talk_over(connection, socket, guarded)
        finally:
            with anyio.CancelScope(shield=True):
                await connection.close()

    async def _talk_over(self, connection: Connection, socket: WebSocket, guarded: Any) -> None:
        with anyio.move_on_after(INIT_SECONDS) as waiting:
            viewer = await self._init(socket, connection)
        if waiting.cancelled_caught:
            raise Closed(INIT_TIMEOUT, "Connection initialisation timeout")
        term = Term(viewer, self._changes, self._ending)
        await connection.send({"type": "connection_ack"})
        async with anyio.create_task_group() as group:

            async def until_ended() -> None:
                try:
                    await term.until_ended()
                except AuthorityEndedError as error:
                    raise Closed(FORBIDDEN, str(error)) from None

            group.start_soon(guarded, until_ended)
            while True:
                message = await connection.receive()
                if message["type"] == "connection_init":
                    raise Closed(TOO_MANY_INITS, "Too many initialisation requests")
                await connection.handle(message, term, group, guarded)

    async def _init(self, socket: WebSocket, connection: Connection) -> Viewer:
        """Who comes, by the first message or by the header of the request. Raises Closed."""
        while (message := await connection.receive())["type"] in {"ping", "pong"}:
            await connection.pong(message)
        if message["type"] == "subscribe":
            raise Closed(UNAUTHORIZED, "Unauthorized")
        if message["type"] != "connection_init":
            raise Closed(BAD_MESSAGE, "Begin with connection_init.")
        given = message.get("payload") or {}
        if not isinstance(given, dict):
            raise Closed(BAD_MESSAGE, "`payload` must be an object.")
        stated = next((v for k, v in given.items() if k.lower() == "authorization"), None)
        try:
            viewer = await self._backend.viewer(stated) if isinstance(stated, str) else socket.user
        except UncheckedTokenError:
            raise Closed(TRY_AGAIN, "The hub can't check the token now.") from None
        except AuthenticationError as error:
            raise Closed(FORBIDDEN, str(error)) from None
        if not isinstance(viewer, Viewer):
            raise Closed(FORBIDDEN, "An access token is needed.")
        return viewer


def origin_of(url: str) -> str:
    """The origin of an address, as browsers state it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
