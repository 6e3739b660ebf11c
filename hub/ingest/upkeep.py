"""What a serving hub does in the background: works off what writers have marked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import structlog

from hub.store.mongo import StoreError
from hub.store.store import Store

REFRESH_SECONDS = 1.0
_AGAIN_SECONDS = 60.0
_REST = 5
"""A refresh rests for so many times as long as it works, so that queries are not slowed."""

_log = structlog.get_logger()


async def keep_rollups(store: Store) -> None:
    """Refreshes the roll-up again and again, until it is cancelled."""
    while True:
        try:
            await store.rollups.refresh(_REST)
        except StoreError as error:
            _log.warning("rollups.not_refreshed", error=str(error))
        await anyio.sleep(REFRESH_SECONDS)


async def fill_search_words(store: Store) -> None:
    """Lets complaints be found that an earlier version of the hub stored; then there is no more
    to do."""
    while True:
        try:
            if filled := await store.search_words.fill():
                _log.info("search_words.filled", complaints=filled)
            return
        except StoreError as error:
            _log.warning("search_words.not_filled", error=str(error))
        await anyio.sleep(_AGAIN_SECONDS)


async def keep_deadlines(store: Store) -> None:
    """Reckons open complaints anew that were reckoned by other rules or days; then there is no
    more to do, since this process writes by its own."""
    while True:
        try:
            if recomputed := await store.deadlines.recompute():
                _log.info("deadlines.recomputed", complaints=recomputed)
            return
        except StoreError as error:
            _log.warning("deadlines.not_recomputed", error=str(error))
        await anyio.sleep(_AGAIN_SECONDS)


@asynccontextmanager
async def upkeep(store: Store) -> AsyncIterator[None]:
    """Keeps the store up while the block runs."""
    async with anyio.create_task_group() as group:
        group.start_soon(keep_rollups, store)
        group.start_soon(fill_search_words, store)
        group.start_soon(keep_deadlines, store)
        yield
        group.cancel_scope.cancel()
