"""Commands for webhooks that clients registered."""

import json
from pathlib import Path

import anyio

from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.mongo import Driver
from hub.store.store import open_store
from tests.cli.conftest import Run

CONSOLE = Scope("console", (Grant(Role.MINISTRY),), frozenset({Permission.COMPLAINTS_READ}))


def test_webhooks_are_listed_disabled_and_enabled(
    run: Run, mongodb_uri: str, tmp_path: Path
) -> None:
    async def registered() -> str:
        async with open_store(
            uri=mongodb_uri,
            data_dir=tmp_path,
            encryption_key="a2" * 21 + "a=",
            driver=Driver.PYMONGO,
        ) as store:
            added = await store.reader(CONSOLE).webhooks.add("https://a.example/", {}, "whsec_x")
            return str(added["_id"])

    id_ = anyio.run(registered)
    (listed,) = [json.loads(line) for line in run("webhook", "list", "--json").stdout.splitlines()]
    assert (listed["_id"], listed["by"], listed["pending"]) == (id_, "console", 0)
    assert "secret" not in str(listed)
    assert run("webhook", "disable", id_, "--reason", "floods it").exit_code == 0
    assert run("webhook", "disable", id_, "--reason", "floods it").exit_code == 1
    told = run("webhook", "list").stdout
    assert "disabled: floods it" in told
    assert run("webhook", "enable", id_).exit_code == 0
    assert run("webhook", "enable", id_).exit_code == 1
