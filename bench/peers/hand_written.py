"""What someone would write who needs no more than these few answers: one comprehension, orjson."""

import base64
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from pymongo import AsyncMongoClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.peers.grouping import KEYS, pipeline

_FOURTEEN = dict.fromkeys(
    [
        "external_id",
        "number",
        "classification",
        "category",
        "category_source",
        "status",
        "status_source",
        "title",
        "description",
        "received_at",
        "updated_at",
        "due_at",
        "institution",
        "location",
        "timeline",
    ],
    1,
)
_FIVE = dict.fromkeys(["number", "category", "status", "title", "received_at"], 1)
_LATEST = [("received_at", -1), ("_id", -1)]


def _full(d: Mapping[str, Any]) -> dict[str, Any]:
    at = d["location"]
    return {
        "id": "complaint:" + d["_id"],
        "number": d["number"],
        "externalId": d["external_id"],
        "classification": d["classification"].upper(),
        "category": d["category"],
        "categorySource": d["category_source"],
        "status": d["status"].upper(),
        "statusSource": d["status_source"],
        "title": d["title"],
        "description": d["description"],
        "receivedAt": d["received_at"],
        "updatedAt": d["updated_at"],
        "dueAt": d["due_at"],
        "institution": d["institution"],
        "location": at and {"longitude": at["coordinates"][0], "latitude": at["coordinates"][1]},
        "timeline": [
            {"at": s["at"], "status": s["status"].upper(), "statusSource": s["status_source"]}
            for s in d["timeline"]
        ],
    }


def _five(d: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "number": d["number"],
        "category": d["category"],
        "status": d["status"].upper(),
        "title": d["title"],
        "receivedAt": d["received_at"],
    }


def _cursor(document: Mapping[str, Any]) -> str:
    at = document["received_at"].replace(tzinfo=UTC).timestamp()
    return base64.urlsafe_b64encode(f"{at} {document['_id']}".encode()).decode()


def _beyond(cursor: str) -> dict[str, Any]:
    stated, id_ = base64.urlsafe_b64decode(cursor).decode().split()
    at = datetime.fromtimestamp(float(stated), UTC)
    ties = {"received_at": at, "_id": {"$lt": id_}}
    return {"received_at": {"$lte": at}, "$or": [{"received_at": {"$lt": at}}, ties]}


def _json(data: Any) -> Response:
    body = orjson.dumps({"data": data}, option=orjson.OPT_NAIVE_UTC)
    return Response(body, media_type="application/json")


def make_app(uri: str, database: str) -> Starlette:
    """Its routes: a page, one complaint, and figures of groups."""
    complaints = AsyncMongoClient[dict[str, Any]](uri)[database]["complaints"]

    async def page(request: Request) -> Response:
        query = request.query_params
        first = int(query["first"])
        wanted: dict[str, Any] = {}
        if province := query.get("province"):
            wanted["province"] = province
        if after := query.get("after"):
            wanted |= _beyond(after)
        shape, fields = (_five, _FIVE) if query.get("fields") == "five" else (_full, _FOURTEEN)
        found = await complaints.find(wanted, fields, sort=_LATEST, limit=first + 1).to_list()
        more = len(found) > first
        info: dict[str, Any] = {"hasNextPage": more}
        if "after" in query:
            info["endCursor"] = _cursor(found[:first][-1])
        nodes = [shape(d) for d in found[:first]]
        return _json({"complaints": {"nodes": nodes, "pageInfo": info}})

    async def single(request: Request) -> Response:
        id_ = request.query_params["id"].removeprefix("complaint:")
        found = await complaints.find_one({"_id": id_}, _FOURTEEN)
        return _json({"complaint": found and _full(found)})

    async def indicators(request: Request) -> Response:
        dimensions = request.query_params["by"].split(",")
        wanted = {n: v for n, v in request.query_params.items() if n == "province"}
        cursor = await complaints.aggregate(pipeline(dimensions, wanted), allowDiskUse=True)
        rows = [
            {
                "keys": [{"key": d, "value": _value(d, row["_id"].get(d))} for d in dimensions],
                "received": row["received"],
                "followedUp": row["followed_up"],
                "overdue": row["overdue"],
            }
            async for row in cursor
        ]
        return _json({"indicators": rows})

    return Starlette(
        routes=[
            Route("/complaints", page),
            Route("/complaint", single),
            Route("/indicators", indicators),
        ]
    )


def _value(dimension: str, value: Any) -> Any:
    return value.upper() if value and dimension in KEYS["upper"] else value


def main() -> None:
    """Serves a database on a port until killed."""
    uri, database, port = sys.argv[1:4]
    uvicorn.run(
        make_app(Path(uri).read_text(), database),
        port=int(port),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
