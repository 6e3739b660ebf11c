"""A real mongod for the whole run, and a database of its own for each test."""

import secrets
from collections.abc import AsyncIterator

import pytest

from hub.store.embedded import embedded_mongod
from hub.store.mongo import Database, Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One loop for all: the drivers' clients belong to the loop that made them."""
    return "asyncio"


@pytest.fixture(scope="session")
async def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with embedded_mongod(tmp_path_factory.mktemp("hub")) as uri:
        yield uri


@pytest.fixture(scope="session", params=list(Driver))
def driver(request: pytest.FixtureRequest) -> Driver:
    """Tests that ask for it run on both drivers."""
    chosen: Driver = request.param
    return chosen


@pytest.fixture
async def database(mongodb_uri: str) -> AsyncIterator[Database]:
    async with connect(mongodb_uri, Driver.PYMONGO, f"test-{secrets.token_hex(4)}") as database:
        yield database
        await database.client.drop_database(database.name)


@pytest.fixture
def vault() -> Vault:
    return Vault(b"k" * 32)


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    return Store(database, vault)
