"""Documents that decide on every request, remembered for as long as MongoDB tells what changes in
them. While it does not, each question goes to MongoDB, so that nothing stale is believed."""

import time
from collections.abc import Callable, Mapping
from inspect import isawaitable
from types import MappingProxyType
from typing import Any

import anyio
import structlog
from pymongo import ReadPreference
from pymongo.errors import PyMongoError

from hub.domain.bounded import Bounded
from hub.store.mongo import Database, Document
from hub.store.shared_reads import SharedReads

LEASE_SECONDS = 3.0
"""So long after it was last heard of, the stream of changes counts as lost: the most that a change
made by another process can stay unnoticed, and only where the network drops what is sent."""

_WAIT_MS = 250
_AGAIN_SECONDS = 1.0
_CLOSING_SECONDS = 1.0
_MOST = 20_000

_log = structlog.get_logger()


class Remembered:
    """What is made of single documents, by collection and id; also of those that do not exist."""

    def __init__(
        self,
        database: Database,
        read: Mapping[str, Callable[[Document | None], Any]],
        fields: tuple[str, ...],
        most: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """`read` has, for each collection, what makes a value of a document's `fields`; `most` how
        many values of it are kept, where that is not the usual."""
        self._database = database
        self._read = read
        self._fields = dict.fromkeys(fields, 1)
        # What decides is asked of the primary, whatever the URI says of other reads.
        self._collections = {
            name: database[name].with_options(read_preference=ReadPreference.PRIMARY)
            for name in read
        }
        self._values: dict[str, Bounded[str, Any]] = {
            name: Bounded(most.get(name, _MOST)) for name in read
        }
        self._reads = SharedReads()
        self._changes = 0
        self._live_until = 0.0
        self.next_change = anyio.Event()
        """Set at the next change of any of them, and then replaced. Take it before you look."""

    @property
    def live(self) -> bool:
        """Whether changes are being told, so that what is remembered holds."""
        return time.monotonic() < self._live_until

    @property
    def stamp(self) -> int | None:
        """The same for as long as nothing has changed; None while that is not known."""
        return self._changes if self.live else None

    async def get(self, collection: str, id_: str) -> Any:
        """The value of a document as it is now. Raises StoreError."""
        values = self._values[collection]
        if id_ in values and self.live:
            return values[id_]
        return await self._reads.get((collection, id_), lambda: self._find(collection, id_))

    async def _find(self, collection: str, id_: str) -> Any:
        values, before = self._values[collection], self._changes
        document = await self._collections[collection].find_one({"_id": {"$eq": id_}}, self._fields)
        value = self._read[collection](document)
        # What was read while something changed may be older than the change.
        if self.live and before == self._changes:
            values.remember(id_, value)
        return value

    def forget(self, collection: str, id_: str) -> None:
        """Says that a document has changed; whoever changes one here need not wait for MongoDB."""
        self._values[collection].pop(id_, None)
        self._noticed()

    def _forget_all(self) -> None:
        for values in self._values.values():
            values.clear()
        self._noticed()

    def _noticed(self) -> None:
        self._changes += 1
        self.next_change.set()
        self.next_change = anyio.Event()

    async def watch(self) -> None:
        """Listens to changes until it is cancelled; a stream that is lost is opened again."""
        while True:
            try:
                await self._listen()
            except PyMongoError as error:
                _log.warning("remembered.stream_lost", error=type(error).__name__)
            finally:
                self._live_until = 0.0
            await anyio.sleep(_AGAIN_SECONDS)

    async def _listen(self) -> None:
        """Until the stream ends. The driver itself resumes it after a change of the primary."""
        ours = {"$in": sorted(self._read)}
        pipeline: list[Document] = [
            {"$match": {"$or": [{"ns.coll": ours}, {"to.coll": ours}]}},
            {"$project": {"ns": 1, "documentKey": 1}},
        ]
        stream: Any = self._database.watch(pipeline, max_await_time_ms=_WAIT_MS)
        if isawaitable(stream):
            stream = await stream
        try:
            while stream.alive:
                asked = time.monotonic()
                change = await stream.try_next()
                # Nothing was told for a while, or not from the first: who knows what was missed.
                if not self.live:
                    self._forget_all()
                if change is not None:
                    self._apply(change)
                self._live_until = asked + LEASE_SECONDS
        finally:
            with anyio.move_on_after(_CLOSING_SECONDS, shield=True):
                await stream.close()

    def _apply(self, change: Document) -> None:
        if "documentKey" in change:
            self.forget(change["ns"]["coll"], change["documentKey"]["_id"])
        else:  # a collection was dropped or renamed
            self._forget_all()
