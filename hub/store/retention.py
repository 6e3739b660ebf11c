"""Personal data goes when it is no longer needed (Law 27/2022 on personal data, article 43)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from hub.domain.complaint import OPEN_STATUSES
from hub.domain.run import DeadLetterState
from hub.store.mongo import Collection, Database, Document

_BATCH = 1_000
_GONE = {"reporter": None, "raw": None}


@dataclass(frozen=True, slots=True)
class Purged:
    """How many records lost their personal data."""

    complaints: int
    dead_letters: int


async def purge(
    database: Database,
    before: datetime,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Purged:
    """Removes reporters and raw records of complaints that are done and have not changed since a
    moment (UTC), and raw records of dead letters that were resolved before it. What is counted
    and the words of the report stay. With `dry_run` it only counts.

    A complaint that its channel changes afterwards is stored as it then is.
    """
    done: Document = {
        "updated_at": {"$lt": before},
        "status": {"$nin": list(OPEN_STATUSES)},
        "$or": [{name: {"$ne": None}} for name in _GONE],
    }
    resolved: Document = {
        "last_seen": {"$lt": before},
        "state": {"$ne": DeadLetterState.OPEN.value},
        "raw": {"$ne": None},
    }
    complaints, letters = database["complaints"], database["dead_letters"]
    if dry_run:
        return Purged(
            await complaints.count_documents(done), await letters.count_documents(resolved)
        )
    removed = await _remove(complaints, done, _GONE, progress)
    return Purged(removed, await _remove(letters, resolved, {"raw": None, "value": None}, progress))


async def _remove(
    collection: Collection, wanted: Document, gone: Document, progress: Callable[[int], None]
) -> int:
    removed = 0
    while found := await collection.find(wanted, {"_id": 1}, limit=_BATCH).to_list():
        ids = [document["_id"] for document in found]
        # Asked again: what has changed since it was found is kept.
        same = {"$and": [{"_id": {"$in": ids}}, wanted]}
        removed += (await collection.update_many(same, {"$set": gone})).modified_count
        progress(removed)
    return removed
