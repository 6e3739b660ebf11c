"""Operations over a WebSocket, after the protocol `graphql-transport-ws`."""

from asyncio import Event
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import urlsplit

import anyio
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from hub.auth.issuers import InvalidTokenError
from hub.auth.middleware import Bearers, UncheckedTokenError, Viewer
from hub.schema.answering import Answering
from hub.schema.streams.connection import (
    BAD_MESSAGE,
    FORBIDDEN,
    TRY_AGAIN,
    Closed,
    Connection,
    Start,
)
from hub.schema.streams.term import AuthorityEndedError, Term
from hub.store.remembered import Remembered

PROTOCOL = "graphql-transport-ws"
INIT_SECONDS = 5.0
_CLOSING_SECONDS = 2.0

UNAUTHORIZED, INIT_TIMEOUT, TOO_MANY_INITS, SERVICE_RESTART = 4401, 4408, 4429, 1012


class GraphQLSocket:
    """An ASGI application that opens WebSockets for those who come from a page that may."""

    def __init__(
        self,
        answering: Answering,
        bearers: Bearers,
        changes: Remembered,
        origins: frozenset[str],
        ending: Event,
    ) -> None:
        """`changes` as for Term. Browsers say which page connects; `origins` are those that may."""
        self._answering = answering
        self._bearers = bearers
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
        connection = Connection(socket, self._answering)
        try:
            async with anyio.create_task_group() as group:

                def start(work: Callable[[], Awaitable[None]]) -> None:
                    """Begins a part. Whatever closes one closes all."""

                    async def guarded() -> None:
                        try:
                            await work()
                        except Closed as error:
                            closed.by(error)
                            group.cancel_scope.cancel()

                    group.start_soon(guarded)

                start(self._until_ending)
                start(partial(self._talk, connection, start))
        finally:
            with anyio.CancelScope(shield=True):
                await connection.close()
        return closed

    async def _until_ending(self) -> None:
        await self._ending.wait()
        raise Closed(SERVICE_RESTART, "The hub ends.")

    async def _talk(self, connection: Connection, start: Start) -> None:
        with anyio.move_on_after(INIT_SECONDS) as waiting:
            viewer = await self._init(connection)
        if waiting.cancelled_caught:
            raise Closed(INIT_TIMEOUT, "Connection initialisation timeout")
        term = Term(viewer, self._changes, self._ending)
        await connection.send({"type": "connection_ack"})

        async def until_ended() -> None:
            try:
                await term.until_ended()
            except AuthorityEndedError as error:
                raise Closed(FORBIDDEN, str(error)) from None

        start(until_ended)
        while True:
            message = await connection.receive()
            if message["type"] == "connection_init":
                raise Closed(TOO_MANY_INITS, "Too many initialisation requests")
            await connection.handle(message, term, start)

    async def _init(self, connection: Connection) -> Viewer:
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
            viewer = connection.user
            if isinstance(stated, str):
                viewer = await self._bearers.viewer(stated.encode())
        except UncheckedTokenError:
            raise Closed(TRY_AGAIN, "The hub can't check the token now.") from None
        except InvalidTokenError as error:
            raise Closed(FORBIDDEN, str(error)) from None
        if not isinstance(viewer, Viewer):
            raise Closed(FORBIDDEN, "An access token is needed.")
        return viewer


def origin_of(url: str) -> str:
    """The origin of an address, as browsers state it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
