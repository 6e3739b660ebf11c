"""Reads that many ask for at once, made once: as when MongoDB comes back and a thousand streams
look at their tokens."""

from asyncio import Future, Task, create_task, get_running_loop, shield
from collections.abc import Awaitable, Callable, Hashable
from functools import partial
from typing import Any

from hub.store.mongo import Document

Find = Callable[[list[str]], Awaitable[list[Document]]]
"""Ids → the documents that there are of them."""


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
                await _settle([waiting], partial(_alone, read))
        finally:
            del self._reading[key]


class SharedFinds:
    """Documents that are asked for one by one, found together: those of the same key that are asked
    for while one find goes on are found by the next."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, dict[str, Future[Document | None]]] = {}
        self._finding: dict[Hashable, Task[None]] = {}

    async def get(self, key: Hashable, id_: str, find: Find) -> Document | None:
        """The document of an id, or None, by a `find` that is alike for all of this key. Raises
        what it raises."""
        waiting = self._waiting.setdefault(key, {})
        if id_ not in waiting:
            waiting[id_] = get_running_loop().create_future()
            if key not in self._finding:
                self._finding[key] = create_task(self._find(key, find))
        return await shield(waiting[id_])

    async def _find(self, key: Hashable, find: Find) -> None:
        try:
            while waiting := self._waiting.pop(key, None):
                await _settle([*waiting.values()], partial(_by_id, find, [*waiting]))
        finally:
            del self._finding[key]


async def _settle(waiting: list[Future[Any]], read: Callable[[], Awaitable[list[Any]]]) -> None:
    """Gives each what was read for it, or all of them what went wrong."""
    try:
        for each, found in zip(waiting, await read(), strict=True):
            each.set_result(found)
    except Exception as error:
        for each in waiting:
            each.set_exception(error)
            each.exception()  # which is no news where nobody waits any more
    except BaseException:
        for each in waiting:
            each.cancel()
        raise


async def _alone(read: Callable[[], Awaitable[Any]]) -> list[Any]:
    return [await read()]


async def _by_id(find: Find, ids: list[str]) -> list[Document | None]:
    found = {document["_id"]: document for document in await find(ids)}
    return [found.get(id_) for id_ in ids]
