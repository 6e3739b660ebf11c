"""Attempts counted per window of time, shared by all hubs on the database."""

from datetime import UTC, datetime, timedelta

from pymongo import ReturnDocument

from hub.store.mongo import Database, Document


class Attempts:
    """Counters that end by themselves."""

    def __init__(self, database: Database) -> None:
        self._attempts = database["attempts"]

    async def count(self, key: str, seconds: int) -> tuple[int, float]:
        """Counts one attempt: (how many there are now, seconds until the count starts anew)."""
        now = datetime.now(UTC)
        running = {"$gt": ["$expires_at", now]}
        counted: Document = await self._attempts.find_one_and_update(
            {"_id": key},
            [
                {
                    "$set": {
                        "count": {"$cond": [running, {"$add": ["$count", 1]}, 1]},
                        "expires_at": {
                            "$cond": [running, "$expires_at", now + timedelta(seconds=seconds)]
                        },
                    }
                }
            ],
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )  # type: ignore[assignment]  # never None with upsert
        return counted["count"], (counted["expires_at"] - now).total_seconds()

    async def take_back(self, key: str) -> None:
        """Uncounts one attempt, that did no harm."""
        await self._attempts.update_one({"_id": key, "count": {"$gt": 0}}, {"$inc": {"count": -1}})

    async def add_unseen(self, key: str, expires_at: datetime) -> bool:
        """Marks something as seen until a time (UTC); False if it has been seen before."""
        marked = await self._attempts.update_one(
            {"_id": key}, {"$setOnInsert": {"count": 1, "expires_at": expires_at}}, upsert=True
        )
        return marked.upserted_id is not None
