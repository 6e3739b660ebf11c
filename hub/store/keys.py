"""Secrets that all hubs of one database share, sealed in it."""

from pymongo.errors import DuplicateKeyError

from hub.store.mongo import Database
from hub.store.vault import Vault


async def kept_secret(database: Database, vault: Vault, name: str, fresh: bytes) -> bytes:
    """The secret of this name; `fresh` becomes it where there is none, at one hub of several."""
    keys, place = database["keys"], f"keys/{name}"
    found = await keys.find_one({"_id": place})
    if found is None:
        try:
            await keys.insert_one({"_id": place, "key": vault.seal(fresh, place)})
        except DuplicateKeyError:
            return await kept_secret(database, vault, name, fresh)
        return fresh
    return vault.open(found["key"], place)
