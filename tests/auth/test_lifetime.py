"""Introspection and revocation: what a token says, to whom, and how it ends."""

import pytest

from hub.auth.clients import register_client
from hub.domain.scope import Grant, Role
from tests.auth.browser import Console, a_console, a_user, tokens_for
from tests.running_hub import RunningHub


async def service(hub: RunningHub, grant: Grant) -> Console:
    return Console(*await register_client(hub.store.clients, "Layanan", (grant,)))


async def introspect(
    hub: RunningHub, client: Console, token: str, **more: str
) -> dict[str, object]:
    answer = await client.post(hub, "introspect", token=token, **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    said: dict[str, object] = answer.json()
    return said


INACTIVE = {"active": False}


async def test_a_client_may_ask_about_its_own_tokens_and_an_administrator_about_all(
    hub: RunningHub,
) -> None:
    await a_user(hub)
    console = await a_console(hub, public=False)
    tokens = await tokens_for(hub, console)
    others = [await service(hub, Grant(Role.MINISTRY)), await a_console(hub, public=False)]
    admin = await service(hub, Grant(Role.ADMIN))
    for kind in ("access_token", "refresh_token"):
        own = await introspect(hub, console, tokens[kind], token_type_hint=kind)
        assert own["active"] is True
        assert own["client_id"] == console.id
        assert str(own["sub"]).startswith("user:")
        assert await introspect(hub, admin, tokens[kind]) == own
        for other in others:  # a console that may administer for users is no administrator
            assert await introspect(hub, other, tokens[kind]) == INACTIVE
    assert (await introspect(hub, console, tokens["access_token"]))["token_type"] == "Bearer"


@pytest.mark.parametrize("token", ["rubbish", "..", "a.b.c", "a.b", "\u2603", "x" * 10_000])
@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "saml"])
async def test_rubbish_is_not_active(hub: RunningHub, token: str, hint: str) -> None:
    client = await service(hub, Grant(Role.ADMIN))
    assert await introspect(hub, client, token, token_type_hint=hint) == INACTIVE
    answer = await client.post(hub, "revoke", token=token, token_type_hint=hint)
    assert answer.status_code == 200


async def test_asking_needs_a_proof_and_a_token(hub: RunningHub) -> None:
    public = await a_console(hub)
    answer = await public.post(hub, "introspect", token="x")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    client = await service(hub, Grant(Role.ADMIN))
    for endpoint in ("introspect", "revoke"):
        answer = await client.post(hub, endpoint)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


async def test_a_revoked_access_token_is_on_the_list_until_it_expires(hub: RunningHub) -> None:
    client = await service(hub, Grant(Role.MINISTRY))
    token = (await client.ask(hub, grant_type="client_credentials")).json()["access_token"]
    said = await introspect(hub, client, token)
    assert not await hub.store.revocations.is_revoked(str(said["jti"]))
    assert (await client.post(hub, "revoke", token=token)).status_code == 200
    assert await hub.store.revocations.is_revoked(str(said["jti"]))
    assert await introspect(hub, client, token) == INACTIVE


async def test_with_a_refresh_token_all_of_the_family_ends(hub: RunningHub) -> None:
    await a_user(hub)
    console = await a_console(hub)  # public clients may revoke
    first = await tokens_for(hub, console)
    second = (await console.refresh(hub, first["refresh_token"])).json()
    answer = await console.post(hub, "revoke", token=second["refresh_token"])
    assert answer.status_code == 200
    refreshed = await console.refresh(hub, second["refresh_token"])
    assert refreshed.json()["error"] == "invalid_grant"
    admin = await service(hub, Grant(Role.ADMIN))
    for token in (first["access_token"], second["access_token"], second["refresh_token"]):
        assert await introspect(hub, admin, token) == INACTIVE


async def test_nobody_ends_the_tokens_of_another_client(hub: RunningHub) -> None:
    await a_user(hub)
    console, other = await a_console(hub), await a_console(hub)
    tokens = await tokens_for(hub, console)
    for token in (tokens["access_token"], tokens["refresh_token"]):
        answer = await other.post(hub, "revoke", token=token)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert (await console.refresh(hub, tokens["refresh_token"])).status_code == 200


async def test_a_refresh_token_opens_nothing_by_itself(hub: RunningHub) -> None:
    await a_user(hub)
    tokens = await tokens_for(hub, await a_console(hub))
    assert (await hub.post(tokens["refresh_token"], "{ viewer { id } }")).status_code == 401
