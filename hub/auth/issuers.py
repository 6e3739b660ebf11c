"""Whose tokens are believed, and what makes one of theirs valid (RFC 7519, RFC 8725, RFC 9068)."""

from base64 import urlsafe_b64decode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import orjson
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import Key

LONGEST_TOKEN = 16 * 1024
ACCESS_TOKEN = "at+jwt"  # noqa: S105 - a media type
CLOCK_SKEW_SECONDS = 30
_LONGEST_HEADER = 2 * 1024

KEY_TYPES = {"ES": "EC", "RS": "RSA", "PS": "RSA"}
"""The type of key by how the name of an algorithm begins; there is no symmetric one."""


class InvalidTokenError(Exception):
    """Not a token that is believed here; the text may be shown to whoever sent it."""

    def __init__(self, message: str = "The token is invalid or has expired.") -> None:
        super().__init__(message)


class Keys(Protocol):
    """The public keys of one issuer."""

    async def find(self, kid: str | None, key_type: str) -> Key | None:
        """The one key of this name and type (`EC`, `RSA`); None for none or several."""


def only_key(keys: Iterable[Key], kid: str | None, key_type: str) -> Key | None:
    """The one key of a type and, where the token names one, of a name."""
    fitting = [k for k in keys if k.key_type == key_type and kid in {None, k.kid}]
    return fitting[0] if len(fitting) == 1 else None


@dataclass(frozen=True)
class Issuer:
    """An issuer: its name (`iss`), what its tokens have to say, and its keys."""

    name: str
    audience: str
    keys: Keys
    algorithms: tuple[str, ...] = ("ES256",)
    types: tuple[str, ...] = (ACCESS_TOKEN,)

    @cached_property
    def _claims(self) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            leeway=CLOCK_SKEW_SECONDS,
            iss={"essential": True, "value": self.name},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
            sub={"essential": True},
        )

    @cached_property
    def _headers(self) -> jws.JWSRegistry:
        # Unknown headers are ignored (RFC 7515, section 4), but for those in `crit`.
        registry = jws.JWSRegistry(algorithms=self.algorithms, strict_check_header=False)
        registry.max_header_length = _LONGEST_HEADER
        return registry

    async def claims(self, token: str) -> dict[str, Any]:
        """What a token of this issuer says. Raises InvalidTokenError."""
        header = _json_of(token, part=0)
        algorithm, kid = header.get("alg"), header.get("kid")
        if algorithm not in self.algorithms or not isinstance(kid, str | None):
            raise InvalidTokenError
        key = await self.keys.find(kid, KEY_TYPES[algorithm[:2]])
        if key is None:
            raise InvalidTokenError
        try:
            decoded = jwt.decode(token, key, registry=self._headers)
            self._claims.validate(decoded.claims)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise InvalidTokenError from error
        kind = decoded.header.get("typ")
        if not isinstance(kind, str) or _media_type(kind) not in self.types:
            raise InvalidTokenError("This is not an access token.")
        return decoded.claims


def issuer_named_in(token: str) -> str:
    """The `iss` that a token states, which nothing has proved yet. Raises InvalidTokenError."""
    if len(token) > LONGEST_TOKEN:
        raise InvalidTokenError("The token is too long.")
    name = _json_of(token, part=1).get("iss")
    if not isinstance(name, str):
        raise InvalidTokenError
    return name


def _json_of(token: str, part: int) -> dict[str, Any]:
    """The header (0) or the claims (1) of a token, unproved."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004
        raise InvalidTokenError
    try:
        found = orjson.loads(urlsafe_b64decode(parts[part] + "=="))
    except ValueError as error:
        raise InvalidTokenError from error
    if not isinstance(found, dict):
        raise InvalidTokenError
    return found


def _media_type(kind: str) -> str:
    """A media type as it is compared (RFC 7515, section 4.1.9)."""
    return kind.lower().removeprefix("application/")
