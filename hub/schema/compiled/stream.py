"""A subscription: the same plan for each of its events."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from graphql import ExecutionResult, GraphQLError


class NotAStreamError(GraphQLError):
    """A subscription that is asked for like a query."""

    def __init__(self) -> None:
        super().__init__(
            "Subscriptions are answered over a WebSocket (graphql-transport-ws), or with "
            "`Accept: text/event-stream`.",
            extensions={"code": "BAD_REQUEST"},
        )


class Events(Protocol):
    """What a subscription's resolver gives. `aclose` ends it, also before its first event."""

    async def __anext__(self) -> Any: ...

    async def aclose(self) -> None:
        """Stops them."""


class Stream(AsyncIterator[ExecutionResult]):
    """The answers of a subscription, one for each event."""

    def __init__(
        self,
        events: Events,
        make: Callable[[Any], Awaitable[Any]],
        key: str,
        plainly: Callable[[Any], Awaitable[ExecutionResult]],
    ) -> None:
        self._events = events
        self._make = make
        self._key = key
        self._plainly = plainly

    async def __anext__(self) -> ExecutionResult:
        return await self.result(await self.event())

    async def event(self) -> Any:
        """The next event, of which nothing is made yet."""
        return await self._events.__anext__()

    def waiting(self) -> Any:
        """The next event where it waits already, and of its kind more than one may be begun."""
        waiting = getattr(self._events, "waiting", None)
        return waiting and waiting()

    async def result(self, event: Any) -> ExecutionResult:
        """What is told of an event."""
        try:
            return ExecutionResult({self._key: await self._make(event)}, None)
        except Exception:  # whatever it is, the plain executor meets it again and tells it
            return await self._plainly(event)

    async def aclose(self) -> None:
        """Stops the events."""
        await self._events.aclose()
