"""A page in one exchange: the same documents as a cursor gives, whatever comes between."""

from collections.abc import AsyncIterator

import pytest
from pymongo.errors import PyMongoError

from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store import mongo
from hub.store.mongo import Collection, Driver, connect, find_at_once
from hub.store.scope_monitor import viewing
from tests.relay import directly, relayed

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
    async with (
        relayed(directly(mongodb_uri)) as (relay, uri),
        connect(uri, driver, "cut") as database,
    ):
        regions = database["regions"]
        await regions.replace_one({"_id": 1}, {}, upsert=True)
        for _ in range(3):
            relay.cut()
            assert await find_at_once(regions, {}, None, SORT, 5) == [{"_id": 1}]


async def test_a_mongod_that_falls_silent_is_not_waited_for(
    mongodb_uri: str, driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mongo._LIMITS, "timeoutMS", 400)
    async with (
        relayed(directly(mongodb_uri)) as (relay, uri),
        connect(uri, driver, "silent") as database,
    ):
        relay.silence()
        with pytest.raises(PyMongoError) as told:
            await find_at_once(database["regions"], {}, None, SORT, 5)
        assert told.value.timeout
        relay.resume()
        assert await find_at_once(database["regions"], {}, None, SORT, 5) == []
