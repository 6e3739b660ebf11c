"""Pushed deliveries: signed ones are stored once, durably, before they are answered 2xx."""

import asyncio
import json
import os
import re
import sys
import tracemalloc
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx2
import pytest

from hub import webhooks
from hub.connectors.base import Surroundings
from hub.connectors.load import Loaded, load
from hub.domain.clock import Clock
from hub.domain.run import DeadLetterState
from hub.ingest.ending import end
from hub.ingest.folder import register
from hub.ingest.receivers import _LOOK_AGAIN
from hub.ingest.run import NothingToRunError, sync
from hub.ingest.scheduler import Scheduler
from hub.store import mongo
from hub.store.mongo import Database, Driver, connect
from hub.store.paging import PageRequest
from hub.store.shapes import SHAPES
from hub.store.store import Store
from hub.store.vault import Vault
from hub.webhooks import MAX_BODY_BYTES
from tests.ingest.channel import record
from tests.ingest.pusher import OTHER, SECRET, YAML, Pusher, pushing
from tests.made import MINISTRY
from tests.relay import directly, relayed
from tests.test_docs import ROOT


@pytest.fixture
async def push(store: Store) -> AsyncIterator[Pusher]:
    async with pushing(store) as pusher:
        yield pusher


async def stored(database: Database) -> list[str]:
    return sorted([d["external_id"] async for d in database["complaints"].find()])


async def nothing_is_stored(database: Database) -> bool:
    names = ("complaints", "dead_letters", "runs", "webhook_deliveries")
    return not any([await database[name].count_documents({}) for name in names])


async def ledger(database: Database) -> dict[str, int]:
    """Of all runs together; each has to be balanced."""
    total: dict[str, int] = {}
    async for run in database["runs"].find():
        counts = run["ledger"]
        assert counts["read"] == sum(n for name, n in counts.items() if name != "read")
        assert run["state"] == "succeeded"
        for name, n in counts.items():
            total[name] = total.get(name, 0) + n
    return total


async def test_what_is_pushed_is_stored_with_its_run(push: Pusher, database: Database) -> None:
    answer = await push([record(1), record(2, status="entah"), record(3, category="Air")])
    assert answer.status_code == 204
    assert (await push(record(1, title="Lubang"), "msg_2")).status_code == 204
    assert await stored(database) == ["1", "3"]
    complaint: Any = await database["complaints"].find_one({"external_id": "1"})
    run: Any = await database["runs"].find_one()
    assert complaint["title"] == "Lubang"
    assert complaint["provenance"]["run"] == run["_id"]
    assert complaint["provenance"]["config_version"] == run["config_version"]
    assert await ledger(database) == {
        "read": 4,
        "inserted": 2,
        "updated": 1,
        "unchanged": 0,
        "dead_lettered": 1,
    }
    assert run["unmapped"] == [{"field": "category", "value": "Air", "count": 1}]
    letter: Any = await database["dead_letters"].find_one()
    assert (letter["external_id"], letter["field"], letter["run"]) == ("2", "status", run["_id"])
    channel: Any = await database["channels"].find_one({"_id": "makassar"})
    assert (channel["districts"], channel["last_synced_at"]) == (["73.71"], run["finished_at"])


async def test_labels_of_many_deliveries_are_counted_in_one_list(
    push: Pusher, database: Database
) -> None:
    told = [push(record(n, category=f"Air {n % 3}"), f"msg_{n}") for n in range(12)]
    assert {a.status_code for a in await asyncio.gather(*told)} == {204}
    runs = [run async for run in database["runs"].find()]
    counts = {each["value"]: 0 for run in runs for each in run["unmapped"]}
    for run in runs:
        for each in run["unmapped"]:
            counts[each["value"]] += each["count"]
    assert counts == {"Air 0": 4, "Air 1": 4, "Air 2": 4}


