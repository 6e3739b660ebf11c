"""Reading the next batch while the last one is being stored."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import anyio

from hub.ingest.ending import end

T = TypeVar("T")


@asynccontextmanager
async def one_ahead(source: AsyncGenerator[T, None]) -> AsyncIterator[AsyncIterator[T]]:
    """The items of a source, which a task of its own reads, at most one further than was taken.

    What the source raises comes at the end of the block, once all that it gave before has been
    dealt with. However the block ends, the task has ended and the source is closed after it.
    """
    send, receive = anyio.create_memory_object_stream[T](0)

    async def read() -> None:
        with send:  # closed, it ends the loop of who receives
            async with aclosing(source):
                async for item in source:
                    await send.send(item)

    reader = asyncio.create_task(read())
    try:
        with send, receive:
            yield receive
            await reader
    finally:
        await end(reader)
