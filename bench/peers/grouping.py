"""The `$group` that a plain server would use for figures."""

from datetime import UTC, datetime
from typing import Any

KEYS: dict[str, Any] = {
    "DISTRICT": "$district",
    "STATUS": "$status",
    "CATEGORY": "$category",
    "MONTH": {"$substrBytes": ["$received_on", 0, 7]},
    "upper": {"STATUS"},
}
OPEN = ["received", "verified", "waiting_reporter", "in_progress"]
FOLLOWED_UP = ["in_progress", "followed_up", "closed"]


def pipeline(dimensions: list[str], wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Received, followed up and overdue of each group, in the order of the keys."""
    overdue = [{"$lt": ["$due_at", datetime.now(UTC)]}, {"$in": ["$status", OPEN]}]
    return [
        {"$match": wanted},
        {
            "$group": {
                "_id": {d: KEYS[d] for d in dimensions},
                "received": {"$sum": 1},
                "followed_up": {"$sum": {"$cond": [{"$in": ["$status", FOLLOWED_UP]}, 1, 0]}},
                "overdue": {"$sum": {"$cond": [{"$and": overdue}, 1, 0]}},
            }
        },
        {"$sort": {f"_id.{d}": 1 for d in dimensions}},
    ]