async def test_the_same_delivery_again_is_one(push: Pusher, database: Database) -> None:
    for _ in range(3):
        assert (await push(record(1))).status_code == 204
    # A replay of the first after a second: what the second changed stays.
    assert (await push({**record(1), "title": "Kedua"}, "msg_2")).status_code == 204
    assert (await push(record(1))).status_code == 204
    complaint: Any = await database["complaints"].find_one()
    assert complaint["title"] == "Kedua"
    assert (await ledger(database))["read"] == 2


async def test_deliveries_at_once_are_all_stored(push: Pusher, database: Database) -> None:
    """Also of one complaint, and of one id."""
    told = [push(record(n), f"msg_{n}") for n in range(20)]
    told += [push(record(100, title=f"Versi {n}"), f"same_{n}") for n in range(10)]
    told += [push(record(200), "twice") for _ in range(10)]
    assert {a.status_code for a in await asyncio.gather(*told)} == {204}
    assert await stored(database) == sorted([*map(str, range(20)), "100", "200"])
    counts = await ledger(database)
    assert counts["inserted"] == 22
    assert counts["dead_lettered"] == 0


async def test_another_signature_stores_nothing_and_tells_nothing(
    push: Pusher, database: Database
) -> None:
    now = datetime.now(UTC)
    body = json.dumps({"data": record(1)}).encode()
    signed = push.headers(body, "msg_1")
    unsigned = {name: value for name, value in signed.items() if name != "webhook-signature"}
    twice = signed | {"webhook-signature": f"v1,AAAA {signed['webhook-signature']}x v1a,é"}
    answers = [
        await push(record(1), secret=OTHER),
        await push(record(1), at=now - timedelta(minutes=6)),
        await push(record(1), at=now + timedelta(minutes=6)),
        await push(record(1), "x" * 300),
        await push(record(1), prefix="svix"),
        await push(record(1), to="nobody"),
        await push(record(1), to="nobody", secret=OTHER),
        await push.http.post("/webhooks/makassar", content=body, headers=unsigned),
        await push.http.post("/webhooks/makassar", content=body + b" ", headers=signed),
        await push.http.post(
            "/webhooks/makassar",
            content=body,
            headers=[(name.encode(), value.encode()) for name, value in twice.items()],
        ),
        *[
            await push.http.post(
                "/webhooks/makassar", content=body, headers=signed | {"webhook-timestamp": wrong}
            )
            for wrong in ("", "soon", "-1", "1e9", "9" * 400, "٣")
            if wrong.isascii()
        ],
    ]
    assert {a.status_code for a in answers} == {401}
    assert len({a.text for a in answers}) == 1
    assert len({tuple(sorted(a.headers.keys())) for a in answers}) == 1
    assert await nothing_is_stored(database)


async def test_while_a_secret_changes_both_count(store: Store, database: Database) -> None:
    both = YAML.replace("${env.PUSHED_SECRET}", '["${env.PUSHED_SECRET}", "${env.OLD_SECRET}"]')
    other = both.replace("makassar", "gowa").replace("type:", "header_prefix: svix\ntype:")
    async with pushing(store, both, other) as push:
        assert (await push(record(1))).status_code == 204
        assert (await push(record(2), "msg_2", secret=OTHER)).status_code == 204
        assert (await push(record(1), "msg_1", "gowa", prefix="svix")).status_code == 204
        assert (await push(record(2), "msg_2", "gowa")).status_code == 401
    assert await stored(database) == ["1", "1", "2"]


async def test_a_connector_that_cannot_be_used_answers_as_one_that_is_not_there(
    store: Store, database: Database
) -> None:
    unset = YAML.replace("PUSHED_SECRET", "NEVER_SET")
    async with pushing(store, unset) as push:
        answers = [await push(record(1)), await push(record(1), to="nobody")]
    assert [a.status_code for a in answers] == [401, 401]
    assert answers[0].text == answers[1].text


