"""Two hubs on one database: no run overlaps another, whatever stalls; and what is due is run."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from hub.connectors.base import Batch, Between, Connector, State, Surroundings
from hub.connectors.load import Loaded, load
from hub.domain.clock import Clock
from hub.domain.run import Ledger, RunState
from hub.ingest import scheduler
from hub.ingest.completeness import completeness
from hub.ingest.ending import end
from hub.ingest.folder import register
from hub.ingest.lease import Lease
from hub.ingest.run import sync
from hub.ingest.scheduler import FAILURES_UNTIL_PAUSE, Scheduler
from hub.store.mongo import Database
from hub.store.runs import LEASE, ConnectorBusyError, RunRegister, RunSupersededError
from hub.store.store import Store
from hub.store.vault import Vault
from tests.ingest.channel import YAML, Channel, record

MINUTES = 10
FASTER = 100
BEGAN = datetime(2026, 11, 24, tzinfo=UTC)
SCHEDULE = "schedule: {interval: PT1M, jitter: PT5S}"


class Time:
    """One time for all hubs, FASTER than ours; a hub that stalls sees none of it pass."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=(time.monotonic() - self._began) * FASTER)

    async def until(self, moment: datetime) -> None:
        await asyncio.sleep(max(0.0, (moment - self.now()).total_seconds() / FASTER))


class HubAtWork:
    """A hub of its own on the shared database; `stalls` are of which of its runs it stands still
    in the middle, until another hub has taken over."""

    def __init__(
        self, database: Database, vault: Vault, time: Time, stalls: frozenset[int] = frozenset()
    ) -> None:
        self.time = time
        self.clock = Clock(time.now, self.sleep)
        self.store = Store(database, vault)
        self.store.runs = RunRegister(database, time.now)
        self._runs = database["runs"]
        self._stalls = stalls
        self._began = 0
        self._goes_on = asyncio.Event()
        self._goes_on.set()

    async def sleep(self, seconds: float) -> None:
        await self.time.until(self.time.now() + timedelta(seconds=seconds))
        await self._goes_on.wait()  # as all of a stopped process would

    async def in_the_middle_of_a_run(self) -> None:
        self._began += 1
        if self._began not in self._stalls:
            return
        self._goes_on.clear()
        before = await self._runs.count_documents({})
        while await self._runs.count_documents({}) == before:  # noqa: ASYNC110 - it is in MongoDB
            await asyncio.sleep(0.02)
        self._goes_on.set()


class Slow(Connector[Any]):
    """Hands a batch over each ten seconds, unless its hub stalls."""

    hub: HubAtWork

    async def check(self) -> str:
        return "slow"

    async def read(
        self,
        checkpoint: Mapping[str, State],  # noqa: ARG002 - it always has the same
        between: Between | None = None,  # noqa: ARG002
    ) -> AsyncGenerator[Batch, None]:
        for n in range(4):
            await self.hub.sleep(10)
            if n == 2:
                await self.hub.in_the_middle_of_a_run()
            yield Batch("complaints", [record(n)], {"n": n})


def finding(hub: HubAtWork, text: str) -> scheduler.Find:
    class Its(Slow):
        pass

    Its.hub = hub

    class Found(Loaded):
        def connect(self, surroundings: Surroundings) -> Connector[Any]:
            return Its(self.config, surroundings)

    async def find(name: str) -> tuple[Loaded, Surroundings]:
        loaded = load(text, name)
        return Found(loaded.config, loaded.text, loaded.version), Channel().surroundings

    return find


@asynccontextmanager
async def working(*schedulers: Scheduler) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(each.work()) for each in schedulers]
    try:
        yield
    finally:
        for task in tasks:
            await end(task)


async def eventually(told: Any) -> None:
    async with asyncio.timeout(20):
        while not await told():  # noqa: ASYNC110 - what is told stands in MongoDB
            await asyncio.sleep(0.02)


