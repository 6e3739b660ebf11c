"""A second lock behind the readers: looks at each command that goes to MongoDB while a viewer is
being answered, and knows a read that does not carry that viewer's scope."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from functools import lru_cache
from typing import Any

import structlog
from prometheus_client import Counter
from pymongo.monitoring import CommandListener, CommandStartedEvent

from hub.domain.scope import Scope
from hub.store.plan import NOTHING, OF_CHANNEL, OF_LINK, Filter, letters, within

_log = structlog.get_logger()
UNSCOPED_READS = Counter(
    "hub_unscoped_reads", "Reads that did not carry the scope of the viewer.", ["collection"]
)
# Both drivers call the listener in the context of whoever asks: PyMongo in the same task, Motor in
# a thread that runs in a copy of its context.
_viewer: ContextVar[Scope | None] = ContextVar("viewer", default=None)

_VIEWERS = 1_000
_NO_READS = frozenset({"insert", "update", "delete", "killCursors"})
_FILTERS = {"find": "filter", "count": "query", "distinct": "query", "findAndModify": "query"}
_JOINS = frozenset({"$lookup", "$graphLookup", "$unionWith"})


class UnscopedReadError(BaseException):
    """A read without the viewer's scope was about to be sent. It ends the request.

    No Exception, because the driver swallows those of its listeners.
    """


class ScopeMonitoring(StrEnum):
    """What becomes of such a read: it is not sent (with Motor it is reported), it is reported in
    the log and the metrics, nothing."""

    REFUSE = "refuse"
    REPORT = "report"
    OFF = "off"


class viewing:  # noqa: N801 - each request is one, and a generator would be slower
    """Everything read in this block is read for a viewer."""

    __slots__ = ("_before", "_scope")

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def __enter__(self) -> None:
        self._before = _viewer.set(self._scope)

    def __exit__(self, *_: object) -> None:
        _viewer.reset(self._before)


@contextmanager
def unscoped(reason: str) -> Iterator[None]:  # noqa: ARG001 - for whoever reads the code
    """What is read in this block is not for the viewer, for a reason that has to be stated."""
    before = _viewer.set(None)
    try:
        yield
    finally:
        _viewer.reset(before)


class ScopeMonitor(CommandListener):
    """Listens to the driver. What it tells of a command is its name and its collection."""

    def __init__(self, *, refuse: bool) -> None:
        self._refuse = refuse

    def started(self, event: CommandStartedEvent) -> None:
        """Called by the driver before a command is sent. Raises UnscopedReadError."""
        self.look_at(event.command_name, event.command)

    def look_at(self, name: str, command: Mapping[str, Any]) -> None:
        """Before a command is sent. Raises UnscopedReadError if this monitor is to refuse."""
        scope = _viewer.get()
        if scope is None:
            return
        try:
            if _is_scoped(name, command, scope):
                return
        except Exception as error:  # the driver would swallow it, and send the command
            _log.error("store.not_understood", command=name, error=repr(type(error)))
        collection = str(command[name])
        UNSCOPED_READS.labels(collection).inc()
        _log.error("store.unscoped_read", command=name, collection=collection)
        if self._refuse:
            raise UnscopedReadError(f"{name} of {collection} without a scope")

    def succeeded(self, event: object) -> None:
        """Nothing is left to see."""

    def failed(self, event: object) -> None:
        """Nothing is left to see."""


@lru_cache(_VIEWERS)
def _filters(scope: Scope) -> dict[str, Filter]:
    """What a read of each collection has to carry for this viewer; empty where they reach all."""
    return {
        "complaints": within(scope.rows),
        "links": within(scope.rows, OF_LINK),
        "likenesses": NOTHING,  # for no viewer
        "warnings": within(scope.rows),
        "warning_rules": within(scope.rows),
        "rollups": within(scope.counts),
        "channels": within(scope.any_purpose, OF_CHANNEL),
        "institutions": within(scope.rows),
        "connectors": within(scope.ledgers),
        "connector_versions": within(scope.ledgers),
        "completeness": within(scope.ledgers),
        "changes": within(scope.ledgers),
        "connector_secrets": NOTHING,  # for no viewer
        "runs": within(scope.ledgers),
        "dead_letters": within(scope.dead_letters),
        "audit": within(scope.audit),
        "readiness": within(scope.readiness),
        "letters": letters(scope),
        # For no viewer: whoever hands one out found its id in a document of their scope.
        "files": NOTHING,
        "file_contents.files": NOTHING,
        "file_contents.chunks": NOTHING,
        "webhooks": {"by": scope.subject},
        "deliveries": {"by": scope.subject},
        "exports": {"by": scope.subject},
    }


def _is_scoped(name: str, command: Mapping[str, Any], scope: Scope) -> bool:
    """Whether a command is no read of a scoped collection, or carries the viewer's scope."""
    collection = command.get(name)  # none in a command of a log-in, which is kept from listeners
    scoped = _filters(scope).get(collection) if isinstance(collection, str) else None
    if name != "aggregate":
        if scoped is None or name in _NO_READS:
            return True
        return name in _FILTERS and _carries(command.get(_FILTERS[name], {}), scoped)
    pipeline: Sequence[Filter] = command["pipeline"]
    if any(_joins(stage) for stage in pipeline):
        return False
    if scoped is None:
        return True
    first = pipeline[0].get("$match", {}) if pipeline else {}
    # What may be read may also be counted.
    if _carries(first, scoped) or (collection == "rollups" and _carries(first, within(scope.rows))):
        return True
    # Who may count further than they may read gets groups, and no complaint.
    grouped = len(pipeline) > 1 and "$group" in pipeline[1]
    return collection == "complaints" and grouped and _carries(first, within(scope.counts))


def _carries(filter_: Filter, scoped: Filter) -> bool:
    """Whether a filter is the scope's, or has it among the conditions that hold at once."""
    if not scoped or filter_ == scoped:
        return True
    for part in filter_.get("$and", ()):  # noqa: SIM110 - each request comes by here
        if _carries(part, scoped):
            return True
    return False


def _joins(stage: Mapping[str, Any]) -> bool:
    """Whether a stage of a pipeline reads another collection than the pipeline's own."""
    if "$facet" in stage:
        return any(_joins(inner) for facet in stage["$facet"].values() for inner in facet)
    return not _JOINS.isdisjoint(stage)
