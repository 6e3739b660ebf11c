"""The address of exports: whoever has a link has the file, for a while."""

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from hub.schema.views.answers import refusal
from hub.schema.views.files import MEDIA_TYPES
from hub.store.exports import asked_as, scope_digest
from hub.store.scope_monitor import unscoped
from hub.store.store import Store


class Downloads:
    """Hands out files, each piece opened as it is sent."""

    def __init__(self, store: Store) -> None:
        self._store = store

    @property
    def route(self) -> Route:
        """Where it stands."""
        return Route("/exports/{id}", self.answer, methods=["GET"])

    async def answer(self, request: Request) -> Response:
        """Answers one request. Whatever is wrong with a link, the answer is the same."""
        id_, query = request.path_params["id"], request.query_params
        exports = self._store.exports
        if not exports.links.holds(id_, query.get("expires", ""), query.get("signature", "")):
            return _no_longer()
        with unscoped("the link was signed for whoever the export is of"):
            export = await exports.done(id_)
        if export is None:
            return _no_longer()
        scope = await self._store.principals.scope_now(asked_as(export))
        if scope is None or scope_digest(scope) != export["read_as"]:
            return _no_longer()
        name = f"{export['view']}.{export['format']}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Content-Length": str(export["size"]),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        media_type = MEDIA_TYPES[export["format"]]
        return StreamingResponse(exports.file(export), 200, headers, media_type)


def _no_longer() -> Response:
    return refusal(403, "FORBIDDEN", "This link does not hold, or no longer. Ask for the export.")
