"""The address of saved views."""

from hashlib import blake2b
from typing import Any

import orjson
from anyio import to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.auth.middleware import Viewer
from hub.schema.asked import BadRequestError
from hub.schema.http import GraphQLEndpoint
from hub.schema.schema import core_schema
from hub.schema.views.answers import refusal
from hub.schema.views.files import FORMATS
from hub.schema.views.parameters import ParameterError, variables_of
from hub.schema.views.table import Layout, NoTableError, table_of
from hub.store.store import Store
from hub.store.views import View

_FORMAT = "format"


class Views:
    """Answers with what a view finds within the scope of the reader, never of its author."""

    def __init__(self, store: Store, graphql: GraphQLEndpoint) -> None:
        self._store = store
        self._graphql = graphql

    @property
    def route(self) -> Route:
        """Where it stands."""
        return Route("/views/{name}", self.answer, methods=["GET"])

    async def answer(self, request: Request) -> Response:
        """Answers one request."""
        viewer = request.user
        if not isinstance(viewer, Viewer):
            return self._graphql.challenge.missing()
        if hurried := self._graphql.hurried(viewer):
            return hurried
        view = await self._store.reader(viewer.scope).views.get(request.path_params["name"])
        if view is None:
            return refusal(404, "NOT_FOUND", "There is no view of this name.")
        pairs = request.query_params.multi_items()
        wanted = [value for name, value in pairs if name == _FORMAT] or ["json"]
        if len(wanted) > 1 or wanted[0] not in {"json", *FORMATS}:
            valid = ", ".join(["json", *FORMATS])
            return refusal(400, "BAD_USER_INPUT", f"format: one of {valid}", argument=_FORMAT)
        stated = [(name, value) for name, value in pairs if name != _FORMAT]
        try:
            return await self._found(request, viewer, view, stated, wanted[0])
        except (ParameterError, NoTableError) as error:
            told = {"argument": error.name} if isinstance(error, ParameterError) else {}
            return refusal(400, "BAD_USER_INPUT", str(error), **told)

    async def _found(
        self,
        request: Request,
        viewer: Viewer,
        view: View,
        stated: list[tuple[str, str]],
        format_: str,
    ) -> Response:
        """Raises ParameterError and NoTableError."""
        try:
            await self._graphql.admitted(viewer, {"query": view.document})
        except BadRequestError as error:
            return refusal(error.status, error.code, error.message)
        operation = self._graphql.operation(view.document)
        if operation is None:
            told = "The schema has changed, and this view with it no longer fits. Save it anew."
            return refusal(409, "VIEW_OUTDATED", told)
        variables = view.variables | variables_of(core_schema, operation.node, stated)
        answer = await self._graphql.answer(viewer, view.document, variables, None)
        if "errors" in answer.body:
            return _content(request, orjson.dumps(answer.body), "application/json", answer.failed)
        if format_ == "json":
            body = orjson.dumps(answer.body, option=orjson.OPT_NAIVE_UTC)
            return _content(request, body, "application/json")
        media_type, write = FORMATS[format_]
        data: dict[str, Any] = answer.body["data"]

        def made() -> bytes:
            return write(table_of(Layout.of(core_schema, operation, variables), data))

        response = _content(request, await to_thread.run_sync(made), media_type)
        disposition = f'attachment; filename="{view.name}.{format_}"'
        response.headers["Content-Disposition"] = disposition
        return response


def _content(request: Request, body: bytes, media_type: str, status: int = 200) -> Response:
    """A body, or the word that the reader has it already."""
    tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": tag, "Vary": "Authorization"}
    stated = request.headers.get("if-none-match", "").split(",")
    known = {each.strip().removeprefix("W/") for each in stated}
    if status == 200 and tag in known:  # noqa: PLR2004
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers, media_type)
