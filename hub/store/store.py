"""The store as the rest of the hub holds it: readers by scope, registers for ingest and auth."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hub.domain.scope import Scope
from hub.store.answers import Answers
from hub.store.channels import ChannelRegister, ScopedChannels
from hub.store.clients import Clients, SigningKeys
from hub.store.complaints import ScopedComplaints
from hub.store.connectors import ConnectorRegister, ScopedConnectors
from hub.store.cursor import Cursors
from hub.store.dead_letters import DeadLetterBox, ScopedDeadLetters
from hub.store.embedded import embedded_mongod
from hub.store.mongo import Database, Driver, connect
from hub.store.rollups import Rollups
from hub.store.runs import RunRegister, ScopedRuns
from hub.store.statistics import Statistics
from hub.store.vault import Vault, VaultError, key_in, parse_key
from hub.store.writer import ComplaintWriter

_READERS = 1_000


@dataclass(frozen=True, slots=True)
class Reader:
    """All that a viewer can read. Each part was built from the scope and knows no other."""

    scope: Scope
    complaints: ScopedComplaints
    channels: ScopedChannels
    connectors: ScopedConnectors
    runs: ScopedRuns
    dead_letters: ScopedDeadLetters


class Store:
    """The hub's data in MongoDB."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault
        self._cursors = Cursors(vault.key_for("cursors"))
        # Readers hold no state but their scope, so viewers that come again share one.
        self.reader = lru_cache(_READERS)(self._reader)
        self.writer = ComplaintWriter(database, vault)
        self.channels = ChannelRegister(database)
        self.dead_letters = DeadLetterBox(database, vault)
        self.runs = RunRegister(database)
        self.connectors = ConnectorRegister(database)
        self.clients = Clients(database)
        self.rollups = Rollups(database)
        self._answers = Answers(database, self.rollups)
        self._statistics = Statistics(self._answers)
        self.signing_keys = SigningKeys(database, vault)

    def _reader(self, scope: Scope) -> Reader:
        """What this viewer can read."""
        database, cursors = self._database, self._cursors
        figures = self._answers, self._statistics
        return Reader(
            scope=scope,
            complaints=ScopedComplaints(scope, database, self._vault, cursors, *figures),
            channels=ScopedChannels(scope, database),
            connectors=ScopedConnectors(scope, database),
            runs=ScopedRuns(scope, database, cursors),
            dead_letters=ScopedDeadLetters(scope, database, cursors),
        )

    async def ping(self) -> None:
        """Returns if MongoDB answers, else raises the driver's error."""
        await self._database.command("ping")


@asynccontextmanager
async def open_store(
    *, uri: str | None, data_dir: Path, encryption_key: str | None, driver: Driver
) -> AsyncIterator[Store]:
    """The store at a URI, or in an embedded mongod under `data_dir`.

    Raises StoreUnavailableError, and VaultError for a missing or malformed key.
    """
    if uri:
        if not encryption_key:
            raise VaultError(
                "HUB_MONGODB_URI needs HUB_ENCRYPTION_KEY beside it: 32 bytes in base64."
            )
        vault = Vault(parse_key(encryption_key))
        async with connect(uri, driver) as database:
            yield Store(database, vault)
        return
    async with embedded_mongod(data_dir) as embedded_uri:
        vault = Vault(parse_key(encryption_key) if encryption_key else key_in(data_dir))
        async with connect(embedded_uri, driver) as database:
            yield Store(database, vault)