async def test_no_run_overlaps_in_ten_minutes_with_two_hubs_and_stalls(
    database: Database, vault: Vault, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = YAML.replace("type: rest_api", f"type: rest_api\n{SCHEDULE}")
    time = Time()
    one = HubAtWork(database, vault, time, frozenset({1, 3}))
    other = HubAtWork(database, vault, time, frozenset({1}))
    await register(load(text, "sulsel"), tmp_path, one.store.connectors)
    written: list[tuple[datetime, str]] = []

    progress = RunRegister.progress

    async def noted(self: RunRegister, run: Any, *rest: Any) -> None:
        await progress(self, run, *rest)
        written.append((time.now(), run.id))

    monkeypatch.setattr(RunRegister, "progress", noted)
    both = (Scheduler(h.store, finding(h, text), h.clock) for h in (one, other))
    async with working(*both):
        await time.until(BEGAN + timedelta(minutes=MINUTES))
    runs = [d async for d in database["runs"].find().sort("_id", 1)]
    assert len(runs) >= 5
    assert any(d["state"] == "succeeded" for d in runs)
    assert sum("took over" in (d["error"] or "") for d in runs) >= 2  # from those that stalled
    # Nothing is written by a run once a later one has begun.
    for earlier, later in pairwise(runs):
        assert earlier["finished_at"] <= later["started_at"]
        late = [at for at, run in written if run == earlier["_id"] and at > later["started_at"]]
        assert late == []


async def test_a_connector_that_runs_is_not_begun_again(store: Store) -> None:
    first = await store.runs.start("lapor", "lapor", "v1", take_over=False)
    with pytest.raises(ConnectorBusyError, match="lapor"):
        await store.runs.start("lapor", "lapor", "v1", take_over=False)
    await store.runs.finish(first, RunState.SUCCEEDED, Ledger(), [])
    await store.runs.start("lapor", "lapor", "v1", take_over=False)


async def test_whoever_stalled_for_longer_than_the_lease_writes_nothing(
    database: Database, store: Store
) -> None:
    moment = [BEGAN]
    runs, clock = RunRegister(database, lambda: moment[0]), Clock(lambda: moment[0])
    stalled = await runs.start("lapor", "lapor", "v1")
    lease = Lease(runs, stalled, clock)
    moment[0] += LEASE + timedelta(seconds=1)
    await runs.start("lapor", "lapor", "v1", take_over=False)
    with pytest.raises(RunSupersededError):
        await lease.hold()


async def test_a_request_is_met_within_seconds_and_a_pause_is_kept(
    channel: Channel, store: Store, database: Database, tmp_path: Any
) -> None:
    channel.records = [record(0)]
    await register(channel.connector, tmp_path, store.connectors)

    async def find(name: str) -> tuple[Loaded, Surroundings]:
        return channel.connector, channel.surroundings

    async def quickly(seconds: float) -> None:
        await asyncio.sleep(seconds / FASTER)

    async def ran() -> bool:
        return await database["runs"].count_documents({"state": "succeeded"}) == 1

    await store.connectors.pause("sulsel", "Perbaikan", "Dinas")
    await store.schedules.request("sulsel", "Dinas")
    async with working(Scheduler(store, find, Clock(sleep=quickly))):
        await asyncio.sleep(0.2)
        assert await database["runs"].count_documents({}) == 0
        await store.connectors.resume("sulsel")
        await eventually(ran)


@pytest.mark.parametrize(
    ("interval", "hours"),
    [("PT30M", [0.5, 1, 2, 4, 6, 6]), ("PT4H", [4, 6, 6]), ("P1D", [24, 24, 24])],
)
async def test_a_channel_that_is_down_is_asked_ever_more_seldom_and_as_usual_once_it_is_back(
    channel: Channel, store: Store, database: Database, tmp_path: Any, interval: str, hours: Any
) -> None:
    schedule = f"schedule: {{interval: {interval}, jitter: PT0S}}"
    text = YAML.replace("type: rest_api", f"type: rest_api\n{schedule}")
    await register(load(text, "sulsel"), tmp_path, store.connectors)
    reachable = asyncio.Event()

    async def find(name: str) -> tuple[Loaded, Surroundings]:
        around = channel.surroundings if reachable.is_set() else Surroundings(tmp_path, {})
        return load(text, name), around

    async def quickly(seconds: float) -> None:
        await asyncio.sleep(seconds / FASTER)

    async def rests(failures: int) -> float:
        """For how many hours it rests after a run that is asked for now."""
        await store.schedules.request("sulsel", "Dinas")
        ran = {"_id": "sulsel", "outlook.failures": failures, "outlook.next_at": {"$gt": BEGAN}}

        async def over() -> bool:
            return await database["connectors"].count_documents(ran) == 1

        await eventually(over)
        found = await database["connectors"].find_one({"_id": "sulsel"})
        assert found
        return float((found["outlook"]["next_at"] - BEGAN) / timedelta(hours=1))

    async with working(Scheduler(store, find, Clock(lambda: BEGAN, quickly))):
        assert [await rests(n) for n in range(1, len(hours) + 1)] == hours
        reachable.set()
        assert await rests(0) == hours[0]


async def test_a_channel_that_keeps_failing_is_paused_with_the_reason(
    channel: Channel, store: Store, database: Database, tmp_path: Any
) -> None:
    await register(channel.connector, tmp_path, store.connectors)
    nowhere = Surroundings(tmp_path, {})

    async def find(name: str) -> tuple[Loaded, Surroundings]:
        return channel.connector, nowhere

    async def quickly(seconds: float) -> None:
        await asyncio.sleep(seconds / FASTER)

    async def paused() -> bool:
        await store.schedules.request("sulsel", "Dinas")
        found = await database["connectors"].find_one({"_id": "sulsel"})
        return bool(found and found.get("paused"))

    async with working(Scheduler(store, find, Clock(sleep=quickly))):
        await eventually(paused)
    found = await database["connectors"].find_one({"_id": "sulsel"})
    assert found is not None
    assert found["paused"]["by"] == "the hub"
    assert str(FAILURES_UNTIL_PAUSE) in found["paused"]["reason"]
    assert "CHANNEL_URL" in found["paused"]["reason"]


async def test_a_stretch_of_time_leaves_the_checkpoint_alone(
    store: Store, database: Database, vault: Vault
) -> None:
    loaded, surroundings = await finding(HubAtWork(database, vault, Time()), YAML)("sulsel")
    whole = Between(BEGAN, BEGAN + timedelta(days=1))
    assert (await sync(loaded, store, surroundings, between=whole)).ledger.inserted == 4
    state = await database["connector_state"].find_one({"_id": "sulsel"})
    assert state is not None
    assert state["checkpoint"] == {}


async def test_a_run_that_reads_fewer_than_the_channel_declares_is_not_green(
    store: Store, database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read(*_: Any) -> AsyncGenerator[Batch, None]:
        yield Batch("complaints", [record(0), record(1)], None, declared=3)

    monkeypatch.setattr(Slow, "read", read)
    loaded, surroundings = await finding(HubAtWork(database, vault, Time()), YAML)("sulsel")
    finished = await sync(loaded, store, surroundings)
    assert not finished.green
    assert finished.declared == 3
    assert "has 3 records and handed over 2: 1 are missing" in (finished.error or "")
    assert await database["complaints"].count_documents({}) == 2


async def test_a_day_that_the_channel_has_more_of_is_shown(
    store: Store, database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def counts(*_: Any) -> Mapping[date, int]:
        return {date(2020, 3, 1): 5, date(2020, 3, 2): 1}

    monkeypatch.setattr(Slow, "counts", counts)
    loaded, surroundings = await finding(HubAtWork(database, vault, Time()), YAML)("sulsel")
    assert (await sync(loaded, store, surroundings)).green
    march = Between(datetime(2020, 3, 1, tzinfo=UTC), datetime(2020, 4, 1, tzinfo=UTC))
    found = await completeness(loaded, store, surroundings, march)
    assert [(d.day.day, d.source, d.stored, d.missing) for d in found.days] == [
        (1, 5, 4, 1),
        (2, 1, 0, 1),
    ]
    assert not found.complete
