"""What is changed, disabled or revoked holds for the next request, whatever the token says."""

import base64
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
import orjson
import pytest
from joserfc import jwt

from hub.auth.keys import KeyRing
from hub.domain.scope import Grant, Permission, Role
from hub.store import mongo, remembered
from hub.store.grants import grant_documents
from hub.store.mongo import Database, Driver, connect
from hub.store.principals import Principals, UnknownPrincipalError
from hub.store.store import Store
from hub.store.vault import Vault
from tests.relay import directly, relayed
from tests.remembering import until_live
from tests.running_hub import RunningHub, running_hub

SULSEL, SULTRA = Grant(Role.PROVINCE, ("73",)), Grant(Role.PROVINCE, ("74",))
READ, COUNT = Permission.COMPLAINTS_READ, Permission.STATISTICS_READ
VIEWER = "{ viewer { scopes grants { role regions { code } } } }"


def stated(token: str) -> dict[str, Any]:
    """What a token says, by those who need not check it."""
    found: dict[str, Any] = orjson.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    return found


async def seen(hub: RunningHub, token: str) -> tuple[list[str], list[str]]:
    """The regions and scopes that a token has now."""
    viewer = (await hub.ask(token, VIEWER))["viewer"]
    regions = [region["code"] for grant in viewer["grants"] for region in grant["regions"]]
    return regions, viewer["scopes"]


@pytest.fixture(params=["remembered", "asked each time"])
async def either(hub: RunningHub, request: pytest.FixtureRequest) -> AsyncIterator[RunningHub]:
    """A hub that is told of changes, and one that is not yet."""
    if request.param == "remembered":
        await until_live(hub.store.principals.remembered)
    yield hub


async def test_changed_grants_hold_at_once(either: RunningHub) -> None:
    hub = either
    token = await hub.token(SULSEL, SULTRA, permissions=[READ, COUNT])
    subject = stated(token)["sub"]
    assert await seen(hub, token) == (["73", "74"], [READ, COUNT])
    await hub.store.principals.set_grants(subject, [SULTRA], [READ])
    assert await seen(hub, token) == (["74"], [READ])
    await hub.store.principals.set_grants(subject, [], [READ])
    assert await seen(hub, token) == ([], [READ])


async def test_a_token_never_gains_by_a_change(either: RunningHub) -> None:
    hub = either
    token = await hub.token(SULSEL, permissions=[READ])
    await seen(hub, token)
    more = [Grant(Role.MINISTRY), SULSEL, SULTRA]
    await hub.store.principals.set_grants(stated(token)["sub"], more, list(Permission))
    assert await seen(hub, token) == (["73"], [READ])


async def test_a_disabled_client_has_no_token_any_more(either: RunningHub) -> None:
    hub = either
    token = await hub.token(SULSEL)
    subject = stated(token)["sub"]
    await seen(hub, token)
    await hub.store.principals.disable(subject)
    assert (await hub.post(token, VIEWER)).status_code == 401
    assert await hub.store.clients.get(subject) is None  # nor is a new one issued
    await hub.store.principals.disable(subject, disabled=False)
    assert await seen(hub, token)
    with pytest.raises(UnknownPrincipalError):
        await hub.store.principals.disable("nobody")


async def test_a_revoked_token_is_void_and_others_of_its_client_are_not(
    either: RunningHub,
) -> None:
    hub = either
    token, other = [await hub.token(SULSEL) for _ in range(2)]
    await seen(hub, token)
    expires = datetime.now(UTC) + timedelta(minutes=15)
    await hub.store.revocations.revoke(stated(token)["jti"], expires)
    assert (await hub.post(token, VIEWER)).status_code == 401
    assert await seen(hub, other)


