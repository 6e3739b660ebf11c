"""Strawberry as its documentation shows it: types, resolvers, an ASGI application.

With `--caches` it keeps parsed and validated documents, as its extensions offer.
"""

import base64
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import strawberry
import uvicorn
from pymongo import AsyncMongoClient
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.types import Info

from bench.peers.grouping import KEYS, pipeline
from bench.peers.strawberry_types import (
    Channel,
    Complaint,
    ComplaintConnection,
    ComplaintFilter,
    Dimension,
    IndicatorRow,
    KeyValue,
    PageInfo,
)

_LATEST = [("received_at", -1), ("_id", -1)]
_NOT_ASKED = {"raw": 0, "reporter": 0, "provenance": 0}


def _wanted(given: ComplaintFilter | None) -> dict[str, Any]:
    pairs = (("province", given.province), ("district", given.district)) if given else ()
    return {name: each.eq for name, each in pairs if each}


def _cursor(document: dict[str, Any]) -> str:
    text = f"{document['received_at'].timestamp()} {document['_id']}"
    return base64.urlsafe_b64encode(text.encode()).decode()


def _beyond(cursor: str) -> dict[str, Any]:
    stated, id_ = base64.urlsafe_b64decode(cursor).decode().split()
    at = datetime.fromtimestamp(float(stated), UTC)
    ties = {"received_at": at, "_id": {"$lt": id_}}
    return {"received_at": {"$lte": at}, "$or": [{"received_at": {"$lt": at}}, ties]}


def _value(dimension: str, value: Any) -> Any:
    return value.upper() if value and dimension in KEYS["upper"] else value


@strawberry.type
class Query:
    """What can be asked."""

    @strawberry.field
    async def complaints(
        self,
        info: Info[Any, None],
        filter: ComplaintFilter | None = None,  # noqa: A002
        first: int = 20,
        after: str | None = None,
    ) -> ComplaintConnection:
        """A page."""
        wanted = _wanted(filter) | (_beyond(after) if after else {})
        found = await info.context["db"]["complaints"].find(
            wanted, _NOT_ASKED, sort=_LATEST, limit=first + 1
        ).to_list()  # fmt: skip
        documents = found[:first]
        end = _cursor(documents[-1]) if documents else None
        return ComplaintConnection(
            nodes=[Complaint.of(d) for d in documents],
            page_info=PageInfo(has_next_page=len(found) > first, end_cursor=end),
        )

    @strawberry.field
    async def complaint(self, info: Info[Any, None], id: strawberry.ID) -> Complaint | None:  # noqa: A002
        """One complaint."""
        wanted = {"_id": id.removeprefix("complaint:")}
        found = await info.context["db"]["complaints"].find_one(wanted, _NOT_ASKED)
        return Complaint.of(found) if found else None

    @strawberry.field
    async def indicators(
        self,
        info: Info[Any, None],
        group_by: list[Dimension],
        filter: ComplaintFilter | None = None,  # noqa: A002
    ) -> list[IndicatorRow]:
        """Figures of groups."""
        names = [d.value for d in group_by]
        cursor = await info.context["db"]["complaints"].aggregate(pipeline(names, _wanted(filter)))
        return [
            IndicatorRow(
                keys=[
                    KeyValue(key=Dimension(d), value=_value(d, row["_id"].get(d))) for d in names
                ],
                received=row["received"],
                followed_up=row["followed_up"],
                overdue=row["overdue"],
            )
            async for row in cursor
        ]

    @strawberry.field
    async def channels(self, info: Info[Any, None]) -> list[Channel]:
        """All channels."""
        found = await info.context["db"]["channels"].find({}, {"title": 1}).sort("_id").to_list()
        return [Channel(name=c["_id"], title=c["title"]) for c in found]


class _App(GraphQL[Any, None]):
    def __init__(self, schema: strawberry.Schema, uri: str, database: str) -> None:
        super().__init__(schema)
        self._db = AsyncMongoClient[dict[str, Any]](uri, tz_aware=True)[database]

    async def get_context(self, request: Any, response: Any) -> Any:
        return {"request": request, "response": response, "db": self._db}


def main() -> None:
    """Serves a database on a port until killed."""
    uri, database, port, *caches = sys.argv[1:]
    extensions: list[Any] = [ParserCache, ValidationCache] if caches else []
    app = _App(strawberry.Schema(Query, extensions=extensions), Path(uri).read_text(), database)
    uvicorn.run(
        app, port=int(port), loop="uvloop", http="httptools", access_log=False, log_level="warning"
    )


if __name__ == "__main__":
    main()
