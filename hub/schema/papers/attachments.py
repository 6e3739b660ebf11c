"""`POST /readiness/{region}/{item}/attachments` and `GET /readiness/attachments/{id}`."""

from collections.abc import AsyncIterator
from dataclasses import asdict

import orjson
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.auth.requests import BodyTooLargeError, body_within
from hub.domain.readiness import ReadinessItem
from hub.domain.scope import Permission
from hub.oversight.attachments import MOST_BYTES, AttachmentError, checked
from hub.schema.http import GraphQLEndpoint
from hub.schema.papers.handing_out import admitted, attached
from hub.schema.views.answers import refusal
from hub.store.readiness import ChangedMeanwhileError, NoEntryError, TooMuchError
from hub.store.store import Store

_HEADERS_OF_PARTS = 8 << 10
_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    BodyTooLargeError: (413, f"The file is larger than {MOST_BYTES >> 20} MiB."),
    AttachmentError: (400, "file: {}"),
    TooMuchError: (409, "file: {}"),
    ChangedMeanwhileError: (409, "The entry was changed by somebody else just now. Try again."),
}


class Attachments:
    """Takes files for the entries of a viewer's own local government, and hands out those of
    their scope."""

    def __init__(self, store: Store, graphql: GraphQLEndpoint) -> None:
        self._store = store
        self._graphql = graphql

    @property
    def routes(self) -> list[Route]:
        """Where they stand."""
        return [
            Route("/readiness/{region}/{item}/attachments", self.take, methods=["POST"]),
            Route("/readiness/attachments/{id}", self.give, methods=["GET"]),
        ]

    async def take(self, request: Request) -> Response:
        """Attaches the one file of a form to an entry."""
        needed = Permission.STATISTICS_READ, Permission.READINESS_WRITE
        viewer = admitted(self._graphql, request, *needed)
        if isinstance(viewer, Response):
            return viewer
        region, item = request.path_params["region"], request.path_params["item"].upper()
        register = self._store.reader(viewer.scope).readiness
        # Before anything is read: what is no place of theirs takes no file.
        if item not in ReadinessItem.__members__ or not register.may_enter(region):
            return _no_entry()
        try:
            name, content = await _file(request)
            name, media_type = checked(name, content)
            new = await register.attach(region, ReadinessItem[item], name, media_type, content)
        except tuple(_REFUSALS) as error:
            status, told = _REFUSALS[type(error)]
            return refusal(status, "BAD_USER_INPUT", told.format(error))
        except NoEntryError:
            return _no_entry()
        link = f"/readiness/attachments/{new.id}"
        body = orjson.dumps({**asdict(new), "link": link})
        return Response(body, 201, {"Cache-Control": "no-store"}, "application/json")

    async def give(self, request: Request) -> Response:
        """Hands out a file."""
        viewer = admitted(self._graphql, request, Permission.STATISTICS_READ)
        if isinstance(viewer, Response):
            return viewer
        register = self._store.reader(viewer.scope).readiness
        found = await register.attachment(request.path_params["id"])
        if found is None:
            return refusal(404, "NOT_FOUND", "There is no such attachment.")
        attachment, content = found
        return attached(content, attachment.name, attachment.type)


async def _file(request: Request) -> tuple[str, bytes]:
    """The name and the content of the one file of a form, of which no more is read than it may
    have. Raises BodyTooLargeError, AttachmentError."""
    content_type = request.headers.get("content-type", "")
    if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
        raise AttachmentError("send it as `file` of a form (multipart/form-data)")
    body = bytes(await body_within(request, MOST_BYTES + _HEADERS_OF_PARTS))

    async def once() -> AsyncIterator[bytes]:
        yield body

    parser = MultiPartParser(request.headers, once(), max_files=1, max_fields=0)  # type: ignore[arg-type]
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError) as error:
        raise AttachmentError(f"the form can't be read: {error}") from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise AttachmentError("the form has none of this name")
        content = await file.read()
        if len(content) > MOST_BYTES:
            raise BodyTooLargeError
        return file.filename or "", content
    finally:
        await form.close()


def _no_entry() -> Response:
    told = "There is no such entry of yours. Enter what there is first, then attach to it."
    return refusal(404, "NOT_FOUND", told)
