"""Runs syncs that can be killed: for each line on its input a process of its own, at once, since
it is forked from one that has everything loaded."""

import asyncio
import logging
import os
import sys
from pathlib import Path

from hub.connectors.base import Surroundings
from hub.connectors.load import load
from hub.ingest.run import sync
from hub.serving import configure_logging
from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault
from tests.ingest.channel import YAML


async def run_once(uri: str, url: str) -> bool:
    """Whether the run was green."""
    host = url.removeprefix("http://").rstrip("/")
    around = Surroundings(Path(), {"CHANNEL_URL": url}, frozenset({host}))
    async with connect(uri, Driver.PYMONGO, "tests") as database:
        store = Store(database, Vault(b"k" * 32))
        return (await sync(load(YAML, "sulsel.yaml"), store, around)).green


def main() -> None:
    """Tells the id of each process as it begins, and its status as it ends."""
    configure_logging(logging.WARNING)
    uri, url = sys.argv[1:]
    print("ready", flush=True)  # noqa: T201
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(0 if asyncio.run(run_once(uri, url)) else 1)
        print(pid, flush=True)  # noqa: T201
        print(os.waitpid(pid, 0)[1], flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
