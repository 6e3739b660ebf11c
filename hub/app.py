"""The way in: puts the Starlette application together."""

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.auth.metadata import metadata_routes
from hub.auth.middleware import BearerBackend, Challenge
from hub.auth.reads import ReadsForViewer
from hub.auth.server import TokenEndpoint
from hub.auth.tokens import TokenVerifier, signing_key
from hub.schema.http import GraphQLEndpoint
from hub.store.store import Store


async def make_app(store: Store, issuer: str, token_seconds: int) -> Starlette:
    """The hub over an open store, under the address that its tokens are issued for."""
    key = await signing_key(store.signing_keys)
    challenge = Challenge(issuer)
    tokens = TokenEndpoint(store.clients, key, issuer, token_seconds)
    graphql = GraphQLEndpoint(store, challenge)

    async def healthy(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        try:
            await store.ping()
        except Exception:
            return JSONResponse({"status": "MongoDB does not answer"}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    backend = BearerBackend(TokenVerifier(key, issuer))
    return Starlette(
        routes=[
            Route("/graphql", graphql, methods=["POST"]),
            Route("/oauth/token", tokens.__call__, methods=["POST"]),
            *metadata_routes(key, issuer),
            Route("/healthz", healthy, methods=["GET"]),
            Route("/readyz", ready, methods=["GET"]),
            Route("/metrics", metrics, methods=["GET"]),
        ],
        middleware=[
            Middleware(AuthenticationMiddleware, backend=backend, on_error=challenge),
            Middleware(ReadsForViewer),
        ],
    )
