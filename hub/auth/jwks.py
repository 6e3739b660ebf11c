"""The public keys of an external issuer, as its own documents name them (RFC 8414, OpenID Connect
Discovery, RFC 7517)."""

import math
import time
from typing import Any
from urllib.parse import urlsplit

import anyio
import orjson
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

from hub.auth.issuers import KEY_TYPES, only_key
from hub.connectors.base import ChannelError
from hub.connectors.http.client import get_once

FRESH_SECONDS = 600.0
"""So old keys are asked for again, so that one that was withdrawn does not stay."""
USABLE_SECONDS = 3600.0
"""So old keys are not believed any more, if the issuer does not answer."""
PAUSE_SECONDS = 10.0
"""So seldom an issuer is asked, however many unknown keys tokens name."""
_ANSWER_SECONDS = 5.0
_MOST_BYTES = 256 * 1024
_MOST_KEYS = 100
_LEAST_RSA_BITS = 2048

_log = structlog.get_logger()


class IssuerError(Exception):
    """An issuer does not answer, or not with what the standards ask of it."""


class RemoteKeys:
    """Keys that are asked for when they are first needed, when one is unknown, and when old."""

    def __init__(self, issuer: str, jwks_uri: str | None, private_hosts: frozenset[str]) -> None:
        """`jwks_uri` spares the discovery. The issuer's own host may be a private address."""
        self._issuer = issuer
        self._jwks_uri = jwks_uri
        self._private_hosts = private_hosts | {_host(issuer), _host(jwks_uri or issuer)}
        self._keys: list[Key] = []
        self._known_at = -math.inf
        self._not_before = -math.inf
        self._asking = anyio.Lock()

    async def find(self, kid: str | None, key_type: str) -> Key | None:
        """The one key of this name and type."""
        if self._age > FRESH_SECONDS:
            await self._refresh()
        if kid is not None and all(key.kid != kid for key in self._keys):
            await self._refresh()
        return only_key(self._keys, kid, key_type) if self._age <= USABLE_SECONDS else None

    @property
    def _age(self) -> float:
        return time.monotonic() - self._known_at

    async def _refresh(self) -> None:
        async with self._asking:
            if time.monotonic() < self._not_before:
                return
            try:
                with anyio.fail_after(_ANSWER_SECONDS):
                    uri = self._jwks_uri or await self._discovered()
                    self._keys = _keys_in(await self._get(uri))
                self._known_at = time.monotonic()
            except (IssuerError, ChannelError, TimeoutError) as error:
                _log.warning("issuer.no_keys", issuer=self._issuer, error=str(error))
            finally:
                self._not_before = time.monotonic() + PAUSE_SECONDS

    async def _discovered(self) -> str:
        """The address of the keys. Raises IssuerError, ChannelError."""
        url = urlsplit(self._issuer)
        path = url.path.rstrip("/")
        server = url._replace(path=f"/.well-known/oauth-authorization-server{path}").geturl()
        openid = url._replace(path=f"{path}/.well-known/openid-configuration").geturl()
        try:
            metadata = await self._get(server)
        except ChannelError:
            metadata = await self._get(openid)
        if metadata.get("issuer") != self._issuer:
            raise IssuerError("its metadata names another issuer")
        uri = metadata.get("jwks_uri")
        if not isinstance(uri, str) or not is_guarded(uri):
            raise IssuerError("its metadata has no jwks_uri with https")
        return uri

    async def _get(self, url: str) -> dict[str, Any]:
        body = await get_once(url, self._private_hosts, _ANSWER_SECONDS, _MOST_BYTES)
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError:
            found = None
        if not isinstance(found, dict):
            raise IssuerError(f"{url} answers something else than a JSON object")
        return found


def is_guarded(url: str) -> bool:
    """Whether nobody on the way can change an answer: https, or this machine itself."""
    try:
        _host(url)
    except ValueError:
        return False
    address = urlsplit(url)
    loopback = address.hostname in {"localhost", "127.0.0.1", "::1"}
    return address.scheme == "https" or (address.scheme == "http" and loopback)


def _host(url: str) -> str:
    """The `host:port` of an address. Raises ValueError."""
    address = urlsplit(url)
    if not address.hostname:
        raise ValueError("no host")
    return f"{address.hostname}:{address.port or (443 if address.scheme == 'https' else 80)}"


def _keys_in(document: dict[str, Any]) -> list[Key]:
    """The keys that can sign a token, of a JWK set; others, and unreadable ones, are left out."""
    listed = document.get("keys")
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise IssuerError(f"its keys are no list of at most {_MOST_KEYS}")
    return [key for each in listed if (key := _signing_key(each))]


def _signing_key(jwk: Any) -> Key | None:
    if not isinstance(jwk, dict) or jwk.get("kty") not in KEY_TYPES.values():
        return None
    if jwk.get("use", "sig") != "sig":
        return None
    try:
        if jwk["kty"] == "RSA" and len(str(jwk["n"])) * 6 < _LEAST_RSA_BITS:
            return None
        return JWKRegistry.import_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError):
        return None
