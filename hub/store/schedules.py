"""When each connector is due, and who asked for a run; the same for every hub on the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.domain.clock import utc_now
from hub.store.mongo import Database, Document


@dataclass(frozen=True, slots=True)
class Standing:
    """How a connector stands. `planned_for` is the version whose schedule `next_at` follows,
    `failures` how many runs in a row were not green."""

    connector: str
    config_version: str
    paused: bool
    planned_for: str | None
    next_at: datetime | None
    requested: Document | None
    failures: int = 0


class Schedules:
    """What schedulers tell each other."""

    def __init__(self, database: Database) -> None:
        self._connectors = database["connectors"]
        self._schedules = database["schedules"]
        self._daily = database["daily"]

    async def request(self, connector: str, by: str) -> None:
        """Asks for a run as soon as a scheduler is free; `by` is who asks. Asked for again before
        it begins, it is still one run."""
        await self._schedules.update_one(
            {"_id": connector}, {"$set": {"requested": {"by": by, "at": utc_now()}}}, upsert=True
        )

    async def all(self, kinds: Sequence[str] | None = None) -> list[Standing]:
        """Every registered connector by name, or those of some kinds."""
        known = {d["_id"]: d async for d in self._schedules.find()}
        shown = {"config_version": 1, "paused": 1}
        wanted: Document = {} if kinds is None else {"kind": {"$in": list(kinds)}}
        return [
            Standing(
                connector=c["_id"],
                config_version=c["config_version"],
                paused=bool(c.get("paused")),
                planned_for=known.get(c["_id"], {}).get("planned_for"),
                next_at=known.get(c["_id"], {}).get("next_at"),
                requested=known.get(c["_id"], {}).get("requested"),
                failures=known.get(c["_id"], {}).get("failures", 0),
            )
            async for c in self._connectors.find(wanted, shown).sort("_id", 1)
        ]

    async def plan(self, standing: Standing, next_at: datetime | None) -> None:
        """Sets when a connector of a new version is due (UTC); None is never by itself."""
        await self._schedules.update_one(
            {"_id": standing.connector},
            {"$set": {"planned_for": standing.config_version, "next_at": next_at}},
            upsert=True,
        )
        await self._show(standing.connector, next_at, standing.failures)

    async def claim(self, standing: Standing, until: datetime) -> bool:
        """Whether this run is ours to begin: true for one hub alone. Whoever claims and is never
        heard of again leaves the connector due at `until`."""
        seen = {"next_at": standing.next_at, "requested": standing.requested}
        claimed = await self._schedules.update_one(
            {"_id": standing.connector, **seen}, {"$set": {"next_at": until, "requested": None}}
        )
        return bool(claimed.matched_count)

    async def ended(self, connector: str, next_at: datetime | None, *, green: bool) -> int:
        """Notes how a run ended and when the next is due; how many in a row were not green."""
        counted: Document = {"$set": {"failures": 0}} if green else {"$inc": {"failures": 1}}
        due = {**counted.get("$set", {}), "next_at": next_at}
        now: Any = await self._schedules.find_one_and_update(
            {"_id": connector},
            {**counted, "$set": due},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        failures = int(now["failures"])
        await self._show(connector, next_at, failures)
        return failures

    async def _show(self, connector: str, next_at: datetime | None, failures: int) -> None:
        """Puts beside a connector what those who see it are told of its schedule."""
        outlook = {"next_at": next_at, "failures": failures}
        await self._connectors.update_one({"_id": connector}, {"$set": {"outlook": outlook}})

    async def claim_day(self, now: datetime, next_at: datetime) -> bool:
        """Whether the work of a day is ours: true for one hub alone, until `next_at` (UTC)."""
        due = {"_id": "daily", "next_at": {"$lte": now}}
        try:
            await self._daily.update_one(due, {"$set": {"next_at": next_at}}, upsert=True)
        except DuplicateKeyError:  # it is there, and not due
            return False
        return True
