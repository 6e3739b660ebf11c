"""Whoever watches hears of exactly what they may see, once and in order, whatever breaks."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.change import ChangeKind
from hub.domain.complaint import Complaint, ComplaintStatus
from hub.domain.question import EVERYTHING, Compare, Condition, Field, Op
from hub.domain.reading import Reading
from hub.domain.run import Ledger, RunState
from hub.domain.scope import Grant, Role, Scope
from hub.store import feed
from hub.store.embedded import embedded_mongod
from hub.store.feed import Change, FellBehindError, Inbox
from hub.store.live import Announced
from hub.store.mongo import Database, Driver, connect
from hub.store.store import Store
from hub.store.timelines import next_timeline
from hub.store.vault import Vault
from tests import oracle
from tests.made import (
    MINISTRY,
    MOMENT,
    complaint,
    complaints,
    provenance,
    received,
    scope,
    scopes,
    watchable_conditions,
    without_complaints,
)
from tests.relay import directly, relayed

SULSEL, SULTRA = (scope(Grant(Role.PROVINCE, (code,))) for code in ("73", "74"))
LAST = complaint(channel="last", external_id="last", number="last")
CREATED, UPDATED, GONE = ChangeKind

Told = list[tuple[ChangeKind, str]]


@asynccontextmanager
async def listening(store: Store) -> AsyncIterator[Store]:
    """The store, which is told what changes while the block runs."""
    async with anyio.create_task_group() as group:
        group.start_soon(store.feed.run)
        yield store
        group.cancel_scope.cancel()


@pytest.fixture
async def fed(store: Store) -> AsyncIterator[Store]:
    async with listening(store):
        yield store


async def watching(
    store: Store, viewer: Scope, condition: Condition = EVERYTHING
) -> Inbox[Announced]:
    return await store.reader(viewer).changes.complaints(condition)


async def write(store: Store, *given: Complaint) -> None:
    """Each as a version that a later run brought."""
    for each in given:
        await store.writer.write(received(each), provenance(run=each.number))


async def told(inbox: Inbox[Announced], most: int) -> Told:
    """The next so many."""
    with anyio.fail_after(30):
        heard = [await inbox.get() for _ in range(most)]
    return [(each.kind, each.change.id) for each in heard]


def expected(viewer: Scope, condition: Condition, versions: list[Complaint | str]) -> Told:
    """What an oracle says that a viewer hears while these are stored (or, by id, removed)."""
    stored: dict[str, oracle.Steps] = {}
    shown: set[str] = set()
    found: Told = []
    for each in versions:
        id_ = each if isinstance(each, str) else each.id
        had = id_ in shown
        if isinstance(each, str):
            stored.pop(id_, None)
            has = False
        else:
            before = {"timeline": stored[id_]} if id_ in stored else None
            steps = stored[id_] = next_timeline(each, MOMENT, before)
            has = oracle.visible(viewer, each) and oracle.holds(condition, each, steps)
        if had or has:
            found.append((GONE if not has else UPDATED if had else CREATED, id_))
        (shown.add if has else shown.discard)(id_)
    return found


@st.composite
def histories(draw: st.DrawFn) -> list[Complaint | str]:
    """A few complaints that are stored, changed, moved and removed; no two versions are alike."""
    found: list[Complaint | str] = []
    known: list[str] = []
    for n in range(draw(st.integers(1, 12))):
        if known and draw(st.integers(1, 6)) == 1:
            found.append(known.pop(draw(st.integers(0, len(known) - 1))))
            continue
        drawn = draw(complaints(channel="lapor"))
        external_id = str(draw(st.integers(1, 4)))
        again = {"external_id": external_id, "number": str(n), "updated_at": None}
        version = complaint(**{f: getattr(drawn, f) for f in _FIELDS} | again)
        known = [id_ for id_ in known if id_ != version.id] + [version.id]
        found.append(version)
    return found


_FIELDS = list(Complaint.__dataclass_fields__)


@given(
    history=histories(),
    viewers=st.lists(scopes(), min_size=2, max_size=3),
    asks=watchable_conditions(),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_everybody_hears_what_the_oracle_says(
    fed: Store,
    database: Database,
    history: list[Complaint | str],
    viewers: list[Scope],
    asks: Condition,
) -> None:
    await without_complaints(database)
    whole = await watching(fed, MINISTRY)
    inboxes = [await watching(fed, viewer, c) for viewer in viewers for c in (EVERYTHING, asks)]
    for each in [*history, LAST]:
        if isinstance(each, str):
            await database["complaints"].delete_one({"_id": each})
        else:
            await write(fed, each)
    with anyio.fail_after(30):
        while (await whole.get()).change.id != LAST.id:
            pass
    pairs = [(viewer, c) for viewer in viewers for c in (EVERYTHING, asks)]
    for (viewer, condition), inbox in zip(pairs, inboxes, strict=True):
        heard = await told(inbox, len(inbox._waiting))
        assert heard == expected(viewer, condition, [*history, LAST])
        inbox.close()
    whole.close()


async def test_what_moves_to_another_province_is_gone_by_its_id_alone(fed: Store) -> None:
    ours, theirs = await watching(fed, SULSEL), await watching(fed, SULTRA)
    here = complaint(number="1")
    there = complaint(number="2", province="74", district="74.71")
    await write(fed, here, there, complaint(number="3", province="74", district="74.71"))
    assert await told(ours, 2) == [(CREATED, here.id), (GONE, here.id)]
    assert await told(theirs, 2) == [(CREATED, here.id), (UPDATED, here.id)]
    assert not ours._waiting


async def test_a_complaint_is_read_within_the_scope_and_with_its_masks(fed: Store) -> None:
    district = scope(Grant(Role.DISTRICT, ("73.71",)))
    readers = [fed.reader(viewer) for viewer in (SULSEL, SULTRA, MINISTRY, district)]
    whole = await watching(fed, MINISTRY)
    await write(fed, complaint(title="Jalan rusak", secret=True))
    change = (await whole.get()).change
    fields = frozenset({"title"})
    read = [await r.complaints.changed(change, Reading(), fields) for r in readers]
    assert [each["title"] if each else None for each in read] == [
        "Jalan rusak",
        None,
        "Jalan rusak",
        "Jalan rusak",
    ]
    assert read[1] is None


async def test_what_is_read_of_a_change_is_asked_once_and_handed_to_each_anew() -> None:
    change, asked = Change("complaints", "1", None, {}), []

    async def fetch() -> dict[str, Any]:
        asked.append(1)
        return {"title": "Jalan rusak"}

    one, other = await asyncio.gather(change.read("same", fetch), change.read("same", fetch))
    assert one == other and one is not other
    await change.read("another", fetch)
    assert len(asked) == 2


async def test_runs_are_told_to_those_who_mind_their_channel(fed: Store) -> None:
    operators = [scope(Grant(Role.OPERATOR, channels=(name,))) for name in ("lapor", "sulsel")]
    ours, theirs = [await fed.reader(s).changes.runs(None) for s in operators]
    named = await fed.reader(MINISTRY).changes.runs("another")
    run = await fed.runs.start("lapor", "lapor", "v1")
    await fed.runs.progress(run, Ledger(read=5), {})
    await fed.runs.finish(run, RunState.SUCCEEDED, Ledger(read=9), [])
    with anyio.fail_after(10):
        changes = [await ours.get() for _ in range(3)]
    found = await fed.reader(operators[0]).runs.changed(changes[-1])
    assert found and found["state"] == "succeeded"
    assert await fed.reader(operators[1]).runs.changed(changes[-1]) is None
    assert not theirs._waiting and not named._waiting


async def test_what_nobody_can_see_is_told_to_nobody(fed: Store, database: Database) -> None:
    whole = await watching(fed, MINISTRY)
    await write(fed, complaint())
    await database["complaints"].update_one({}, {"$set": {"raw": b"", "reporter": None}})
    await database["complaints"].update_one({}, {"$set": {"provenance.fingerprint": "other"}})
    await database["complaints"].update_one({}, {"$set": {"raw": b"new", "institution": "Dinas"}})
    await write(fed, LAST)
    assert [kind for kind, _ in await told(whole, 3)] == [CREATED, UPDATED, CREATED]


async def test_who_does_not_read_is_told_that_they_fell_behind(
    fed: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_WAITING", 3)
    slow, quick = await watching(fed, MINISTRY), await watching(fed, SULSEL)
    for n in range(5):
        await write(fed, complaint(number=str(n)))
        await told(quick, 1)
    with pytest.raises(FellBehindError):
        await slow.get()
    assert not slow._waiting


async def test_the_stream_is_open_while_somebody_watches(fed: Store) -> None:
    for n in range(2):
        inbox = await watching(fed, MINISTRY)
        await write(fed, complaint(number=str(n)))
        assert await told(inbox, 1)
        inbox.close()
        with anyio.fail_after(10):
            while fed.feed._live.is_set():  # noqa: ASYNC110 - nothing tells
                await anyio.sleep(0.01)


async def test_each_driver_tells_and_a_dropped_collection_is_no_silent_loss(
    mongodb_uri: str, driver: Driver
) -> None:
    async with connect(mongodb_uri, driver, f"fed-{driver}") as database:
        async with listening(Store(database, Vault(b"k" * 32))) as store:
            inbox = await watching(store, MINISTRY)
            closed = complaint(number="2", status=ComplaintStatus.CLOSED)
            await write(store, complaint(), closed)
            assert [kind for kind, _ in await told(inbox, 2)] == [CREATED, UPDATED]
            await database["complaints"].drop()
            with pytest.raises(FellBehindError), anyio.fail_after(10):
                await inbox.get()
        await database.client.drop_database(database.name)


async def test_nothing_is_lost_or_told_twice_over_a_restart_of_mongodb(tmp_path: Path) -> None:
    vault, open_ = Vault(b"k" * 32), Compare(Field.STATUS, Op.EQ, "received")
    stored = [complaint(external_id=str(n), number=str(n)) for n in range(30)]
    first = AsyncExitStack()
    uri = await first.enter_async_context(embedded_mongod(tmp_path))
    async with (
        first,
        relayed(uri) as (relay, through),
        connect(directly(through), Driver.PYMONGO) as database,
        listening(Store(database, vault)) as store,
    ):
        inbox = await watching(store, SULSEL, open_)
        await write(store, *stored[:10])
        await told(inbox, 5)
        # Stored where the hub does not hear of it before MongoDB is killed.
        relay.silence()
        async with connect(uri, Driver.PYMONGO) as beside:
            await write(Store(beside, vault), *stored[10:20])
        os.kill(int((tmp_path / "mongo" / "pid").read_text()), signal.SIGKILL)
        relay.cut()
        relay.resume()
        await first.aclose()
        async with embedded_mongod(tmp_path) as again:
            relay.lead_to(again)
            async with connect(again, Driver.PYMONGO) as beside:
                await write(Store(beside, vault), *stored[20:])
            rest = await told(inbox, 25)
            assert rest == [(CREATED, c.id) for c in stored[5:]]
            assert not inbox._waiting
