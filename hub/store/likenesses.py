"""What complaints that may be the same report are found by, beside the complaints: no word of them
can be told from it."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from hashlib import blake2b

import orjson
from anyio import to_thread
from pymongo import UpdateOne

from hub.domain.complaint import Complaint
from hub.domain.likeness import METHOD, NEAR_TIME, Told, bands, names_one
from hub.store.documents import unopened_complaint
from hub.store.durable_feed import DurableFeed
from hub.store.mongo import Database, Document
from hub.store.vault import Vault

MOST_CANDIDATES = 5_000
"""So many that share some words are looked at, the latest: more share what a form has printed."""

_WHOLE = "duplicates.whole"
_NOT_READ: Document = dict.fromkeys(("raw", "reporter", "words", "timeline", "deadlines"), 0)


@dataclass(frozen=True, slots=True)
class Likeness:
    """A complaint, and what it is found by; `of` changes with all that this follows from. One of
    the `first` copies of a text stands for those that come after them, and one of the first that
    carry an id likewise. `sp4n_id` is None where it says nothing."""

    told: Told
    sp4n_id: str | None
    keys: list[int]
    of: str
    first: bool = True
    first_of_id: bool = True

    @property
    def seen_with(self) -> str:
        """Where it is and by which channel it came, as one text (see Told)."""
        return "|".join(str(each) for each in self.told.seen_with)


class Likenesses:
    """Finds complaints that may be the same report, without looking through all of them."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._complaints = database["complaints"]
        self._likenesses = database["likenesses"]
        self._state = database["feeds"]
        self._key = vault.key_for("likeness")
        self.feed = DurableFeed(database, "duplicates")

    async def changed(self, ids: Sequence[str]) -> list[Likeness]:
        """Those of some complaints that are new, or say something else than when they were settled
        last."""
        found = await self._read(ids)
        made = await to_thread.run_sync(lambda: [self._made(each) for each in found])
        wanted = {"_id": {"$in": [*ids]}, "settled": True}
        known = {d["_id"]: d["of"] async for d in self._likenesses.find(wanted, {"of": 1})}
        return [each for each in made if known.get(each.told.id) != each.of]

    async def put(self, likenesses: Sequence[Likeness]) -> None:
        """Lets some be found. They are not settled until `settled` says so."""
        await self._write([UpdateOne(*_put(each), upsert=True) for each in likenesses])

    async def settled(self, likenesses: Sequence[Likeness]) -> None:
        """Notes that what follows from these is stored."""
        same = [{"_id": each.told.id, "of": each.of} for each in likenesses]
        await self._write([UpdateOne(each, {"$set": {"settled": True}}) for each in same])

    async def first_of_id(self, likeness: Likeness) -> set[str]:
        """The first that carry the id of one, among those that no scope parts from it."""
        same = {"sp4n_id": likeness.sp4n_id, "seen_with": likeness.seen_with, "first_of_id": True}
        return {each["_id"] async for each in self._likenesses.find(same, {"_id": 1})}

    async def of_one_id(self, likeness: Likeness) -> list[str]:
        """Complaints of other channels that carry the same foreign id: of two one is among the
        first that do, so that an id that thousands carry costs few links."""
        if likeness.sp4n_id is None:
            return []
        same = {"sp4n_id": likeness.sp4n_id, "channel": {"$ne": likeness.told.channel}}
        # Of one place and channel these are five, however many carry the id. None is left out: a
        # channel that writes an id again and again would part what others carry it for.
        found = self._likenesses.find({**same, "first_of_id": True}, {"_id": 1})
        ids = [each["_id"] async for each in found]
        if likeness.first_of_id:
            later = {**same, "first_of_id": False}
            found = self._likenesses.find(later, {"_id": 1}, limit=MOST_CANDIDATES)
            ids += [each["_id"] async for each in found]
        return ids

    async def copied(self, likeness: Likeness) -> list[str]:
        """First copies of the same channel, near in time, that share some words with one."""
        own = {"channel": likeness.told.channel, "_id": {"$ne": likeness.told.id}}
        return await self._near(likeness, {"first": True, **own})

    async def candidates(self, likeness: Likeness) -> list[str]:
        """Complaints of other channels, near in time, that share some words with one: of two
        copies one is a first one, so that a text that thousands send is not held against itself."""
        first = {"$in": [True, False]} if likeness.first else True
        return await self._near(
            likeness, {"first": first, "channel": {"$ne": likeness.told.channel}}
        )

    async def _near(self, likeness: Likeness, which: Document) -> list[str]:
        if not likeness.keys:
            return []
        at = likeness.told.received_at
        wanted = {"keys": {"$in": likeness.keys}, "at": {"$gte": at - NEAR_TIME}, **which}
        wanted["at"] |= {"$lte": at + NEAR_TIME}
        found = self._likenesses.find(wanted, {"_id": 1}, sort=[("at", -1)], limit=MOST_CANDIDATES)
        return [each["_id"] async for each in found]

    async def told(self, ids: Sequence[str]) -> dict[str, Told]:
        """What some complaints say now, by their ids."""
        found = await self._read(ids) if ids else []
        return {each.id: Told.of(each) for each in found}

    async def ids_after(self, id_: str, most: int) -> list[str]:
        """The ids of the complaints that follow one in the order of ids."""
        found = self._complaints.find({"_id": {"$gt": id_}}, {"_id": 1}, sort=[("_id", 1)])
        return [each["_id"] async for each in found.limit(most)]

    async def are_whole(self) -> bool:
        """Whether each complaint that no feed tells of was looked at, by the method of now."""
        state = await self._state.find_one({"_id": _WHOLE})
        return state is not None and state["method"] == METHOD

    async def note_whole(self, *, whole: bool) -> None:
        """Notes whether that is so."""
        method = METHOD if whole else None
        await self._state.update_one({"_id": _WHOLE}, {"$set": {"method": method}}, upsert=True)

    async def _read(self, ids: Sequence[str]) -> list[Complaint]:
        found = await self._complaints.find({"_id": {"$in": [*ids]}}, _NOT_READ).to_list()
        return [unopened_complaint(each) for each in found]

    def _made(self, complaint: Complaint) -> Likeness:
        told = Told.of(complaint)
        sp4n_id = complaint.sp4n_id if names_one(complaint.sp4n_id or "") else None
        say = orjson.dumps([METHOD, *astuple(told), sp4n_id])
        of = blake2b(say, key=self._key, digest_size=16).hexdigest()
        return Likeness(told, sp4n_id, bands(told, self._key), of)

    async def _write(self, updates: list[UpdateOne]) -> None:
        if updates:
            await self._likenesses.bulk_write(updates, ordered=False)


def _put(likeness: Likeness) -> tuple[Document, Document]:
    told = likeness.told
    fields: Document = {
        "channel": told.channel,
        "at": told.received_at,
        "keys": likeness.keys,
        "of": likeness.of,
        "first": likeness.first,
        "settled": False,
    }
    carried: Document = {
        "sp4n_id": likeness.sp4n_id,
        "first_of_id": likeness.first_of_id,
        "seen_with": likeness.seen_with,
    }
    if likeness.sp4n_id is None:
        return {"_id": told.id}, {"$set": fields, "$unset": carried}
    return {"_id": told.id}, {"$set": fields | carried}
