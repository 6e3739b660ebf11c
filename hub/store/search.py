"""The words that complaints can be found by, for those stored before the hub kept any."""

from pymongo import UpdateOne

from hub.domain.words import stems_of
from hub.store.mongo import Database, Document
from hub.store.resting import rested

_BATCH = 500
_TEXTS = ("title", "description", "address")
_LACKING: Document = {"secret": {"$in": [False, True]}, "words": {"$exists": False}}


def words_of(document: Document) -> list[str]:
    """The words that a complaint, as it is stored, can be found by."""
    return stems_of(*(document[name] for name in _TEXTS))


class SearchWords:
    """Gives complaints their words. Whoever writes a complaint does so by itself."""

    def __init__(self, database: Database) -> None:
        self._complaints = database["complaints"]

    async def fill(self, rest: float = 0.0) -> int:
        """How many had none and have them now. What changes meanwhile has its own. After each batch
        it rests for so many times as long as the batch took."""
        filled = 0
        shown = dict.fromkeys((*_TEXTS, "provenance.hash"), 1)
        while found := await self._complaints.find(_LACKING, shown, limit=_BATCH).to_list():
            updates = [
                UpdateOne(
                    {"_id": each["_id"], "provenance.hash": each["provenance"]["hash"]},
                    {"$set": {"words": words_of(each)}},
                )
                for each in found
            ]
            async with rested(rest):
                done = await self._complaints.bulk_write(updates, ordered=False)
            filled += done.modified_count
        return filled
