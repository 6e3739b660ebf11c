"""Registered connectors: their configuration as the operator wrote it, secrets still as names."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from pymongo.errors import DuplicateKeyError

from hub.domain.scope import Scope
from hub.store import plan
from hub.store.mongo import Database, Document, documents

_SHOWN = dict.fromkeys(
    ("kind", "channel", "config_version", "registered_at", "managed_by", "paused", "outlook"), 1
)
MOST_VERSIONS = 50


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


class NameTakenError(Exception):
    """A new connector has the name of one that is there."""


class ChangedMeanwhileError(Exception):
    """A connector is no longer what a change of it was made from."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a connector does not run by its schedule, who said so, and when (UTC)."""

    reason: str
    by: str
    at: datetime
    administrator: bool = False
    """Whether only an administrator ends it."""


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


class ScopedConnectors:
    """Connectors of the viewer's own channels; the ministry's and an admin's are all."""

    def __init__(self, scope: Scope, database: Database) -> None:
        self._within = plan.within(scope.ledgers)
        self._own = scope.own_connectors
        self._connectors = database["connectors"]
        self._versions = database["connector_versions"]

    async def all(self) -> list[Document]:
        """The viewer's connectors by name, without their configuration."""
        return await self._connectors.find(self._within, _SHOWN).sort("_id", 1).to_list()

    async def get(self, name: str) -> Document | None:
        """The connector of this name, without its configuration."""
        wanted = plan.both(self._within, {"_id": {"$eq": name}})
        return await self._connectors.find_one(wanted, _SHOWN)

    async def versions(self, names: Sequence[str]) -> dict[str, list[Document]]:
        """The latest texts that some connectors have had, newest first; each with who registered
        it first and when (UTC). The text itself is for those who may change the connector."""
        latest = {"n": MOST_VERSIONS, "sortBy": {"at": -1, "_id": 1}, "output": "$$ROOT"}
        pipeline: list[Document] = [
            {"$match": plan.both(self._within, {"connector": {"$in": [*names]}})},
            {"$group": {"_id": "$connector", "versions": {"$topN": latest}}},
        ]
        found = await documents(self._versions, pipeline)
        for each in (version for group in found for version in group["versions"]):
            if not self._own.covers(
                None, None, each.get("channel", "")
            ):  # an earlier hub's has none
                each["config"] = None
        return {group["_id"]: group["versions"] for group in found}


class OwnConnectors:
    """Connectors that a viewer may change."""

    def __init__(self, scope: Scope, database: Database) -> None:
        self._within = plan.both(plan.within(scope.ledgers), plan.within(scope.own_connectors))
        self._connectors = database["connectors"]

    async def get(self, name: str) -> Registration | None:
        """The connector of this name if the viewer may change it."""
        wanted = plan.both(self._within, {"_id": {"$eq": name}})
        found = await self._connectors.find_one(wanted)
        return _registration(found) if found else None


class ConnectorRegister:
    """Where connectors are registered and found again by the hub's own commands."""

    def __init__(self, database: Database) -> None:
        self._connectors = database["connectors"]
        self._versions = database["connector_versions"]
        self._schedules = database["schedules"]

    async def put(self, registration: Registration, by: str) -> None:
        """Registers what a file describes; it takes the place of whatever has its name. A pause
        stays."""
        await self._write({"_id": registration.name}, registration, by)

    async def add(self, registration: Registration, by: str) -> None:
        """Registers an operator's new connector. Raises NameTakenError."""
        nothing = {"_id": registration.name, **_NEVER}
        try:
            await self._write(nothing, registration, by)
        except DuplicateKeyError:
            raise NameTakenError(registration.name) from None

    async def change(self, before: Registration, registration: Registration, by: str) -> None:
        """Gives an operator's connector another text. A pause stays.

        Raises ManagedByFileError for one of a file, and ChangedMeanwhileError.
        """
        if before.managed_by is ManagedBy.FILE:
            raise ManagedByFileError(before.name)
        same = {
            "_id": before.name,
            "managed_by": before.managed_by.value,
            "channel": before.channel,
            "config_version": before.config_version,
        }
        try:
            await self._write(same, registration, by)
        except DuplicateKeyError:
            raise ChangedMeanwhileError(before.name) from None

    async def _write(self, replaced: Document, registration: Registration, by: str) -> None:
        """Puts a connector in the place of what is meant, and keeps its text as a version. Raises
        DuplicateKeyError where something else has its name."""
        name, now = registration.name, datetime.now(UTC)
        text = {
            "channel": registration.channel,
            "config": registration.config,
            "config_version": registration.config_version,
        }
        described = {
            "kind": registration.kind,
            "folder": registration.folder,
            "managed_by": registration.managed_by.value,
            "registered_at": now,
        }
        await self._connectors.update_one(replaced, {"$set": {**text, **described}}, upsert=True)
        await self._versions.update_one(
            {"_id": f"{name} {registration.config_version}"},
            {"$setOnInsert": {**text, "connector": name, "by": by, "at": now}},
            upsert=True,
        )

    async def get(self, name: str) -> Registration | None:
        """The connector of this name, or None."""
        found = await self._connectors.find_one({"_id": name})
        return _registration(found) if found else None

    async def pause(
        self, name: str, reason: str, by: str, *, administrator: bool = False
    ) -> Pause | None:
        """Keeps a connector from running by its schedule; None for an unknown name.

        Returns the pause that stands: the first one, unless an administrator's follows.
        """
        paused = Pause(reason, by, datetime.now(UTC), administrator)
        weaker = {"paused.administrator": {"$ne": True}} if administrator else {"paused": None}
        await self._connectors.update_one(
            {"_id": name, **weaker}, {"$set": {"paused": asdict(paused)}}
        )
        found = await self.get(name)
        return found.paused if found else None

    async def resume(self, name: str) -> bool:
        """Lets a paused connector run again, its schedule planned and its failed runs counted anew,
        so that the next one does not pause it at once; False for an unknown name."""
        afresh = {"failures": 0, "planned_for": None}
        await self._schedules.update_one({"_id": name}, {"$set": afresh})
        anew = {"$unset": {"paused": ""}, "$set": {"outlook.failures": 0}}
        done = await self._connectors.update_one({"_id": name}, anew)
        return done.matched_count == 1

    async def remove(self, name: str) -> None:
        """Takes a connector off the register, so that it runs no more; its versions and its
        checkpoint stay."""
        await self._connectors.delete_one({"_id": name})
        await self._schedules.delete_one({"_id": name})

    async def listed(self) -> list[Document]:
        """All connectors by name, without their configuration."""
        return await self._connectors.find({}, _SHOWN).sort("_id", 1).to_list()

    async def names(self) -> list[str]:
        """All registered names, in order."""
        return [d["_id"] async for d in self._connectors.find({}, {"_id": 1}).sort("_id", 1)]


_NEVER: plan.Filter = {"config_version": {"$in": []}}


def _registration(found: Document) -> Registration:
    paused = found.get("paused")
    return Registration(
        name=found["_id"],
        kind=found["kind"],
        channel=found["channel"],
        config=found["config"],
        config_version=found["config_version"],
        folder=found["folder"],
        managed_by=ManagedBy(found.get("managed_by", ManagedBy.FILE)),
        paused=Pause(**paused) if paused else None,
    )
