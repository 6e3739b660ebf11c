"""Refresh tokens: each is exchanged once, and a second time ends the whole family."""

import anyio
import pytest

from hub.store.mongo import Database
from tests.auth.browser import Console, a_console, a_user, tokens_for
from tests.running_hub import RunningHub

INVALID = (400, "invalid_grant")


async def test_each_exchange_gives_another_one(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    tokens = await tokens_for(hub, console)
    seen = {tokens["refresh_token"]}
    for _ in range(3):
        answer = await console.refresh(hub, tokens["refresh_token"])
        assert answer.status_code == 200
        tokens = answer.json()
        seen.add(tokens["refresh_token"])
        await hub.ask(tokens["access_token"], "{ viewer { id } }")
    assert len(seen) == 4


async def test_one_that_is_used_again_ends_the_whole_family(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    first = await tokens_for(hub, console)
    second = (await console.refresh(hub, first["refresh_token"])).json()
    stolen = await console.refresh(hub, first["refresh_token"])
    assert (stolen.status_code, stolen.json()["error"]) == INVALID
    honest = await console.refresh(hub, second["refresh_token"])
    assert (honest.status_code, honest.json()["error"]) == INVALID
    other = await tokens_for(hub, console)  # a family of its own
    assert (await console.refresh(hub, other["refresh_token"])).status_code == 200


async def test_of_many_at_once_one_wins_at_most(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    tokens = await tokens_for(hub, console)
    answers = []

    async def exchange() -> None:
        answers.append((await console.refresh(hub, tokens["refresh_token"])).status_code)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(exchange)
    assert answers.count(200) <= 1
    assert set(answers) <= {200, 400}


async def test_it_is_of_no_use_to_another_client_and_does_no_harm_there(hub: RunningHub) -> None:
    await a_user(hub)
    console, other = await a_console(hub), await a_console(hub)
    tokens = await tokens_for(hub, console)
    answer = await other.refresh(hub, tokens["refresh_token"])
    assert (answer.status_code, answer.json()["error"]) == INVALID
    assert (await console.refresh(hub, tokens["refresh_token"])).status_code == 200


async def test_it_gives_less_if_asked_for_but_never_more(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    tokens = await tokens_for(hub, console, scope="complaints:read statistics:read")
    less = await console.refresh(hub, tokens["refresh_token"], scope="complaints:read")
    assert less.json()["scope"] == "complaints:read"
    token = less.json()["refresh_token"]
    more = await console.refresh(hub, token, scope="complaints:read letters:write")
    assert (more.status_code, more.json()["error"]) == (400, "invalid_scope")
    all_again = await console.refresh(hub, token)
    assert all_again.json()["scope"] == "complaints:read statistics:read"


@pytest.mark.parametrize("token", ["", "x", ".", "x.y", "\u2603.\u2603"])
async def test_rubbish_is_refused(hub: RunningHub, token: str) -> None:
    console = await a_console(hub)
    answer = await console.refresh(hub, token)
    assert answer.status_code == 400


async def test_it_ends_with_its_user_and_in_time(hub: RunningHub, database: Database) -> None:
    await a_user(hub)
    console = await a_console(hub)
    tokens = await tokens_for(hub, console)
    await database["authorizations"].update_many(
        {}, [{"$set": {"expires_at": {"$subtract": ["$expires_at", 31 * 24 * 3600 * 1000]}}}]
    )
    assert (await console.refresh(hub, tokens["refresh_token"])).json()["error"] == "invalid_grant"
    tokens = await tokens_for(hub, console)
    assert await hub.store.users.remove("siti")
    assert (await console.refresh(hub, tokens["refresh_token"])).json()["error"] == "invalid_grant"


async def test_secrets_are_stored_as_hashes(hub: RunningHub, database: Database) -> None:
    await a_user(hub)
    console: Console = await a_console(hub)
    tokens = await tokens_for(hub, console)
    stored = repr([document async for document in database["authorizations"].find()])
    assert tokens["refresh_token"].partition(".")[2] not in stored
    assert tokens["access_token"] not in stored
