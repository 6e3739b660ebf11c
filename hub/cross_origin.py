"""Pages of other origins: which of them a browser lets ask the hub, and for what."""

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

SHARED = frozenset({"/graphql", "/oauth/token"})
"""All that a console in a browser asks by itself. The other pages of OAuth are visited."""
VIEWS = "/views/"
"""What a widget of a page reads."""
_TOLD = ["Retry-After", "WWW-Authenticate"]


class CrossOrigin:
    """Answers pages of these origins at the shared addresses; others' answers no page may read.

    No cookie counts there, so none is allowed: who asks is told by a token in a header.
    """

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._asked = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["POST"],
            allow_headers=["Authorization", "Content-Type"],
            expose_headers=_TOLD,
        )
        self._read = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=["GET"],
            allow_headers=["Authorization", "If-None-Match"],
            expose_headers=["Content-Disposition", "ETag", *_TOLD],
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        answering = self._app
        if scope["type"] == "http" and scope["path"] in SHARED:
            answering = self._asked
        elif scope["type"] == "http" and scope["path"].startswith(VIEWS):
            answering = self._read
        await answering(scope, receive, send)
