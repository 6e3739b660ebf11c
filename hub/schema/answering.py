"""What documents get: each viewer's from what their scope reaches, whatever way it goes."""

import secrets
from collections.abc import Awaitable, Callable, Hashable
from functools import lru_cache, partial
from typing import Any

import anyio
import orjson
import structlog
from graphql import ExecutionResult, GraphQLError, GraphQLSyntaxError

from hub.auth.middleware import Viewer
from hub.deliveries.desk import WebhookDesk
from hub.domain.reading import Reading
from hub.domain.scope import Permission, Scope
from hub.ingest.desk import Desk
from hub.ingest.trial import Trials
from hub.oversight.desk import OversightDesk
from hub.oversight.letters.desk import LetterDesk
from hub.schema.answers import Answer, Subscribed
from hub.schema.asked import Admission, Asked, BadRequestError, document_hash
from hub.schema.compiled.documents import Operation
from hub.schema.compiled.execution import Executor
from hub.schema.context import Admit, Context, Desks
from hub.schema.errors import RefusedError
from hub.schema.frozen import data_within
from hub.schema.held import Held
from hub.schema.limits import DEFAULTS, Limits, TooManyError, TooSlowError
from hub.schema.rate import RateLimit
from hub.schema.schema import core_schema
from hub.schema.types.node import global_id
from hub.store.audit import Query
from hub.store.cursor import InvalidCursorError
from hub.store.feed import FeedUnavailableError
from hub.store.mongo import StoreError
from hub.store.store import Store

_DESKS = 1_000
_AGAIN_SECONDS = 0.5

_log = structlog.get_logger()


