"""Links between complaints that are the same report, as the hub itself makes and takes them back.
What a person said of two stays."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from pymongo import DeleteOne, UpdateOne

from hub.domain.case import LinkedBy, pair_of
from hub.domain.clock import utc_now
from hub.store.mongo import Database, Document
from hub.store.plan import PLACE

Pair = tuple[str, str]
LIVE: Document = {"undone": None}
_OWN: Document = {"by": None, **LIVE}


class Evidence(NamedTuple):
    """Why the hub links two; `score` says how alike they are, from 0 to 1."""

    how: LinkedBy
    score: float | None = None


class Links:
    """All links, for whoever makes them."""

    def __init__(self, database: Database) -> None:
        self._links = database["links"]
        self._complaints = database["complaints"]

    async def settle(self, ids: Sequence[str], wanted: Mapping[Pair, Evidence]) -> None:
        """Lets the hub's own links of some complaints be these. What a person linked stays, and
        what a person parted is not linked again."""
        having = {"members": {"$in": [*ids]}}
        known = {each["_id"]: each async for each in self._links.find(having)}
        changes: list[UpdateOne | DeleteOne] = []
        kept = {id_: tuple(each["members"]) for id_, each in known.items()}
        for pair, evidence in wanted.items():
            said = {"how": evidence.how.value, "score": evidence.score}
            before = known.get(link_id(*pair))
            if before is None:
                kept[link_id(*pair)] = pair
                made = {"members": [*pair], **_OWN, **said, "at": utc_now(), "note": None}
                changes.append(
                    UpdateOne({"_id": link_id(*pair)}, {"$setOnInsert": made}, upsert=True)
                )
            elif any(before[name] != value for name, value in said.items()):
                changes.append(UpdateOne({"_id": before["_id"], **_OWN}, {"$set": said}))
        wanted_ids = {link_id(*pair) for pair in wanted}
        for id_, each in known.items():
            if id_ not in wanted_ids and each["by"] is None and each["undone"] is None:
                changes.append(DeleteOne({"_id": id_, **_OWN}))
                del kept[id_]
        if changes:
            await self._links.bulk_write(changes, ordered=False)
        await self._place(kept.values())

    async def _place(self, links: Iterable[Pair]) -> None:
        """Notes where both complaints of links are now, for whoever looks within a scope."""
        pairs = list(links)
        ids = {id_ for pair in pairs for id_ in pair}
        if not ids:
            return
        shown = dict.fromkeys(PLACE, 1)
        where = {
            each["_id"]: each
            async for each in self._complaints.find({"_id": {"$in": [*ids]}}, shown)
        }
        updates = [
            UpdateOne({"_id": link_id(*pair)}, {"$set": places_of([where[id_] for id_ in pair])})
            for pair in pairs
            if where.keys() >= {*pair}
        ]
        if updates:
            await self._links.bulk_write(updates, ordered=False)

    async def count(self) -> int:
        """How many hold now, for the hub's own commands."""
        return await self._links.count_documents(LIVE)


def link_id(one: str, other: str) -> str:
    """The id of the link between two, whichever is named first."""
    return ":".join(pair_of(one, other))


def places_of(ends: Sequence[Document]) -> Document:
    """Where the ends of a link are, as it has them."""
    return {f"{name}s": sorted({each[name] for each in ends if each[name]}) for name in PLACE}