async def test_what_holds_no_record_is_a_dead_letter(push: Pusher, store: Store) -> None:
    bodies = [
        b"no json",
        b"[" * 50_000,
        b'{"data": ' + b"[" * 300 + b"]" * 300 + b"}",
        b'{"type": "ping"}',
        b'{"data": [1, "x"]}',
        b'{"data": {"a": ' + b"[" * 300 + b"]" * 300 + b"}}",
    ]
    for n, body in enumerate(bodies):
        assert (await push.raw(body, f"msg_{n}")).status_code == 204
    assert (await push([], "empty")).status_code == 204
    letters = await store.reader(MINISTRY).dead_letters.page(None, None, PageRequest(20))
    assert len(letters.documents) == 7
    reasons = [d["reason"] for d in letters.documents]
    assert sum(reason.startswith("decode: ") for reason in reasons) == 6
    assert {d["state"] for d in letters.documents} == {DeadLetterState.OPEN}


async def test_bombs_are_refused_and_memory_stays_flat(push: Pusher, database: Database) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b"x" * MAX_BODY_BYTES

    signed = push.headers(b"", "msg_1")
    many = b'{"data": [' + b",".join([b"{}"] * 1_001) + b"]}"
    crowd = b'{"data": [' + b",".join([b"1"] * 200_000) + b"]}"
    tracemalloc.start()
    try:
        declared = await push.raw(b"x" * (MAX_BODY_BYTES + 1))
        assert declared.status_code == 413
        try:
            streamed = await push.http.post("/webhooks/makassar", content=endless(), headers=signed)
            assert streamed.status_code == 413
        except httpx2.WriteError:
            pass  # the hub had hung up
        assert (await push.raw(many)).status_code == 413
        assert (await push.raw(crowd)).status_code == 413
        assert tracemalloc.get_traced_memory()[1] < 24 << 20
    finally:
        tracemalloc.stop()
    assert await nothing_is_stored(database)


