"""Server-sent events: `POST /graphql` with `Accept: text/event-stream`, after the GraphQL over SSE
protocol in its mode of distinct connections."""

from typing import Any

import anyio
import orjson
from anyio.abc import TaskGroup
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.schema.answering import Answering
from hub.schema.answers import Answer, Subscribed
from hub.schema.asked import Asked
from hub.schema.streams.operation import answered, begun, told
from hub.schema.streams.term import AuthorityEndedError, Term

EVENTS = "text/event-stream"
ALIVE_SECONDS = 12.0
_SENDING_SECONDS = 10.0
_ALIVE = b":\n\n"
_COMPLETE = b"event: complete\ndata:\n\n"


class EventStream(Response):
    """The answer to one operation as events: `next` for each result, then `complete`."""

    media_type = EVENTS

    def __init__(self, answering: Answering, term: Term, asked: Asked) -> None:
        super().__init__(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._answering = answering
        self._term = term
        self._asked = asked
        self._send: Send
        self._group: TaskGroup
        self._over = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Sends events until the operation, the viewer's time or the connection ends."""
        self._send = send
        operation = await begun(self._answering, self._term, self._asked)
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        try:
            await send(start)
            async with anyio.create_task_group() as self._group:
                self._group.start_soon(self._until_gone, receive)
                self._group.start_soon(self._until_ending)
                self._group.start_soon(self._until_unauthorised)
                self._group.start_soon(self._stay_alive)
                self._group.start_soon(self._run, operation)
        finally:
            if isinstance(operation, Subscribed):
                with anyio.CancelScope(shield=True):
                    await operation.close()

    async def _run(self, operation: Subscribed | Answer | None) -> None:
        why: Any = None
        try:
            if isinstance(operation, Subscribed):
                await self._write(_ALIVE)  # says that it is live
                why = await told(self._term, operation, self._next)
            else:
                await self._next(operation or await self._answer())
        except AuthorityEndedError as error:
            why = _unauthenticated(error)
        await self._end(why)

    async def _answer(self) -> Answer:
        return await answered(self._answering, self._term, self._asked)

    async def _next(self, answer: Answer) -> None:
        await self._write(event(answer.text))

    async def _until_unauthorised(self) -> None:
        try:
            await self._term.until_ended()
        except AuthorityEndedError as error:
            await self._end(_unauthenticated(error))

    async def _until_ending(self) -> None:
        await self._term.ending.wait()
        await self._end(None)

    async def _until_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._group.cancel_scope.cancel()

    async def _stay_alive(self) -> None:
        while True:
            await anyio.sleep(ALIVE_SECONDS)
            await self._write(_ALIVE)

    async def _end(self, why: dict[str, Any] | None) -> None:
        last = event(orjson.dumps({"errors": [why]}).decode()) + _COMPLETE if why else _COMPLETE
        await self._write(last, more=False)
        self._group.cancel_scope.cancel()

    async def _write(self, data: bytes, *, more: bool = True) -> None:
        """Sends; whoever does not take it in time is let go."""
        if self._over:
            return
        self._over = not more
        with anyio.move_on_after(_SENDING_SECONDS) as sending:
            await self._send({"type": "http.response.body", "body": data, "more_body": more})
        if sending.cancelled_caught:
            self._over = True
            self._group.cancel_scope.cancel()


def event(result: str) -> bytes:
    """A result as an event. JSON has no line end in it, so that one line of data holds it."""
    return f"event: next\ndata: {result}\n\n".encode()


def _unauthenticated(error: AuthorityEndedError) -> dict[str, Any]:
    return {"message": str(error), "extensions": {"code": "UNAUTHENTICATED"}}
