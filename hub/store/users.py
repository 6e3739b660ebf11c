"""People who use consoles: what they may do, and how they prove who they are."""

from dataclasses import dataclass
from datetime import UTC, datetime

from pymongo.errors import DuplicateKeyError

from hub.domain.scope import Grant, Permission
from hub.store.grants import grant_documents, grants_in
from hub.store.mongo import Database, Document
from hub.store.vault import Vault


class NameTakenError(Exception):
    """There is a user of this name already."""


@dataclass(frozen=True, slots=True)
class User:
    """A person: their grants and the most that they may do with them."""

    id: str
    name: str
    password_hash: str
    grants: tuple[Grant, ...]
    permissions: frozenset[Permission]
    totp_secret: str | None = None
    """In base32, where a one-time code is asked for beside the password."""


class Users:
    """The register of users."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._users = database["users"]
        self._vault = vault

    async def get(self, user_id: str) -> User | None:
        """The user with this id, or None."""
        return self._user(await self._users.find_one({"_id": user_id}))

    async def named(self, name: str) -> User | None:
        """The user of this name, or None."""
        return self._user(await self._users.find_one({"name": name}))

    async def add(self, user: User) -> None:
        """Adds a user. Raises NameTakenError."""
        try:
            await self._users.insert_one(
                {
                    "_id": user.id,
                    "name": user.name,
                    "password_hash": user.password_hash,
                    "grants": grant_documents(user.grants),
                    "permissions": sorted(user.permissions),
                    "totp_secret": self._sealed(user.id, user.totp_secret),
                    "totp_used": 0,
                    "created_at": datetime.now(UTC),
                }
            )
        except DuplicateKeyError:
            raise NameTakenError(user.name) from None

    async def remove(self, name: str) -> bool:
        """Removes the user of this name; False if there is none."""
        return (await self._users.delete_one({"name": name})).deleted_count == 1

    async def set_totp(self, user_id: str, secret: str) -> None:
        """Asks this user for one-time codes made with a secret (base32) from now on."""
        change = {"totp_secret": self._sealed(user_id, secret), "totp_used": 0}
        await self._users.update_one({"_id": user_id}, {"$set": change})

    async def use_totp(self, user_id: str, step: int) -> bool:
        """Marks the code of a time step as used; False if it or a later one was before."""
        used = await self._users.update_one(
            {"_id": user_id, "totp_used": {"$lt": step}}, {"$set": {"totp_used": step}}
        )
        return used.modified_count == 1

    def _sealed(self, user_id: str, secret: str | None) -> bytes | None:
        return None if secret is None else self._vault.seal(secret.encode(), user_id)

    def _user(self, found: Document | None) -> User | None:
        if found is None:
            return None
        sealed = found["totp_secret"]
        return User(
            id=found["_id"],
            name=found["name"],
            password_hash=found["password_hash"],
            grants=grants_in(found["grants"]),
            permissions=frozenset(Permission(p) for p in found["permissions"]),
            totp_secret=self._vault.open(sealed, found["_id"]).decode() if sealed else None,
        )
