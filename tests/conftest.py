"""A real mongod for the whole run, and an empty database for each test."""

from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import settings

from hub.store.embedded import embedded_mongod
from hub.store.mongo import Database, Driver, connect
from hub.store.scope_monitor import UNSCOPED_READS
from hub.store.store import Store
from hub.store.vault import Vault
from tests.postgres import running_postgres
from tests.running_hub import RunningHub, running_hub
from tests.sql_server import SqlServer

# How long an example takes is no matter of right or wrong: the machine may be busy.
settings.register_profile("hub", deadline=None)
settings.load_profile("hub")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """One loop for all: the drivers' clients belong to the loop that made them."""
    return "asyncio"


def unscoped_reads() -> float:
    """How many reads so far did not carry the scope of their viewer."""
    (metric,) = UNSCOPED_READS.collect()
    return sum(each.value for each in metric.samples if each.name.endswith("_total"))


@pytest.fixture(autouse=True)
def no_unscoped_reads() -> Iterator[None]:
    """Every test fails that makes the hub read anything without its viewer's scope."""
    before = unscoped_reads()
    yield
    assert unscoped_reads() == before


@pytest.fixture(scope="session")
async def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    async with embedded_mongod(tmp_path_factory.mktemp("hub")) as uri:
        yield uri


@pytest.fixture(scope="session", params=list(Driver))
def driver(request: pytest.FixtureRequest) -> Driver:
    """Tests that ask for it run on both drivers."""
    chosen: Driver = request.param
    return chosen


@pytest.fixture(scope="session")
async def shared_database(mongodb_uri: str) -> AsyncIterator[Database]:
    async with connect(mongodb_uri, Driver.PYMONGO, "tests") as database:
        yield database


@pytest.fixture
async def database(shared_database: Database) -> Database:
    """An empty database; emptied rather than made anew, since indexes take their time."""
    for name in await shared_database.list_collection_names():
        await shared_database[name].delete_many({})
    return shared_database


@pytest.fixture
def vault() -> Vault:
    return Vault(b"k" * 32)


@pytest.fixture
def store(database: Database, vault: Vault) -> Store:
    return Store(database, vault)


@pytest.fixture
async def hub(store: Store) -> AsyncIterator[RunningHub]:
    async with running_hub(store) as hub:
        yield hub


@pytest.fixture(scope="session")
def postgres() -> Iterator[SqlServer]:
    with running_postgres() as server:
        yield server
