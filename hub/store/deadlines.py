"""Deadlines reckoned anew, once a rule or a day has changed: where something is still due."""

from pymongo import UpdateOne

from hub.domain.deadlines import Rulebook
from hub.store.documents import NOT_OPENED, unopened_complaint
from hub.store.mongo import Database, Document
from hub.store.reckoned import DONE, OPTIONAL, reckoned
from hub.store.resting import rested
from hub.store.rollups import RollupMarks

_BATCH = 500
_BY = [("clock.by", 1), ("_id", 1)]


class Deadlines:
    """Keeps what follows from the rules as the rules are. Whoever writes a complaint does so by
    itself."""

    def __init__(self, database: Database, rules: Rulebook) -> None:
        self._complaints = database["complaints"]
        self._marks = RollupMarks(database)
        self._rules = rules

    async def recompute(self, rest: float = 0.0) -> int:
        """How many complaints were reckoned by other rules, or by none, and are by these now.

        They are found by an index. What is over stays as it was reckoned when it ended, but for
        what an earlier version of the hub has never reckoned. What changes meanwhile is reckoned by
        whoever changes it. Broken off anywhere, the next one goes on from there. After each batch
        it rests for so many times as long as the batch took.
        """
        recomputed = 0
        wanted = {"clock.by": {"$nin": [self._rules.version, DONE]}}
        while found := await self._complaints.find(
            wanted, NOT_OPENED, limit=_BATCH, hint=_BY
        ).to_list():
            async with rested(rest):
                reckoned_now = await self._reckon(found)
            if not reckoned_now:
                break
            recomputed += reckoned_now
        return recomputed

    async def _reckon(self, found: list[Document]) -> int:
        updates = [_update(document, self._rules) for document in found]
        mark = await self._marks.begin({document["cell"] for document in found})
        result = await self._complaints.bulk_write(updates, ordered=False)
        await self._marks.end(mark)
        return result.matched_count


def _update(document: Document, rules: Rulebook) -> UpdateOne:
    """Only what differs, so that nobody is told of a change that is none."""
    complaint = unopened_complaint(document)
    fields = reckoned(complaint, document["timeline"], rules)
    change: Document = {"$set": {n: v for n, v in fields.items() if document.get(n, ...) != v}}
    if gone := [name for name in OPTIONAL if name in document and name not in fields]:
        change["$unset"] = dict.fromkeys(gone, "")
    same = {"_id": document["_id"], "provenance.hash": document["provenance"]["hash"]}
    return UpdateOne(same, change)
