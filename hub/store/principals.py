"""Clients and people as those whom tokens stand for: what each may do now."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.domain.scope import Grant, Permission
from hub.store import revocations
from hub.store.grants import grant_documents, grants_in
from hub.store.mongo import Database, Document
from hub.store.remembered import Remembered

_CLIENTS, _USERS = "clients", "users"
_USER = "user:"


class UnknownPrincipalError(Exception):
    """There is no client or user of this id."""


@dataclass(frozen=True, slots=True)
class Principal:
    """What a client or a person may do now."""

    grants: tuple[Grant, ...]
    permissions: frozenset[Permission]


def _principal(document: Document | None) -> Principal | None:
    if document is None or document.get("disabled"):
        return None
    permissions = frozenset(Permission(name) for name in document["permissions"])
    return Principal(grants_in(document["grants"]), permissions)


class Principals:
    """The registers of clients, people and revoked tokens, as every request asks them.

    A subject is the id of a client, or `user:` and the id of a person.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.remembered = Remembered(
            database,
            {
                _CLIENTS: _principal,
                _USERS: _principal,
                revocations.COLLECTION: lambda document: document is not None,
            },
            fields=("grants", "permissions", "disabled"),
        )

    async def get(self, subject: str) -> Principal | None:
        """A client or person; None for one that does not exist or is disabled."""
        found: Principal | None = await self.remembered.get(*_place(subject))
        return found

    async def is_revoked(self, jti: str) -> bool:
        """Whether the token of this id was revoked."""
        return bool(await self.remembered.get(revocations.COLLECTION, jti))

    async def set_grants(
        self, subject: str, grants: Iterable[Grant], permissions: Iterable[Permission]
    ) -> None:
        """Replaces what a subject may do, at once. Raises UnknownPrincipalError."""
        changed = {"grants": grant_documents(grants), "permissions": sorted(permissions)}
        await self._set(subject, changed)

    async def disable(self, subject: str, disabled: bool = True) -> None:
        """Makes all tokens of a subject void at once, also those still to be issued; or, with
        `disabled` False, lets them hold again. Raises UnknownPrincipalError."""
        await self._set(subject, {"disabled": disabled})

    async def _set(self, subject: str, changed: dict[str, Any]) -> None:
        collection, id_ = _place(subject)
        done = await self._database[collection].update_one({"_id": {"$eq": id_}}, {"$set": changed})
        self.remembered.forget(collection, id_)
        if not done.matched_count:
            raise UnknownPrincipalError(subject)


def _place(subject: str) -> tuple[str, str]:
    """Where a subject is kept: (collection, id)."""
    if subject.startswith(_USER):
        return _USERS, subject.removeprefix(_USER)
    return _CLIENTS, subject
