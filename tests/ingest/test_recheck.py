"""A request that is closed long after its receipt is closed in the hub, and a lost one is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import Surroundings
from hub.connectors.load import load
from hub.ingest.run import Finished, sync
from hub.serving import free_port, listening
from hub.store.mongo import Database
from hub.store.store import Store

YAML = """\
version: "1"
name: kota-a-open311
type: open311
client: {base_url: "http://HOST/"}
resources:
  - incremental: {initial_value: "2026-01-01T00:00:00Z", step: P90D, lookback_window: P1D}
    recheck: {batch_size: 200, where: {status: open}, interval: PT0.001S}
    category_mapping: {Jalan: roads}
    permission: {set: {district: "73.71"}}
"""
MANY = 1203
JUNE = datetime(2026, 6, 1, tzinfo=UTC)


class City:
    def __init__(self) -> None:
        # More than one page of ids, hundreds of which share their moment of receipt.
        self.rows = {
            str(number): {
                "service_request_id": str(number),
                "status": "open",
                "service_name": "Jalan",
                "requested_datetime": (JUNE + number // 400 * timedelta(hours=1)).isoformat(),
            }
            for number in range(MANY)
        }
        self.asked: list[str] = []

    async def requests(self, request: Request) -> Response:
        query = request.query_params
        if wanted := query.get("service_request_id"):
            self.asked += wanted.split(",")
            return JSONResponse([self.rows[i] for i in wanted.split(",") if i in self.rows])
        start, end = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        rows = [
            row
            for row in self.rows.values()
            if start <= datetime.fromisoformat(row["requested_datetime"]) < end
        ]
        return JSONResponse(rows[:1000])


@asynccontextmanager
async def running(city: City) -> AsyncIterator[str]:
    async def services(_: Request) -> Response:
        return JSONResponse([])

    port = free_port(0)
    routes = [Route("/requests.json", city.requests), Route("/services.json", services)]
    async with listening(Starlette(routes=routes), "127.0.0.1", port):
        yield f"127.0.0.1:{port}"


def counts(finished: Finished) -> tuple[int, int, int, int]:
    ledger = finished.ledger
    return ledger.read, ledger.inserted, ledger.updated, ledger.unchanged


async def test_every_open_complaint_is_asked_for_again(store: Store, database: Database) -> None:
    city = City()
    async with running(city) as host:
        loaded = load(YAML.replace("HOST", host), "c.yaml")
        around = Surroundings(Path(), {}, frozenset({host}))
        first = await sync(loaded, store, around)
        assert (first.green, first.ledger.inserted, city.asked) == (True, MANY, [])

        lost: Any = city.rows.pop("7")
        city.rows["3"]["status"] = "closed"
        second = await sync(loaded, store, around)
        assert second.green
        assert sorted(city.asked) == sorted([*city.rows, "7"])
        assert counts(second) == (MANY - 1, 0, 1, MANY - 2)
        assert second.unmapped == [{"field": "recheck", "value": "7", "count": 1}]
        stored = database["complaints"]
        closed = await stored.find_one({"external_id": "3"})
        assert closed
        assert closed["status"] == "closed"
        assert await stored.find_one({"external_id": lost["service_request_id"]})

        city.asked.clear()
        third = await sync(loaded, store, around)
        assert third.green
        assert "3" not in city.asked
