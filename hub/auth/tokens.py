"""Access tokens (RFC 9068): what a valid one says."""

import time
from collections import OrderedDict

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.domain.scope import Grant, Permission, Role, Scope

ALGORITHM = "ES256"
_MEDIA_TYPE = "at+jwt"
_CLOCK_SKEW_SECONDS = 30
_REMEMBERED = 10_000


class InvalidTokenError(Exception):
    """Not a valid token of this hub; the text may be shown to whoever sent it."""


def grant_claims(grants: tuple[Grant, ...]) -> list[dict[str, object]]:
    """Grants as a token carries them."""
    return [
        {"role": g.role.value, "regions": list(g.regions), "channels": list(g.channels)}
        for g in grants
    ]


class TokenVerifier:
    """Token → scope. What was verified once is remembered until it expires."""

    def __init__(self, keys: KeySet, issuer: str) -> None:
        self._keys = keys
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_CLOCK_SKEW_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": issuer},
            exp={"essential": True},
            sub={"essential": True},
        )
        self._known: OrderedDict[str, tuple[float, Scope]] = OrderedDict()

    def scope(self, token: str) -> Scope:
        """Who the bearer is and what they may reach. Raises InvalidTokenError."""
        if known := self._known.get(token):
            expires, scope = known
            if time.time() < expires:
                return scope
            del self._known[token]
        expires, scope = self._verified(token)
        self._known[token] = expires, scope
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return scope

    def _verified(self, token: str) -> tuple[float, Scope]:
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            self._claims.validate(decoded.claims)
            if decoded.header.get("typ") != _MEDIA_TYPE:
                raise InvalidTokenError("This is not an access token.")
            return decoded.claims["exp"], _scope(decoded.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise InvalidTokenError("The token is invalid or has expired.") from error


def _scope(claims: jwt.Claims) -> Scope:
    grants = tuple(
        Grant(Role(g["role"]), tuple(g["regions"]), tuple(g["channels"])) for g in claims["grants"]
    )
    permissions = frozenset(Permission(name) for name in claims["scope"].split())
    return Scope(str(claims["sub"]), grants, permissions)
