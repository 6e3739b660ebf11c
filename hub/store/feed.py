"""What changes in MongoDB, told to everybody in this process who watches: one change stream for
all of them, which misses nothing for as long as the process lives."""

from asyncio import Event, Future, ensure_future, shield, sleep
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from inspect import isawaitable
from typing import Any, Generic, Protocol, TypeVar

import anyio
import structlog
from pymongo import ReadPreference
from pymongo.errors import ConnectionFailure, PyMongoError

from hub.domain.clock import utc_now
from hub.store.mongo import WATCHED, Database, Document
from hub.store.predicates import WATCHED_FIELDS

MOST_WAITING = 5_000
"""So many changes may wait for whoever watches; then they have fallen behind. All who watch share
them, and after a restart of MongoDB those of a minute come at once."""

_WAIT_MS = 250
_AGAIN_SECONDS = 0.5
_OPENING_SECONDS = 10.0
_CLOSING_SECONDS = 1.0
_AT_ONCE = 100

_SINGLE = ["insert", "replace", "update", "delete"]
_WHOLE = ["drop", "rename", "dropDatabase"]
# Sealing anew, taking personal data out and remembering a record's make change nothing to see.
# So does noting by which rules a complaint is reckoned.
_UNSEEN = ["raw", "reporter", "provenance.fingerprint", "clock"]
_LOOKED_AT = sorted({*(each.value for each in WATCHED_FIELDS), "connector", "late", "reopened"})

_log = structlog.get_logger()

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class FellBehindError(Exception):
    """Changes were missed. Whoever watched has to watch again, and read anew what they show."""


class FeedUnavailableError(Exception):
    """MongoDB does not tell what changes now."""


@dataclass(slots=True)
class Change:
    """One change, and what a scope and a condition look at of the document before and after it;
    None where there was none. `at` (UTC) is when the hub heard of it."""

    collection: str
    id: str
    before: Document | None
    after: Document | None
    at: datetime = field(default_factory=utc_now)
    _made: dict[Hashable, Future[Any]] = field(default_factory=dict)

    def once(self, key: Hashable, make: Callable[[], Awaitable[T]]) -> Awaitable[T]:
        """What `make` gives, begun now and once for all who come with the same key."""
        if key not in self._made:
            self._made[key] = ensure_future(make())
        made = self._made[key]
        # Whoever gives up must not take it from the others.
        return made if made.done() else shield(made)

    async def read(
        self, key: Hashable, fetch: Callable[[], Awaitable[Document | None]]
    ) -> Document | None:
        """What `fetch` finds, asked once for all who come with the same key, and again while
        MongoDB can't be reached."""
        while True:
            try:
                found = await self.once(key, fetch)
                return None if found is None else {**found}
            except PyMongoError as error:
                if not isinstance(error, ConnectionFailure) and not error.timeout:
                    raise
                # Nothing is lost for it: the change waits as well.
                self._made.pop(key, None)
                await anyio.sleep(_AGAIN_SECONDS)


class Audience(Protocol[T_co]):
    """Who is told the same. Equal ones are asked once for each change."""

    def hears(self, change: Change) -> T_co | None:
        """What of a change is told; None for nothing."""


class Inbox(Generic[T]):
    """What one who watches has not taken yet."""

    def __init__(self, leave: Callable[["Inbox[T]"], None]) -> None:
        self._leave = leave
        self._waiting: deque[T] = deque()
        self._news = Event()
        self._behind = False

    def put(self, told: T) -> None:
        """Adds something, or nothing ever again once too much waits."""
        if len(self._waiting) >= MOST_WAITING:
            self.fall_behind()
        if not self._behind:
            self._waiting.append(told)
            self._news.set()

    def fall_behind(self) -> None:
        """Says that something was missed."""
        self._behind = True
        self._waiting.clear()
        self._news.set()

    def clear(self) -> None:
        """Takes all that waits."""
        self._waiting.clear()

    async def get(self) -> T:
        """The next, in the order of the changes. Raises FellBehindError."""
        while not self._waiting:
            if self._behind:
                raise FellBehindError
            self._news.clear()
            await self._news.wait()
        return self._waiting.popleft()

    def get_nowait(self) -> T | None:
        """The next where it waits already."""
        return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """Stops watching."""
        self._leave(self)


