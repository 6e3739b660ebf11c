"""A page in one exchange: the same documents as a cursor gives, whatever comes between."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.mongo import Collection, Driver, connect, find_at_once
from hub.store.scope_monitor import viewing

pytestmark = pytest.mark.anyio

SORT = [("place", -1), ("_id", 1)]


@pytest.fixture
async def complaints(mongodb_uri: str, driver: Driver) -> AsyncIterator[Collection]:
    async with connect(mongodb_uri, driver, f"at_once_{driver}") as database:
        await database.command({"collMod": "complaints", "validator": {}})
        await database["complaints"].delete_many({})
        yield database["complaints"]


async def test_the_documents_of_a_cursor(complaints: Collection) -> None:
    await complaints.insert_many({"_id": n, "place": n % 3, "words": "x" * n} for n in range(40))
    for limit in (1, 17, 200):
        for projection in (None, {"place": 1}):
            found = complaints.find({"place": {"$gt": 0}}, projection, sort=SORT, limit=limit)
            at_once = await find_at_once(complaints, {"place": {"$gt": 0}}, projection, SORT, limit)
            assert at_once == await found.to_list(None)


async def test_more_than_one_answer_holds_for_a_viewer_with_a_scope(
    complaints: Collection,
) -> None:
    here = {"province": {"$in": ["73"]}}
    for n in range(50):  # 20 MB
        await complaints.insert_one(
            {"_id": n, "province": "73", "place": n, "words": "x" * 400_000}
        )
    with viewing(Scope("p", (Grant(Role.PROVINCE, ("73",)),), frozenset(Permission))):
        found = await find_at_once(complaints, here, None, SORT, 200)
    assert [each["place"] for each in found] == [*range(49, -1, -1)]
    await complaints.delete_many({})


async def test_it_is_asked_again_where_the_connection_broke(
    mongodb_uri: str, driver: Driver
) -> None:
    address = urlsplit(mongodb_uri)
    async with (
        cuttable(address.hostname or "", address.port or 0) as (port, cut),
        connect(mongodb_uri.replace(f":{address.port}/", f":{port}/"), driver, "cut") as database,
    ):
        regions = database["regions"]
        await regions.replace_one({"_id": 1}, {}, upsert=True)
        for _ in range(3):
            cut()
            assert await find_at_once(regions, {}, None, SORT, 5) == [{"_id": 1}]


@asynccontextmanager
async def cuttable(host: str, port: int) -> AsyncIterator[tuple[int, Callable[[], None]]]:
    """A way to a server on which all connections can be cut at once."""
    writers: set[asyncio.StreamWriter] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        try:
            while data := await reader.read(65536):
                writer.write(data)
        finally:
            writer.close()

    async def passed_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(host, port)
        await asyncio.gather(pump(reader, back), pump(there, writer), return_exceptions=True)

    def cut() -> None:
        for writer in writers:
            writer.transport.abort()
        writers.clear()

    async with await asyncio.start_server(passed_on, "127.0.0.1") as server:
        yield server.sockets[0].getsockname()[1], cut
        cut()
