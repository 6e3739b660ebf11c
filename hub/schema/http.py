"""`POST /graphql`, after the GraphQL-over-HTTP draft."""

import math
import secrets
from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import sha256
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, GraphQLSyntaxError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.auth.middleware import Challenge, Viewer
from hub.auth.requests import BodyTooLargeError, body_within
from hub.domain.reading import Reading
from hub.ingest.desk import Desk
from hub.ingest.trial import Trials
from hub.schema.compiled.documents import Operation
from hub.schema.compiled.execution import Executor
from hub.schema.context import Context
from hub.schema.limits import DEFAULTS, Limits, TooSlowError
from hub.schema.rate import RateLimit
from hub.schema.schema import core_schema
from hub.schema.types.node import global_id
from hub.store.audit import Query
from hub.store.cursor import InvalidCursorError
from hub.store.mongo import StoreError
from hub.store.store import Store

MAX_BODY_BYTES = 256 * 1024
_DESKS = 1_000
_JSON = "application/json"
_GRAPHQL = "application/graphql-response+json"

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a document gets, and the HTTP status that the draft gives it."""

    body: dict[str, Any]
    status: int

    @property
    def failed(self) -> int:
        """The status where an error is no success: 200 with errors beside data is 400 then."""
        return max(self.status, 400)


class GraphQLEndpoint:
    """An ASGI application that answers documents, each viewer from what their scope reaches."""

    def __init__(
        self,
        store: Store,
        challenge: Challenge,
        private_hosts: frozenset[str] = frozenset(),
        limits: Limits = DEFAULTS,
    ) -> None:
        self._store = store
        self.challenge = challenge
        self._executor = Executor(core_schema, limits)
        self._rate = RateLimit(limits.requests_per_second)
        # Desks hold no state but their scope, so viewers that come again share one.
        self._desk = lru_cache(_DESKS)(partial(Desk, store=store, trials=Trials(private_hosts)))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        response = await self._answer(Request(scope, receive))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        """Nothing is even parsed for a caller without a token."""
        viewer = request.user
        if not isinstance(viewer, Viewer):
            return self.challenge.missing()
        accepts = request.headers.get("accept", "*/*")
        media_type = _GRAPHQL if _GRAPHQL in accepts else _JSON
        if hurried := self.hurried(viewer, media_type):
            return hurried
        try:
            asked = await _parameters(request)
        except _BadRequestError as error:
            return _response({"errors": [error.formatted]}, error.status, media_type)
        variables = asked.get("variables") or {}
        answer = await self.answer(viewer, asked["query"], variables, asked.get("operationName"))
        # The draft: `application/json` says 200 to whatever is a well-formed GraphQL request.
        status = answer.status if media_type == _GRAPHQL else 200
        return _response(answer.body, status, media_type)

    def hurried(self, viewer: Viewer, media_type: str = _JSON) -> Response | None:
        """The answer to a viewer who asks too often; None where they do not."""
        wait = self._rate.wait_of(viewer.scope.subject)
        return _too_often(wait, media_type) if wait else None

    def operation(self, document: str) -> Operation | None:
        """The only operation of a document; None where it is not valid."""
        return self._executor.operation(document)

    async def answer(
        self, viewer: Viewer, document: str, variables: dict[str, Any], name: str | None
    ) -> Answer:
        """What a document gets within the scope of a viewer."""
        context = Context(self._store.reader(viewer.scope), self._desk(viewer.scope))
        result = await self._executor.execute(document, variables, name, context)
        try:
            # Before the answer leaves: personal data that can't be accounted for is not shown.
            await self._record(viewer, document, name, context.reading)
        except StoreError as failure:
            result = ExecutionResult(None, [_unforeseen(GraphQLError("", path=[]), failure)])
        status = _status(result)
        body: dict[str, Any] = {}
        extensions = dict(result.extensions or {})
        if context.reading.hidden:
            extensions["masked"] = _masked(context.reading)
        if extensions:
            body["extensions"] = extensions
        if result.errors:
            body["errors"] = [told(error).formatted for error in result.errors]
        if status == 200:  # noqa: PLR2004
            body["data"] = result.data
        return Answer(body, status)

    async def _record(
        self, viewer: Viewer, document: str, name: str | None, reading: Reading
    ) -> None:
        if reading.shows_reporters:
            query = Query(name, sha256(document.encode()).hexdigest())
            await self._store.audit.record(viewer.scope, query, reading)


def _masked(reading: Reading) -> list[dict[str, Any]]:
    """Why which fields of which complaints are null, although they may have a value."""
    return [
        {
            "reason": because.name,
            "fields": fields,
            "complaints": [global_id("complaint", id_) for id_ in ids],
        }
        for because, fields, ids in reading.hidden
    ]


class _BadRequestError(GraphQLError):
    def __init__(self, message: str, status: int = 400, code: str = "BAD_REQUEST") -> None:
        super().__init__(message, extensions={"code": code})
        self.status = status


async def _parameters(request: Request) -> dict[str, Any]:
    """The parameters of a request. Raises _BadRequestError."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != _JSON:
        raise _BadRequestError(f"Send the request as {_JSON}.", 415)
    try:
        body = await body_within(request, MAX_BODY_BYTES)
    except BodyTooLargeError:
        told = f"The request is larger than {MAX_BODY_BYTES >> 10} KiB."
        raise _BadRequestError(told, 413) from None
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _BadRequestError(f"The request is not JSON: {error}") from None
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise _BadRequestError("`query` must be a GraphQL document.")
    for name, kind in (("variables", dict), ("operationName", str), ("extensions", dict)):
        if asked.get(name) is not None and not isinstance(asked[name], kind):
            raise _BadRequestError(f"`{name}` must be a {kind.__name__}, or left out.")
    return asked


