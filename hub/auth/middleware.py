"""Bearer token → viewer, for every request. Without one the viewer is nobody."""

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
)
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from hub.auth.issuers import InvalidTokenError
from hub.auth.tokens import TokenVerifier
from hub.domain.scope import Scope
from hub.store.mongo import StoreError


class Viewer(BaseUser):
    """A caller whose token was valid; `authority` tells whether it still is, `client_id` which
    client of the hub it was made for, if one was."""

    def __init__(self, scope: Scope, authority: "Authority", client_id: str | None) -> None:
        self.scope = scope
        self.authority = authority
        self.client_id = client_id

    @property
    def is_authenticated(self) -> bool:
        """Always: a caller without a token is Starlette's UnauthenticatedUser."""
        return True

    @property
    def display_name(self) -> str:
        """The client's id."""
        return self.scope.subject


class UncheckedTokenError(AuthenticationError):
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


class BearerBackend(AuthenticationBackend):
    """Reads `Authorization: Bearer …`; other schemes are for others to read."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """The viewer, or None without a token. Raises AuthenticationError for a bad one."""
        viewer = await self.viewer(conn.headers.get("authorization", ""))
        return (AuthCredentials(sorted(viewer.scope.permissions)), viewer) if viewer else None

    async def viewer(self, authorization: str) -> Viewer | None:
        """Who comes with such a header; None without a token. Raises AuthenticationError."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = token.strip()
        try:
            bearer = await self._verifier.bearer(token)
            scope = await bearer.scope()
        except InvalidTokenError as error:
            raise AuthenticationError(str(error)) from error
        except StoreError as error:
            raise UncheckedTokenError from error
        return Viewer(scope, Authority(self._verifier, token), bearer.client_id)


class Challenge:
    """The answer to whoever is not let in: 401 (RFC 6750, section 3; RFC 9728, section 5.1)."""

    def __init__(self, issuer: str) -> None:
        self._metadata = f"{issuer}/.well-known/oauth-protected-resource"

    def __call__(self, _: HTTPConnection, error: AuthenticationError) -> Response:
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
