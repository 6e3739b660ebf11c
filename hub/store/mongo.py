"""The connection, and the choice of driver."""

from asyncio import timeout
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from enum import StrEnum
from inspect import isawaitable
from typing import Any, cast

from bson import CodecOptions
from gridfs.asynchronous import AsyncGridFSBucket
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import AutoReconnect, NetworkTimeout, OperationFailure, PyMongoError

from hub.store.indexes import INDEXES
from hub.store.scope_monitor import ScopeMonitor, ScopeMonitoring
from hub.store.shapes import SHAPES

Document = dict[str, Any]
Database = AsyncDatabase[Document]
Collection = AsyncCollection[Document]

DATABASE_NAME = "hub"
_UNAUTHORIZED, _EXISTS = 13, 48
DUPLICATE_KEY = 11_000

WATCHED = ("complaints", "runs", "warnings")
"""The collections whose changes are told to viewers, from images of before and after (feed.py)."""

# A primary that hangs is noticed within seconds; with the defaults writers stalled for 28 s.
_CONNECTION: dict[str, Any] = {
    "heartbeatFrequencyMS": 500,
    "connectTimeoutMS": 2_500,
    "serverSelectionTimeoutMS": 5_000,
}
_LIMITS: dict[str, Any] = {"timeoutMS": 8_000}


class Driver(StrEnum):
    """The two asyncio drivers; Motor is kept for deployments that already rely on it."""

    PYMONGO = "pymongo"
    MOTOR = "motor"


StoreError = PyMongoError
"""Whatever MongoDB or the way to it can fail with."""


class StoreUnavailableError(Exception):
    """MongoDB can't be reached, or refuses us."""


class HubDatabase(AsyncDatabase[Document]):
    """The hub's database by PyMongo, with a second way to it that `find_at_once` goes: a client
    without listener and time limit, which cost a page a tenth. Both are seen to there."""

    def __init__(
        self,
        client: AsyncMongoClient[Document],
        name: str,
        quick: Database,
        monitor: ScopeMonitor | None,
    ) -> None:
        super().__init__(client, name)
        self.quick = quick
        self.monitor = monitor


@asynccontextmanager
async def connect(
    uri: str,
    driver: Driver,
    name: str = DATABASE_NAME,
    monitoring: ScopeMonitoring = ScopeMonitoring.REFUSE,
) -> AsyncIterator[Database]:
    """The hub's database, with all indexes made. Raises StoreUnavailableError."""
    common = {**_CONNECTION, "tz_aware": True, "w": "majority", "appname": "complaint-hub"}
    options = {**common, **_LIMITS}
    monitor = None
    if monitoring is not ScopeMonitoring.OFF:
        # Motor's cursors wait for ever for an answer where a listener has raised.
        refuse = monitoring is ScopeMonitoring.REFUSE and driver is Driver.PYMONGO
        monitor = ScopeMonitor(refuse=refuse)
        options["event_listeners"] = [monitor]
    database: Database
    if driver is Driver.MOTOR:
        from motor.motor_asyncio import AsyncIOMotorClient

        # The two speak the same words but for `aggregate`, which `documents` evens out.
        database = cast("Database", AsyncIOMotorClient(uri, **options)[name])
        clients = [database.client]
    else:
        clients = [AsyncMongoClient(uri, **options), AsyncMongoClient(uri, **common)]
        database = HubDatabase(clients[0], name, clients[1][name], monitor)
    try:
        try:
            await _bind_to_shapes(database)
            await _make_indexes(database)
        except PyMongoError as error:
            reason = str(error).partition(", Topology Description")[0]
            raise StoreUnavailableError(f"MongoDB does not answer: {reason}") from error
        yield database
    finally:
        for client in clients:
            closing = client.close()
            if isawaitable(closing):
                await closing


def read_quickly(collection: Collection) -> Collection:
    """The same collection with times that name no zone (they are UTC): with one they take 2.5
    times as long to read."""
    return collection.with_options(codec_options=CodecOptions(tz_aware=False))


async def find_at_once(
    collection: Collection,
    filter_: Mapping[str, Any],
    projection: Mapping[str, Any] | None,
    sort: Sequence[tuple[str, int]],
    limit: int,
) -> list[Document]:
    """The documents of a find that fit into one answer, as a page does: the driver's cursor costs
    a tenth of a page more. Asked again once where the connection broke, as by a cursor."""
    command = {
        "find": collection.name,
        "filter": filter_,
        "projection": projection or {},
        "sort": dict(sort),
        "limit": limit,
        "batchSize": limit,  # by itself MongoDB sends 101 and waits
    }
    try:
        async with timeout(_LIMITS["timeoutMS"] / 1_000):
            try:
                found = await _first_batch(collection, command)
            except AutoReconnect:
                found = await _first_batch(collection, command)
    except TimeoutError as error:
        raise NetworkTimeout("MongoDB has not answered in time") from error
    if not found["id"]:
        return cast("list[Document]", found["firstBatch"])
    # More than the 16 MB of an answer. A cursor belongs to the session that it was opened in.
    await collection.database.command({"killCursors": collection.name, "cursors": [found["id"]]})
    return await collection.find(filter_, projection, sort=sort, limit=limit).to_list(None)


async def _first_batch(collection: Collection, command: Document) -> Document:
    database = collection.database
    if isinstance(database, HubDatabase):
        if database.monitor:
            database.monitor.look_at("find", command)
        database = database.quick
    answer = await database.command(
        command,
        codec_options=collection.codec_options,
        read_preference=collection.read_preference,
    )
    return cast("Document", answer["cursor"])


def bucket(database: Database, name: str) -> AsyncGridFSBucket:
    """A bucket of GridFS, by either driver."""
    if isinstance(database, AsyncDatabase):
        return AsyncGridFSBucket(database, name)
    from motor.motor_asyncio import AsyncIOMotorGridFSBucket

    return cast("AsyncGridFSBucket", AsyncIOMotorGridFSBucket(database, name))


async def documents(collection: Collection, pipeline: list[Document]) -> list[Document]:
    """All documents of an aggregation, by either driver."""
    cursor: Any = collection.aggregate(pipeline, allowDiskUse=True)
    if isawaitable(cursor):
        cursor = await cursor
    return cast("list[Document]", await cursor.to_list(None))


async def _bind_to_shapes(database: Database) -> None:
    """Lets MongoDB refuse documents of another shape, and keep what is watched as it was before
    and after each change. Raises StoreUnavailableError."""
    options = {c["name"]: c["options"] async for c in await _collections(database)}
    for name, shape in SHAPES.items():
        wanted: Document = {"validator": shape}
        if name in WATCHED:
            wanted["changeStreamPreAndPostImages"] = {"enabled": True}
        if wanted.items() <= options.get(name, {}).items():
            continue
        try:
            await database.command("collMod" if name in options else "create", name, **wanted)
        except OperationFailure as error:
            if error.code == _UNAUTHORIZED:
                raise StoreUnavailableError(
                    f"The hub's user in MongoDB may not bind the collection {name} to its shape: "
                    "grant it dbAdmin on the database for one start of the hub."
                ) from error
            if error.code != _EXISTS:  # another hub was quicker
                raise


async def _collections(database: Database) -> Any:
    found: Any = database.list_collections()
    return await found if isawaitable(found) else found


async def _make_indexes(database: Database) -> None:
    for name, indexes in INDEXES.items():
        await database[name].create_indexes(indexes)
