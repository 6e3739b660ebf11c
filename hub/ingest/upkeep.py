"""What a serving hub does in the background: works off what writers have marked."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import structlog

from hub.store.mongo import StoreError
from hub.store.store import Store

REFRESH_SECONDS = 1.0
_RESTS_FOR = 5
"""A refresh rests for so many times as long as it took, so that a long sync is not slowed."""

_log = structlog.get_logger()


async def keep_rollups(store: Store) -> None:
    """Refreshes the roll-up again and again, until it is cancelled."""
    while True:
        began = time.monotonic()
        try:
            await store.rollups.refresh()
        except StoreError as error:
            _log.warning("rollups.not_refreshed", error=str(error))
        await anyio.sleep(max(REFRESH_SECONDS, _RESTS_FOR * (time.monotonic() - began)))


@asynccontextmanager
async def upkeep(store: Store) -> AsyncIterator[None]:
    """Keeps the store up while the block runs."""
    async with anyio.create_task_group() as group:
        group.start_soon(keep_rollups, store)
        yield
        group.cancel_scope.cancel()
