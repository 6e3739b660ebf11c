"""Bearer token → viewer, for every request. Without one the viewer is nobody."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import NamedTuple

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from hub.auth.issuers import InvalidTokenError
from hub.auth.tokens import REMEMBERED, TokenVerifier
from hub.domain.bounded import Bounded
from hub.domain.scope import Scope
from hub.store.mongo import StoreError
from hub.store.remembered import Remembered
from hub.store.scope_monitor import viewing

_NOBODY = Scope("", (), frozenset())


@dataclass(frozen=True, slots=True)
class Viewer:
    """A caller whose token was valid; `client_id` tells which client of the hub it was made for,
    if one was, `expires_at` until when it is at most, in seconds since 1970."""

    scope: Scope
    client_id: str | None
    expires_at: float
    scope_now: Callable[[], Awaitable[Scope]]
    """What they may do later, while one request keeps them for long. Raises InvalidTokenError,
    StoreError."""


class UncheckedTokenError(Exception):
    """Whether a token holds can't be found out now."""


class _Known(NamedTuple):
    """Who came with a header, as long as the changes have this `stamp`, `until` (seconds since
    1970) at most."""

    viewer: Viewer
    stamp: int
    until: float


class Bearers:
    """Reads `Authorization: Bearer …`; other schemes are for others to read."""

    def __init__(self, verifier: TokenVerifier, changes: Remembered) -> None:
        """`changes` are those of all that decides what a token's bearer may do."""
        self._verifier = verifier
        self._changes = changes
        self._known: Bounded[bytes, _Known] = Bounded(REMEMBERED)

    def known(self, authorization: bytes) -> Viewer | None:
        """Who came with the same header before; None once anything changed that could make them
        somebody else. Each request asks this, so it waits for nothing."""
        known = self._known.get(sha256(authorization).digest())
        if known is None or known.stamp != self._changes.stamp or known.until <= time.time():
            return None
        return known.viewer

    async def viewer(self, authorization: bytes) -> Viewer | None:
        """Who comes with such a header; None without a token. Raises InvalidTokenError,
        UncheckedTokenError."""
        scheme, _, stated = authorization.decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token, stamp = stated.strip(), self._changes.stamp
        try:
            verified = await self._verifier.verified(token)
            scope = await verified.bearer.scope()
        except StoreError as error:
            raise UncheckedTokenError from error
        scope_now = partial(self._verifier.scope, token)
        viewer = Viewer(scope, verified.bearer.client_id, verified.expires_at, scope_now)
        if stamp is not None:
            known = _Known(viewer, stamp, verified.until)
            self._known.remember(sha256(authorization).digest(), known)
        return viewer


class Challenge:
    """The answer to whoever is not let in: 401 (RFC 6750, section 3; RFC 9728, section 5.1)."""

    def __init__(self, issuer: str) -> None:
        self._metadata = f"{issuer}/.well-known/oauth-protected-resource"

    def refused(self, error: InvalidTokenError | UncheckedTokenError) -> Response:
        """For a token that is not valid, or of which that can't be told."""
        if isinstance(error, UncheckedTokenError):
            body = _error("The hub can't check the token now. Try again.", "UNAVAILABLE")
            return JSONResponse(body, 503, {"Retry-After": "1"})
        return self._response("invalid_token", str(error))

    def missing(self) -> Response:
        """For a request without a token, which the standard gives no error code."""
        return self._response(None, "An access token is needed.")

    def _response(self, code: str | None, description: str) -> Response:
        parts = [f'error="{code}", error_description="{description}"'] if code else []
        parts.append(f'resource_metadata="{self._metadata}"')
        headers = {"WWW-Authenticate": f"Bearer {', '.join(parts)}"}
        return JSONResponse(_error(description, "UNAUTHENTICATED"), 401, headers)


def _error(message: str, code: str) -> dict[str, object]:
    return {"errors": [{"message": message, "extensions": {"code": code}}]}


class Authentication:
    """ASGI middleware: what comes after it finds the viewer as the connection's `user`, None
    without a token, and the store reads for them alone, whatever answers; for nobody, nothing.

    Code that answers requests and reads for no viewer says so with `unscoped`.
    """

    def __init__(self, app: ASGIApp, bearers: Bearers, challenge: Challenge) -> None:
        self._app = app
        self._bearers = bearers
        self._challenge = challenge

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Passes a connection on, unless its token does not hold. What runs beside requests reads
        for no viewer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        authorization = _authorization(scope)
        viewer = self._bearers.known(authorization)
        if viewer is None:
            try:
                viewer = await self._bearers.viewer(authorization)
            except (InvalidTokenError, UncheckedTokenError) as error:
                if scope["type"] == "websocket":
                    # Which is answered with 403.
                    await send({"type": "websocket.close", "code": 1000})
                else:
                    await self._challenge.refused(error)(scope, receive, send)
                return
        scope["user"] = viewer
        with viewing(viewer.scope if viewer else _NOBODY):
            await self._app(scope, receive, send)


def _authorization(scope: Connection) -> bytes:
    """The header of this name; empty without one."""
    for name, value in scope["headers"]:
        if name == b"authorization":
            return bytes(value)
    return b""
