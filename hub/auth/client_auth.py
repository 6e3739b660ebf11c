"""How a client proves who it is: a secret, a signature, or, being public, not at all."""

import hmac
import time
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from anyio import from_thread
from authlib.oauth2.rfc6749 import ClientMixin, InvalidClientError
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from hub.auth.requests import HubRequest
from hub.store.attempts import Attempts
from hub.store.clients import Client, GrantType
from hub.store.hashed import secret_hash

SECRET_METHODS = ["client_secret_basic", "client_secret_post"]
CONFIDENTIAL_METHODS = [*SECRET_METHODS, "private_key_jwt"]
ALL_METHODS = [*CONFIDENTIAL_METHODS, "none"]
ASSERTION_ALGORITHMS = ["ES256", "ES384", "PS256", "RS256", "EdDSA"]
_LONGEST_ASSERTION = 3600
_LEEWAY = 60
_URN = "urn:ietf:params:oauth:grant-type:"

NOBODY = Client("", "", "no secret has this hash", (), frozenset(), grant_types=frozenset())
"""Stands for clients that are not known, so that they are answered like a wrong secret."""


class OAuthClient(ClientMixin):  # type: ignore[misc]
    """A client of the register, as Authlib asks about it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get_client_id(self) -> str:
        """Its id."""
        return self.client.id

    def get_default_redirect_uri(self) -> None:
        """None: the redirect URI has to be said."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What was asked for, if all of it is allowed; all that is, if nothing was."""
        allowed = {p.value for p in self.client.permissions}
        asked = set(scope.split()) if scope else allowed
        return " ".join(sorted(asked)) if asked <= allowed else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether it is registered, letter by letter (RFC 9700, section 2.1). Only the port of a
        native application's loopback address may differ (RFC 8252, section 7.3)."""
        registered = self.client.redirect_uris
        if redirect_uri in registered:
            return True
        without_port = _loopback_without_port(redirect_uri) if self.client.public else None
        return without_port is not None and without_port in map(_loopback_without_port, registered)

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is its secret."""
        return hmac.compare_digest(self.client.secret_hash, secret_hash(client_secret))

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        """Each client has one kind of proof: a weaker one than registered is none."""
        if self.client.public:
            return method == "none"
        return method in (SECRET_METHODS if self.client.jwks is None else ["private_key_jwt"])

    def check_response_type(self, response_type: str) -> bool:
        """Codes are the only response."""
        return response_type == "code" and self.check_grant_type(GrantType.AUTHORIZATION_CODE)

    def check_grant_type(self, grant_type: str) -> bool:
        """Whether it is registered for this way to a token."""
        return grant_type.removeprefix(_URN) in self.client.grant_types


class PrivateKeyJwt(JWTBearerClientAssertion):  # type: ignore[misc]
    """`private_key_jwt` (RFC 7523): an assertion signed with a registered key, good once."""

    CLIENT_AUTH_METHOD = "private_key_jwt"

    def __init__(self, attempts: Attempts, issuer: str) -> None:
        super().__init__(leeway=_LEEWAY)
        self._attempts = attempts
        self._issuer = issuer

    def __call__(self, query_client: Any, request: HubRequest) -> OAuthClient | None:
        """The client that signed, or None without an assertion. Raises InvalidClientError."""
        try:
            client: OAuthClient | None = super().__call__(query_client, request)
        except (JoseError, ValueError, TypeError, KeyError):
            raise InvalidClientError("The assertion is invalid.") from None
        named = request.payload.client_id
        if client and named and named != client.get_client_id():
            raise InvalidClientError("The assertion is of another client.")
        return client

    def get_audiences(self) -> list[str]:
        """The hub, or its token endpoint."""
        return [self._issuer, f"{self._issuer}/oauth/token"]

    def resolve_client_public_key(self, client: OAuthClient) -> KeySet:
        """The keys that it registered. Raises InvalidClientError if it has none."""
        if client.client.jwks is None:
            raise InvalidClientError("The assertion is invalid.")
        return KeySet.import_key_set(client.client.jwks)  # type: ignore[arg-type]

    def process_assertion_claims(self, assertion: str, resolve_key: KeySet) -> jwt.Claims:
        """The claims of an assertion that is signed by one of these keys."""
        token = jwt.decode(assertion, resolve_key, algorithms=ASSERTION_ALGORITHMS)
        if float(token.claims["exp"]) > time.time() + _LONGEST_ASSERTION:
            raise InvalidClientError("The assertion is valid for too long.")
        self.verify_claims(token.claims)
        return token.claims

    def validate_jti(self, claims: jwt.Claims, jti: str) -> bool:
        """Whether this assertion comes for the first time."""
        digest = sha256(f"{claims['sub']} {jti}".encode()).hexdigest()
        until = datetime.fromtimestamp(float(claims["exp"]) + _LEEWAY, UTC)
        return from_thread.run(self._attempts.add_unseen, f"assertion:{digest}", until)


def _loopback_without_port(uri: str) -> str | None:
    """A loopback redirect URI with its port left out, or None for any other URI."""
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return None
    if parts.geturl() != uri:  # some characters are left out when it is taken apart
        return None
    if parts.scheme != "http" or parts.hostname not in {"127.0.0.1", "::1"} or "@" in parts.netloc:
        return None
    netloc = parts.netloc.removesuffix(f":{port}")
    return parts._replace(netloc=netloc).geturl()
