"""What a serving hub does in the background: works off what writers have marked."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import anyio
import structlog

from hub.store.mongo import StoreError
from hub.store.store import Store

REFRESH_SECONDS = 1.0
_AGAIN_SECONDS = 60.0
_REST = 5
"""Such work rests for so many times as long as it works, so that queries are not slowed."""

_log = structlog.get_logger()


async def keep_rollups(store: Store) -> None:
    """Refreshes the roll-up again and again, until it is cancelled."""
    while True:
        try:
            await store.rollups.refresh(_REST)
        except StoreError as error:
            _log.warning("rollups.not_refreshed", error=str(error))
        await anyio.sleep(REFRESH_SECONDS)


async def work_off(work: Callable[[float], Awaitable[int]], done: str, failed: str) -> None:
    """Does once what an earlier version of the hub, or other rules, left to be done; then there is
    no more to do, since this process writes by its own. Both names are for the log."""
    while True:
        try:
            if complaints := await work(_REST):
                _log.info(done, complaints=complaints)
            return
        except StoreError as error:
            _log.warning(failed, error=str(error))
        await anyio.sleep(_AGAIN_SECONDS)


@asynccontextmanager
async def upkeep(store: Store) -> AsyncIterator[None]:
    """Keeps the store up while the block runs."""
    async with anyio.create_task_group() as group:
        group.start_soon(keep_rollups, store)
        for work, done, failed in (
            (store.search_words.fill, "search_words.filled", "search_words.not_filled"),
            (store.deadlines.recompute, "deadlines.recomputed", "deadlines.not_recomputed"),
        ):
            group.start_soon(work_off, work, done, failed)
        yield
        group.cancel_scope.cancel()
