"""The stage of it: one `hub serve` over a mongod of its own, which can be killed and started again,
with the processes that listen and write."""

import base64
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bench.data import KEY
from bench.live.watchers import watchers
from bench.servers import HERE, tokens_of, wait_for
from hub.auth.clients import create_client
from hub.serving import free_port
from hub.store.embedded import embedded_mongod
from hub.store.mongo import Driver
from hub.store.store import open_store

PARTS = 2
"""Processes that listen."""

_KEY = base64.b64encode(KEY).decode()

Start = Callable[..., subprocess.Popen[bytes]]


class Mongod:
    """A mongod that can be killed as if by accident."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running = AsyncExitStack()

    async def start(self) -> str:
        """Starts it, on the same data and port as before; its URI."""
        return await self._running.enter_async_context(embedded_mongod(self._folder))

    async def restart(self) -> None:
        """Kills it, and starts another one in its place."""
        os.kill(int((self._folder / "mongo" / "pid").read_text()), signal.SIGKILL)
        await self.stop()
        await self.start()

    async def stop(self) -> None:
        """Ends it in order, where it runs."""
        await self._running.aclose()


@dataclass(frozen=True, slots=True)
class Stage:
    """What plays: the hub, who listens to it, and how to start who writes."""

    mongod: Mongod
    hub: subprocess.Popen[bytes]
    listeners: list[subprocess.Popen[bytes]]
    write: Callable[[int], subprocess.Popen[bytes]]


@asynccontextmanager
async def staged(folder: Path, logs: Path, count: int) -> AsyncIterator[Stage]:
    """A hub that so many listen to already, for as long as the block runs."""
    mongod, port = Mongod(folder), free_port(0)
    started: list[subprocess.Popen[bytes]] = []

    def start(log: str, *command: str, **settings: str) -> subprocess.Popen[bytes]:
        with (logs / f"{log}.log").open("wb") as errors:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=HERE.parent,
                env={**os.environ, **settings},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        started.append(process)
        return process

    try:
        uri = await mongod.start()
        pairs = await _clients(uri, count)
        settings = {
            "HUB_PORT": str(port),
            "HUB_MONGODB_URI": uri,
            "HUB_ENCRYPTION_KEY": _KEY,
            "HUB_CONNECTORS_DIR": str(folder),  # which has none
            "HUB_TOKEN_SECONDS": "3600",
        }
        hub = start("watched-hub", "hub", "serve", "--no-schedule", **settings)
        wait_for(port, hub, "the hub that is watched")
        job = {"count": count, "parts": PARTS, "port": port, "tokens": tokens_of(port, pairs)}
        listeners = [start(f"listeners-{n}", "bench.live.listeners") for n in range(PARTS)]
        for part, process in enumerate(listeners):
            tell(process, job | {"part": part})
        for process in listeners:
            if line_of(process) != b"live\n":
                raise RuntimeError("not all subscriptions are live; see bench/.data/logs")
        uri_file = folder / "uri"
        uri_file.touch(mode=0o600)
        uri_file.write_text(uri)
        yield Stage(
            mongod,
            hub,
            listeners,
            lambda number: start("writer", "bench.live.writer", str(uri_file), str(number)),
        )
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(20)
        await mongod.stop()


async def _clients(uri: str, count: int) -> dict[str, tuple[str, str]]:
    grants = {watcher.client: watcher.grant for watcher in watchers(count)}
    opened = open_store(uri=uri, data_dir=Path(), encryption_key=_KEY, driver=Driver.PYMONGO)
    async with opened as store:
        return {name: await create_client(store.clients, name, of) for name, of in grants.items()}


def tell(process: subprocess.Popen[bytes], told: Any) -> None:
    """Tells a process something, in a line."""
    if process.stdin is None:
        raise RuntimeError("no standard input")
    process.stdin.write(orjson.dumps(told) + b"\n")
    process.stdin.flush()


def line_of(process: subprocess.Popen[bytes]) -> bytes:
    """The next line that a process tells."""
    if process.stdout is None:
        raise RuntimeError("no standard output")
    return process.stdout.readline()
