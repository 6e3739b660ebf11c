"""MongoDB itself refuses documents whose place is none."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo.errors import OperationFailure, WriteError

from hub.domain.deadlines import Rulebook
from hub.domain.reading import Reading
from hub.domain.scope import Grant, Role
from hub.store.documents import complaint_document
from hub.store.mongo import Database, Driver, StoreUnavailableError, connect
from hub.store.shapes import SHAPES
from hub.store.store import Store
from hub.store.timelines import next_timeline
from hub.store.vault import Vault
from tests.made import MOMENT, complaint, provenance, received, scope


def stored(vault: Vault) -> dict[str, Any]:
    (one,) = received(complaint())
    timeline = next_timeline(one.complaint, MOMENT, None)
    return complaint_document("1", one, provenance(), "digest", timeline, vault, Rulebook())


@pytest.mark.parametrize(
    "odd",
    [
        {"province": ["73", "74"]},
        {"province": "７３"},
        {"province": "73\n"},
        {"province": {"$in": ["73"]}},
        {"district": ["73.71"]},
        {"district": "73"},
        {"channel": ["lapor", "sulsel"]},
        {"channel": None},
        {"secret": None},
        {"secret": "no"},
        {"anonymous": 0},
        {"cell": "74||2020-07"},
        {"received_at": "2020-07-01"},
        {"received_on": "1 July"},
        {"number": ["1", "2"]},
        {"words": "jalan"},
        {"stage": None},
        {"stage_due_at": "2020-07-03"},
        {"late": "yes"},
        {"days": {"close": 1.5}},
        {"clock": {"by": "v", "place": 73}},
        {"words": ["jalan", None]},
        {"location": [119.4, -5.1]},
        {"location": {"type": "Point", "coordinates": [119.4, -95.0]}},
        {"location": {"type": "Point", "coordinates": [119.4]}},
        {"location": {"type": "Point", "coordinates": [119.4, -5.1], "crs": "EPSG:3857"}},
    ],
    ids=str,
)
async def test_a_complaint_of_another_shape_is_not_stored(
    database: Database, vault: Vault, odd: dict[str, Any]
) -> None:
    whole = stored(vault)
    with pytest.raises(WriteError):
        await database["complaints"].insert_one(whole | odd)
    await database["complaints"].insert_one(whole)
    with pytest.raises(WriteError):
        await database["complaints"].update_one({}, {"$set": odd})


@pytest.mark.parametrize("name", ["runs", "dead_letters", "connectors"])
async def test_no_ledger_is_of_two_channels(database: Database, name: str) -> None:
    whole = {"_id": "1", "connector": "c", "state": "open", "last_seen": MOMENT}
    await database[name].insert_one({**whole, "channel": "lapor"})
    with pytest.raises(WriteError):
        await database[name].insert_one({**whole, "_id": "2", "channel": ["lapor", "sulsel"]})


async def test_a_database_without_shapes_is_bound_to_them(
    mongodb_uri: str, driver: Driver, vault: Vault
) -> None:
    async with connect(mongodb_uri, driver, f"shapes-{driver}") as database:
        for name in SHAPES:
            await database.command("collMod", name, validator={})
    async with connect(mongodb_uri, driver, f"shapes-{driver}") as database:
        with pytest.raises(WriteError):
            await database["complaints"].insert_one(stored(vault) | {"province": ["73"]})
        await database.client.drop_database(database.name)


async def test_read_and_write_is_enough_but_for_an_older_database(mongodb_uri: str) -> None:
    name = "shapes-rights"
    role = {"role": "readWrite", "db": name}
    async with connect(mongodb_uri, Driver.PYMONGO, "tests") as root:
        admin = root.client["admin"]
        await admin.command("createUser", "clerk", pwd="x", roles=[role])
        there = urlsplit(mongodb_uri)
        uri = there._replace(netloc=f"clerk:x@{there.hostname}:{there.port}").geturl()
        try:
            for _ in range(2):
                async with connect(uri, Driver.PYMONGO, name) as database:
                    with pytest.raises(OperationFailure):
                        await database.command("collMod", "runs", validator={})
            await root.client[name].command("collMod", "runs", validator={})
            with pytest.raises(StoreUnavailableError, match=r"runs .* dbAdmin"):
                async with connect(uri, Driver.PYMONGO, name):
                    pass
        finally:
            await admin.command("dropUser", "clerk")
            await root.client.drop_database(name)


async def test_an_array_that_has_a_code_would_be_found_by_it(
    mongodb_uri: str, vault: Vault
) -> None:
    """Why the shape is needed: this is how MongoDB compares."""
    async with connect(mongodb_uri, Driver.PYMONGO, "shapes-arrays") as database:
        await database.command("collMod", "complaints", validator={})
        await database["complaints"].insert_one(stored(vault) | {"province": ["73", "74"]})
        reader = Store(database, vault).reader(scope(Grant(Role.PROVINCE, ("73",))))
        assert await reader.complaints.get("1", Reading(), frozenset()) is not None
        await database.client.drop_database(database.name)
