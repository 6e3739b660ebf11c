"""What becomes of tokens that were made: introspection (RFC 7662) and revocation (RFC 7009)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from anyio import from_thread
from authlib.oauth2.rfc6749 import InvalidRequestError
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from joserfc import jwt
from joserfc.errors import JoseError

from hub.auth.client_auth import ALL_METHODS, CONFIDENTIAL_METHODS, OAuthClient
from hub.auth.issuing import scope_text, subject
from hub.auth.requests import HubRequest
from hub.auth.tokens import ALGORITHM
from hub.domain.scope import Permission, Role
from hub.store.clients import Client
from hub.store.users import User


@dataclass(frozen=True, slots=True)
class Issued:
    """A token of this hub that is valid."""

    claims: dict[str, Any]
    expires_at: datetime
    authorization: str | None = None
    """Of a refresh token: whose it is."""

    def check_client(self, client: OAuthClient) -> bool:
        """Whether it was made for this client."""
        return bool(self.claims["client_id"] == client.get_client_id())

    def is_expired(self) -> bool:
        """Never: what is expired is not found."""
        return False

    def is_revoked(self) -> bool:
        """Never: what is revoked is not found."""
        return False


class _Tokens:
    """Finds a token by its text, be it an access or a refresh token; hints are not needed."""

    server: Any

    def check_params(self, request: HubRequest, _client: OAuthClient) -> None:
        """Raises InvalidRequestError without a token."""
        if not request.form.get("token"):
            raise InvalidRequestError("Missing 'token' in request.")

    def query_token(self, token: str, _hint: str | None) -> Issued | None:
        """The token if it is valid, else None, whatever it is."""
        return self._access_token(token) or self._refresh_token(token)

    def _access_token(self, token: str) -> Issued | None:
        try:
            claims = jwt.decode(token, self.server.ring.published, algorithms=[ALGORITHM]).claims
            jwt.JWTClaimsRegistry(exp={"essential": True}).validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            return None
        if from_thread.run(self.server.store.revocations.is_revoked, claims["jti"]):
            return None
        return Issued(claims, datetime.fromtimestamp(claims["exp"], UTC))

    def _refresh_token(self, token: str) -> Issued | None:
        found = from_thread.run(self.server.store.authorizations.refreshable, token)
        if found is None:
            return None
        authorization, ends = found
        user: User | None = from_thread.run(self.server.store.users.get, authorization.user_id)
        if user is None:
            return None
        claims = {
            "iss": self.server.issuer,
            "client_id": authorization.client_id,
            "sub": subject(user),
            "scope": scope_text(authorization.permissions & user.permissions),
            "exp": int(ends.timestamp()),
        }
        return Issued(claims, ends, authorization.id)


class Introspection(_Tokens, IntrospectionEndpoint):  # type: ignore[misc]
    """What a token says, for the client that it was made for, and for administrators' clients."""

    CLIENT_AUTH_METHODS = CONFIDENTIAL_METHODS

    def check_permission(self, token: Issued, client: OAuthClient, _request: HubRequest) -> bool:
        """Whether this client may know."""
        return token.check_client(client) or _administers(client.client)

    def introspect_token(self, token: Issued) -> dict[str, Any]:
        """The claims; only access tokens have a type (RFC 7662, section 2.2)."""
        kind = {} if token.authorization else {"token_type": "Bearer"}
        return {"active": True, **kind, **token.claims}


def _administers(client: Client) -> bool:
    """By its own role: what a console may do for administrators it may not do for itself."""
    role = any(grant.role is Role.ADMIN for grant in client.grants)
    return role and Permission.CLIENTS_WRITE in client.permissions


class Revocation(_Tokens, RevocationEndpoint):  # type: ignore[misc]
    """Ends a token; with a refresh token all that came of the same consent."""

    CLIENT_AUTH_METHODS = ALL_METHODS

    def revoke_token(self, token: Issued, _request: HubRequest) -> None:
        """From now on it opens nothing."""
        store = self.server.store
        if token.authorization:
            from_thread.run(store.authorizations.revoke, token.authorization)
        else:
            from_thread.run(store.revocations.revoke, token.claims["jti"], token.expires_at)
