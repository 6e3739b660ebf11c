"""Registered connectors: their configuration as the operator wrote it, secrets still as names."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hub.domain.scope import Scope
from hub.store import plan
from hub.store.mongo import Database, Document

_SHOWN = {"kind": 1, "channel": 1, "config_version": 1, "registered_at": 1}


@dataclass(frozen=True, slots=True)
class Registration:
    """What is kept of a connector. `config` is the YAML text."""

    name: str
    kind: str
    channel: str
    config: str
    config_version: str
    folder: str


class ScopedConnectors:
    """Connectors of the viewer's own channels; the ministry's and an admin's are all."""

    def __init__(self, scope: Scope, database: Database) -> None:
        self._within = plan.within(scope.ledgers)
        self._connectors = database["connectors"]

    async def all(self) -> list[Document]:
        """The viewer's connectors by name, without their configuration."""
        return await self._connectors.find(self._within, _SHOWN).sort("_id", 1).to_list()


class ConnectorRegister:
    """Where connectors are registered and found again by the hub's own commands."""

    def __init__(self, database: Database) -> None:
        self._connectors = database["connectors"]

    async def put(self, registration: Registration) -> None:
        """Registers a connector or replaces the one of its name."""
        await self._connectors.update_one(
            {"_id": registration.name},
            {
                "$set": {
                    "kind": registration.kind,
                    "channel": registration.channel,
                    "config": registration.config,
                    "config_version": registration.config_version,
                    "folder": registration.folder,
                    "registered_at": datetime.now(UTC),
                }
            },
            upsert=True,
        )

    async def get(self, name: str) -> Registration | None:
        """The connector of this name, or None."""
        found = await self._connectors.find_one({"_id": name})
        if found is None:
            return None
        return Registration(
            name=name,
            kind=found["kind"],
            channel=found["channel"],
            config=found["config"],
            config_version=found["config_version"],
            folder=found["folder"],
        )

    async def pause(self, name: str, reason: str, by: str) -> None:
        """Lets no schedule run a connector until it is resumed."""
        paused = {"reason": reason, "by": by, "at": datetime.now(UTC)}
        await self._connectors.update_one({"_id": name}, {"$set": {"paused": paused}})

    async def resume(self, name: str) -> None:
        """Lets its schedule run a connector again."""
        await self._connectors.update_one({"_id": name}, {"$set": {"paused": None}})

    async def names(self) -> list[str]:
        """All registered names, in order."""
        return [d["_id"] async for d in self._connectors.find({}, {"_id": 1}).sort("_id", 1)]
