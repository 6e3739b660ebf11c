"""Reads that many ask for at once, made once: as when MongoDB comes back and a thousand streams
look at their tokens."""

from asyncio import Future, Task, create_task, get_running_loop, shield
from collections.abc import Awaitable, Callable, Hashable
from typing import Any


class SharedReads:
    """Whoever asks gets what a read finds that begins no sooner than that. All who ask while one of
    the same key goes on share the next; each goes on though nobody waits for it any more."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, Future[Any]] = {}
        self._reading: dict[Hashable, Task[None]] = {}

    async def get(self, key: Hashable, read: Callable[[], Awaitable[Any]]) -> Any:
        """What `read` finds. Raises what it raises."""
        if key not in self._waiting:
            self._waiting[key] = get_running_loop().create_future()
            if key not in self._reading:
                self._reading[key] = create_task(self._read(key, read))
        return await shield(self._waiting[key])

    async def _read(self, key: Hashable, read: Callable[[], Awaitable[Any]]) -> None:
        """Reads for those who wait, and again for those who have come meanwhile."""
        try:
            while waiting := self._waiting.pop(key, None):
                try:
                    waiting.set_result(await read())
                except Exception as error:
                    waiting.set_exception(error)
                    waiting.exception()  # which is no news where nobody waits any more
                except BaseException:
                    waiting.cancel()
                    raise
        finally:
            del self._reading[key]
