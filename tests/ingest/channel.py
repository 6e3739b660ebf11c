"""A channel that the tests run: a real server whose records and faults they set."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import Surroundings
from hub.connectors.load import Loaded, load
from hub.serving import free_port, listening

YAML = """
version: "1"
name: sulsel
type: rest_api
client: {base_url: "${env.CHANNEL_URL}"}
resources:
  - name: complaints
    endpoint:
      path: complaints
      params: {since: "{incremental.start_value}"}
      data_selector: $.items[*]
      paginator: {type: cursor, cursor_path: next, cursor_param: after}
      incremental: {cursor_path: changed, initial_value: "2020-01-01T00:00:00Z", row_order: asc}
    select:
      external_id: id
      status: status
      title: title
      category: category
      received_at: created
      updated_at: changed
      district: district
    category_mapping: {Jalan: roads}
"""


def record(n: int, **stated: Any) -> dict[str, Any]:
    """A record, the n-th of its channel."""
    moment = f"2020-03-{1 + n // 1440:02}T{n // 60 % 24:02}:{n % 60:02}:00Z"
    usual = {
        "id": str(n),
        "status": "received",
        "title": f"Laporan {n}",
        "category": "Jalan",
        "created": moment,
        "changed": moment,
        "district": "73.71",
    }
    return usual | stated


class Channel:
    """Serves `records` in pages, but for those that it has `mislaid`, by id; `fault` of a page's
    number may answer in its stead. `asked` counts the pages that were asked for."""

    page = 10

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []
        self.faults: dict[int, Response] = {}
        self.mislaid: set[str] = set()
        self.asked = 0
        self.url = ""
        self.app = Starlette(routes=[Route("/complaints", self._answer)])

    async def _answer(self, request: Request) -> Response:
        self.asked += 1
        since = request.query_params.get("since", "").replace("+00:00", "Z")
        new = [r for r in self.records if str(r["changed"]) >= since]
        start = int(request.query_params.get("after", 0))
        if fault := self.faults.get(start // self.page):
            return fault
        after = start + self.page if start + self.page < len(new) else None
        items = [r for r in new[start : start + self.page] if r["id"] not in self.mislaid]
        return JSONResponse({"items": items, "next": after, "total": len(new)})

    @property
    def surroundings(self) -> Surroundings:
        """Where a connector finds this channel."""
        host = self.url.removeprefix("http://").rstrip("/")
        return Surroundings(Path(), {"CHANNEL_URL": self.url}, frozenset({host}))

    @property
    def connector(self) -> Loaded:
        """The connector of this channel."""
        return load(YAML, "sulsel.yaml")


@asynccontextmanager
async def running_channel() -> AsyncIterator[Channel]:
    """A channel that listens while the block runs."""
    channel, port = Channel(), free_port(0)
    async with listening(channel.app, "127.0.0.1", port):
        channel.url = f"http://127.0.0.1:{port}/"
        yield channel