async def person_token(hub: RunningHub, database: Database, **kept: Any) -> str:
    """A token that a console got for a person."""
    own = await hub.token(SULSEL, permissions=[READ, COUNT])
    user = {
        "_id": "sitti",
        "grants": grant_documents([SULSEL]),
        "permissions": [READ.value, COUNT.value],
    }
    await database["users"].insert_one(user | kept)
    claims = stated(own) | {"sub": "user:sitti", "jti": "of sitti"}
    header = {"alg": "ES256", "typ": "at+jwt"}
    ring = KeyRing(hub.store.signing_keys)
    await ring.refresh()
    return jwt.encode(header, claims, ring.signing)


async def test_a_persons_token_needs_the_person_and_the_console(
    either: RunningHub, database: Database
) -> None:
    hub = either
    token = await person_token(hub, database)
    console = stated(token)["client_id"]
    principals = hub.store.principals
    assert await seen(hub, token) == (["73"], [READ, COUNT])
    # What the console may do at most holds for all who use it; its own grants are its own.
    await principals.set_grants(console, [], [READ])
    assert await seen(hub, token) == (["73"], [READ])
    await principals.set_grants("user:sitti", [SULTRA], [READ, COUNT])
    assert await seen(hub, token) == ([], [READ])
    await principals.set_grants("user:sitti", [SULSEL], [READ, COUNT])
    for subject in (console, "user:sitti"):
        await principals.disable(subject)
        assert (await hub.post(token, VIEWER)).status_code == 401
        await principals.disable(subject, disabled=False)
        assert await seen(hub, token) == (["73"], [READ])
    await database["users"].delete_one({"_id": "sitti"})
    with anyio.fail_after(5):
        while (await hub.post(token, VIEWER)).status_code != 401:
            pass


async def test_what_another_process_changes_is_noticed(
    mongodb_uri: str, driver: Driver, vault: Vault
) -> None:
    """Each driver; the other process is a store of its own."""
    async with (
        connect(mongodb_uri, driver, "watched") as database,
        connect(mongodb_uri, Driver.PYMONGO, "watched") as elsewhere,
        running_hub(Store(database, vault)) as hub,
    ):
        await until_live(hub.store.principals.remembered)
        token = await hub.token(SULSEL, permissions=[READ, COUNT])
        subject = stated(token)["sub"]
        assert await seen(hub, token) == (["73"], [READ, COUNT])
        others = Principals(elsewhere)
        change = hub.store.principals.remembered.next_change
        await others.set_grants(subject, [SULSEL], [READ])
        began = time.monotonic()
        with anyio.fail_after(5):
            await change.wait()
        assert time.monotonic() - began < 1
        assert await seen(hub, token) == (["73"], [READ])
        for changed in ({"disabled": True}, None):
            change = hub.store.principals.remembered.next_change
            if changed:
                await elsewhere["clients"].update_one({"_id": subject}, {"$set": changed})
            else:
                await elsewhere["clients"].drop()
            with anyio.fail_after(5):
                await change.wait()
            assert (await hub.post(token, VIEWER)).status_code == 401


async def test_a_request_that_can_not_be_checked_is_not_answered(
    mongodb_uri: str, database: Database, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(mongo._LIMITS, "timeoutMS", 1_000)
    monkeypatch.setattr(remembered, "LEASE_SECONDS", 0.6)
    async with (
        relayed(mongodb_uri) as (relay, uri),
        connect(directly(uri), Driver.PYMONGO, database.name) as behind,
        running_hub(Store(behind, vault)) as hub,
    ):
        token = await hub.token(SULSEL)
        assert await seen(hub, token)
        relay.silence()
        with anyio.fail_after(5):
            while hub.store.principals.remembered.live:  # noqa: ASYNC110 - no event
                await anyio.sleep(0.01)
        answer = await hub.http.post(
            "/graphql", headers={"Authorization": f"Bearer {token}"}, timeout=20
        )
        relay.resume()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
        assert answer.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
        await until_live(hub.store.principals.remembered)
        assert await seen(hub, token)
