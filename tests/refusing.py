"""A MongoDB that refuses some writes, as a full disk or a broken member would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from hub.store.mongo import Database
from hub.store.shapes import SHAPES


@asynccontextmanager
async def accepting_only(
    database: Database, collection: str, validator: dict[str, Any]
) -> AsyncIterator[None]:
    """While the block runs a collection takes only such documents; then the hub's own again."""
    await database.command("collMod", collection, validator=validator)
    try:
        yield
    finally:
        await database.command("collMod", collection, validator=SHAPES[collection])
