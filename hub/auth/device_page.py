"""`/oauth/device`: where a user types the code that a device shows (RFC 8628, section 3.3)."""

from starlette.requests import Request
from starlette.responses import Response

from hub.auth.issuing import permitted
from hub.auth.login import LoggedIn, Login, RefusedError
from hub.auth.pages import in_words, page
from hub.auth.requests import address_of
from hub.auth.throttle import (
    DEVICE_CODES_BY_ADDRESS,
    DEVICE_CODES_BY_USER,
    Throttle,
    TooManyAttemptsError,
)
from hub.domain.scope import Permission
from hub.store.clients import Client
from hub.store.device_codes import DeviceCode
from hub.store.store import Store

_WRONG = "No device waits for this code. Look at the device again: codes end after 10 minutes."


class DevicePage:
    """Asks for the code, then whether the device may act for the user."""

    def __init__(self, store: Store, login: Login, throttle: Throttle) -> None:
        self._store = store
        self._login = login
        self._throttle = throttle

    async def __call__(self, request: Request) -> Response:
        """A page."""
        query = request.url.query
        next_ = f"device?{query}" if query else "device"
        who = await self._login.who(request)
        if who is None:
            return self._login.ask(request, next_)
        if request.method != "POST":
            code = request.query_params.get("user_code", "")
            return page("device", {"code": code, "wrong": "", **self._login.about(who, next_)})
        form = await self._login.form(request)
        typed = form.get("user_code", "")
        try:
            found = await self._waiting(typed, who, request)
        except TooManyAttemptsError as error:
            raise RefusedError(str(error), 429, error.headers) from None
        if found is None:
            about = self._login.about(who, "device")
            return page("device", {"code": typed, "wrong": _WRONG, **about}, status=400)
        waiting, client = found
        permissions = permitted(waiting.scope, client, who.user)
        if "decision" not in form:
            values = {
                "client": client.name,
                "permissions": in_words(permissions),
                "code": waiting.shown,
            }
            return page("consent", {**values, **self._login.about(who, "device")})
        return await self._decide(waiting, form["decision"] == "allow", who, permissions)

    async def _waiting(
        self, code: str, who: LoggedIn, request: Request
    ) -> tuple[DeviceCode, Client] | None:
        """The device that waits for a code. Raises TooManyAttemptsError for who guesses."""
        counted = (
            (DEVICE_CODES_BY_USER, who.user.id),
            (DEVICE_CODES_BY_ADDRESS, address_of(request)),
        )
        await self._throttle.enter(*counted)
        waiting = await self._store.device_codes.waiting(code)
        client = await self._store.clients.get(waiting.client_id) if waiting else None
        if waiting is None or client is None:
            return None
        await self._throttle.take_back(*counted)
        return waiting, client

    async def _decide(
        self,
        waiting: DeviceCode,
        allow: bool,
        who: LoggedIn,
        permissions: frozenset[Permission],
    ) -> Response:
        allowed = allow and bool(permissions)
        decided = await self._store.device_codes.decide(
            waiting.id,
            allowed=allowed,
            user_id=who.user.id,
            permissions=permissions,
            auth_time=who.auth_time,
        )
        if not decided:
            raise RefusedError(_WRONG)
        text = "The device goes on by itself." if allowed else "The device is told so."
        title = "Allowed" if allowed else "Denied"
        return page("message", {"title": title, "text": f"{text} You can close this page."})
