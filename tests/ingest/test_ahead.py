"""Reading ahead: by one at most, nothing lost in between, no task left behind."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from hub.ingest.ahead import one_ahead


class Source:
    """Gives numbers; notes how far it was read and whether it was closed."""

    def __init__(self, fails_at: int | None = None) -> None:
        self.read = 0
        self.closed = False
        self._fails_at = fails_at

    async def __call__(self) -> AsyncGenerator[int, None]:
        try:
            while self.read < 5:
                if self.read == self._fails_at:
                    raise ConnectionError
                self.read += 1
                yield self.read
        finally:
            await asyncio.sleep(0)
            self.closed = True


def reading() -> list[str]:
    """The tasks that read ahead; the tests' loop has others too, such as the driver's monitors."""
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return [name for name in names if name.startswith(one_ahead.__name__)]


async def settled() -> None:
    """Lets every task go on until none can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_it_is_read_one_further_than_was_taken_and_no_more() -> None:
    source, seen = Source(), []
    async with one_ahead(source()) as items:
        assert len(reading()) == 1
        async for item in items:
            await settled()
            assert source.read == min(item + 1, 5)
            seen.append(item)
    assert seen == [1, 2, 3, 4, 5]
    assert source.closed


async def test_what_the_source_raises_comes_after_all_that_it_gave() -> None:
    source, seen = Source(fails_at=3), []
    with pytest.raises(ConnectionError):
        async with one_ahead(source()) as items:
            async for item in items:
                await settled()
                seen.append(item)
    assert seen == [1, 2, 3]
    assert source.closed


@pytest.mark.parametrize("fails_at", [None, 2], ids=["waiting", "failed ahead"])
async def test_a_block_that_fails_ends_the_reading(fails_at: int | None) -> None:
    source = Source(fails_at)
    with pytest.raises(ZeroDivisionError):
        async with one_ahead(source()) as items:
            async for item in items:
                await settled()
                if item == 2:
                    raise ZeroDivisionError
    assert source.closed
    assert reading() == []


async def test_a_block_that_ends_at_once_has_closed_the_source() -> None:
    source = Source()
    with pytest.raises(ZeroDivisionError):
        async with one_ahead(source()):
            raise ZeroDivisionError
    assert reading() == []


@pytest.mark.parametrize("steps", range(12))
async def test_cancelled_at_any_step_it_leaves_no_task(steps: int) -> None:
    source = Source()

    async def work() -> None:
        async with one_ahead(source()) as items:
            async for _ in items:
                await asyncio.sleep(0)

    running = asyncio.create_task(work())
    for _ in range(steps):
        await asyncio.sleep(0)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert reading() == []
    assert source.closed or source.read == 0
