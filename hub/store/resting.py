"""Long work in the background that leaves MongoDB to those who ask."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def rested(rest: float) -> AsyncIterator[None]:
    """A batch of such work, after which it rests for so many times as long as the batch took."""
    began = time.monotonic()
    yield
    await asyncio.sleep(rest * (time.monotonic() - began))
