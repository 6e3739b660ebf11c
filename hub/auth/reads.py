"""Tells the store for whom it reads, for every request and whatever answers it."""

from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from hub.auth.middleware import Viewer
from hub.domain.scope import Scope
from hub.store.scope_monitor import viewing

_NOBODY = Scope("", (), frozenset())


class ReadsForViewer:
    """Comes after authentication. A request without a token reads for nobody, who reaches nothing.

    Code that answers requests and reads for no viewer says so with `unscoped`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Passes a request on. What runs beside requests reads for no viewer."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        user = scope.get("user")
        with viewing(user.scope if isinstance(user, Viewer) else _NOBODY):
            await self._app(scope, receive, send)
