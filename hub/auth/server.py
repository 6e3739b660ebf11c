"""The authorization server: Authlib's, over our clients, inside Starlette."""

import hmac
from hashlib import sha256
from typing import Any

from authlib.oauth2.rfc6749 import AuthorizationServer, ClientMixin, OAuth2Request
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from joserfc.jwk import ECKey
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.auth.tokens import ALGORITHM, grant_claims
from hub.domain.scope import Permission
from hub.store.clients import Client, Clients

AUTH_METHODS = ["client_secret_basic", "client_secret_post"]
_MAX_FIELDS = 20
_NOBODY = Client("", "", "no secret has this hash", (), frozenset())


def secret_hash(secret: str) -> str:
    """What is kept of a client's secret. The secrets are random, so a plain hash holds."""
    return sha256(secret.encode()).hexdigest()


class TokenEndpoint:
    """`POST /oauth/token`."""

    def __init__(self, clients: Clients, key: ECKey, issuer: str, token_seconds: int) -> None:
        self._clients = clients
        self._issuer = issuer
        self._generator = _TokenGenerator(key, issuer, token_seconds)

    async def __call__(self, request: Request) -> Response:
        """Answers with a token or an OAuth error (RFC 6749, section 5)."""
        async with request.form(max_fields=_MAX_FIELDS, max_files=0) as form:
            if len(form.multi_items()) != len(form):
                return _error("invalid_request", "A parameter is given more than once.")
            own_id, _ = extract_basic_authorization(request.headers)
            client_id = str(own_id or form.get("client_id") or "")
            client = await self._clients.get(client_id)
            server = _Server(_Client(client or _NOBODY), self._generator)
            # Authlib's hooks are synchronous: all that they need has been loaded.
            response: Response = server.create_token_response(
                _TokenRequest(f"{self._issuer}/oauth/token", request, form)
            )
            return response


def _error(code: str, description: str) -> Response:
    return JSONResponse({"error": code, "error_description": description}, 400, _NO_STORE)


_NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}


class _TokenRequest(OAuth2Request):  # type: ignore[misc]
    def __init__(self, uri: str, request: Request, form: FormData) -> None:
        super().__init__("POST", uri, headers=dict(request.headers.items()))
        self._form = {name: value for name, value in form.items() if isinstance(value, str)}
        # Authlib reads the header by this spelling.
        self.headers["Authorization"] = request.headers.get("authorization", "")
        self.payload = BasicOAuth2Payload(self._form)

    @property
    def form(self) -> dict[str, str]:
        return self._form


class _Client(ClientMixin):  # type: ignore[misc]
    def __init__(self, client: Client) -> None:
        self.client = client

    def get_client_id(self) -> str:
        return self.client.id

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What was asked for, if all of it is allowed; all that is, if nothing was."""
        allowed = {p.value for p in self.client.permissions}
        asked = set(scope.split()) if scope else allowed
        return " ".join(sorted(asked)) if asked <= allowed else None

    def check_client_secret(self, client_secret: str) -> bool:
        return hmac.compare_digest(self.client.secret_hash, secret_hash(client_secret))

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        return method in AUTH_METHODS

    def check_grant_type(self, grant_type: str) -> bool:
        return bool(grant_type == ClientCredentialsGrant.GRANT_TYPE)


class _ClientCredentialsGrant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS


class _TokenGenerator(JWTBearerTokenGenerator):  # type: ignore[misc]
    def __init__(self, key: ECKey, issuer: str, token_seconds: int) -> None:
        super().__init__(issuer, alg=ALGORITHM, expires_generator=token_seconds)
        self._key = key

    def get_jwks(self) -> ECKey:
        return self._key

    def get_audiences(self, *_: Any) -> str:
        return str(self.issuer)

    def get_extra_claims(self, client: _Client, *_: Any) -> dict[str, Any]:
        return {"grants": grant_claims(client.client.grants)}


class _Server(AuthorizationServer):  # type: ignore[misc]
    """Serves one request, for the one client that it names."""

    def __init__(self, client: _Client, generator: _TokenGenerator) -> None:
        super().__init__(scopes_supported=[p.value for p in Permission])
        self._client = client
        self.register_token_generator("default", generator)
        self.register_grant(_ClientCredentialsGrant)

    def query_client(self, _client_id: str) -> _Client:
        return self._client

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Tokens carry what they say; none is kept."""

    def send_signal(self, *_: Any, **__: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: _TokenRequest) -> _TokenRequest:
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        return JSONResponse(body, status, dict(headers) | _NO_STORE)
