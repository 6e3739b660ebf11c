"""Everything of OAuth that the hub answers, put together."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.auth.authorize import AuthorizePage
from hub.auth.device_page import DevicePage
from hub.auth.keys import KeyRing
from hub.auth.login import Login, RefusedError
from hub.auth.metadata import metadata_routes
from hub.auth.server import ClientEndpoint, HubServer
from hub.auth.sessions import Sessions
from hub.auth.throttle import Throttle
from hub.auth.users import Logins
from hub.store.store import Store

Endpoint = Callable[[Request], Awaitable[Response]]


def oauth_routes(store: Store, ring: KeyRing, issuer: str, token_seconds: int) -> list[Route]:
    """The routes under /oauth/ and /.well-known/."""
    server = HubServer(store, ring, issuer, token_seconds)
    throttle = Throttle(store.attempts)
    login = Login(store.users, Sessions(store.session_key, issuer), Logins(store.users, throttle))
    authorize = AuthorizePage(server, login)
    device = DevicePage(store, login, throttle)
    answers = {
        "token": server.create_token_response,
        "introspect": partial(server.create_endpoint_response, "introspection"),
        "revoke": partial(server.create_endpoint_response, "revocation"),
        "device_authorization": partial(server.create_endpoint_response, "device_authorization"),
    }
    endpoints = [
        Route(f"/oauth/{name}", ClientEndpoint(server, throttle, answer).__call__, methods=["POST"])
        for name, answer in answers.items()
    ]
    pages = [
        Route("/oauth/authorize", _page(authorize.__call__), methods=["GET", "POST"]),
        Route("/oauth/device", _page(device.__call__), methods=["GET", "POST"]),
        Route("/oauth/login", _page(login.log_in), methods=["POST"]),
        Route("/oauth/logout", _page(login.log_out), methods=["POST"]),
    ]
    return [*endpoints, *pages, *metadata_routes(ring, issuer)]


def _page(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with a refusal told as a page."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RefusedError as refused:
            return refused.response

    return answer
