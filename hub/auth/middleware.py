"""Bearer token → viewer, for every request. Without one the viewer is nobody."""

from starlette.authentication import (
    AuthCredentials,
    AuthenticationBackend,
    AuthenticationError,
    BaseUser,
)
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from hub.auth.tokens import InvalidTokenError, TokenVerifier
from hub.domain.scope import Scope


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
            scope = self._verifier.scope(token.strip())
        except InvalidTokenError as error:
            raise AuthenticationError(str(error)) from error
        return AuthCredentials(sorted(scope.permissions)), Viewer(scope)


class Challenge:
    """The 401 answer (RFC 6750, section 3; RFC 9728, section 5.1)."""

    def __init__(self, issuer: str) -> None:
        self._metadata = f"{issuer}/.well-known/oauth-protected-resource"

    def __call__(self, _: HTTPConnection, error: AuthenticationError) -> Response:
        """For a token that is not valid."""
        return self._response("invalid_token", str(error))

    def missing(self) -> Response:
        """For a request without a token, which the standard gives no error code."""
        return self._response(None, "An access token is needed.")

    def _response(self, code: str | None, description: str) -> Response:
        parts = [f'error="{code}", error_description="{description}"'] if code else []
        parts.append(f'resource_metadata="{self._metadata}"')
        body = {
            "errors": [{"message": description, "extensions": {"code": "UNAUTHENTICATED"}}],
        }
        return JSONResponse(body, 401, {"WWW-Authenticate": f"Bearer {', '.join(parts)}"})
