"""Runs with their ledgers, and the checkpoint of each connector."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from pymongo import ReadPreference, ReturnDocument, WriteConcern
from pymongo.errors import DuplicateKeyError

from hub.domain.clock import utc_now
from hub.domain.run import Ledger, RunState
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.cursor import Cursors
from hub.store.feed import Change
from hub.store.mongo import Database, Document, documents
from hub.store.paging import Pager, PageRequest, Slice

Checkpoint = dict[str, Any]
_LATEST_FIRST = (plan.Step("_id", descending=True),)

_LATELY = timedelta(days=2)

LEASE = timedelta(seconds=60)
"""How long a run holds its connector without a word."""


class ConnectorBusyError(Exception):
    """Another run holds the connector."""


class RunSupersededError(Exception):
    """A later run of the same connector has begun; this one may not move its checkpoint."""


class ScopedRuns:
    """Runs of the viewer's own channels; the ministry's and an admin's are all."""

    def __init__(self, scope: Scope, database: Database, cursors: Cursors) -> None:
        self._reach = scope.ledgers
        self._within = plan.within(scope.ledgers)
        self._runs = database["runs"]
        self._pager = Pager(database["runs"], scope, cursors)

    async def get(self, id_: str) -> Document | None:
        """A run by its id."""
        return await self._runs.find_one(plan.both(self._within, {"_id": {"$eq": id_}}))

    async def latest_of(self, connectors: Sequence[str]) -> dict[str, Document]:
        """The latest run of each of some connectors that has run, asked for all of them at once."""
        latest: dict[str, str] = {}
        # Of most there are some days' runs to look through, of those that rest all that are kept.
        for after in (_first_id(utc_now() - _LATELY), ""):
            if others := [name for name in connectors if name not in latest]:
                wanted = {"connector": {"$in": others}, "_id": {"$gte": after}}
                pipeline: list[Document] = [
                    {"$match": plan.both(self._within, wanted)},
                    {"$group": {"_id": "$connector", "run": {"$max": "$_id"}}},
                ]
                found = await documents(self._runs, pipeline)
                latest |= {group["_id"]: group["run"] for group in found}
        here = plan.both(self._within, {"_id": {"$in": [*latest.values()]}})
        return {run["connector"]: run for run in await self._runs.find(here).to_list(None)}

    async def changed(self, change: Change) -> Document | None:
        """The run that has changed as it is now; None outside the scope."""
        here = plan.both(self._within, {"_id": {"$eq": change.id}})
        newest = self._runs.with_options(read_preference=ReadPreference.PRIMARY)
        return await change.read(self._reach, lambda: newest.find_one(here))

    async def page(self, connector: str | None, request: PageRequest) -> Slice:
        """A page of runs, the latest first. Raises InvalidCursorError."""
        wanted: plan.Filter = {"connector": {"$eq": connector}} if connector else {}
        return await self._pager.read(self._within, wanted, _LATEST_FIRST, request)


@dataclass(frozen=True, slots=True)
class Run:
    """What complaints and dead letters say that they came with; `started_at` is UTC."""

    id: str
    connector: str
    channel: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class StartedRun(Run):
    """A run that has begun: `epoch` fences it off from later runs of its connector."""

    epoch: int
    checkpoint: Checkpoint
    lease_until: datetime


