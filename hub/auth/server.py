"""The authorization server: Authlib's, over our store, inside Starlette."""

from collections.abc import Callable
from typing import Any

import orjson
from anyio import from_thread, to_thread
from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AuthorizationServer
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hub.auth.client_auth import NOBODY, OAuthClient, PrivateKeyJwt
from hub.auth.device import DeviceAuthorization, DeviceGrant
from hub.auth.grants import CodeGrant, RefreshGrant, RequiredS256, ServiceGrant
from hub.auth.issuing import TokenGenerator
from hub.auth.keys import KeyRing
from hub.auth.lifetime import Introspection, Revocation
from hub.auth.requests import HubRequest, form_pairs
from hub.auth.throttle import (
    REQUESTS_BY_ADDRESS,
    WRONG_BY_ADDRESS,
    WRONG_BY_CLIENT,
    Throttle,
    TooManyAttemptsError,
)
from hub.domain.scope import Permission
from hub.store.store import Store

NO_STORE = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_GUESSES = {"invalid_client", "invalid_grant"}
_FOUND, _SEE_OTHER, _TOO_MANY = 302, 303, 429


class HubServer(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server with our grants and endpoints. Its methods run in threads."""

    def __init__(self, store: Store, ring: KeyRing, issuer: str, token_seconds: int) -> None:
        super().__init__(scopes_supported=[p.value for p in Permission])
        self.store = store
        self.ring = ring
        self.issuer = issuer
        self.register_token_generator("default", TokenGenerator(ring, issuer, token_seconds))
        self.register_client_auth_method("private_key_jwt", PrivateKeyJwt(store.attempts, issuer))
        self.register_grant(ServiceGrant)
        self.register_grant(CodeGrant, [RequiredS256(required=True)])
        self.register_grant(RefreshGrant)
        self.register_grant(DeviceGrant)
        for endpoint in (Introspection, Revocation, DeviceAuthorization):
            self.register_endpoint(endpoint)

    def query_client(self, client_id: str) -> OAuthClient:
        """The client with this id; for an unknown one a client that nobody can be."""
        return OAuthClient(from_thread.run(self.store.clients.get, client_id) or NOBODY)

    def save_token(self, token: dict[str, Any], request: HubRequest) -> None:
        """Access tokens carry what they say; none is kept."""

    def send_signal(self, *_: Any, **__: Any) -> None:
        """Nobody listens."""

    def create_oauth2_request(self, request: HubRequest) -> HubRequest:
        """The request as it is: it was made before."""
        return request

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Response:
        """An answer for Starlette."""
        if status == _FOUND:
            # A browser that has sent a form must not send it on (RFC 9700, section 4.12).
            return Response(None, _SEE_OTHER, dict(headers) | NO_STORE)
        return JSONResponse(body, status, dict(headers) | NO_STORE)


class ClientEndpoint:
    """An endpoint that clients call: counts the attempt, then lets Authlib answer."""

    def __init__(
        self,
        server: HubServer,
        throttle: Throttle,
        answer: Callable[[HubRequest], Response],
    ) -> None:
        self._server = server
        self._throttle = throttle
        self._answer = answer

    async def __call__(self, request: Request) -> Response:
        """Answers with JSON, or an OAuth error (RFC 6749, section 5.2)."""
        server = self._server
        try:
            pairs = await form_pairs(request)
            asked = HubRequest(request, f"{server.issuer}{request.url.path}", pairs)
            asked.check_repeats()
            asked.check_target(server.issuer)
        except OAuth2Error as error:
            refused: Response = server.handle_error_response(request, error)
            return refused
        client_id = extract_basic_authorization(asked.headers)[0] or asked.payload.client_id or ""
        guesses = (
            (WRONG_BY_CLIENT, f"{client_id}@{asked.address}"),
            (WRONG_BY_ADDRESS, asked.address),
        )
        try:
            await self._throttle.enter((REQUESTS_BY_ADDRESS, asked.address), *guesses)
        except TooManyAttemptsError as error:
            body = {"error": "temporarily_unavailable", "error_description": str(error)}
            return JSONResponse(body, _TOO_MANY, NO_STORE | error.headers)
        await server.ring.stay_fresh()
        response = await to_thread.run_sync(self._answer, asked)
        if not _was_a_guess(response):
            await self._throttle.take_back(*guesses)
        return response


def _was_a_guess(response: Response) -> bool:
    return response.status_code >= 400 and orjson.loads(response.body)["error"] in _GUESSES  # noqa: PLR2004
