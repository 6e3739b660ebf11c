"""What channels push: the runs that it is counted in, and which deliveries were stored."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne

from hub.domain.complaint import derived_id
from hub.domain.run import Ledger, RunState
from hub.store.mongo import Database, Document
from hub.store.runs import Run

KNOWN_FOR = timedelta(days=3)
"""How long a delivery is known by its id: longer than senders go on trying."""
_MOST_LABELS = 500


class Pushes:
    """What receivers note, on any replica and at once."""

    def __init__(self, database: Database) -> None:
        self._runs = database["runs"]
        self._deliveries = database["webhook_deliveries"]

    def run_at(self, connector: str, channel: str, config_version: str, now: datetime) -> Run:
        """The run that counts what a connector of this version gets in this hour (UTC). Its id
        follows from these, so that replicas need not agree on it."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        own = derived_id(connector, config_version)[:10]
        return Run(f"{int(hour.timestamp() * 1000):012x}{own}", connector, channel, now)

    async def count(
        self, run: Run, config_version: str, ledger: Ledger, unmapped: Sequence[Document]
    ) -> bool:
        """Adds what became of a delivery to its run, which is green at any time: what is counted
        is stored. Returns whether it is the first of the run."""
        same = {"_id": run.id}
        counted: Document = {
            "$inc": {f"ledger.{name}": n for name, n in asdict(ledger).items()},
            "$max": {"finished_at": run.started_at},
            "$setOnInsert": {
                "connector": run.connector,
                "channel": run.channel,
                "config_version": config_version,
                "state": RunState.SUCCEEDED.value,
                "started_at": run.started_at,
                "unmapped": [],
                "error": None,
                "declared": None,
            },
        }
        labels = [update for each in unmapped for update in _label(same, each)]
        done = await self._runs.bulk_write([UpdateOne(same, counted, upsert=True), *labels])
        return bool(done.upserted_count)

    async def is_known(self, connector: str, delivery: str, now: datetime) -> bool:
        """Whether a delivery of this id has been stored."""
        wanted = {"_id": derived_id(connector, delivery), "expires_at": {"$gt": now}}
        return await self._deliveries.find_one(wanted) is not None

    async def know(self, connector: str, delivery: str, now: datetime) -> None:
        """Notes that a delivery of this id has been stored."""
        ends: Any = {"$max": {"expires_at": now + KNOWN_FOR}}
        known = {"_id": derived_id(connector, delivery)}
        await self._deliveries.update_one(known, ends, upsert=True)


def _label(run: Document, told: Document) -> list[UpdateOne]:
    """Adds to the count of a label, which is put there first where it is not and there is room."""
    label = {"field": told["field"], "value": told["value"]}
    absent = {"$not": {"$elemMatch": label}}
    room = {f"unmapped.{_MOST_LABELS - 1}": {"$exists": False}}
    return [
        UpdateOne(
            {**run, "unmapped": absent, **room}, {"$push": {"unmapped": {**label, "count": 0}}}
        ),
        UpdateOne(
            {**run, "unmapped": {"$elemMatch": label}},
            {"$inc": {"unmapped.$.count": told["count"]}},
        ),
    ]