class RunRegister:
    """What ingest notes about runs."""

    def __init__(self, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._runs = database["runs"]
        self._passing = self._runs.with_options(write_concern=WriteConcern(w=1))
        self._states = database["connector_state"]

    async def start(
        self, connector: str, channel: str, config_version: str, *, take_over: bool = True
    ) -> StartedRun:
        """Begins a run. Runs of the connector that are still open, being dead or slow, lose
        their right to its checkpoint and are marked interrupted.

        Raises ConnectorBusyError where one of them holds the connector and is not to be taken
        over from.
        """
        now = self._now()
        free = {"$or": [{"lease_until": None}, {"lease_until": {"$lte": now}}]}
        try:
            state: Any = await self._states.find_one_and_update(
                {"_id": connector, **({} if take_over else free)},
                {
                    "$inc": {"epoch": 1},
                    "$set": {"lease_until": now + LEASE},
                    "$setOnInsert": {"checkpoint": {}},
                },
                upsert=True,
                return_document=ReturnDocument.AFTER,
            )
        except DuplicateKeyError:
            raise ConnectorBusyError(f"Another run of {connector} is under way.") from None
        run = StartedRun(
            _run_id(now), connector, channel, now, state["epoch"], state["checkpoint"], now + LEASE
        )
        await self._runs.update_many(
            {"connector": connector, "state": RunState.RUNNING.value},
            {
                "$set": {
                    "state": RunState.INTERRUPTED.value,
                    "finished_at": now,
                    "error": f"Ended without a word; run {run.id} took over.",
                }
            },
        )
        await self._runs.insert_one(
            {
                "_id": run.id,
                "connector": connector,
                "channel": channel,
                "config_version": config_version,
                "state": RunState.RUNNING.value,
                "started_at": now,
                "finished_at": None,
                "ledger": asdict(Ledger()),
                "unmapped": [],
                "error": None,
                "declared": None,
            }
        )
        return run

    async def latest(self, connector: str | None, limit: int) -> list[Document]:
        """The latest runs, of a connector or of all, for the hub's own commands."""
        wanted = {"connector": connector} if connector else {}
        return await self._runs.find(wanted, sort=[("_id", -1)], limit=limit).to_list(None)

    async def remove(self, before: datetime) -> int:
        """Removes runs that ended before a moment (UTC), those that count pushes too; the latest of
        each connector stays. How many they were."""
        removed = 0
        for connector in await self._runs.distinct("connector"):
            (last,) = await self.latest(connector, 1)
            old = {
                "connector": connector,
                "_id": {"$lt": last["_id"]},
                "finished_at": {"$lt": before},
            }
            removed += (await self._runs.delete_many(old)).deleted_count
        return removed

    async def renew(self, run: StartedRun) -> datetime:
        """Holds the connector for longer; until when. Raises RunSupersededError."""
        until = self._now() + LEASE
        held = {"_id": run.connector, "epoch": run.epoch}
        ours = await self._states.update_one(held, {"$set": {"lease_until": until}})
        if not ours.matched_count:
            raise _superseded(run)
        return until

    async def progress(
        self, run: StartedRun, ledger: Ledger, checkpoint: Checkpoint | None
    ) -> None:
        """Notes a stored batch and moves the checkpoint past it. Raises RunSupersededError."""
        moved = {"checkpoint": checkpoint} if checkpoint is not None else {}
        held = {"_id": run.connector, "epoch": run.epoch}
        still_ours = await self._states.update_one(held, {"$set": {"run": run.id, **moved}})
        if not still_ours.matched_count:
            raise _superseded(run)
        # A figure in passing is not waited for until it is on disk; `finish` writes the last.
        await self._passing.update_one({"_id": run.id}, {"$set": {"ledger": asdict(ledger)}})

    async def finish(
        self,
        run: StartedRun,
        state: RunState,
        ledger: Ledger,
        unmapped: list[Document],
        error: str | None = None,
        declared: int | None = None,
    ) -> None:
        """Ends a run, unless a later one has already ended it, and lets its connector go."""
        await self._runs.update_one(
            {"_id": run.id, "state": RunState.RUNNING.value},
            {
                "$set": {
                    "state": state.value,
                    "finished_at": self._now(),
                    "ledger": asdict(ledger),
                    "unmapped": unmapped,
                    "error": error,
                    "declared": declared,
                }
            },
        )
        held = {"_id": run.connector, "epoch": run.epoch}
        await self._states.update_one(held, {"$set": {"lease_until": None}})


def _superseded(run: StartedRun) -> RunSupersededError:
    return RunSupersededError(f"A later run of {run.connector} took over from {run.id}.")


def _run_id(moment: datetime) -> str:
    """An id that sorts by the time of its making."""
    return f"{_first_id(moment)}{secrets.token_hex(5)}"


def _first_id(moment: datetime) -> str:
    """What no id of a run that begins from a moment on is below."""
    return f"{int(moment.timestamp() * 1000):012x}"
