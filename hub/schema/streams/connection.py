"""One connection of `graphql-transport-ws`: its messages, and its operations by their ids."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import orjson
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect

from hub.schema.answering import Answering
from hub.schema.answers import Answer, Subscribed
from hub.schema.asked import Asked, BadRequestError, checked_parameters
from hub.schema.limits import TooManyError
from hub.schema.streams.operation import answered, begun, told
from hub.schema.streams.term import AuthorityEndedError, Term

_SENDING_SECONDS = 10.0
_LONGEST_ID = 128

BAD_MESSAGE, FORBIDDEN, ID_TAKEN, TRY_AGAIN = 4400, 4403, 4409, 1013


Start = Callable[[Callable[[], Awaitable[None]]], None]
"""Begins something that goes on beside the rest of a connection."""


class Closed(Exception):  # noqa: N818 - not always an error
    """The connection is to end: with a code and a reason, or because the other side ended it."""

    def __init__(self, code: int | None = None, reason: str = "") -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason[:120]  # a frame takes 123 bytes

    def by(self, other: "Closed") -> None:
        """Takes over how another one says it, unless it says so already."""
        if self.code is None:
            self.code, self.reason = other.code, other.reason


class Connection:
    """What goes over one WebSocket."""

    def __init__(self, socket: WebSocket, answering: Answering) -> None:
        self._socket = socket
        self._answering = answering
        self._operations: dict[str, anyio.CancelScope] = {}
        self._subscribed: set[Subscribed] = set()

    @property
    def user(self) -> object:
        """Who comes by the header of the request."""
        return self._socket.user

    async def send(self, message: dict[str, Any]) -> None:
        """Sends a message. Raises Closed, also where it is not taken in time."""
        await self._send(orjson.dumps(message).decode())

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(_SENDING_SECONDS):  # anyio's costs a tenth of an event
                await self._socket.send_text(text)
        except TimeoutError:
            raise Closed(TRY_AGAIN, "You take too little of what is sent.") from None
        except (WebSocketDisconnect, RuntimeError):
            raise Closed from None

    async def receive(self) -> dict[str, Any]:
        """The next message. Raises Closed."""
        try:
            found = orjson.loads(await self._socket.receive_text())
        except WebSocketDisconnect:
            raise Closed from None
        except (orjson.JSONDecodeError, KeyError):
            raise Closed(BAD_MESSAGE, "The message is not JSON.") from None
        if not isinstance(found, dict) or not isinstance(found.get("type"), str):
            raise Closed(BAD_MESSAGE, "The message has no type.")
        return found

    async def pong(self, message: dict[str, Any]) -> None:
        """Answers a ping."""
        if message["type"] == "ping":
            await self.send({"type": "pong"})

    async def handle(self, message: dict[str, Any], term: Term, start: Start) -> None:
        """Does what a message says. When it returns, a subscription is live: whoever pings after
        they have subscribed knows it by the pong. Raises Closed."""
        kind, id_ = message["type"], message.get("id")
        if kind in {"ping", "pong"}:
            await self.pong(message)
        elif kind not in {"subscribe", "complete"}:
            raise Closed(BAD_MESSAGE, "The message is of no known type.")
        elif not isinstance(id_, str) or not 0 < len(id_) <= _LONGEST_ID:
            raise Closed(BAD_MESSAGE, "The message has no usable id.")
        elif kind == "complete":
            if id_ in self._operations:
                self._operations.pop(id_).cancel()
        elif id_ in self._operations:
            raise Closed(ID_TAKEN, "There is a subscriber of this id already.")
        else:
            await self._begin(id_, message.get("payload"), term, start)

    async def _begin(self, id_: str, payload: Any, term: Term, start: Start) -> None:
        try:
            asked = checked_parameters(payload)
        except BadRequestError as error:
            raise Closed(BAD_MESSAGE, error.message) from None
        if wait := self._answering.wait_of(term.viewer):
            message = f"You ask more often than you may. Wait for {wait:.1f} s, then go on."
            await self._refuse(id_, BadRequestError(message, code="RATE_LIMITED"))
            return
        most = self._answering.limits.operations
        if len(self._operations) >= most:
            message = f"A connection holds {most} operations at most. "
            message += "Complete one, or open another connection."
            await self._refuse(id_, TooManyError("operations", most, message))
            return
        try:
            asked = await self._answering.admitted(term.viewer, asked)
        except BadRequestError as error:
            await self._refuse(id_, error)
            return
        self._operations[id_] = scope = anyio.CancelScope()
        operation = await begun(self._answering, term, asked)
        if isinstance(operation, Subscribed):
            self._subscribed.add(operation)

        async def run() -> None:
            with scope:
                await self._run(id_, operation, term, asked)
            if isinstance(operation, Subscribed):
                self._subscribed.discard(operation)
            if self._operations.get(id_) is scope:
                del self._operations[id_]

        start(run)

    async def _run(
        self, id_: str, operation: Subscribed | Answer | None, term: Term, asked: Asked
    ) -> None:
        head = f'{{"id":{orjson.dumps(id_).decode()}'

        async def tell(answer: Answer) -> None:
            await self._send(f'{head},"type":"next","payload":{answer.text}}}')

        why: dict[str, Any] | None = None
        try:
            if isinstance(operation, Subscribed):
                why = await told(term, operation, tell)
            else:
                answer = operation or await answered(self._answering, term, asked)
                if "data" not in answer.body:
                    errors = answer.body["errors"]
                    await self.send({"id": id_, "type": "error", "payload": errors})
                    return
                await tell(answer)
        except AuthorityEndedError as error:
            raise Closed(FORBIDDEN, str(error)) from None
        if why:
            await self.send({"id": id_, "type": "error", "payload": [why]})
        else:
            await self.send({"id": id_, "type": "complete"})

    async def close(self) -> None:
        """Stops what is subscribed to and was ended before it began."""
        for each in self._subscribed:
            await each.close()

    async def _refuse(self, id_: str, error: GraphQLError) -> None:
        await self.send({"id": id_, "type": "error", "payload": [error.formatted]})