class Answering:
    """Answers documents, each viewer from what their scope reaches."""

    def __init__(
        self,
        store: Store,
        private_hosts: frozenset[str] = frozenset(),
        limits: Limits = DEFAULTS,
        mail_domains: frozenset[str] = frozenset(),
    ) -> None:
        self.limits = limits
        self._store = store
        self._executor = Executor(core_schema, limits)
        self._admission = Admission(store.operations)
        self._rate = RateLimit(limits.requests_per_second)
        self._held = Held(limits.subscriptions)
        trials = Trials(private_hosts)

        def desks(scope: Scope) -> Desks:
            return Desks(
                reader=store.reader(scope),
                connectors=Desk(scope, store, trials),
                webhooks=WebhookDesk(scope, store, private_hosts),
                oversight=OversightDesk(scope, store, mail_domains),
                letters=LetterDesk(scope, store, partial(data_within, self)),
            )

        # Viewers that come again share theirs.
        self.desks = lru_cache(_DESKS)(desks)

    def wait_of(self, viewer: Viewer) -> float:
        """Seconds until a viewer may ask again; 0 where they may now, which counts as asking."""
        return self._rate.wait_of(viewer.scope.subject)

    async def admitted(self, viewer: Viewer, asked: Asked) -> Asked:
        """What is asked, where the viewer's client may ask it, with the document of a registered
        operation that is named. Raises BadRequestError."""
        return await self._admission.admitted(viewer, asked)

    def operation(self, document: str) -> Operation | None:
        """The only operation of a document; None where it is not valid."""
        return self._executor.operation(document)

    async def answer(
        self, viewer: Viewer, document: str, variables: dict[str, Any], name: str | None
    ) -> Answer:
        """What a document gets within the scope of a viewer."""
        admit = partial(self._admit, viewer)
        return await self.within(viewer.scope, document, variables, name, admit)

    async def within(
        self,
        scope: Scope,
        document: str,
        variables: dict[str, Any],
        name: str | None,
        admit: Admit | None = None,
    ) -> Answer:
        """What a document gets within a scope."""
        context = Context(self.desks(scope), admit)
        result = await self._executor.execute(document, variables, name, context)
        return await self._told(result, scope, document, name, context.reading)

    def goes_on(self, document: str, name: str | None) -> bool:
        """Whether an operation is a subscription, which `subscribe` answers."""
        return self._executor.goes_on(document, name)

    async def subscribe(
        self, viewer: Viewer, document: str, variables: dict[str, Any], name: str | None
    ) -> Subscribed | Answer:
        """What a subscription tells from now on within the scope of a viewer, or why it does not.
        Close what was subscribed to. It ends by BadRequestError when the viewer's client may not
        ask it any more."""
        context = Context(self.desks(viewer.scope), partial(self._admit, viewer))

        async def tell(result: ExecutionResult, reading: Reading | None = None) -> Answer:
            seen = context.reading if reading is None else reading
            return await self._told(result, viewer.scope, document, name, seen)

        try:
            ended = self._held.one_more(viewer.scope.subject)
        except TooManyError as error:
            return await tell(ExecutionResult(None, [error]))
        try:
            given = await self._executor.subscribe(document, variables, name, context)
        except BaseException:
            ended()
            raise
        if isinstance(given, ExecutionResult):
            ended()
            return await tell(given)
        confirm = self._still_admitted(viewer, document)
        alike = _alike(viewer.scope, document, variables, name)
        return Subscribed(given, tell, confirm, ended, alike)

    def _still_admitted(self, viewer: Viewer, document: str) -> Callable[[], Awaitable[None]]:
        """What returns once it is known that a viewer's client may still ask this, however long
        that can't be found out; at once where nothing has changed. Raises BadRequestError."""
        changes = self._store.principals.remembered
        confirmed: int | None = None

        async def confirm() -> None:
            nonlocal confirmed
            stamp = changes.stamp
            while stamp is None or stamp != confirmed:
                try:
                    await self.admitted(viewer, {"query": document})
                except BadRequestError as error:
                    if error.code != "UNAVAILABLE":
                        raise
                    await anyio.sleep(_AGAIN_SECONDS)
                else:
                    confirmed = stamp
                    return

        return confirm

    async def _admit(self, viewer: Viewer, document: str) -> None:
        """Raises GraphQLError for what may not be answered later on behalf of a viewer."""
        if viewer.client_id is None:
            told = "It is not known here later what another issuer's clients may do."
            raise RefusedError(told, "FORBIDDEN")
        await self.admitted(viewer, {"query": document})

    async def _told(
        self,
        result: ExecutionResult,
        scope: Scope,
        document: str,
        name: str | None,
        reading: Reading,
    ) -> Answer:
        try:
            # Before the answer leaves: personal data that can't be accounted for is not shown.
            await self._record(scope, document, name, reading)
        except StoreError as failure:
            result = ExecutionResult(None, [_unforeseen(GraphQLError("", path=[]), failure)])
        status = _status(result)
        body: dict[str, Any] = {}
        extensions = dict(result.extensions or {})
        if reading.hidden:
            extensions["masked"] = _masked(reading)
        if extensions:
            body["extensions"] = extensions
        if result.errors:
            body["errors"] = [told(error).formatted for error in result.errors]
        if status == 200:  # noqa: PLR2004
            body["data"] = result.data
        return Answer(body, status)

    async def _record(
        self, scope: Scope, document: str, name: str | None, reading: Reading
    ) -> None:
        if reading.shows_reporters:
            query = Query(name, document_hash(document))
            await self._store.audit.record(scope, query, reading)


def _alike(
    scope: Scope, document: str, variables: dict[str, Any], name: str | None
) -> Hashable | None:
    """What is the same for all who watch the same and may see the same of it. Whoever may see
    reporters has answers of their own, since each is accounted for."""
    if Permission.COMPLAINTS_PII in scope.permissions:
        return None
    stated = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
    return scope.grants, scope.permissions, document, stated, name


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


def _status(result: ExecutionResult) -> int:
    """What the draft gives a result. Only errors that arose while executing have a path."""
    errors = result.errors or []
    if result.data is not None or any(error.path for error in errors):
        return 200
    return 503 if any(isinstance(error, TooSlowError) for error in errors) else 400


def told(error: GraphQLError) -> GraphQLError:
    """The error as the client may see it: ours as it is, what was not foreseen by reference."""
    original = error.original_error
    if isinstance(original, FeedUnavailableError):
        return _coded(error, "The hub hears of no changes now. Try again.", "UNAVAILABLE")
    if isinstance(original, InvalidCursorError):
        message = f"{original}: not a cursor of this list, this order and this viewer"
        return _coded(error, message, "BAD_USER_INPUT", argument=str(original))
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


def _coded(error: GraphQLError, message: str, code: str, **more: str) -> GraphQLError:
    told = {"code": code, **more}
    return GraphQLError(
        message, error.nodes, error.source, error.positions, error.path, extensions=told
    )
