"""Outlines of the districts, as an administrator loaded them."""

from collections.abc import Mapping
from hashlib import blake2b

from hub.store.mongo import Database

_CURRENT = "current"


class Outlines:
    """All outlines of one loading, or none: a reader never sees two loadings mixed."""

    def __init__(self, database: Database) -> None:
        self._outlines = database["district_outlines"]

    async def replace(self, outlines: Mapping[str, bytes]) -> None:
        """Puts these outlines, WKB by the district's code, in the place of all earlier ones."""
        digest = blake2b(digest_size=8)
        for code, outline in sorted(outlines.items()):
            digest.update(code.encode() + outline)
        version = digest.hexdigest()
        for code, outline in outlines.items():
            await self._outlines.replace_one(
                {"_id": f"{version} {code}"},
                {"version": version, "code": code, "outline": outline},
                upsert=True,
            )
        await self._outlines.replace_one({"_id": _CURRENT}, {"current": version}, upsert=True)
        await self._outlines.delete_many({"_id": {"$ne": _CURRENT}, "version": {"$ne": version}})

    async def version(self) -> str | None:
        """Which outlines are current, or None while none were loaded."""
        pointer = await self._outlines.find_one({"_id": _CURRENT})
        return str(pointer["current"]) if pointer else None

    async def current(self) -> tuple[str, dict[str, bytes]] | None:
        """Version and outlines, or None while none were loaded."""
        version = await self.version()
        if version is None:
            return None
        found = await self._outlines.find({"version": version}).to_list()
        return version, {each["code"]: bytes(each["outline"]) for each in found}
