"""Operations that clients registered, for each to ask for by an id; and which clients may send no
other."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from pymongo import UpdateOne

from hub.store.mongo import Database, Document
from hub.store.principals import OPERATIONS, Principals, UnknownPrincipalError

MOST_OF_ONE = 1_000
"""So many operations a client may have registered."""


class TooManyOperationsError(Exception):
    """A client would have more operations than one may; `found` are how many."""

    def __init__(self, found: int) -> None:
        super().__init__(f"{found:,} operations; a client may have {MOST_OF_ONE:,}")
        self.found = found


class Operations:
    """The register. `id` is the SHA-256 of a document, in hexadecimal digits of lower case."""

    def __init__(self, database: Database, principals: Principals) -> None:
        self._operations = database[OPERATIONS]
        self._clients = database["clients"]
        self._principals = principals

    async def document(self, client_id: str, id_: str) -> str | None:
        """What a client registered under an id; kept in memory while MongoDB tells of changes.
        Raises StoreError."""
        found: str | None = await self._principals.remembered.get(OPERATIONS, _key(client_id, id_))
        return found

    async def sends_no_other(self, client_id: str) -> bool:
        """Whether a client may send nothing but what it registered; kept likewise. One that is
        disabled meanwhile may not even that."""
        client = await self._principals.get(client_id)
        return client is None or client.registered_only

    async def add(self, client_id: str, documents: Mapping[str, str]) -> int:
        """Registers documents by their ids; how many of them are new. Raises UnknownPrincipalError
        and TooManyOperationsError."""
        if not await self._clients.count_documents({"_id": {"$eq": client_id}}, limit=1):
            raise UnknownPrincipalError(client_id)
        keys = {_key(client_id, id_): (id_, text) for id_, text in documents.items()}
        others = {"client": {"$eq": client_id}, "_id": {"$nin": [*keys]}}
        together = await self._operations.count_documents(others) + len(keys)
        if together > MOST_OF_ONE:
            raise TooManyOperationsError(together)
        at = datetime.now(UTC)
        stored = [
            UpdateOne(
                {"_id": key},
                {"$setOnInsert": {"client": client_id, "id": id_, "document": text, "at": at}},
                upsert=True,
            )
            for key, (id_, text) in keys.items()
        ]
        done = await self._operations.bulk_write(stored, ordered=False)
        self._forget(keys)
        return int(done.upserted_count)

    async def remove(self, client_id: str, ids: Iterable[str] | None = None) -> int:
        """Removes operations of a client, all of them without ids; how many there were."""
        theirs: Document = {"client": {"$eq": client_id}}
        if ids is not None:
            theirs["id"] = {"$in": [*ids]}
        found = [each["_id"] async for each in self._operations.find(theirs, {"_id": 1})]
        done = await self._operations.delete_many(theirs)
        self._forget(found)
        return int(done.deleted_count)

    async def all(self, client_id: str) -> list[Document]:
        """What a client has registered, by id."""
        theirs = {"client": {"$eq": client_id}}
        return await self._operations.find(theirs, sort=[("id", 1)]).to_list(None)

    def _forget(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._principals.remembered.forget(OPERATIONS, key)


def _key(client_id: str, id_: str) -> str:
    return f"{client_id} {id_}"
