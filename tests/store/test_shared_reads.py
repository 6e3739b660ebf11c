"""Whoever asks gets a read that begins no sooner; of many who ask at once all get the same."""

import asyncio
from typing import Any

import pytest
from anyio.lowlevel import checkpoint
from pymongo.errors import OperationFailure, WaitQueueTimeoutError

from hub.store.feed import Change
from hub.store.mongo import Document
from hub.store.shared_reads import SharedFinds, SharedReads


class Source:
    """A value that can be read when it is told to be."""

    def __init__(self) -> None:
        self.value = 0
        self.reads = 0
        self.may_end = asyncio.Event()

    async def read(self) -> int:
        self.reads += 1
        found = self.value
        await self.may_end.wait()
        if found < 0:
            raise ConnectionError
        return found


async def test_who_asks_during_a_read_gets_the_next_and_shares_it() -> None:
    source, shared = Source(), SharedReads()
    first = asyncio.create_task(shared.get("key", source.read))
    while not source.reads:
        await checkpoint()
    source.value = 1
    rest = [asyncio.create_task(shared.get("key", source.read)) for _ in range(5)]
    other = asyncio.create_task(shared.get("another", source.read))
    await checkpoint()
    source.may_end.set()
    assert await first == 0
    assert await asyncio.gather(*rest) == [1] * 5
    assert await other == 1
    assert source.reads == 3


async def test_who_gives_up_takes_it_from_nobody() -> None:
    source, shared = Source(), SharedReads()
    gives_up, stays = (asyncio.create_task(shared.get("key", source.read)) for _ in range(2))
    while not source.reads:
        await checkpoint()
    gives_up.cancel()
    await asyncio.wait([gives_up])
    source.may_end.set()
    assert await stays == 0
    assert source.reads == 1


async def test_a_failure_is_told_to_all_who_waited_and_is_over_then() -> None:
    source, shared = Source(), SharedReads()
    source.value = -1
    source.may_end.set()
    asked = [shared.get("key", source.read) for _ in range(3)]
    assert [type(e) for e in await asyncio.gather(*asked, return_exceptions=True)] == [
        ConnectionError
    ] * 3
    source.value = 2
    assert await shared.get("key", source.read) == 2
    with pytest.raises(ConnectionError):
        source.value = -1
        await shared.get("key", source.read)


async def test_what_is_asked_for_at_once_is_found_together() -> None:
    asked: list[list[str]] = []
    may_end = asyncio.Event()

    async def find(ids: list[str]) -> list[Document]:
        asked.append(ids)
        await may_end.wait()
        return [{"_id": id_} for id_ in reversed(ids) if id_ != "none"]

    finds = SharedFinds()
    first = [asyncio.create_task(finds.get("key", id_, find)) for id_ in ("a", "b", "a", "none")]
    while not asked:
        await checkpoint()
    later = [asyncio.create_task(finds.get("key", id_, find)) for id_ in ("c", "a")]
    other = asyncio.create_task(finds.get("another", "a", find))
    await checkpoint()
    may_end.set()
    a, b = {"_id": "a"}, {"_id": "b"}
    assert await asyncio.gather(*first, *later, other) == [a, b, a, None, {"_id": "c"}, a, a]
    assert sorted(asked) == [["a"], ["a", "b", "none"], ["c", "a"]]


async def test_a_change_waits_for_mongodb_and_for_nothing_else() -> None:
    failures: list[Exception] = [WaitQueueTimeoutError("no connection is free")]

    async def fetch() -> dict[str, Any]:
        if failures:
            raise failures.pop()
        return {"title": "Jalan rusak"}

    assert await Change("complaints", "1", None, {}).read("key", fetch) == {"title": "Jalan rusak"}
    failures.append(OperationFailure("not allowed"))
    with pytest.raises(OperationFailure):
        await Change("complaints", "2", None, {}).read("key", fetch)
