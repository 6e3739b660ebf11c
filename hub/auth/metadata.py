"""What clients can find out by themselves: RFC 8414, RFC 9728, and the public key."""

from joserfc.jwk import ECKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.auth.server import AUTH_METHODS
from hub.auth.tokens import ALGORITHM
from hub.domain.scope import Permission


def metadata_routes(key: ECKey, issuer: str) -> list[Route]:
    """The routes under /.well-known/."""
    scopes = [permission.value for permission in Permission]
    public = {**key.as_dict(private=False), "use": "sig", "alg": ALGORITHM}
    documents: dict[str, dict[str, object]] = {
        "oauth-authorization-server": {
            "issuer": issuer,
            "token_endpoint": f"{issuer}/oauth/token",
            "jwks_uri": f"{issuer}/.well-known/jwks.json",
            "scopes_supported": scopes,
            "response_types_supported": [],
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": AUTH_METHODS,
        },
        "oauth-protected-resource": {
            "resource": issuer,
            "authorization_servers": [issuer],
            "scopes_supported": scopes,
            "bearer_methods_supported": ["header"],
        },
        "jwks.json": {"keys": [public]},
    }
    return [_route(name, document) for name, document in documents.items()]


def _route(name: str, document: dict[str, object]) -> Route:
    async def endpoint(_: Request) -> Response:
        return JSONResponse(document, headers={"Cache-Control": "public, max-age=300"})

    return Route(f"/.well-known/{name}", endpoint, methods=["GET"])
