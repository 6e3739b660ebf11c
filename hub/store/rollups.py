"""The roll-up that indicators are answered from, kept right by marking what a write touches.

A writer marks the cells (place and month) before it writes, and says when it has written. Marked
cells are computed anew from the complaints; a mark goes only when its write was over before that,
or is so old that its writer must be dead. So a crash at any moment leaves a mark behind, and the
next refresh heals it.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pymongo import WriteConcern

from hub.store import cells
from hub.store.mongo import Database, Document, documents, read_quickly
from hub.store.resting import rested
from hub.store.scope_monitor import unscoped

DEAD_AFTER = timedelta(minutes=10)
"""A mark whose writer has said nothing for so long belongs to a dead one."""

REFRESHED_AT_ONCE = 20
"""So few marked cells are computed before an answer, so that it counts every write."""

CHEAP_TO_COUNT = 50_000
"""So few complaints are rather counted one by one than answered from marked cells."""

_BATCH = 200
"""Cells computed at a time: a few tens of milliseconds of MongoDB, which readers hardly feel."""


class RollupMarks:
    """What a writer of complaints says of the cells that it touches."""

    def __init__(self, database: Database) -> None:
        self._marks = database["rollup_marks"]

    async def begin(self, cells: Iterable[str]) -> str:
        """Marks cells that are about to be written to; returns the mark's id."""
        mark = secrets.token_hex(8)
        await self._marks.insert_one(
            {"_id": mark, "cells": sorted(cells), "writing": True, "at": datetime.now(UTC)}
        )
        return mark

    async def end(self, mark: str) -> None:
        """Says that the write is over; from now on the mark may be worked off."""
        # Not waited for on other members: a word that is lost is made up for when its writer
        # counts as dead.
        marks = self._marks.with_options(write_concern=WriteConcern(w=1))
        await marks.update_one({"_id": mark}, {"$set": {"writing": False}})


@dataclass(frozen=True, slots=True)
class RollupState:
    """Up to when (UTC) the roll-up counts every write, and a name for what it holds, which changes
    whenever that may have; None before the first refresh."""

    as_of: datetime
    version: str | None


_VERSION = "version"
_OF_ANOTHER_FORM = "of another form"


class Rollups:
    """Keeps the roll-up, and reads it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._complaints = database["complaints"]
        self._rollups = database["rollups"]
        self._marks = database["rollup_marks"]

    async def state(self, now: datetime) -> RollupState | None:
        """How the roll-up stands; None if complaints are better counted one by one.

        A few marked cells are computed at once, so that it counts every write up to `now`.
        """
        marks, version = await self._pending()
        if version == _OF_ANOTHER_FORM:
            return None
        if not marks:
            return RollupState(now, version)
        if len({cell for mark in marks for cell in mark["cells"]}) <= REFRESHED_AT_ONCE:
            await self.refresh()
            _, version = await self._pending()
            return RollupState(now, version)
        with unscoped("how many there are in all decides on the way of answering"):
            complaints = await self._complaints.estimated_document_count()
        if complaints <= CHEAP_TO_COUNT:
            return None
        return RollupState(min(mark["at"] for mark in marks), version)

    async def settled(self, now: datetime) -> datetime:
        """Up to when (UTC) the roll-up counts every write, once what is marked is computed where
        that is soon done."""
        state = await self.state(now)
        if state is None:
            await self.refresh()
        return state.as_of if state else now

    async def read(self, pipeline: list[Document]) -> list[Document]:
        """Groups of figures."""
        return await documents(read_quickly(self._rollups), pipeline)

    async def refresh(self, rest: float = 0.0) -> int:
        """Computes all marked cells anew and returns how many they were; all that there are where
        an earlier version of the hub computed them.

        After each batch it rests for so many times as long as the batch took.
        """
        marks, version = await self._pending()
        if version == _OF_ANOTHER_FORM:
            await self._mark_all()
            marks, _ = await self._pending()
        marked = sorted({cell for mark in marks for cell in mark["cells"]})
        for start in range(0, len(marked), _BATCH):
            async with rested(rest):
                await self._recompute(marked[start : start + _BATCH])
        if marked or version in {None, _OF_ANOTHER_FORM}:
            # Before any mark goes: whoever sees no mark sees the new version.
            new = {"_id": _VERSION, "version": secrets.token_hex(8), "form": cells.FORM}
            await self._marks.replace_one({"_id": _VERSION}, new, upsert=True)
        dead = datetime.now(UTC) - DEAD_AFTER
        done = [m["_id"] for m in marks if not m["writing"] or m["at"] < dead]
        if done:
            await self._marks.delete_many({"_id": {"$in": done}})
        return len(marked)

    async def rebuild(self) -> int:
        """Marks every cell that there is and refreshes; for a database that was restored."""
        await self._mark_all()
        return await self.refresh()

    async def _mark_all(self) -> None:
        with unscoped("names of cells, to compute them; no viewer is told any"):
            there = set(await self._complaints.distinct("cell"))
            there |= set(await self._rollups.distinct("cell"))
        marks = RollupMarks(self._database)
        await marks.end(await marks.begin(there))

    async def _pending(self) -> tuple[list[Document], str | None]:
        """(The marks that there are, the roll-up's version)."""
        found = await self._marks.find().to_list()
        marks = [document for document in found if document["_id"] != _VERSION]
        of = next((document for document in found if document["_id"] == _VERSION), None)
        if of and of.get("form") != cells.FORM:
            return marks, _OF_ANOTHER_FORM
        return marks, of["version"] if of else None

    async def _recompute(self, names: list[str]) -> None:
        began: datetime = (await self._database.command("hello"))["localTime"]
        with unscoped("cells of every place; what is read of them is read within a scope"):
            await documents(self._complaints, cells.recomputed(names))
        # A cell that has become empty is not computed, so it goes.
        await self._rollups.delete_many({"cell": {"$in": names}, "computed_at": {"$lt": began}})
