"""Small real channels on loopback, and connectors that are let through to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from hub.connectors.base import Batch, Connector, State, Surroundings
from hub.connectors.load import load

Serve = Callable[[Any], Awaitable[str]]
"""Starts an ASGI application and gives its host:port."""

Answer = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_channel(answer: Answer) -> AsyncIterator[str]:
    """A server that writes whatever it likes; gives its host:port."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer(await reader.readuntil(b"\r\n\r\n"), writer)
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def connector(
    text: str,
    host: str,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Connector[Any]:
    """A connector for a YAML text in which HOST stands for the channel's host and port."""
    surroundings = Surroundings(folder or Path(), environment or {}, frozenset({host}))
    return load(text.replace("HOST", host), "channel.yaml").connect(surroundings)


async def batches(
    channel: Connector[Any], checkpoint: Mapping[str, State] | None = None
) -> list[Batch]:
    """All batches of one run."""
    return [batch async for batch in channel.read(checkpoint or {})]


def ids(found: list[Batch], key: str = "id") -> list[str]:
    """The ids of all records, in order."""
    return [str(r[key]) for batch in found for r in batch.records if isinstance(r, dict)]


def states(found: list[Batch]) -> list[State | None]:
    """The checkpoints of all batches, in order."""
    return [batch.state for batch in found]
