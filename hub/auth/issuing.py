"""Making tokens: what one says, and how much of what was asked for it may do."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson
from authlib.oauth2.rfc6749 import InvalidScopeError
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from joserfc import jws
from joserfc.jwk import KeySet

from hub.auth.client_auth import OAuthClient
from hub.auth.keys import KeyRing
from hub.auth.tokens import ALGORITHM
from hub.domain.scope import Permission
from hub.store.authorizations import Authorization
from hub.store.clients import Client
from hub.store.grants import grant_documents
from hub.store.users import User


def subject(user: User) -> str:
    """The `sub` of a user's tokens."""
    return f"user:{user.id}"


def permitted(scope: str | None, client: Client, user: User) -> frozenset[Permission]:
    """What a client may do for a user: what it asks for (None: all), what it may do itself, and
    what the user may do, all three."""
    asked = client.permissions if scope is None else frozenset(scope.split())
    return client.permissions & user.permissions & asked


def scope_text(permissions: frozenset[Permission]) -> str:
    """Permissions as OAuth writes them."""
    return " ".join(sorted(permissions))


@dataclass(frozen=True, slots=True)
class Person:
    """A user who has let a client act for them; for Authlib the `user` of a request."""

    user: User
    authorization: Authorization

    def get_user_id(self) -> str:
        """The `sub` of their tokens."""
        return subject(self.user)


class TokenGenerator(JWTBearerTokenGenerator):  # type: ignore[misc]
    """Access tokens of RFC 9068, and refresh tokens that name their authorization."""

    def __init__(self, ring: KeyRing, issuer: str, token_seconds: int) -> None:
        super().__init__(
            issuer,
            alg=ALGORITHM,
            refresh_token_generator=self._refresh_token,
            expires_generator=token_seconds,
        )
        self._ring = ring

    def generate(
        self,
        grant_type: str,
        client: OAuthClient,
        user: Person | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,
    ) -> dict[str, Any]:
        """The answer of the token endpoint. Raises InvalidScopeError if nothing is left of the
        scope, since an empty one would ask for everything."""
        if user is not None:
            scope = scope_text(permitted(scope or "", client.client, user.user))
            if not scope:
                raise InvalidScopeError()
        token: dict[str, Any] = super().generate(
            grant_type, client, user, scope, expires_in, include_refresh_token
        )
        return token

    def get_jwks(self) -> KeySet:
        """What signs."""
        return self._ring.signing

    def get_audiences(self, *_: Any) -> str:
        """The hub itself."""
        return str(self.issuer)

    def get_auth_time(self, user: Person | None) -> int | None:
        """When the user logged in, in seconds since 1970."""
        return int(user.authorization.auth_time.timestamp()) if user else None

    def get_extra_claims(
        self, client: OAuthClient, _type: str, user: Person | None, _scope: str
    ) -> dict[str, Any]:
        """Whose regions and channels are reached: the user's if there is one."""
        return {"grants": grant_documents(user.user.grants if user else client.client.grants)}

    @staticmethod
    def _refresh_token(user: Person, **_: Any) -> str:
        return f"{user.authorization.id}.{secrets.token_urlsafe(32)}"


def made(token: dict[str, Any]) -> tuple[str, datetime]:
    """The `jti` and the end (UTC) of an access token that was just made."""
    payload = jws.extract_compact(token["access_token"].encode()).payload
    claims = orjson.loads(payload)
    return claims["jti"], datetime.fromtimestamp(claims["exp"], UTC)
