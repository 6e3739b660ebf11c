"""What is to end ends, also where its cancellation is lost on the way."""

import asyncio
from contextlib import suppress

import pytest

from hub.domain.clock import Clock, utc_now
from hub.ingest import ending
from hub.ingest.ending import end
from hub.ingest.lease import Lease
from hub.store.store import Store


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "_AGAIN_SECONDS", 0.02)


@pytest.mark.parametrize("lost", [0, 1, 3])
async def test_a_task_that_loses_cancellations_ends_all_the_same(lost: int) -> None:
    async def deaf() -> None:
        for _ in range(lost):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await end(task)
    assert task.cancelled()


async def test_a_task_that_has_failed_is_over() -> None:
    async def failing() -> None:
        raise ZeroDivisionError

    task = asyncio.create_task(failing())
    await end(task)
    assert task.done()


async def test_a_hold_ends_at_any_moment_of_its_renewal(store: Store) -> None:
    """PyMongo sends through `asyncio.wait_for`, where a cancellation may be lost."""
    run = await store.runs.start("sulsel", "sulsel", "v1")
    always_due = Clock(utc_now, lambda _: asyncio.sleep(0))
    async with asyncio.timeout(30):
        for n in range(60):
            async with Lease(store.runs, run, always_due).kept():
                await asyncio.sleep(n / 10_000)
