"""What a field of many connectors reads is asked for all of them at once."""

from collections import Counter
from datetime import timedelta
from typing import Any

from hub.domain.clock import utc_now
from hub.domain.run import Ledger, RunState
from hub.domain.scope import Grant, Role
from hub.store.connectors import Registration
from hub.store.mongo import Database
from hub.store.runs import RunRegister
from tests.running_hub import RunningHub

CONNECTORS = """{ connectors {
  name lastRun { id state ledger { read } } versions { version by } completeness { asOf }
} }"""


async def run_of(runs: RunRegister, name: str, read: int) -> str:
    """A run of a connector that read so many records."""
    run = await runs.start(name, name, "v1")
    await runs.finish(run, RunState.SUCCEEDED, Ledger(read=read, unchanged=read), [])
    return run.id


async def asked_for(hub: RunningHub, database: Database, token: str) -> tuple[Any, Counter[str]]:
    """The answer, and how often MongoDB was asked for it by collection."""
    await database.command("profile", 2)
    answer = (await hub.ask(token, CONNECTORS))["connectors"]
    await database.command("profile", 0)
    ours = {"ns": {"$regex": "[.](connectors|connector_versions|runs|completeness)$"}}
    found = Counter([each["ns"] async for each in database["system.profile"].find(ours)])
    await database["system.profile"].drop()
    return answer, found


async def test_ten_connectors_take_as_many_questions_as_two(
    hub: RunningHub, database: Database
) -> None:
    token = await hub.token(Grant(Role.ADMIN))
    found = []
    for names in (["c0", "c1"], [f"c{n}" for n in range(10)]):
        for name in names:
            text = Registration(name, "filesystem", name, "version: 1", "v1", ".")
            await hub.store.connectors.put(text, "a file")
            await hub.store.completeness.put(name, name, utc_now(), [])
            await run_of(hub.store.runs, name, 1)
        answer, commands = await asked_for(hub, database, token)
        assert [each["name"] for each in answer] == names
        assert all(each["lastRun"] and each["versions"] for each in answer)
        assert all(each["completeness"] for each in answer)
        found.append(commands)
    assert found[0] == found[1]


async def test_the_latest_run_is_found_however_long_ago_it_was(
    hub: RunningHub, database: Database
) -> None:
    long_ago = RunRegister(database, lambda: utc_now() - timedelta(days=300))
    for name in ("rests", "runs"):
        text = Registration(name, "filesystem", name, "version: 1", "v1", ".")
        await hub.store.connectors.put(text, "a file")
        await run_of(long_ago, name, 1)
        await run_of(long_ago, name, 2)
    await run_of(hub.store.runs, "runs", 3)
    answer = (await hub.ask(await hub.token(Grant(Role.ADMIN)), CONNECTORS))["connectors"]
    assert {each["name"]: each["lastRun"]["ledger"]["read"] for each in answer} == {
        "rests": 2,
        "runs": 3,
    }
