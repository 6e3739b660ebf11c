"""Remembered documents (hub/store/remembered.py) while MongoDB tells of their changes."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio

from hub.store.remembered import Remembered


@asynccontextmanager
async def watched(documents: Remembered) -> AsyncIterator[None]:
    """Changes are listened to while the block runs."""
    async with anyio.create_task_group() as group:
        group.start_soon(documents.watch)
        yield
        group.cancel_scope.cancel()


async def until_live(documents: Remembered) -> None:
    """Returns once changes are told, so that what is remembered is trusted."""
    with anyio.fail_after(20):
        while not documents.live:
            await documents.next_change.wait()
