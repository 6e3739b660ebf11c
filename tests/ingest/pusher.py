"""A channel that pushes to a hub over HTTP, signed as Standard Webhooks has it."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from standardwebhooks import Webhook

from hub.connectors.load import load
from hub.ingest.folder import register
from hub.store.store import Store
from tests.running_hub import running_hub

SECRET, OTHER = "whsec_" + "c2VjcmV0" * 5, "whsec_" + "b3RoZXIu" * 5
YAML = """
version: "1"
name: makassar
type: webhook
secret: ${env.PUSHED_SECRET}
resources:
  - name: complaints
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


class Pusher:
    """Pushes to a hub that runs on loopback."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self.http = http

    def headers(
        self,
        body: bytes,
        id_: str,
        *,
        secret: str = SECRET,
        at: datetime | None = None,
        prefix: str = "webhook",
    ) -> dict[str, str]:
        moment = at or datetime.now(UTC)
        return {
            "content-type": "application/json",
            f"{prefix}-id": id_,
            f"{prefix}-timestamp": str(int(moment.timestamp())),
            f"{prefix}-signature": Webhook(secret).sign(id_, moment, body.decode("latin-1")),
        }

    async def __call__(
        self, data: Any, id_: str = "msg_1", to: str = "makassar", **signed: Any
    ) -> httpx2.Response:
        """Pushes records, signed as stated."""
        body = json.dumps({"type": "complaint.updated", "data": data}).encode()
        return await self.raw(body, id_, to, **signed)

    async def raw(
        self, body: bytes, id_: str = "msg_1", to: str = "makassar", **signed: Any
    ) -> httpx2.Response:
        """Pushes a body."""
        return await self.http.post(
            f"/webhooks/{to}", content=body, headers=self.headers(body, id_, **signed)
        )


@asynccontextmanager
async def pushing(store: Store, *texts: str) -> AsyncIterator[Pusher]:
    """A hub over a store, with these connectors, and a channel that pushes to it."""
    os.environ["PUSHED_SECRET"], os.environ["OLD_SECRET"] = SECRET, OTHER
    for text in texts or (YAML,):
        await register(load(text, "webhook.yaml"), Path(), store.connectors)
    async with running_hub(store) as hub:
        yield Pusher(hub.http)