async def unending(push: Pusher) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A line on which a body begins and does not go on."""
    address = push.http.base_url
    reader, writer = await asyncio.open_connection(address.host, address.port)
    head = "POST /webhooks/x HTTP/1.1\r\nHost: hub\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: 9\r\n\r\n{{".encode())
    await writer.drain()
    return reader, writer


async def test_a_crowd_that_never_ends_its_bodies_is_sent_away(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "READ_AT_ONCE", 2)
    monkeypatch.setattr(webhooks, "PLACE_SECONDS", 0.1)
    async with pushing(store) as push, asyncio.timeout(30):
        lines = [await unending(push) for _ in range(2)]
        ids = count()
        while (answer := await push(record(1), f"msg_{next(ids)}")).status_code == 204:
            pass  # they were not there yet
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        for _, writer in lines:
            writer.close()
        while (answer := await push(record(1), f"msg_{next(ids)}")).status_code == 503:
            pass  # they were not gone yet
        assert answer.status_code == 204
        monkeypatch.setattr(webhooks, "BODY_SECONDS", 0.1)
        reader, writer = await unending(push)
        assert b" 408 " in await reader.readline()
        writer.close()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "application/cloudevents+json; charset=utf-8"}, 204),
        ({"content-type": "text/plain"}, 415),
        ({"content-encoding": "gzip"}, 415),
    ],
)
async def test_json_of_any_kind_is_taken(
    push: Pusher, headers: dict[str, str], status: int
) -> None:
    body = json.dumps({"data": record(1)}).encode()
    answer = await push.http.post(
        "/webhooks/makassar", content=body, headers=push.headers(body, "msg_1") | headers
    )
    assert answer.status_code == status
    assert {
        (await push.http.get(f"/webhooks/{name}")).status_code for name in ("makassar", "x")
    } == {405}


async def test_a_paused_connector_takes_nothing_until_it_is_resumed(
    push: Pusher, store: Store, database: Database
) -> None:
    async def until(status: int) -> httpx2.Response:
        async with asyncio.timeout(10 * _LOOK_AGAIN.total_seconds()):
            while True:
                if (answer := await push(record(1))).status_code == status:
                    return answer
                await asyncio.sleep(0.05)

    await store.connectors.pause("makassar", "Pemeliharaan", "Dinas")
    assert (await until(503)).headers["retry-after"]
    assert (await push(record(1), secret=OTHER)).status_code == 401
    await store.connectors.resume("makassar")
    await until(204)
    assert await stored(database) == ["1"]


async def refuse_writes(database: Database, name: str, validator: dict[str, Any]) -> None:
    if name not in await database.list_collection_names():
        await database.create_collection(name)
    await database.command("collMod", name, validator=validator)


@pytest.mark.parametrize("failing", ["complaints", "runs", "webhook_deliveries"])
async def test_a_failure_at_any_step_loses_nothing_and_stores_nothing_twice(
    push: Pusher, database: Database, failing: str
) -> None:
    """MongoDB itself refuses what is written to one collection, as if the hub ended there."""
    await refuse_writes(database, failing, {"never": {"$exists": True}})
    try:
        answer = await push([record(1), record(2, status="entah")])
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    finally:
        await refuse_writes(database, failing, SHAPES.get(failing, {}))
    assert (await push([record(1), record(2, status="entah")])).status_code == 204
    assert await stored(database) == ["1"]
    assert await database["dead_letters"].count_documents({}) == 1
    await ledger(database)


async def test_a_mongod_that_hangs_is_told_and_the_delivery_comes_again(
    database: Database, mongodb_uri: str, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mongo._LIMITS, "timeoutMS", 700)
    async with (
        relayed(mongodb_uri) as (relay, uri),
        connect(directly(uri), Driver.PYMONGO, "tests") as through,
        pushing(Store(through, vault)) as push,
    ):
        assert (await push(record(1))).status_code == 204
        relay.silence()
        assert (await push(record(2), "msg_2")).status_code == 503
        relay.resume()
        assert (await push(record(2), "msg_2")).status_code == 204
    assert await stored(database) == ["1", "2"]


async def test_there_is_nothing_to_run(store: Store, database: Database) -> None:
    """Neither by hand nor where somebody asks a scheduler for it; neither is a failure."""
    loaded = load(YAML, "webhook.yaml")
    await register(loaded, Path(), store.connectors)
    around = Surroundings(Path(), {})

    async def find(_: str) -> tuple[Loaded, Surroundings]:
        return loaded, around

    with pytest.raises(NothingToRunError, match="/webhooks/makassar"):
        await sync(loaded, store, around)
    await store.schedules.request("makassar", "Dinas")
    working = asyncio.create_task(Scheduler(store, find, Clock(sleep=a_moment)).work())
    async with asyncio.timeout(10):
        while "failures" not in (await database["schedules"].find_one({}) or {}):
            await a_moment(0)
    await end(working)
    (standing,) = [each async for each in database["schedules"].find()]
    assert (standing["failures"], standing["next_at"]) == (0, None)
    assert await database["runs"].count_documents({}) == 0


async def a_moment(_: float) -> None:
    await asyncio.sleep(0.02)


async def test_the_example_of_the_documentation_runs(store: Store, database: Database) -> None:
    page = (ROOT / "docs" / "connectors" / "webhook.md").read_text()
    blocks = dict(re.findall(r"```(\w+)\n(.*?)```", page, re.DOTALL))
    yaml = blocks["yaml"].replace("MAKASSAR_WEBHOOK_SECRET", "PUSHED_SECRET")
    async with pushing(store, yaml) as push:
        environment = {
            "HUB": str(push.http.base_url).rstrip("/"),
            "MAKASSAR_WEBHOOK_SECRET": SECRET,
        }
        sender = await asyncio.create_subprocess_exec(
            sys.executable, "-c", blocks["python"], env=os.environ | environment, stdout=PIPE
        )
        assert (await sender.communicate())[0].strip() == b"204"
    assert await stored(database) == ["A-1"]
