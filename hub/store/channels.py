"""The channels that the hub knows, and where their complaints are."""

from collections.abc import Iterable
from datetime import datetime

from hub.domain.scope import Scope
from hub.store import plan
from hub.store.mongo import Database, Document


class ScopedChannels:
    """Channels that have a complaint in the viewer's regions, or are the viewer's own."""

    def __init__(self, scope: Scope, database: Database) -> None:
        self._within = plan.within(scope.any_purpose, plan.OF_CHANNEL)
        self._channels = database["channels"]

    async def all(self) -> list[Document]:
        """The viewer's channels by name, without the list of places that others are in."""
        found = self._channels.find(self._within, {"title": 1, "last_synced_at": 1})
        return await found.sort("_id", 1).to_list()


class ChannelRegister:
    """What ingest notes about channels."""

    def __init__(self, database: Database) -> None:
        self._channels = database["channels"]

    async def add(self, channel: str, title: str) -> None:
        """Makes a channel known, or renames it."""
        places: Document = {"provinces": [], "districts": []}
        await self._channels.update_one(
            {"_id": channel},
            {"$set": {"title": title}, "$setOnInsert": {**places, "last_synced_at": None}},
            upsert=True,
        )

    async def saw(self, channel: str, provinces: Iterable[str], districts: Iterable[str]) -> None:
        """Notes the places that a channel's complaints are in."""
        added = {
            "provinces": {"$each": sorted(provinces)},
            "districts": {"$each": sorted(districts)},
        }
        await self._channels.update_one({"_id": channel}, {"$addToSet": added})

    async def synced(self, channel: str, at: datetime) -> None:
        """Notes a green run of a channel."""
        await self._channels.update_one({"_id": channel}, {"$max": {"last_synced_at": at}})
