"""The ways to a token (device.py has one more): Authlib checks, and the store answers it.

Authlib's hooks are synchronous, so the server runs in a thread, and comes back for the store.
"""

from typing import Any

from anyio import from_thread
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.grants import (
    AuthorizationCodeGrant,
    ClientCredentialsGrant,
    RefreshTokenGrant,
)
from authlib.oauth2.rfc7636 import CodeChallenge

from hub.auth.client_auth import ALL_METHODS, CONFIDENTIAL_METHODS, OAuthClient
from hub.auth.issuing import Person, made, permitted, scope_text
from hub.store.authorizations import Authorization
from hub.store.clients import Client
from hub.store.store import Store
from hub.store.users import User

_S256 = "S256"


class ServiceGrant(ClientCredentialsGrant):  # type: ignore[misc]
    """A service asks for itself."""

    TOKEN_ENDPOINT_AUTH_METHODS = CONFIDENTIAL_METHODS


class _Consent:
    """An authorization with the client that presents it and its user, as Authlib asks about it.

    Both are read anew, so a token never does more than they may now.
    """

    def __init__(self, authorization: Authorization, client: Client, user: User) -> None:
        self.person = Person(user, authorization)
        self.code_challenge = authorization.code_challenge
        self.code_challenge_method = _S256
        self._scope = permitted(scope_text(authorization.permissions), client, user)

    def get_redirect_uri(self) -> str | None:
        return self.person.authorization.redirect_uri

    def get_scope(self) -> str:
        return scope_text(self._scope)

    def check_client(self, client: OAuthClient) -> bool:
        return self.person.authorization.client_id == client.get_client_id()


class ForUsers:
    """What the grants in which a user lets a client act for them share."""

    request: OAuth2Request
    server: Any

    @property
    def store(self) -> Store:
        """The hub's."""
        store: Store = self.server.store
        return store

    def consent(self, authorization: Authorization | None, client: OAuthClient) -> _Consent | None:
        """The consent, unless the user is gone."""
        if authorization is None:
            return None
        user = from_thread.run(self.store.users.get, authorization.user_id)
        return _Consent(authorization, client.client, user) if user else None

    def note(self, token: dict[str, Any], person: Person, used: str | None) -> None:
        """Keeps what is needed of the tokens made. Raises InvalidGrantError if another request
        was quicker."""
        id_, (jti, ends) = person.authorization.id, made(token)
        store = self.store.authorizations
        if not from_thread.run(store.issue, id_, jti, ends, used, token.get("refresh_token")):
            raise InvalidGrantError()


class RequiredS256(CodeChallenge):  # type: ignore[misc]
    """PKCE for everybody, by S256 alone (RFC 9700, section 2.1.1)."""

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Raises InvalidRequestError for a request without it: Authlib would let it pass."""
        data = grant.request.payload.data
        if not data.get("code_challenge") or data.get("code_challenge_method") != _S256:
            raise InvalidRequestError("PKCE is needed: code_challenge, by the method S256.")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(ForUsers, AuthorizationCodeGrant):  # type: ignore[misc]
    """A user logs in at the hub and lets a console act for them."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_METHODS

    @staticmethod
    def validate_authorization_redirect_uri(request: OAuth2Request, client: OAuthClient) -> str:
        """The redirect URI. Raises InvalidRequestError, without repeating it."""
        redirect_uri = request.payload.redirect_uri
        if not redirect_uri or not client.check_redirect_uri(redirect_uri):
            raise InvalidRequestError("The redirect_uri is not one that the client registered.")
        return str(redirect_uri)

    def validate_requested_scope(self) -> None:
        """Raises InvalidScopeError, and InvalidTargetError for a token for another resource."""
        self.request.check_target(self.server.issuer)
        super().validate_requested_scope()

    def generate_authorization_code(self) -> str:
        """The store makes it."""
        person: Person = self.request.user
        return from_thread.run(self.store.authorizations.add, person.authorization)

    def save_authorization_code(self, code: str, request: OAuth2Request) -> None:
        """It has been kept as it was made."""

    def query_authorization_code(self, code: str, client: OAuthClient) -> _Consent | None:
        """What a code stands for; one used before revokes what it gave."""
        found = from_thread.run(self.store.authorizations.by_code, code, client.get_client_id())
        return self.consent(found, client)

    def authenticate_user(self, authorization_code: _Consent) -> Person:
        """Who gave the consent."""
        return authorization_code.person

    def save_token(self, token: dict[str, Any]) -> None:
        """Uses the code up."""
        self.note(token, self.request.user, None)

    def delete_authorization_code(self, authorization_code: _Consent) -> None:
        """It is kept, to notice a second use."""


class RefreshGrant(ForUsers, RefreshTokenGrant):  # type: ignore[misc]
    """A refresh token is exchanged for another one, and works no more."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> _Consent | None:
        """What it stands for; one used before revokes the whole family."""
        client: OAuthClient = self.request.client
        found = from_thread.run(
            self.store.authorizations.by_refresh_token, refresh_token, client.get_client_id()
        )
        return self.consent(found, client)

    def authenticate_user(self, refresh_token: _Consent) -> Person:
        """Who gave the consent."""
        return refresh_token.person

    def save_token(self, token: dict[str, Any]) -> None:
        """Puts the new refresh token in the place of the old one."""
        self.note(token, self.request.user, self.request.form["refresh_token"])

    def revoke_old_credential(self, refresh_token: _Consent) -> None:
        """The new one has taken its place."""
