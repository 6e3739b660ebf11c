"""A rederive that is killed after some pages: a process of its own."""

import asyncio
import os
import signal
import sys

from hub.connectors.load import load
from hub.ingest.rederive import rederive
from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault


async def main(uri: str, text: str, pages: int) -> None:
    """Kills itself once so many pages are stored."""
    seen: list[int] = []

    def tell(more: int) -> None:
        seen.append(more)
        if len(seen) == pages:
            os.kill(os.getpid(), signal.SIGKILL)

    async with connect(uri, Driver.PYMONGO, "tests") as database:
        await rederive(load(text, "sulsel.yaml"), Store(database, Vault(b"k" * 32)), tell)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
