"""Runs: their order, their ledgers, their checkpoints, and who may move these."""

import pytest

from hub.domain.run import Ledger, RunState
from hub.domain.scope import Grant, Permission, Role
from hub.store.paging import PageRequest
from hub.store.runs import RunSupersededError
from hub.store.store import Store
from tests.made import MINISTRY, scope

LEDGER = Ledger(read=3, inserted=2, dead_lettered=1)


async def test_a_checkpoint_is_found_by_the_next_run(store: Store) -> None:
    first = await store.runs.start("lapor", "lapor", "v1")
    assert first.checkpoint == {}
    await store.runs.progress(first, LEDGER, {"laporan": {"rows": 3}})
    second = await store.runs.start("lapor", "lapor", "v1")
    assert second.checkpoint == {"laporan": {"rows": 3}}


async def test_a_later_run_takes_the_checkpoint_over(store: Store) -> None:
    slow = await store.runs.start("lapor", "lapor", "v1")
    later = await store.runs.start("lapor", "lapor", "v1")
    with pytest.raises(RunSupersededError, match=slow.id):
        await store.runs.progress(slow, LEDGER, {"laporan": {"rows": 99}})
    await store.runs.finish(slow, RunState.SUCCEEDED, LEDGER, [])
    await store.runs.finish(later, RunState.SUCCEEDED, LEDGER, [])
    page = await store.reader(MINISTRY).runs.page("lapor", PageRequest(5))
    assert [(d["_id"], d["state"]) for d in page.documents] == [
        (later.id, "succeeded"),
        (slow.id, "interrupted"),
    ]
    assert (await store.runs.start("lapor", "lapor", "v1")).checkpoint == {}


async def test_connectors_do_not_disturb_each_other(store: Store) -> None:
    lapor = await store.runs.start("lapor", "lapor", "v1")
    await store.runs.start("sulsel", "sulsel", "v1")
    await store.runs.progress(lapor, LEDGER, {"laporan": {"rows": 3}})
    page = await store.reader(MINISTRY).runs.page(None, PageRequest(5))
    assert [d["state"] for d in page.documents] == ["running", "running"]


async def test_runs_are_for_the_operator_the_ministry_and_the_admin(store: Store) -> None:
    await store.runs.start("lapor", "lapor", "v1")
    await store.runs.start("sulsel", "sulsel", "v1")

    async def seen(*grants: Grant, without: frozenset[Permission] = frozenset()) -> list[str]:
        page = await store.reader(scope(*grants, without=without)).runs.page(None, PageRequest(9))
        return sorted(d["connector"] for d in page.documents)

    assert await seen(Grant(Role.MINISTRY)) == ["lapor", "sulsel"]
    assert await seen(Grant(Role.ADMIN)) == ["lapor", "sulsel"]
    assert await seen(Grant(Role.OPERATOR, channels=("sulsel",))) == ["sulsel"]
    assert await seen(Grant(Role.PROVINCE, ("73",))) == []
    assert await seen(Grant(Role.STATISTICS)) == []
    without = frozenset({Permission.CONNECTORS_READ})
    assert await seen(Grant(Role.MINISTRY), without=without) == []


async def test_pages_of_runs_join_without_gap(store: Store) -> None:
    started = [(await store.runs.start(f"c{n}", "lapor", "v1")).id for n in range(5)]
    reader, found, after = store.reader(MINISTRY).runs, [], None
    while True:
        page = await reader.page(None, PageRequest(2, after=after))
        found += [d["_id"] for d in page.documents]
        if not page.has_next:
            break
        after = page.cursor(page.documents[-1])
    assert found == sorted(started, reverse=True)
