"""Delivers to webhooks at one host until it is killed: a process of its own."""

import asyncio
import logging
import sys
from datetime import timedelta

from hub.deliveries.deliverer import Deliverer
from hub.schema.answering import Answering
from hub.schema.telling import ApiTeller
from hub.serving import configure_logging
from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault


async def main(uri: str, host: str) -> None:
    """Says so before it begins."""
    async with connect(uri, Driver.PYMONGO, "tests") as database:
        store = Store(database, Vault(b"k" * 32))
        teller = ApiTeller(Answering(store))
        deliverer = Deliverer(store, teller, frozenset({host}), lease=timedelta(seconds=2))
        print("ready", flush=True)  # noqa: T201
        await deliverer.work()


if __name__ == "__main__":
    configure_logging(logging.WARNING)
    asyncio.run(main(*sys.argv[1:]))