def _status(result: ExecutionResult) -> int:
    """What the draft gives a result. Only errors that arose while executing have a path."""
    errors = result.errors or []
    if result.data is not None or any(error.path for error in errors):
        return 200
    return 503 if any(isinstance(error, TooSlowError) for error in errors) else 400


def _too_often(wait: float, media_type: str) -> Response:
    message = "You ask more often than you may. Wait, then go on."
    error = _BadRequestError(message, 429, "RATE_LIMITED")
    response = _response({"errors": [error.formatted]}, error.status, media_type)
    response.headers["Retry-After"] = str(math.ceil(wait))
    return response


def told(error: GraphQLError) -> GraphQLError:
    """The error as the client may see it: ours as it is, what was not foreseen by reference."""
    original = error.original_error
    if isinstance(original, InvalidCursorError):
        message = "after/before: not a cursor of this list, this order and this viewer"
        return _coded(error, message, "BAD_USER_INPUT")
    if error.extensions:
        return error
    if error.path is None:
        syntax = isinstance(error, GraphQLSyntaxError)
        code = "GRAPHQL_PARSE_FAILED" if syntax else "GRAPHQL_VALIDATION_FAILED"
        return _coded(error, error.message, code)
    # While executing, what points into the document is about an argument there. What does not is
    # about a value of ours, which the message would tell.
    if isinstance(original, GraphQLError) and original.nodes:
        return _coded(error, error.message, "BAD_USER_INPUT")
    return _unforeseen(error, original)


def _unforeseen(error: GraphQLError, cause: BaseException | None) -> GraphQLError:
    """An error of ours, told by a reference alone."""
    reference = secrets.token_hex(6)
    # Messages of these two quote the value that they are about, which may be a citizen's words.
    quotes = isinstance(cause, GraphQLError | ValueError)
    trace = {"kind": type(cause).__name__} if quotes else {"exc_info": cause}
    _log.error("graphql.failed", reference=reference, path=error.path, **trace)
    message = f"Something went wrong in the hub. Tell its operators this reference: {reference}"
    return _coded(error, message, "INTERNAL_ERROR")


def _coded(error: GraphQLError, message: str, code: str) -> GraphQLError:
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, extensions={"code": code}
    )


def _response(body: dict[str, Any], status: int, media_type: str) -> Response:
    return Response(
        orjson.dumps(body, option=orjson.OPT_NAIVE_UTC),
        status,
        {"Cache-Control": "no-store"},
        media_type=f"{media_type}; charset=utf-8",
    )
