"""The way in: puts the Starlette application together."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial

import anyio
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from hub.auth.issuers import Issuer
from hub.auth.keys import KeyRing
from hub.auth.middleware import Authentication, Bearers, Challenge
from hub.auth.routes import oauth_routes
from hub.auth.tokens import OwnTokens, TokenIssuer, TokenVerifier
from hub.cross_origin import CrossOrigin
from hub.ingest.registered import registered
from hub.schema.graphiql.route import GraphiQL
from hub.schema.graphiql.route import register as register_graphiql
from hub.schema.http import GraphQLEndpoint
from hub.schema.limits import DEFAULTS, Limits
from hub.schema.papers.attachments import Attachments
from hub.schema.papers.letters import LetterFiles
from hub.schema.streams.websocket import GraphQLSocket, origin_of
from hub.schema.views.downloads import Downloads
from hub.schema.views.route import Views
from hub.settings import Settings
from hub.store.store import Store
from hub.webhooks import Webhooks


async def app_of(
    settings: Settings, store: Store, external: Iterable[TokenIssuer] = ()
) -> Starlette:
    """The hub over an open store, as its settings have it."""
    limits = Limits(
        cost=settings.query_cost,
        enforce_cost=settings.query_cost_mode == "enforce",
        seconds=settings.query_seconds,
        introspection=settings.introspection,
        requests_per_second=settings.query_rate,
        subscriptions=settings.subscriptions,
        operations=settings.connection_operations,
    )
    private_hosts = settings.callable_private_hosts
    issuer, seconds = settings.issuer, settings.token_seconds
    origins = settings.shared_origins
    return await make_app(
        *(store, issuer, seconds, external, private_hosts, limits, origins),
        mail_domains=settings.mail_domains,
        graphiql=settings.graphiql,
    )


async def make_app(
    store: Store,
    issuer: str,
    token_seconds: int,
    external: Iterable[TokenIssuer] = (),
    private_hosts: frozenset[str] = frozenset(),
    limits: Limits = DEFAULTS,
    origins: Sequence[str] = (),
    *,
    mail_domains: frozenset[str] = frozenset(),
    graphiql: bool = False,
) -> Starlette:
    """The hub over an open store, under the address that its tokens are issued for; it takes
    those of some external issuers too. Connectors may call `private_hosts`,
    and each request to `/graphql` is held to `limits`; pages of `origins` may ask, and open
    WebSockets, as those of the hub itself; `graphiql` is one. Warnings may be mailed to
    `mail_domains`."""
    if graphiql:
        await register_graphiql(store.clients, issuer)
    ring = KeyRing(store.signing_keys)
    await ring.refresh()
    challenge = Challenge(issuer)
    ending = asyncio.Event()
    graphql = GraphQLEndpoint(store, challenge, private_hosts, limits, ending, mail_domains)
    find = partial(registered, store=store, private_hosts=private_hosts)

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

    @asynccontextmanager
    async def watching(_: Starlette) -> AsyncIterator[None]:
        async with anyio.create_task_group() as group:
            group.start_soon(store.principals.remembered.watch)
            group.start_soon(store.feed.run)
            yield
            group.cancel_scope.cancel()

    own = OwnTokens(Issuer(issuer, issuer, ring), store.principals)
    bearers = Bearers(TokenVerifier([*external, own]), store.principals.remembered)
    socket = GraphQLSocket(
        graphql,
        bearers,
        store.principals.remembered,
        frozenset({*origins, origin_of(issuer)}),
        ending,
    )
    app = Starlette(
        routes=[
            Route("/graphql", graphql, methods=["POST"]),
            WebSocketRoute("/graphql", socket),
            Views(store, graphql).route,
            Downloads(store).route,
            LetterFiles(graphql).route,
            *Attachments(store, graphql).routes,
            Webhooks(store, find).route,
            *(GraphiQL(issuer).routes if graphiql else []),
            *oauth_routes(store, ring, issuer, token_seconds),
            Route("/healthz", healthy, methods=["GET"]),
            Route("/readyz", ready, methods=["GET"]),
            Route("/metrics", metrics, methods=["GET"]),
        ],
        middleware=[
            *([Middleware(CrossOrigin, origins=origins)] if origins else []),
            Middleware(Authentication, bearers=bearers, challenge=challenge),
        ],
        lifespan=watching,
    )
    app.state.ending = ending
    return app
