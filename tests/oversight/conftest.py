"""What tests of oversight share."""

import pytest

from hub.store.mongo import Database
from hub.store.store import Store
from tests.oversight.watching import Watch, watch_of


@pytest.fixture
async def watch(store: Store, database: Database) -> Watch:
    """A store with an owner of rules."""
    return await watch_of(store, database)
