"""Devices: they show a code, a user types it, and they get their tokens."""

from typing import Any

from hub.domain.scope import Permission
from hub.store.mongo import Database
from tests.auth.browser import Browser, Console, a_console, a_user
from tests.running_hub import RunningHub

DEVICE = {"redirect_uris": [], "public": True}
GRANT = "urn:ietf:params:oauth:grant-type:device_code"


async def begin(hub: RunningHub, device: Console, **form: str) -> dict[str, Any]:
    answer = await device.post(hub, "device_authorization", **form)
    assert answer.status_code == 200, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


async def poll(hub: RunningHub, device: Console, begun: dict[str, Any]) -> dict[str, Any]:
    answer = await device.ask(hub, grant_type=GRANT, device_code=begun["device_code"])
    body: dict[str, Any] = answer.json()
    return body


async def answer_for(hub: RunningHub, address: str, decision: str, typed: str = "") -> str:
    async with Browser(hub) as browser:
        await browser.open(address)
        await browser.log_in("siti")
        confirm = await browser.send(**({"user_code": typed} if typed else {}))
        assert "Konsol" in confirm.text
        return (await browser.send(decision=decision)).text


async def test_a_device_gets_tokens_once_a_user_allows_it(
    hub: RunningHub, database: Database
) -> None:
    await a_user(hub)
    device = await a_console(hub, **DEVICE)
    begun = await begin(hub, device, scope="complaints:read connectors:read")
    assert begun["verification_uri"].endswith("/oauth/device")
    assert (begun["expires_in"], begun["interval"]) == (600, 5)
    assert (await poll(hub, device, begun))["error"] == "authorization_pending"
    typed = begun["user_code"].lower().replace("-", " ")
    assert "Allowed" in await answer_for(hub, begun["verification_uri"], "allow", typed)
    tokens = await poll(hub, device, begun)
    assert tokens["scope"] == "complaints:read"  # the user is of a province
    await hub.ask(tokens["access_token"], "{ viewer { id } }")
    assert (await poll(hub, device, begun))["error"] == "invalid_grant"  # once
    assert (await device.refresh(hub, tokens["refresh_token"])).status_code == 200


async def test_the_complete_address_fills_the_code_in_but_still_asks(hub: RunningHub) -> None:
    await a_user(hub)
    device = await a_console(hub, **DEVICE)
    begun = await begin(hub, device)
    assert "Denied" in await answer_for(hub, begun["verification_uri_complete"], "deny")
    assert (await poll(hub, device, begun))["error"] == "access_denied"


async def test_a_device_that_asks_too_often_is_told_to_slow_down(hub: RunningHub) -> None:
    device = await a_console(hub, **DEVICE)
    begun = await begin(hub, device)
    assert (await poll(hub, device, begun))["error"] == "authorization_pending"
    assert (await poll(hub, device, begun))["error"] == "slow_down"
    assert (await poll(hub, device, begun))["error"] == "slow_down"


async def test_a_code_ends(hub: RunningHub, database: Database) -> None:
    await a_user(hub)
    device = await a_console(hub, **DEVICE)
    begun = await begin(hub, device)
    await database["device_codes"].update_many(
        {}, [{"$set": {"expires_at": {"$subtract": ["$expires_at", 601_000]}}}]
    )
    assert (await poll(hub, device, begun))["error"] in {"expired_token", "invalid_grant"}
    async with Browser(hub) as browser:
        await browser.open(begun["verification_uri"])
        await browser.log_in("siti")
        page = await browser.send(user_code=begun["user_code"])
        assert (page.status_code, "No device waits" in page.text) == (400, True)


async def test_it_is_of_no_use_to_others(hub: RunningHub) -> None:
    await a_user(hub)
    device, other = await a_console(hub, **DEVICE), await a_console(hub, **DEVICE)
    begun = await begin(hub, device)
    await answer_for(hub, begun["verification_uri"], "allow", begun["user_code"])
    assert (await poll(hub, other, begun))["error"] == "unauthorized_client"
    assert "access_token" in await poll(hub, device, begun)


async def test_only_clients_for_devices_may_begin_and_only_with_what_they_may(
    hub: RunningHub,
) -> None:
    console = await a_console(hub)
    answer = await console.post(hub, "device_authorization")
    assert answer.json()["error"] == "unauthorized_client"
    device = await a_console(hub, **DEVICE, permissions=[Permission.STATISTICS_READ])
    answer = await device.post(hub, "device_authorization", scope="complaints:read")
    assert answer.json()["error"] == "invalid_scope"
    unknown = await poll(hub, device, {"device_code": "x"})
    assert unknown["error"] == "invalid_grant"


async def test_who_guesses_codes_is_stopped(hub: RunningHub) -> None:
    await a_user(hub)
    async with Browser(hub) as browser:
        await browser.open("/oauth/device")
        await browser.log_in("siti")
        for _ in range(10):
            assert (await browser.send(user_code="BBBB-BBBB")).status_code == 400
        stopped = await browser.send(user_code="BBBB-BBBB")
        assert stopped.status_code == 429
        assert 0 < int(stopped.headers["retry-after"]) <= 900
