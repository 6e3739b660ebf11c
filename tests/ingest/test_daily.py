"""What has been kept for long enough ends, also where nothing runs."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.connectors.base import Between, Surroundings
from hub.connectors.load import Loaded, load
from hub.connectors.rest_api import RestApiConnector
from hub.connectors.vocabulary import ConfigError
from hub.domain.clock import Clock
from hub.domain.run import CountedBy, DeadLetterState, Ledger, Rejection
from hub.ingest.daily import DAY, RUNS_KEPT, Daily
from hub.ingest.folder import register
from hub.store.dead_letters import Refused
from hub.store.mongo import Database
from hub.store.store import Store
from tests.ingest.channel import YAML
from tests.made import MOMENT, complaint, provenance, received

KEPT = YAML + "dead_letter: {retention: P30D}\n"


class DoneError(Exception):
    """The hub has looked around once."""


async def look(store: Store, text: str, now: datetime) -> None:
    """Lets a scheduler's day begin at a moment."""

    async def find(name: str) -> tuple[Loaded, Surroundings]:
        if name != "sulsel":
            raise ConfigError("c.yaml", [])
        return load(text, "c.yaml"), Surroundings(Path(), {})

    async def once(_: float) -> None:
        raise DoneError

    with pytest.raises(DoneError):
        await Daily(store, find, Clock(lambda: now, once)).work()


async def states(database: Database) -> dict[str, Any]:
    return {d["connector"]: d["state"] async for d in database["dead_letters"].find()}


@pytest.mark.parametrize(("text", "ends"), [(KEPT, True), (YAML, False)])
async def test_a_dead_letter_ends_though_its_connector_does_not_run(
    store: Store, database: Database, text: str, ends: bool
) -> None:
    await register(load(text, "c.yaml"), Path(), store.connectors)
    refused = Refused(Rejection("status", "?", "unknown status", "1"), b"{}")
    for name in ("sulsel", "other"):
        own = replace(provenance(), connector=name)
        await store.dead_letters.put(name, [refused], own)
    await look(store, text, MOMENT + timedelta(days=29))
    assert {*(await states(database)).values()} == {DeadLetterState.OPEN}
    await look(store, text, MOMENT + timedelta(days=31))
    ended = DeadLetterState.DISCARDED if ends else DeadLetterState.OPEN
    assert await states(database) == {"sulsel": ended, "other": DeadLetterState.OPEN}


async def test_old_runs_go_and_the_latest_of_each_connector_stays(
    store: Store, database: Database
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for name in ("pushed", "silent"):
        for age in (RUNS_KEPT + DAY, RUNS_KEPT + DAY * 2, DAY):
            if name == "pushed" or age > DAY:
                run = store.pushes.run_at(name, name, "v1", now - age)
                await store.pushes.count(run, "v1", Ledger(), [])
    await look(store, YAML, now)
    left = [(d["connector"], now - d["started_at"]) async for d in database["runs"].find()]
    assert sorted(left) == [("pushed", DAY), ("silent", RUNS_KEPT + DAY)]


async def test_what_a_channel_says_that_it_has_is_kept_beside_what_is_stored(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Between] = []

    monkeypatch.setattr(RestApiConnector, "counted_by", CountedBy.RECEIVED_AT)

    async def counts(_: Any, between: Between) -> Mapping[date, int]:
        asked.append(between)
        return {date(2020, 7, 1): 5}

    monkeypatch.setattr(RestApiConnector, "counts", counts)
    await register(load(YAML, "c.yaml"), Path(), store.connectors)
    ours = complaint(channel="sulsel", received_at=MOMENT)
    await store.writer.write(received(ours), provenance())
    await look(store, YAML, MOMENT + timedelta(hours=1))
    found = await database["completeness"].find_one({})
    day = {"day": "2020-07-01", "source": 5, "stored": 1, "missing": 4}
    now = MOMENT + timedelta(hours=1)
    assert found == {
        "_id": "sulsel",
        "channel": "sulsel",
        "at": now,
        "by": "received_at",
        "days": [day],
    }
    (between,) = asked
    assert (between.start.isoformat(), between.end) == ("2020-06-01T00:00:00+07:00", now)

    await store.connectors.pause("sulsel", "Rusak", "someone")
    await look(store, YAML, now + DAY)
    assert len(asked) == 1


async def test_a_channel_that_can_not_say_is_not_counted(store: Store, database: Database) -> None:
    await register(load(YAML, "c.yaml"), Path(), store.connectors)
    await look(store, YAML, MOMENT)
    assert await database["completeness"].count_documents({}) == 0


async def test_one_of_all_hubs_does_it_once_a_day(store: Store) -> None:
    claims = [
        await store.schedules.claim_day(now, now + DAY)
        for now in (MOMENT, MOMENT, MOMENT + DAY / 2, MOMENT + DAY, MOMENT + DAY)
    ]
    assert claims == [True, False, False, True, False]
