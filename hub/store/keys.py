"""Keys that all hubs of one database share, sealed in it: those that sign tokens, and the root of
the others."""

from dataclasses import dataclass
from datetime import UTC, datetime
from secrets import token_bytes
from uuid import uuid4

from pymongo.errors import DuplicateKeyError

from hub.store.mongo import Database
from hub.store.vault import KEY_BYTES, Vault

_FIRST = "keys/token-signing"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key in PEM, and since when there is it (UTC)."""

    pem: bytes
    made_at: datetime
    id: str


async def root_secret(database: Database, vault: Vault) -> bytes:
    """What keys for purposes other than sealing follow from; random, made at the first start."""
    keys, place = database["keys"], "keys/root"
    found = await keys.find_one({"_id": place})
    if found is None:
        fresh = token_bytes(KEY_BYTES)
        try:
            await keys.insert_one({"_id": place, "key": vault.seal(fresh, place)})
        except DuplicateKeyError:  # another hub that starts was quicker
            return await root_secret(database, vault)
        return fresh
    return vault.open(found["key"], place)


class SigningKeys:
    """The keys of all hubs on this database."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._keys = database["keys"]
        self._vault = vault

    async def all(self) -> list[SigningKey]:
        """Every key, the newest first. Raises VaultError where they were sealed with another key
        than ours."""
        keys = [
            SigningKey(
                self._vault.open(found["key"], found["_id"]),
                found.get("made_at", _LONG_AGO),
                found["_id"],
            )
            async for found in self._keys.find({"_id": {"$regex": f"^{_FIRST}"}})
        ]
        return sorted(keys, key=lambda key: key.made_at, reverse=True)

    async def add_first(self, pem: bytes) -> None:
        """Adds a key if there is none: of several hubs that start, one has its way."""
        try:
            await self._insert(_FIRST, pem)
        except DuplicateKeyError:
            return

    async def add(self, pem: bytes) -> None:
        """Adds a key, the newest from now on."""
        await self._insert(f"{_FIRST}/{uuid4().hex}", pem)

    async def remove(self, key: SigningKey) -> None:
        """Removes a key."""
        await self._keys.delete_one({"_id": key.id})

    async def _insert(self, place: str, pem: bytes) -> None:
        document = {"_id": place, "key": self._vault.seal(pem, place), "made_at": datetime.now(UTC)}
        await self._keys.insert_one(document)
