"""What clients can find out by themselves: RFC 8414, RFC 9728, and the public keys."""

from collections.abc import Awaitable, Callable
from functools import partial

from joserfc.jwk import Key
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.auth.client_auth import ALL_METHODS, ASSERTION_ALGORITHMS, CONFIDENTIAL_METHODS
from hub.auth.device import DeviceGrant
from hub.auth.keys import KeyRing
from hub.auth.tokens import ALGORITHM
from hub.domain.scope import Permission
from hub.store.clients import GrantType

Document = dict[str, object]


def metadata_routes(ring: KeyRing, issuer: str) -> list[Route]:
    """The routes under /.well-known/."""
    scopes = [permission.value for permission in Permission]
    server: Document = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "device_authorization_endpoint": f"{issuer}/oauth/device_authorization",
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "scopes_supported": scopes,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": [
            GrantType.CLIENT_CREDENTIALS,
            GrantType.AUTHORIZATION_CODE,
            GrantType.REFRESH_TOKEN,
            DeviceGrant.GRANT_TYPE,
        ],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        **_authentication("token", ALL_METHODS),
        **_authentication("revocation", ALL_METHODS),
        **_authentication("introspection", CONFIDENTIAL_METHODS),
    }
    resource: Document = {
        "resource": issuer,
        "authorization_servers": [issuer],
        "scopes_supported": scopes,
        "bearer_methods_supported": ["header"],
    }
    return [
        _route("oauth-authorization-server", partial(_given, server), 300),
        _route("oauth-protected-resource", partial(_given, resource), 300),
        # Shorter, so that whoever keeps it knows a new key soon.
        _route("jwks.json", partial(_keys, ring), 60),
    ]


async def _given(document: Document) -> Document:
    return document


async def _keys(ring: KeyRing) -> Document:
    await ring.stay_fresh()
    return {"keys": [_public(key) for key in ring.published]}


def _authentication(endpoint: str, methods: list[str]) -> Document:
    return {
        f"{endpoint}_endpoint_auth_methods_supported": methods,
        f"{endpoint}_endpoint_auth_signing_alg_values_supported": ASSERTION_ALGORITHMS,
    }


def _public(key: Key) -> Document:
    return {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}


def _route(name: str, document: Callable[[], Awaitable[Document]], seconds: int) -> Route:
    async def endpoint(_: Request) -> Response:
        headers = {"Cache-Control": f"public, max-age={seconds}"}
        return JSONResponse(await document(), headers=headers)

    return Route(f"/.well-known/{name}", endpoint, methods=["GET"])
