"""Ending a task of one's own for certain."""

import asyncio
from typing import Any

import anyio

_AGAIN_SECONDS = 1.0


async def end(task: asyncio.Task[Any]) -> None:
    """Cancels a task and waits until it has ended, whatever it ended with.

    It is asked again after a while: a cancellation that comes just as `asyncio.wait_for` has what
    it waited for is lost before Python 3.12, and PyMongo sends everything through that.
    """
    with anyio.CancelScope(shield=True):
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=_AGAIN_SECONDS)
        await asyncio.gather(task, return_exceptions=True)
