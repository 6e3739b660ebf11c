"""Pages of other origins: which of them a browser lets ask the hub, and for what."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

SHARED = frozenset({"/graphql", "/oauth/token"})
"""All that a console in a browser asks by itself. The other pages of OAuth are visited."""


class CrossOrigin:
    """Answers pages of these origins at the shared addresses; others' answers no page may read.

    No cookie counts there, so none is allowed: who asks is told by a token in a header.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._shared = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=["Retry-After", "WWW-Authenticate"],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        shared = scope["type"] == "http" and scope["path"] in SHARED
        await (self._shared if shared else self._app)(scope, receive, send)
