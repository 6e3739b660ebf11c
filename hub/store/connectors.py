"""Registered connectors: their configuration as the operator wrote it, secrets still as names."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pymongo.errors import DuplicateKeyError

from hub.domain.scope import Scope
from hub.store import plan
from hub.store.mongo import Database, Document

_SHOWN = {"kind": 1, "channel": 1, "config_version": 1, "registered_at": 1}


class ManagedBy(StrEnum):
    """Who changes a connector: a file on the hub's machine, or its operator over the API."""

    FILE = "file"
    OPERATOR = "operator"


class ManagedByFileError(Exception):
    """An operator wants to change a connector that a file describes."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} is described by a file on the hub's machine; it is changed there, "
            "or registered under another name"
        )


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a connector does not run by its schedule, who said so, and when (UTC)."""

    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Registration:
    """What is kept of a connector. `config` is the YAML text."""

    name: str
    kind: str
    channel: str
    config: str
    config_version: str
    folder: str
    managed_by: ManagedBy = ManagedBy.FILE
    paused: Pause | None = None


@dataclass(frozen=True, slots=True)
class Version:
    """A configuration text that a connector has had: who registered it first, and when (UTC)."""

    version: str
    config: str
    by: str
    at: datetime


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
        self._versions = database["connector_versions"]
        self._schedules = database["schedules"]

    async def put(self, registration: Registration, by: str) -> None:
        """Registers a connector or replaces the one of its name; its text is kept as a version.

        Raises ManagedByFileError for an operator's that would replace one of a file. A pause stays.
        """
        name, now = registration.name, datetime.now(UTC)
        replaced: Document = {"_id": name}
        if registration.managed_by is ManagedBy.OPERATOR:
            replaced["managed_by"] = ManagedBy.OPERATOR.value
        text = {"config": registration.config, "config_version": registration.config_version}
        described = {
            "kind": registration.kind,
            "channel": registration.channel,
            "folder": registration.folder,
            "managed_by": registration.managed_by.value,
            "registered_at": now,
        }
        try:
            await self._connectors.update_one(
                replaced, {"$set": {**text, **described}}, upsert=True
            )
        except DuplicateKeyError:
            raise ManagedByFileError(name) from None
        await self._versions.update_one(
            {"_id": f"{name} {registration.config_version}"},
            {"$setOnInsert": {**text, "connector": name, "by": by, "at": now}},
            upsert=True,
        )

    async def versions(self, name: str) -> list[Version]:
        """Every text that the connector has had, the latest first."""
        found = self._versions.find({"connector": name}).sort([("at", -1), ("_id", 1)])
        return [Version(v["config_version"], v["config"], v["by"], v["at"]) async for v in found]

    async def get(self, name: str) -> Registration | None:
        """The connector of this name, or None."""
        found = await self._connectors.find_one({"_id": name})
        if found is None:
            return None
        paused = found.get("paused")
        return Registration(
            name=name,
            kind=found["kind"],
            channel=found["channel"],
            config=found["config"],
            config_version=found["config_version"],
            folder=found["folder"],
            managed_by=ManagedBy(found.get("managed_by", ManagedBy.FILE)),
            paused=Pause(**paused) if paused else None,
        )

    async def pause(self, name: str, reason: str, by: str) -> Pause | None:
        """Keeps a connector from running by its schedule; None for an unknown name.

        Returns the pause that stands: who pauses what is paused already changes nothing.
        """
        paused = {"reason": reason, "by": by, "at": datetime.now(UTC)}
        await self._connectors.update_one(
            {"_id": name, "paused": None}, {"$set": {"paused": paused}}
        )
        found = await self.get(name)
        return found.paused if found else None

    async def resume(self, name: str) -> bool:
        """Lets a paused connector run again, its failed runs counted anew, so that the next one
        does not pause it at once; False for an unknown name."""
        await self._schedules.update_one({"_id": name}, {"$set": {"failures": 0}})
        done = await self._connectors.update_one({"_id": name}, {"$unset": {"paused": ""}})
        return done.matched_count == 1

    async def names(self) -> list[str]:
        """All registered names, in order."""
        return [d["_id"] async for d in self._connectors.find({}, {"_id": 1}).sort("_id", 1)]