class Feed:
    """Changes of complaints and runs, from MongoDB's primary and once a majority holds them.

    The stream is open while anybody watches. One that breaks is taken up where it broke.
    """

    def __init__(self, database: Database) -> None:
        self._database = database.with_options(read_preference=ReadPreference.PRIMARY)
        self._audiences: dict[Audience[Any], set[Inbox[Any]]] = {}
        self._wanted = anyio.Event()
        self._live = anyio.Event()
        self._token: Any = None

    async def watch(self, audience: Audience[T]) -> Inbox[T]:
        """Everything from now on that this audience hears. Raises FeedUnavailableError."""

        def leave(inbox: Inbox[T]) -> None:
            inboxes.discard(inbox)
            if not inboxes and self._audiences.get(audience) is inboxes:
                del self._audiences[audience]

        inboxes = self._audiences.setdefault(audience, set())
        inbox = Inbox(leave)
        inboxes.add(inbox)
        self._wanted.set()
        try:
            with anyio.fail_after(_OPENING_SECONDS):
                while not self._live.is_set():
                    await self._live.wait()
        except BaseException as error:
            inbox.close()
            if isinstance(error, TimeoutError):
                raise FeedUnavailableError from None
            raise
        return inbox

    async def run(self) -> None:
        """Listens, while anybody watches, until it is cancelled."""
        while True:
            await self._wanted.wait()
            try:
                await self._listen()
            except PyMongoError as error:
                _log.warning("feed.stream_lost", error=type(error).__name__)
                if error.has_error_label("NonResumableChangeStreamError"):
                    self._missed()
                    self._rest()
                await anyio.sleep(_AGAIN_SECONDS)

    async def _listen(self) -> None:
        """Until nobody watches, or the stream is lost: then what was told last is remembered."""
        stream = await opened_stream(self._database, WATCHED, start_after=self._token)
        told = 0
        try:
            while self._audiences and stream.alive:
                event = await stream.try_next()
                if event is not None:
                    self._tell(event)
                    told += 1
                    if not told % _AT_ONCE:
                        await sleep(0)  # so that of very many some are taken before the rest come
                self._token = stream.resume_token
                self._live.set()  # not before: Motor opens the stream when it is asked first
            if not self._audiences:
                self._wanted = anyio.Event()
                self._rest()
        finally:
            with anyio.move_on_after(_CLOSING_SECONDS, shield=True):
                await stream.close()

    def _rest(self) -> None:
        """Forgets where the stream stands; whoever comes waits until it is open again."""
        self._token = None
        self._live = anyio.Event()

    def _missed(self) -> None:
        """What MongoDB can't tell any more, nobody is told; and they are told that."""
        for inboxes in self._audiences.values():
            for inbox in inboxes:
                inbox.fall_behind()

    def _tell(self, event: Document) -> None:
        change = change_in(event)
        if change is None:
            self._missed()
            return
        for audience, inboxes in self._audiences.items():
            told = audience.hears(change)
            if told is not None:
                for inbox in inboxes:
                    inbox.put(told)


async def opened_stream(database: Database, collections: Sequence[str], **start: Any) -> Any:
    """A stream of what changes in some collections, from where `start` says, as the driver has it;
    `change_in` reads its events. To be closed."""
    stream: Any = database.watch(
        _pipeline(list(collections)),
        full_document="whenAvailable",
        full_document_before_change="whenAvailable",
        max_await_time_ms=_WAIT_MS,
        **start,
    )
    return await stream if isawaitable(stream) else stream


def change_in(event: Document) -> Change | None:
    """The change that an event is of; None where more has changed than can be told, or what was
    there before is no longer known."""
    kind = event["operationType"]
    before, after = event.get("fullDocumentBeforeChange"), event.get("fullDocument")
    whole = (kind == "insert" or before is not None) and (kind == "delete" or after is not None)
    if kind in _WHOLE or kind == "invalidate" or not whole:
        _log.warning("feed.changes_missed", operation=kind)
        return None
    return Change(event["ns"]["coll"], event["documentKey"]["_id"], before, after)


def _shown(image: str) -> Document:
    return {f"{image}.{name}": 1 for name in _LOOKED_AT}


_TOUCHED: Document = {
    "$concatArrays": [
        {
            "$map": {
                "input": {"$objectToArray": "$updateDescription.updatedFields"},
                "in": "$$this.k",
            }
        },
        "$updateDescription.removedFields",
    ]
}


def _pipeline(collections: list[str]) -> list[Document]:
    return [
        {
            "$match": {
                "$or": [
                    {"ns.coll": {"$in": collections}, "operationType": {"$in": _SINGLE + _WHOLE}},
                    {"to.coll": {"$in": collections}},
                    {"operationType": {"$in": ["dropDatabase", "invalidate"]}},
                ]
            }
        },
        {
            "$match": {
                "$or": [
                    {"operationType": {"$ne": "update"}},
                    {"$expr": {"$ne": [{"$setDifference": [_TOUCHED, _UNSEEN]}, []]}},
                ]
            }
        },
        {
            "$project": {
                "operationType": 1,
                "ns": 1,
                "documentKey": 1,
                "wallTime": 1,
                **_shown("fullDocument"),
                **_shown("fullDocumentBeforeChange"),
            }
        },
    ]
