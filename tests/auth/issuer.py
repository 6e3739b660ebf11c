"""An issuer on loopback that answers what a test wants, and an issuer's token."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
from joserfc import jwt
from joserfc.jwk import Key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.serving import free_port, listening


class StubIssuer:
    """Publishes metadata and keys, and counts how often it is asked for them."""

    def __init__(self, port: int, path: str = "") -> None:
        self.url = f"http://127.0.0.1:{port}{path}"
        self.metadata: Any = {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        self.keys: list[Any] = []
        self.body: bytes | None = None
        self.status = 200
        self.seconds = 0.0
        self.asked = 0

    def publish(self, *keys: Key) -> None:
        self.keys = [key.as_dict(private=False) for key in keys]

    async def told(self, _: Request) -> Response:
        return JSONResponse(self.metadata)

    async def jwks(self, _: Request) -> Response:
        self.asked += 1
        await anyio.sleep(self.seconds)
        if self.body is not None:
            return Response(self.body, self.status, {"Location": "/elsewhere"})
        return JSONResponse({"keys": self.keys}, self.status)


@asynccontextmanager
async def stub_issuer(path: str = "", openid: bool = True) -> AsyncIterator[StubIssuer]:
    """An issuer while the block runs; its metadata are OpenID Connect's or those of RFC 8414."""
    port = free_port(0)
    issuer = StubIssuer(port, path)
    well_known = (
        f"{path}/.well-known/openid-configuration"
        if openid
        else f"/.well-known/oauth-authorization-server{path}"
    )
    app = Starlette(
        routes=[
            Route(well_known, issuer.told),
            Route(f"{path}/keys", issuer.jwks),
            Route("/elsewhere", lambda _: JSONResponse({"keys": issuer.keys})),
        ]
    )
    async with listening(app, "127.0.0.1", port):
        yield issuer


def token_of(issuer: str, key: Key, algorithm: str = "ES256", **stated: Any) -> str:
    """A token such as Keycloak's, for the audience `hub`."""
    claims = {
        "iss": issuer,
        "aud": "hub",
        "sub": "f3b9",
        "exp": int(time.time()) + 60,
        "scope": "openid complaints:read",
        "realm_access": {"roles": ["sp4n-province-73"]},
    }
    header = {"alg": algorithm, "typ": "JWT", "kid": key.kid}
    return jwt.encode(header, claims | stated, key, [algorithm])
