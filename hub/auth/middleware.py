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
    """A caller whose token was valid."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

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


class BearerBackend(AuthenticationBackend):
    """Reads `Authorization: Bearer …`; other schemes are for others to read."""

    def __init__(self, verifier: TokenVerifier) -> None:
        self._verifier = verifier

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, BaseUser] | None:
        """The viewer, or None without a token. Raises AuthenticationError for a bad one."""
        scheme, _, token = conn.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            scope = await self._verifier.scope(token.strip())
        except InvalidTokenError as error:
            raise AuthenticationError(str(error)) from error
        except StoreError as error:
            raise UncheckedTokenError from error
        return AuthCredentials(sorted(scope.permissions)), Viewer(scope)


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
