"""A secret goes from its owner to the channel, and nowhere else."""

import base64
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import bson
import httpx2
import pytest
import stamina
from standardwebhooks import Webhook
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.domain.run import RunState
from hub.domain.scope import Grant, Role
from hub.ingest.registered import registered
from hub.ingest.run import sync
from hub.serving import free_port, listening
from hub.store.connectors import ManagedBy
from hub.store.mongo import Database
from hub.store.store import Store
from tests.connectors.test_submitted import REST
from tests.ingest.channel import record
from tests.running_hub import RunningHub, running_hub

OPERATOR = Grant(Role.OPERATOR, ("73",), ("sulsel",))
VALUE = "sangat-rahasia-81f3"
REGISTER = "mutation ($yaml: String!) { registerConnector(yaml: $yaml) { name } }"
ROTATE = """mutation ($name: String!, $value: String!) {
  rotateSecret(connector: "sulsel", name: $name, value: $value) { name by at } }"""
CHECK = 'mutation { checkConnector(name: "sulsel") }'
PREVIEW = "mutation ($yaml: String!) { previewConnector(yaml: $yaml) { refused } }"


@dataclass
class Locked:
    """A channel that opens to one token and echoes what it is sent, and all the answers of the
    hub beside it."""

    url: str = ""
    met: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    async def answer(self, request: Request) -> Response:
        sent = request.headers.get("authorization", "")
        self.met.append(sent)
        if sent != f"Bearer {VALUE}":
            return JSONResponse({"error": f"{sent} is wrong"}, 401)
        return JSONResponse({"items": [record(1)], "sent": sent})

    @property
    def yaml(self) -> str:
        client = f'{{base_url: {self.url}, auth: {{type: bearer, token: "${{secret.TOKEN}}"}}}}'
        return REST.replace("{base_url: https://api.sulsel.example/}", client)

    @property
    def private(self) -> frozenset[str]:
        return frozenset({urlsplit(self.url).netloc})


@pytest.fixture
async def locked() -> AsyncIterator[Locked]:
    channel, port = Locked(), free_port(0)
    app = Starlette(routes=[Route("/complaints", channel.answer)])
    with stamina.set_testing(True, attempts=1):
        async with listening(app, "127.0.0.1", port):
            channel.url = f"http://127.0.0.1:{port}/"
            yield channel


@pytest.fixture
async def hub(store: Store, locked: Locked) -> AsyncIterator[RunningHub]:
    await store.hosts.approve("127.0.0.1", None, "Sri")
    async with running_hub(store, private_hosts=locked.private) as hub:

        async def noting(response: httpx2.Response) -> None:
            locked.told.append((await response.aread()).decode() + repr(response.headers))

        hub.http.event_hooks["response"].append(noting)
        yield hub


async def test_a_value_goes_to_the_channel_and_nowhere_else(
    hub: RunningHub,
    locked: Locked,
    store: Store,
    database: Database,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    token = await hub.token(OPERATOR)
    await hub.ask(token, REGISTER, yaml=locked.yaml)

    async def ran() -> tuple[RunState, str]:
        loaded, around = await registered("sulsel", store, locked.private)
        finished = await sync(loaded, store, around)
        return finished.state, finished.error or ""

    missing = await hub.refused(token, CHECK)
    assert "no secret TOKEN is stored for this connector" in missing["message"]
    assert (await ran())[1].endswith("or `hub connector secret set`")
    wrong = f"{VALUE}-of-another-year"
    await hub.ask(token, ROTATE, name="TOKEN", value=wrong)
    assert "401" in (await hub.refused(token, CHECK))["message"]
    assert (await ran())[0] is RunState.FAILED
    rotated = await hub.ask(token, ROTATE, name="TOKEN", value=VALUE)
    assert rotated["rotateSecret"]["name"] == "TOKEN"
    assert "1 records" in (await hub.ask(token, CHECK))["checkConnector"]
    assert await hub.ask(token, PREVIEW, yaml=locked.yaml) == {
        "previewConnector": [{"refused": None}]
    }
    assert (await ran())[0] is RunState.SUCCEEDED
    for name, value in (("token", VALUE), ("TOKEN", ""), ("TOKEN", VALUE * 1_000)):
        await hub.refused(token, ROTATE, name=name, value=value)

    assert locked.met[-1] == f"Bearer {VALUE}"
    log = await store.changes.latest("sulsel", 20)
    assert [c["detail"] for c in log if c["what"] == "rotateSecret"] == ["TOKEN"] * 4
    everything = b"".join(
        [
            bson.encode(document)
            for name in await database.list_collection_names()
            async for document in database[name].find()
        ]
    )
    assert VALUE.encode() not in everything
    assert not any(VALUE in told for told in locked.told)
    written = capfd.readouterr()
    assert VALUE not in written.out + written.err + caplog.text


async def test_a_files_secrets_go_nowhere_that_an_operator_chooses(
    hub: RunningHub, locked: Locked, store: Store
) -> None:
    """Neither by a text of the same name, nor before the file is registered."""
    token = await hub.token(OPERATOR)
    await store.secrets.put("sulsel", "TOKEN", VALUE, "Sri")
    tried = ("mutation ($yaml: String) { checkConnector(yaml: $yaml) }", PREVIEW)
    for query in tried:
        error = await hub.refused(token, query, yaml=locked.yaml)
        assert "no secret TOKEN is stored" in error["message"]
    await hub.ask(token, REGISTER, yaml=locked.yaml)
    found = await store.connectors.get("sulsel")
    assert found
    await store.connectors.put(replace(found, managed_by=ManagedBy.FILE), "a file")
    for query in tried:
        assert "no secret" in (await hub.refused(token, query, yaml=locked.yaml))["message"]
    assert locked.met == []


WEBHOOK = """version: "1"
name: sulsel
type: webhook
secret: ${secret.SIGNING}
resources:
  - name: complaints
    select: {external_id: id, status: status, received_at: created, district: district}
    permission: {set: {province: "73"}}
"""


async def test_an_operators_webhook_is_signed_with_a_stored_secret(hub: RunningHub) -> None:
    token = await hub.token(OPERATOR)
    secret = f"whsec_{base64.b64encode(b's' * 32).decode()}"
    await hub.ask(token, REGISTER, yaml=WEBHOOK)
    await hub.ask(token, ROTATE, name="SIGNING", value=secret)
    assert "pushes to /webhooks/sulsel" in (await hub.ask(token, CHECK))["checkConnector"]
    sync_now = 'mutation { syncNow(name: "sulsel") { name } }'
    assert "There is nothing to read" in (await hub.refused(token, sync_now))["message"]

    now, body = datetime.now(UTC), json.dumps({"data": [record(1)]})
    signed = {
        "webhook-id": "1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("1", now, body),
        "content-type": "application/json",
    }
    answer = await hub.http.post("/webhooks/sulsel", content=body, headers=signed)

    assert answer.status_code == 204
    told = await hub.ask(token, "{ complaints { nodes { externalId district { code } } } }")
    assert told["complaints"]["nodes"] == [{"externalId": "1", "district": {"code": "73.71"}}]
