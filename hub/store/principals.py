"""Clients and people as those whom tokens stand for: what each may do now."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hub.domain.scope import Grant, Permission, Scope, narrowed
from hub.store import revocations
from hub.store.grants import grant_documents, grants_in
from hub.store.mongo import Database, Document
from hub.store.remembered import Remembered

OPERATIONS = "operations"
OPERATIONS_REMEMBERED = 2_000
"""Of at most 64 KiB each, and of a few as they are written."""
_CLIENTS, _USERS = "clients", "users"
_USER = "user:"


class UnknownPrincipalError(Exception):
    """There is no client or user of this id."""


@dataclass(frozen=True, slots=True)
class Principal:
    """What a client or a person may do now."""

    grants: tuple[Grant, ...]
    permissions: frozenset[Permission]
    registered_only: bool = False
    """Whether a client may send no operation but those registered of it (operations.py)."""


def _principal(document: Document | None) -> Principal | None:
    if document is None or document.get("disabled"):
        return None
    permissions = frozenset(Permission(name) for name in document["permissions"])
    registered_only = bool(document.get("registered_only"))
    return Principal(grants_in(document["grants"]), permissions, registered_only)


def _text(document: Document | None) -> str | None:
    return document["document"] if document else None


class Principals:
    """The registers of clients, people, revoked tokens and operations, as every request asks them.

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
                OPERATIONS: _text,
            },
            fields=("grants", "permissions", "disabled", "registered_only", "document"),
            most={OPERATIONS: OPERATIONS_REMEMBERED},
        )

    async def get(self, subject: str) -> Principal | None:
        """A client or person; None for one that does not exist or is disabled."""
        found: Principal | None = await self.remembered.get(*_place(subject))
        return found

    async def scope_now(self, stated: Scope) -> Scope | None:
        """What is left of a scope that was kept: what its subject may still do of it; None for
        one that does not exist, is disabled, or is known to another issuer."""
        holder = await self.get(stated.subject)
        if holder is None:
            return None
        return Scope(
            stated.subject,
            narrowed(holder.grants, stated.grants),
            stated.permissions & holder.permissions,
        )

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

    async def set_registered_only(self, client_id: str, only: bool) -> None:
        """Whether a client may send registered operations only, at once. Raises
        UnknownPrincipalError."""
        if client_id.startswith(_USER):
            raise UnknownPrincipalError(client_id)
        await self._set(client_id, {"registered_only": only})

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
