"""Exchanging a code: once, soon, and by whom it was given to."""

from dataclasses import replace
from typing import Any

import anyio
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet

from hub.domain.scope import Permission
from tests.auth.browser import CALLBACK, Browser, Console, a_console, a_user, code_for, tokens_for
from tests.running_hub import RunningHub


async def claims(hub: RunningHub, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set((await hub.http.get("/.well-known/jwks.json")).json())
    return jwt.decode(token, keys).claims


async def test_a_code_works_once_and_its_second_use_ends_what_it_gave(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    code = await code_for(hub, console)
    first = (await console.exchange(hub, code)).json()
    again = await console.exchange(hub, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    refreshed = await console.refresh(hub, first["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"
    jti = (await claims(hub, first["access_token"]))["jti"]
    assert await hub.store.revocations.is_revoked(jti)


async def test_a_code_is_bound_to_its_client_redirect_uri_and_challenge(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    other = await a_console(hub)
    code = await code_for(hub, console)
    for answer in (
        await console.exchange(hub, code, code_verifier="w" * 43),
        await console.exchange(hub, code, redirect_uri="https://konsol.example/lain"),
        await Console(other.id, verifier=console.verifier).exchange(hub, code),
        await console.exchange(hub, f"{code}x"),
        await console.exchange(hub, "x"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    without = await console.ask(
        hub, grant_type="authorization_code", code=code, redirect_uri=CALLBACK
    )
    assert (without.status_code, without.json()["error"]) == (400, "invalid_request")
    assert (await console.exchange(hub, code)).status_code == 200


async def test_a_code_ends_after_a_minute(hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    await a_user(hub)
    console = await a_console(hub)
    monkeypatch.setattr("hub.store.authorizations.CODE_SECONDS", 0)
    answer = await console.exchange(hub, await code_for(hub, console))
    assert answer.json()["error"] == "invalid_grant"


async def test_a_client_with_a_secret_needs_both_its_secret_and_pkce(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub, public=False)
    assert console.secret
    async with Browser(hub) as browser:
        await browser.open(console.address(code_challenge=None, code_challenge_method=None))
        assert browser.sent_back["error"] == "invalid_request"
    code = await code_for(hub, console)
    unproven = await Console(console.id, verifier=console.verifier).exchange(hub, code)
    assert (unproven.status_code, unproven.json()["error"]) == (401, "invalid_client")
    assert (await console.exchange(hub, code)).status_code == 200


async def test_of_many_exchanges_at_once_one_wins_at_most(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    code = await code_for(hub, console)
    answers: list[int] = []

    async def exchange() -> None:
        answers.append((await console.exchange(hub, code)).status_code)

    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(exchange)
    assert answers.count(200) <= 1
    assert set(answers) <= {200, 400}


async def test_permissions_are_the_least_of_all_at_each_refresh(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)
    tokens = await tokens_for(hub, console)
    client = await hub.store.clients.get(console.id)
    assert client
    less = replace(client, permissions=frozenset({Permission.STATISTICS_READ}))
    await hub.store.clients.add(less)
    again = (await console.refresh(hub, tokens["refresh_token"])).json()
    assert again["scope"] == "statistics:read"
    nothing = replace(client, permissions=frozenset({Permission.AUDIT_READ}))
    await hub.store.clients.add(nothing)
    refused = await console.refresh(hub, again["refresh_token"])
    assert refused.json()["error"] == "invalid_scope"
