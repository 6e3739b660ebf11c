"""Access tokens (RFC 9068): what the bearer of one may do now."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

from hub.auth.issuers import InvalidTokenError, Issuer, issuer_named_in
from hub.domain.bounded import Bounded
from hub.domain.scope import Grant, Permission, Scope, narrowed
from hub.store.grants import grants_in
from hub.store.principals import Principal, Principals

ALGORITHM = "ES256"
VERIFIED_SECONDS = 600.0
"""So long a signature is believed before the issuer's keys are looked at again."""
REMEMBERED = 10_000
"""So many tokens are known at once."""


class Bearer(Protocol):
    """Whoever comes with a token that was verified."""

    @property
    def client_id(self) -> str | None:
        """The client of the hub that the token was made for; None for another issuer's."""

    async def scope(self) -> Scope:
        """What they may do now. Raises InvalidTokenError once it is nothing any more."""


class TokenIssuer(Protocol):
    """An issuer, and what its tokens mean here."""

    issuer: Issuer

    def bearer(self, claims: dict[str, Any]) -> Bearer:
        """Who comes with a valid token that says this. Raises ValueError, KeyError, TypeError."""


class TokenVerifier:
    """Token → scope. That a token is genuine is found out now and then, what its bearer may do each
    time."""

    def __init__(self, issuers: Iterable[TokenIssuer]) -> None:
        self._issuers = {each.issuer.name: each for each in issuers}
        self._known: Bounded[bytes, Verified] = Bounded(REMEMBERED)

    async def scope(self, token: str) -> Scope:
        """Who the bearer is and what they may reach. Raises InvalidTokenError, StoreError."""
        return await (await self.verified(token)).bearer.scope()

    async def verified(self, token: str) -> "Verified":
        """A token that is genuine. Raises InvalidTokenError."""
        digest = sha256(token.encode()).digest()
        known = self._known.get(digest)
        if known is None or known.until <= time.time():
            self._known.pop(digest, None)
            known = self._known.remember(digest, await self._looked_at(token))
        return known

    async def _looked_at(self, token: str) -> "Verified":
        # The issuer that a token names chooses the keys, and no other issuer's fit.
        trusted = self._issuers.get(issuer_named_in(token))
        if trusted is None:
            raise InvalidTokenError
        claims = await trusted.issuer.claims(token)
        try:
            expires_at = float(claims["exp"])
            until = min(expires_at, time.time() + VERIFIED_SECONDS)
            return Verified(until, expires_at, trusted.bearer(claims))
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise InvalidTokenError from error


@dataclass(frozen=True, slots=True)
class Verified:
    """A token that is genuine: believed `until`, when it is looked at again if it has not expired
    by then. Both are seconds since 1970."""

    until: float
    expires_at: float
    bearer: Bearer


class OwnTokens:
    """The hub's own tokens: they hold for as long as their client, and their person, do."""

    def __init__(self, issuer: Issuer, principals: Principals) -> None:
        self.issuer = issuer
        self._principals = principals

    def bearer(self, claims: dict[str, Any]) -> Bearer:
        """Whom the token stands for: a client, or a person (`user:…`) by way of one."""
        subject, client_id = str(claims["sub"]), str(claims["client_id"])
        if not subject.startswith("user:") and subject != client_id:
            raise ValueError("a client that stands for another one")
        stated = _Stated(
            subject=subject,
            client_id=client_id,
            token_id=str(claims["jti"]),
            grants=grants_in(claims["grants"]),
            permissions=frozenset(map(Permission, claims["scope"].split())),
        )
        return _OwnBearer(stated, self._principals)


@dataclass(frozen=True, slots=True)
class _Stated:
    """What a token of the hub says."""

    subject: str
    client_id: str
    token_id: str
    grants: tuple[Grant, ...]
    permissions: frozenset[Permission]


class _OwnBearer:
    def __init__(self, stated: _Stated, principals: Principals) -> None:
        self.client_id = stated.client_id
        self._stated = stated
        self._principals = principals
        self._holders: tuple[Principal | None, Principal | None] = (None, None)
        self._scope: Scope | None = None

    async def scope(self) -> Scope:
        """The subject's grants and permissions of now, as far as the token states them too."""
        stated, principals = self._stated, self._principals
        if await principals.is_revoked(stated.token_id):
            raise InvalidTokenError
        client = await principals.get(stated.client_id)
        holder = client
        if stated.subject != stated.client_id:
            holder = await principals.get(stated.subject)
        if client is None or holder is None:
            raise InvalidTokenError
        if self._scope is None or self._holders[0] is not client or self._holders[1] is not holder:
            self._holders = client, holder
            self._scope = Scope(
                stated.subject,
                narrowed(holder.grants, stated.grants),
                stated.permissions & client.permissions & holder.permissions,
            )
        return self._scope
