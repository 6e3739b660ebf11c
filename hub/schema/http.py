"""`POST /graphql`, after the GraphQL-over-HTTP draft."""

import math
from asyncio import Event
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hub.auth.middleware import Challenge, Viewer
from hub.auth.requests import BodyTooLargeError, body_within
from hub.schema.answering import Answering
from hub.schema.asked import Asked, BadRequestError, checked_parameters
from hub.schema.limits import DEFAULTS, Limits
from hub.schema.streams.sse import EVENTS, EventStream
from hub.schema.streams.term import Term
from hub.store.store import Store

MAX_BODY_BYTES = 256 * 1024
_JSON = "application/json"
_GRAPHQL = "application/graphql-response+json"


class GraphQLEndpoint(Answering):
    """An ASGI application that answers documents over HTTP. Streams of events end once `ending`
    is set."""

    def __init__(
        self,
        store: Store,
        challenge: Challenge,
        private_hosts: frozenset[str] = frozenset(),
        limits: Limits = DEFAULTS,
        ending: Event | None = None,
        mail_domains: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(store, private_hosts, limits, mail_domains)
        self.challenge = challenge
        self._ending = ending or Event()
        self._changes = store.principals.remembered

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
            asked = await self.admitted(viewer, await _parameters(request))
        except BadRequestError as error:
            return _response({"errors": [error.formatted]}, error.status, media_type)
        document, name = asked["query"], asked.get("operationName")
        # A client that takes either gets events of what goes on only, as it expects.
        takes_json = _JSON in accepts or _GRAPHQL in accepts
        if EVENTS in accepts and (not takes_json or self.goes_on(document, name)):
            return EventStream(self, Term(viewer, self._changes, self._ending), asked)
        answer = await self.answer(viewer, document, asked.get("variables") or {}, name)
        # The draft: `application/json` says 200 to whatever is a well-formed GraphQL request.
        status = answer.status if media_type == _GRAPHQL else 200
        return _response(answer.body, status, media_type)

    def hurried(self, viewer: Viewer, media_type: str = _JSON) -> Response | None:
        """The answer to a viewer who asks too often; None where they do not."""
        wait = self.wait_of(viewer)
        return _too_often(wait, media_type) if wait else None


async def _parameters(request: Request) -> Asked:
    """The parameters of a request. Raises BadRequestError."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != _JSON:
        raise BadRequestError(f"Send the request as {_JSON}.", 415)
    try:
        body = await body_within(request, MAX_BODY_BYTES)
    except BodyTooLargeError:
        told = f"The request is larger than {MAX_BODY_BYTES >> 10} KiB."
        raise BadRequestError(told, 413) from None
    try:
        asked = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadRequestError(f"The request is not JSON: {error}") from None
    return checked_parameters(asked)


def _too_often(wait: float, media_type: str) -> Response:
    message = "You ask more often than you may. Wait, then go on."
    error = BadRequestError(message, 429, "RATE_LIMITED")
    response = _response({"errors": [error.formatted]}, error.status, media_type)
    response.headers["Retry-After"] = str(math.ceil(wait))
    return response


def _response(body: dict[str, Any], status: int, media_type: str) -> Response:
    return Response(
        orjson.dumps(body, option=orjson.OPT_NAIVE_UTC),
        status,
        {"Cache-Control": "no-store"},
        media_type=f"{media_type}; charset=utf-8",
    )
