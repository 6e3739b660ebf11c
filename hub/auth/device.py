"""Tokens for devices without a keyboard (RFC 8628): the protocol; the page is in device_page.py."""

from typing import Any

from anyio import from_thread
from authlib.oauth2.rfc6749 import InvalidGrantError, InvalidScopeError, UnauthorizedClientError
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant

from hub.auth.client_auth import ALL_METHODS, OAuthClient
from hub.auth.grants import ForUsers
from hub.auth.issuing import Person, scope_text
from hub.auth.requests import HubRequest
from hub.store.authorizations import Authorization, new_authorization_id
from hub.store.device_codes import DEVICE_CODE_SECONDS, POLL_SECONDS, DeviceCode


class DeviceAuthorization(DeviceAuthorizationEndpoint):  # type: ignore[misc]
    """A device asks for a code to show."""

    CLIENT_AUTH_METHODS = ALL_METHODS

    def create_endpoint_response(
        self, request: HubRequest
    ) -> tuple[int, dict[str, Any], list[tuple[str, str]]]:
        """A device code and a user code. Raises OAuth2Error."""
        client: OAuthClient = self.authenticate_client(request)
        if not client.check_grant_type(DeviceGrant.GRANT_TYPE):
            raise UnauthorizedClientError()
        scope = client.get_allowed_scope(request.payload.scope)
        if scope is None:
            raise InvalidScopeError()
        codes = self.server.store.device_codes
        device_code, user_code = from_thread.run(codes.add, client.client.id, scope)
        page = f"{self.server.issuer}/oauth/device"
        answer = {
            "device_code": device_code,
            "user_code": user_code,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={user_code}",
            "expires_in": DEVICE_CODE_SECONDS,
            "interval": POLL_SECONDS,
        }
        return 200, answer, []


class _Credential:
    """A waiting device, as Authlib asks about it."""

    def __init__(self, code: DeviceCode) -> None:
        self.code = code

    def get_client_id(self) -> str:
        return self.code.client_id

    def get_scope(self) -> str:
        return scope_text(self.code.permissions)

    def get_user_code(self) -> str:
        return self.code.user_code

    def is_expired(self) -> bool:
        return self.code.expired


class DeviceGrant(ForUsers, DeviceCodeGrant):  # type: ignore[misc]
    """A device asks again and again until a user has typed its code elsewhere (RFC 8628)."""

    TOKEN_ENDPOINT_AUTH_METHODS = ALL_METHODS

    def query_device_credential(self, device_code: str) -> _Credential:
        """What the device waits for. Raises InvalidGrantError for a code that is not known."""
        found = from_thread.run(self.store.device_codes.by_device_code, device_code)
        if found is None:
            raise InvalidGrantError()
        self._code = found
        return _Credential(found)

    def query_user_grant(self, _user_code: str) -> tuple[Person | None, bool] | None:
        """Who answered and whether they allowed it, or None for as long as nobody did. Raises
        InvalidGrantError if the user is gone."""
        code = self._code
        if code.allowed is None or code.user_id is None or code.auth_time is None:
            return None
        if not code.allowed:
            return None, False
        user = from_thread.run(self.store.users.get, code.user_id)
        if user is None:
            raise InvalidGrantError()
        authorization = Authorization(
            new_authorization_id(), code.client_id, user.id, code.permissions, code.auth_time
        )
        return Person(user, authorization), True

    def should_slow_down(self, credential: _Credential) -> bool:
        """Whether it asks too often."""
        return from_thread.run(self.store.device_codes.too_quick, credential.code.id)

    def save_token(self, token: dict[str, Any]) -> None:
        """Uses the code up. Raises InvalidGrantError if another request was quicker."""
        if not from_thread.run(self.store.device_codes.take, self._code.id):
            raise InvalidGrantError()
        person: Person = self.request.user
        from_thread.run(self.store.authorizations.add, person.authorization)
        self.note(token, person, None)
