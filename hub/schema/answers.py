"""What a document gets: an answer, or one after the other."""

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import orjson
from graphql import ExecutionResult

from hub.domain.reading import Reading
from hub.schema.compiled.stream import Stream
from hub.schema.types.change import Heard

_AHEAD = 20
"""So many answers of a subscription are made at once, where it gets the same as others."""


@dataclass(frozen=True)
class Answer:
    """What a document gets, and the HTTP status that the draft gives it."""

    body: dict[str, Any]
    status: int

    @cached_property
    def text(self) -> str:
        """The body as JSON, made once for all who get the same."""
        return orjson.dumps(self.body, option=orjson.OPT_NAIVE_UTC).decode()

    @property
    def failed(self) -> int:
        """The status where an error is no success: 200 with errors beside data is 400 then."""
        return max(self.status, 400)


class Subscribed:
    """The answers of a subscription, as their reader may have them."""

    def __init__(
        self,
        results: AsyncIterator[ExecutionResult],
        tell: Callable[[ExecutionResult, Reading | None], Awaitable[Answer]],
        confirm: Callable[[], Awaitable[None]],
        ended: Callable[[], None],
        alike: Hashable | None,
    ) -> None:
        """`confirm` is asked whether an answer may leave, `ended` is called once it has. All that
        are `alike` get the same answers, each of which is made once; None for one that is like no
        other."""
        self._results = results
        self._tell = tell
        self._confirm = confirm
        self._ended = ended
        self._alike = alike
        self._begun: deque[Awaitable[Answer]] = deque()

    async def next(self) -> Answer:
        """The next one. Raises FellBehindError, BadRequestError."""
        if isinstance(self._results, Stream):
            answer = await self._next_of(self._results)
        else:
            answer = await self._tell(await anext(self._results), None)
        await self._confirm()
        return answer

    async def _next_of(self, stream: Stream) -> Answer:
        """The next of several that are being made."""
        if not self._begun:
            self._begun.append(self._begin(stream, await stream.event()))
        if self._alike is not None:
            while len(self._begun) < _AHEAD and (event := stream.waiting()):
                self._begun.append(self._begin(stream, event))
        return await self._begun.popleft()

    def _begin(self, stream: Stream, event: Any) -> Awaitable[Answer]:
        if self._alike is not None and isinstance(event, Heard):
            return event.change.once(self._alike, partial(self._made, stream, event, event.reading))
        return self._made(stream, event, event.reading if isinstance(event, Heard) else None)

    async def _made(self, stream: Stream, event: Any, reading: Reading | None) -> Answer:
        return await self._tell(await stream.result(event), reading)

    async def close(self) -> None:
        """Ends it."""
        self._ended()
        await self._results.aclose()  # type: ignore[attr-defined]
