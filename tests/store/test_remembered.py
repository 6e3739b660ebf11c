"""What is remembered of documents never outlives a change of them."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest
from anyio.lowlevel import checkpoint

from hub.store import remembered
from hub.store.mongo import Database, Document, Driver, connect
from hub.store.remembered import Remembered
from tests.relay import directly, relayed
from tests.remembering import until_live, watched


def value_of(document: Document | None) -> list[int]:
    """A new object each time, so that what is remembered can be told from what was asked."""
    return [document["value"]] if document else []


@asynccontextmanager
async def watching(
    database: Database, read: Callable[[Document | None], list[int]] = value_of
) -> AsyncIterator[Remembered]:
    """Documents of `things`, remembered while the block runs."""
    found = Remembered(database, {"things": read}, ("value",))
    async with watched(found):
        yield found


async def is_asked(found: Remembered, id_: str) -> bool:
    """Whether MongoDB is asked for a document, rather than what is remembered of it given."""
    return await found.get("things", id_) is not await found.get("things", id_)


async def test_without_a_stream_of_changes_nothing_is_remembered(database: Database) -> None:
    found = Remembered(database, {"things": value_of}, ("value",))
    assert not found.live
    assert await is_asked(found, "a")
    async with watching(database) as found:
        await until_live(found)
        assert not await is_asked(found, "a")
    assert not found.live
    assert await is_asked(found, "a")


async def test_changes_are_noticed_by_each_driver(mongodb_uri: str, driver: Driver) -> None:
    async with connect(mongodb_uri, driver, "things") as database, watching(database) as found:
        things, spare = database["things"], database["spare"]
        await spare.insert_one({"_id": "a", "value": 5})
        await until_live(found)
        assert await found.get("things", "a") == []
        for change, value in (
            (lambda: things.insert_one({"_id": "a", "value": 1}), [1]),
            (lambda: things.update_one({"_id": "a"}, {"$set": {"value": 2}}), [2]),
            (lambda: things.replace_one({"_id": "a"}, {"value": 3}), [3]),
            (lambda: things.delete_one({"_id": "a"}), []),
            (lambda: things.insert_one({"_id": "a", "value": 4}), [4]),
            (things.drop, []),
            (lambda: spare.rename("things"), [5]),
            (things.drop, []),
        ):
            told = found.next_change
            await change()
            with anyio.fail_after(5):
                await told.wait()
            assert await found.get("things", "a") == value
            assert not await is_asked(found, "a")


async def test_others_are_not_asked_for_again(database: Database) -> None:
    async with watching(database) as found:
        await until_live(found)
        kept = await found.get("things", "a")
        told = found.next_change
        await database["others"].insert_one({"_id": "a"})
        await database["things"].insert_one({"_id": "b", "value": 1})
        with anyio.fail_after(5):
            await told.wait()
        assert await found.get("things", "a") is kept


async def test_a_read_that_a_change_overtakes_is_not_kept(database: Database) -> None:
    changes = iter([True, True, False])

    def read(document: Document | None) -> list[int]:
        """Between MongoDB's answer and its being kept, something changes, twice."""
        if next(changes, False):
            found.forget("things", "b")
        return value_of(document)

    async with watching(database, read) as found:
        await until_live(found)
        assert await is_asked(found, "a")
        assert not await is_asked(found, "a")


async def test_what_is_remembered_comes_to_be_the_last_value(database: Database) -> None:
    """However reads and changes fall together."""
    things = database["things"]
    await things.insert_one({"_id": "a", "value": 0})
    async with watching(database) as found:
        await until_live(found)

        async def change() -> None:
            for value in range(1, 301):
                await things.update_one({"_id": "a"}, {"$set": {"value": value}})

        async def read() -> None:
            while await found.get("things", "a") != [300]:
                await checkpoint()

        with anyio.fail_after(30):
            async with anyio.create_task_group() as group:
                group.start_soon(change)
                for _ in range(4):
                    group.start_soon(read)


async def test_a_silent_line_is_not_trusted(
    mongodb_uri: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "LEASE_SECONDS", 0.6)
    await database["things"].insert_one({"_id": "a", "value": 1})
    async with (
        relayed(mongodb_uri) as (relay, uri),
        connect(directly(uri), Driver.PYMONGO, database.name) as behind,
        watching(behind) as found,
    ):
        await until_live(found)
        assert not await is_asked(found, "a")
        relay.silence()
        with anyio.fail_after(5):
            while found.live:  # noqa: ASYNC110 - a lease that ends is no event
                await anyio.sleep(0.01)
        await database["things"].update_one({"_id": "a"}, {"$set": {"value": 2}})
        relay.resume()
        assert await found.get("things", "a") == [2]
        await until_live(found)
        assert await found.get("things", "a") == [2]


async def test_a_stream_that_was_cut_goes_on(mongodb_uri: str, database: Database) -> None:
    await database["things"].insert_one({"_id": "a", "value": 1})
    async with (
        relayed(mongodb_uri) as (relay, uri),
        connect(directly(uri), Driver.PYMONGO, database.name) as behind,
        watching(behind) as found,
    ):
        for value in (2, 3):
            await until_live(found)
            assert not await is_asked(found, "a")
            told = found.next_change
            relay.cut()
            await database["things"].update_one({"_id": "a"}, {"$set": {"value": value}})
            with anyio.fail_after(10):
                await told.wait()
            await until_live(found)
            with anyio.fail_after(5):
                while await found.get("things", "a") != [value]:
                    await checkpoint()


async def test_only_so_many_are_remembered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembered, "_MOST", 3)
    async with watching(database) as found:
        await until_live(found)
        kept = {id_: await found.get("things", id_) for id_ in "abcd"}
        assert await found.get("things", "d") is kept["d"]
        assert await found.get("things", "a") is not kept["a"]


async def test_read_and_write_on_the_database_are_enough(
    mongodb_uri: str, database: Database
) -> None:
    admin = database.client["admin"]
    role = {"role": "readWrite", "db": database.name}
    await admin.command("createUser", "least", pwd="least", roles=[role])
    try:
        uri = re.sub(r"//.*?@", "//least:least@", mongodb_uri)
        async with (
            connect(uri, Driver.PYMONGO, database.name) as opened,
            watching(opened) as found,
        ):
            await until_live(found)
    finally:
        await admin.command("dropUser", "least")
