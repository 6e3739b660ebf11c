"""The list of institutions, as an administrator loaded it."""

from collections.abc import Iterable
from dataclasses import asdict
from hashlib import blake2b

from hub.domain.institutions import Institution
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.mongo import Database, Document
from hub.store.scope_monitor import unscoped

_CURRENT = "current"


class ScopedInstitutions:
    """The institutions of the places whose complaints a viewer may read."""

    def __init__(self, scope: Scope, database: Database) -> None:
        self._within = plan.within(scope.rows)
        self._institutions = database["institutions"]

    async def all(self) -> list[Institution]:
        """Those of the viewer's regions, by place and name; none while no list was loaded."""
        with unscoped("which list is current is no institution"):
            pointer = await self._institutions.find_one({"_id": {"$eq": _CURRENT}})
        if pointer is None:
            return []
        current = {"version": {"$eq": pointer["current"]}}
        found = self._institutions.find(plan.both(self._within, current))
        ordered = found.sort([("province", 1), ("district", 1), ("name", 1)])
        return [_institution(document) async for document in ordered]


def _institution(document: Document) -> Institution:
    of = {name: document[name] for name in ("name", "province", "district", "decree")}
    return Institution(**of, also=tuple(document["also"]))


class InstitutionRegister:
    """Where whoever administers the hub puts the list."""

    def __init__(self, database: Database) -> None:
        self._institutions = database["institutions"]

    async def replace(self, listed: Iterable[Institution]) -> None:
        """Puts a list in the place of the one before: a reader sees either, never a mixture."""
        documents = [asdict(each) for each in listed]
        version = blake2b(repr(documents).encode(), digest_size=8).hexdigest()
        for each in documents:
            each["also"] = [*each["also"]]
            each["version"] = version
            id_ = f"{version} {each['province']} {each['name']}"
            await self._institutions.replace_one({"_id": id_}, each, upsert=True)
        before = await self._institutions.find_one({"_id": _CURRENT})
        pointer = {"current": version}
        await self._institutions.replace_one({"_id": _CURRENT}, pointer, upsert=True)
        # The one before stays, for whoever has just looked which is current.
        kept = [version, *([before["current"]] if before else [])]
        await self._institutions.delete_many({"_id": {"$ne": _CURRENT}, "version": {"$nin": kept}})
