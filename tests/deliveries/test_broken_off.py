"""Whatever dies or breaks, each change is told at least once, and the same one by the same id."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault
from tests.deliveries.conftest import Told, until
from tests.made import complaint
from tests.relay import directly, relayed

MADE = [complaint(external_id=f"c{n}") for n in range(20)]


@asynccontextmanager
async def killed_at_the_end(uri: str, told: Told) -> AsyncIterator[None]:
    """A deliverer in a process of its own, which is killed at the end of the block."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.deliveries.deliver", uri, told.console.host), stdout=PIPE
    )
    try:
        assert process.stdout
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
        yield
    finally:
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()


async def test_killed_between_storing_and_sending_and_before_the_answer(
    told: Told, mongodb_uri: str
) -> None:
    await told.register()
    hold = asyncio.Event()
    told.console.hold = hold
    async with killed_at_the_end(mongodb_uri, told):
        await told.write(*MADE)
        deliveries = told.hub.store._database["deliveries"]

        async def too_few() -> bool:
            return await deliveries.count_documents({}) < len(MADE)

        await until(too_few)
        first = await told.console.next()  # sent, and not answered yet
    assert (
        len(await told.deliveries("PENDING")) == len(MADE) == await deliveries.count_documents({})
    )
    told.console.hold = None
    hold.set()
    await told.write(replace(MADE[0], title="Jalan diperbaiki"))
    sent: dict[str, str] = {first.id: first.json["data"]["id"]}
    async with told.delivering():

        async def not_all() -> bool:
            return await deliveries.count_documents({}) < len(MADE) + 1

        await until(not_all)
        await told.settled()
    while not told.console.waiting.empty():
        message = await told.console.next()
        of = message.json["data"]["id"]
        assert sent.setdefault(message.id, of) == of
    assert len(sent) == len(MADE) + 1
    assert set(sent.values()) == {f"complaint:{each.id}" for each in MADE}
    assert {each["state"] for each in await told.deliveries()} == {"DELIVERED"}


async def test_lines_to_mongodb_that_break_lose_nothing(
    told: Told, mongodb_uri: str, vault: Vault
) -> None:
    await told.register()
    async with (
        relayed(mongodb_uri) as (relay, through),
        connect(directly(through), Driver.PYMONGO, "tests") as database,
        told.delivering(Store(database, vault)),
    ):
        for n, each in enumerate(MADE):
            await told.write(each)
            if n % 5 == 1:
                relay.cut()
        ids: set[str] = set()
        while len(ids) < len(MADE):
            ids.add((await told.console.next()).json["data"]["id"])
    assert ids == {f"complaint:{each.id}" for each in MADE}
