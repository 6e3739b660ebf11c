"""Saved views: operations that somebody named, for whoever has a token to read by that name."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from hub.domain.scope import Scope
from hub.store.mongo import Database, Document

MOST_OF_ONE = 100


class NameTakenError(Exception):
    """A view of this name is another client's."""


class TooManyViewsError(Exception):
    """A client has as many views as one may have."""


@dataclass(frozen=True, slots=True)
class View:
    """An operation with a name; `variables` hold where a reader states none."""

    name: str
    document: str
    variables: dict[str, Any]


class SavedViews:
    """All views. They hold no data: each reader gets of them what their own scope reaches."""

    def __init__(self, scope: Scope, database: Database) -> None:
        self._author = scope.subject
        self._views = database["views"]

    async def all(self) -> list[Document]:
        """Every view by name."""
        return await self._views.find({}, sort=[("_id", 1)]).to_list(None)

    async def get(self, name: str) -> View | None:
        """The view of this name."""
        found = await self._views.find_one({"_id": {"$eq": name}})
        return View(name, found["document"], found["variables"]) if found else None

    async def save(self, view: View) -> Document:
        """Saves a view of the viewer's own, or another text of it. Raises NameTakenError and
        TooManyViewsError."""
        mine = {"_id": view.name, "by": self._author}
        others = {"by": self._author, "_id": {"$ne": view.name}}
        if await self._views.count_documents(others, limit=MOST_OF_ONE) >= MOST_OF_ONE:
            raise TooManyViewsError
        text = {"document": view.document, "variables": view.variables, "at": datetime.now(UTC)}
        try:
            saved: Any = await self._views.find_one_and_update(
                mine, {"$set": text}, upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            raise NameTakenError from None
        return dict(saved)

    async def remove(self, name: str) -> bool:
        """Removes a view of the viewer's own; whether there was one."""
        done = await self._views.delete_one({"_id": {"$eq": name}, "by": self._author})
        return done.deleted_count == 1
