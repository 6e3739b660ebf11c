"""OAuth clients: what is registered of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from hub.domain.scope import Grant, Permission
from hub.store.grants import grant_documents, grants_in
from hub.store.mongo import Database, Document


class GrantType(StrEnum):
    """A way to a token."""

    CLIENT_CREDENTIALS = "client_credentials"
    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 - no secret
    DEVICE_CODE = "device_code"


@dataclass(frozen=True, slots=True)
class Client:
    """A client that may ask for tokens: its grants and the most that it may do with them.

    One that acts for users only has no grants of its own.
    """

    id: str
    name: str
    secret_hash: str
    """Empty where there is no secret: a public client, or one that signs with a key."""
    grants: tuple[Grant, ...]
    permissions: frozenset[Permission]
    redirect_uris: tuple[str, ...] = ()
    grant_types: frozenset[GrantType] = frozenset({GrantType.CLIENT_CREDENTIALS})
    jwks: dict[str, Any] | None = None
    """The public keys of a client that signs (`private_key_jwt`)."""

    @property
    def public(self) -> bool:
        """Whether it can keep no secret (RFC 6749, section 2.1)."""
        return not self.secret_hash and self.jwks is None


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
            grants=grants_in(found["grants"]),
            permissions=frozenset(Permission(p) for p in found["permissions"]),
            redirect_uris=tuple(found.get("redirect_uris", ())),
            grant_types=frozenset(
                GrantType(t) for t in found.get("grant_types", [GrantType.CLIENT_CREDENTIALS])
            ),
            jwks=found.get("jwks"),
        )

    async def add(self, client: Client) -> None:
        """Adds a client, or replaces the one with its id."""
        stated = _stated(client) | {"created_at": datetime.now(UTC)}
        await self._clients.replace_one({"_id": client.id}, stated, upsert=True)

    async def keep(self, client: Client) -> None:
        """Adds a client, or brings the one with its id up to date. What was decided about it, such
        as that it is disabled, stays."""
        new = {"created_at": datetime.now(UTC)}
        changed = {"$set": _stated(client), "$setOnInsert": new}
        await self._clients.update_one({"_id": client.id}, changed, upsert=True)


def _stated(client: Client) -> Document:
    return {
        "name": client.name,
        "secret_hash": client.secret_hash,
        "grants": grant_documents(client.grants),
        "permissions": sorted(client.permissions),
        "redirect_uris": list(client.redirect_uris),
        "grant_types": sorted(client.grant_types),
        "jwks": client.jwks,
    }
