"""OAuth clients and the key that signs their tokens."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo.errors import DuplicateKeyError

from hub.domain.scope import Grant, Permission, Role
from hub.store.mongo import Database
from hub.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Client:
    """A client that may ask for tokens: its grants and the most that it may do with them."""

    id: str
    name: str
    secret_hash: str
    grants: tuple[Grant, ...]
    permissions: frozenset[Permission]


class Clients:
    """The register of clients."""

    def __init__(self, database: Database) -> None:
        self._clients = database["clients"]

    async def get(self, client_id: str) -> Client | None:
        """The client with this id; None for one that does not exist or is disabled."""
        found = await self._clients.find_one({"_id": client_id})
        if found is None or found.get("disabled"):
            return None
        return Client(
            id=client_id,
            name=found["name"],
            secret_hash=found["secret_hash"],
            grants=tuple(
                Grant(Role(g["role"]), tuple(g["regions"]), tuple(g["channels"]))
                for g in found["grants"]
            ),
            permissions=frozenset(Permission(p) for p in found["permissions"]),
        )

    async def add(self, client: Client) -> None:
        """Adds a client, or replaces the one with its id."""
        grants = [
            {"role": g.role.value, "regions": list(g.regions), "channels": list(g.channels)}
            for g in client.grants
        ]
        await self._clients.replace_one(
            {"_id": client.id},
            {
                "name": client.name,
                "secret_hash": client.secret_hash,
                "grants": grants,
                "permissions": sorted(client.permissions),
                "created_at": datetime.now(UTC),
            },
            upsert=True,
        )


class SigningKeys:
    """The private key that signs tokens, sealed."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._keys = database["keys"]
        self._vault = vault

    async def get_or_add(self, fresh: bytes) -> bytes:
        """The key in use; `fresh` becomes it where there is none, at one hub of several."""
        place = "keys/token-signing"
        try:
            await self._keys.insert_one({"_id": place, "key": self._vault.seal(fresh, place)})
        except DuplicateKeyError:
            found = await self._keys.find_one({"_id": place})
            return self._vault.open(found["key"], place) if found else fresh
        return fresh
