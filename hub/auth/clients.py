"""Making clients."""

import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OctKey

from hub.domain.scope import (
    DEFAULT_PERMISSIONS,
    Grant,
    Permission,
    allowed_permissions,
)
from hub.store.clients import Client, Clients, GrantType
from hub.store.hashed import secret_hash

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


async def create_client(
    clients: Clients, name: str, grant: Grant, permissions: Sequence[str] = ()
) -> tuple[str, str]:
    """Makes a client that asks for itself, and returns (client_id, client_secret); the secret is
    not kept.

    Raises ValueError for a permission that its role can't have.
    """
    return await register_client(clients, name, (grant,), permissions)


async def register_client(
    clients: Clients,
    name: str,
    grants: tuple[Grant, ...],
    permissions: Sequence[str] = (),
    *,
    grant_types: Iterable[GrantType] = (),
    redirect_uris: Sequence[str] = (),
    public: bool = False,
    jwks: dict[str, Any] | None = None,
) -> tuple[str, str]:
    """Makes a client and returns (client_id, client_secret); the secret is empty for one that is
    public or signs with a key.

    One with no grants of its own acts for users only. Raises ValueError where these do not fit.
    """
    types = frozenset(grant_types) or _usual_grant_types(redirect_uris, public)
    _check(types, grants, redirect_uris, public, jwks)
    chosen = chosen_permissions(grants, permissions)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "client"
    client_id = f"{slug}-{secrets.token_hex(4)}"
    secret = "" if public or jwks else secrets.token_urlsafe(32)
    hashed = secret_hash(secret) if secret else ""
    await clients.add(
        Client(client_id, name, hashed, grants, chosen, tuple(redirect_uris), types, jwks)
    )
    return client_id, secret


def chosen_permissions(
    grants: Iterable[Grant], permissions: Sequence[str]
) -> frozenset[Permission]:
    """These permissions, or those usual for the grants. Without grants they are the most that a
    client may do for any user. Raises ValueError for one that the grants can't have."""
    roles = {grant.role for grant in grants} or set(DEFAULT_PERMISSIONS)
    allowed = frozenset[Permission]().union(*map(allowed_permissions, roles))
    if unknown := set(permissions) - {p.value for p in allowed}:
        told = ", ".join(sorted(roles))
        valid = ", ".join(sorted(allowed))
        raise ValueError(
            f"role {told} can't have {', '.join(sorted(unknown))}; it can have {valid}"
        )
    usual = frozenset[Permission]().union(*(DEFAULT_PERMISSIONS[role] for role in roles))
    return frozenset(map(Permission, permissions)) or usual


def _usual_grant_types(redirect_uris: Sequence[str], public: bool) -> frozenset[GrantType]:
    if redirect_uris:
        return frozenset({GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN})
    if public:
        return frozenset({GrantType.DEVICE_CODE, GrantType.REFRESH_TOKEN})
    return frozenset({GrantType.CLIENT_CREDENTIALS})


def _check(
    types: frozenset[GrantType],
    grants: tuple[Grant, ...],
    redirect_uris: Sequence[str],
    public: bool,
    jwks: dict[str, Any] | None,
) -> None:
    for_itself = GrantType.CLIENT_CREDENTIALS in types
    if public and jwks:
        raise ValueError("a public client has no keys")
    if public and for_itself:
        raise ValueError("a public client can't ask for itself (client_credentials)")
    if for_itself and not grants:
        raise ValueError("a client that asks for itself (client_credentials) needs a role")
    if (GrantType.AUTHORIZATION_CODE in types) is not bool(redirect_uris):
        raise ValueError("authorization_code and redirect URIs go together")
    for uri in redirect_uris:
        _check_redirect_uri(uri, public)
    if jwks is not None:
        _check_jwks(jwks)


def _check_redirect_uri(uri: str, public: bool) -> None:
    """RFC 9700, section 2.1, and RFC 8252, section 7."""
    parts = urlsplit(uri)
    secure = parts.scheme == "https" and bool(parts.hostname)
    loopback = parts.scheme == "http" and parts.hostname in _LOOPBACK
    application = public and "." in parts.scheme
    if not (secure or loopback or application) or "#" in uri or parts.geturl() != uri:
        raise ValueError(
            f"redirect URI {uri!r} must be https://, http:// on a loopback address or, for a "
            "public client, of a scheme like com.example.app, and have no fragment"
        )


def _check_jwks(jwks: dict[str, Any]) -> None:
    try:
        keys = list(KeySet.import_key_set(jwks))  # type: ignore[arg-type]
    except (JoseError, ValueError, KeyError, TypeError):
        raise ValueError('a key set is {"keys": [...]}, as RFC 7517 has it') from None
    if any(isinstance(key, OctKey) or key.is_private for key in keys):
        raise ValueError("a key set must hold public keys only")
