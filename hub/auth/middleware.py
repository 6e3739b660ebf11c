"""Bearer token → viewer, for every request. Without one the viewer is nobody."""

from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from hub.auth.issuers import InvalidTokenError
from hub.auth.tokens import TokenVerifier
from hub.domain.scope import Scope
from hub.store.mongo import StoreError
from hub.store.scope_monitor import viewing

_NOBODY = Scope("", (), frozenset())


@dataclass(frozen=True, slots=True)
class Viewer:
    """A caller whose token was valid; `authority` tells whether it still is, `client_id` which
    client of the hub it was made for, if one was."""

    scope: Scope
    authority: "Authority"
    client_id: str | None


class UncheckedTokenError(Exception):
    """Whether a token holds can't be found out now."""


class Authority:
    """What a token lets its bearer do, for those whom one request keeps for long."""

    def __init__(self, verifier: TokenVerifier, token: str) -> None:
        self._verifier = verifier
        self._token = token

    async def scope(self) -> Scope:
        """What the bearer may do now. Raises InvalidTokenError, StoreError."""
        return await self._verifier.scope(self._token)

    async def expires_at(self) -> float:
        """When the token expires, in seconds since 1970. Raises InvalidTokenError."""
        return await self._verifier.expires_at(self._token)


class Bearers:
    """Reads `Authorization: Bearer …`; other schemes are for others to read."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    async def viewer(self, authorization: str) -> Viewer | None:
        """Who comes with such a header; None without a token. Raises InvalidTokenError,
        UncheckedTokenError."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        try:
            bearer = await self._verifier.bearer(token)
            scope = await bearer.scope()
        except StoreError as error:
            raise UncheckedTokenError from error
        return Viewer(scope, Authority(self._verifier, token), bearer.client_id)


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
        try:
            viewer = await self._bearers.viewer(Headers(scope=scope).get("authorization", ""))
        except (InvalidTokenError, UncheckedTokenError) as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1000})  # which is answered with 403
            else:
                await self._challenge.refused(error)(scope, receive, send)
            return
        scope["user"] = viewer
        with viewing(viewer.scope if viewer else _NOBODY):
            await self._app(scope, receive, send)
