"""One key follows another while hubs run, and no token is lost for it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws

from hub.auth import keys as auth_keys
from hub.auth.clients import create_client
from hub.auth.keys import KEPT, SIGNS_AFTER, KeyRing, rotate
from hub.domain.scope import Grant, Role
from hub.store.mongo import Database
from hub.store.store import Store
from tests.running_hub import RunningHub, running_hub

MINISTRY = Grant(Role.MINISTRY)


async def ring_of(store: Store) -> KeyRing:
    ring = KeyRing(store.signing_keys)
    await ring.refresh()
    return ring


async def age(database: Database, by: timedelta) -> None:
    """Makes all keys older."""
    milliseconds = by // timedelta(milliseconds=1)
    await database["keys"].update_many(
        {}, [{"$set": {"made_at": {"$subtract": ["$made_at", milliseconds]}}}]
    )


def kid(token: str) -> Any:
    return jws.extract_compact(token.encode()).headers()["kid"]


async def published(hub: RunningHub) -> list[str]:
    keys = (await hub.http.get("/.well-known/jwks.json")).json()["keys"]
    assert all(key["use"] == "sig" and "d" not in key for key in keys)
    return [key["kid"] for key in keys]


async def test_a_running_hub_takes_a_new_key_up_and_still_knows_the_old_one(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth_keys, "REFRESH_SECONDS", 0)
    async with running_hub(store) as hub:
        client = await create_client(store.clients, "x", MINISTRY)

        async def token() -> str:
            form = {"grant_type": "client_credentials"}
            answer = await hub.http.post("/oauth/token", data=form, auth=client)
            return str(answer.json()["access_token"])

        old = await token()
        assert await published(hub) == [kid(old)]
        await rotate(store.signing_keys)
        new_kid, old_kid = await published(hub)
        assert old_kid == kid(old)
        assert kid(await token()) == old_kid  # until every hub knows the new one
        await age(database, SIGNS_AFTER)
        new = await token()
        assert kid(new) == new_kid != old_kid
        for each in (old, new):
            await hub.ask(each, "{ viewer { id } }")
        await age(database, KEPT)
        assert await published(hub) == [new_kid]


async def test_hubs_that_start_together_have_one_key(store: Store, database: Database) -> None:
    rings = [await ring_of(Store(database, store._vault)) for _ in range(3)]
    assert len({ring.published.keys[0].kid for ring in rings}) == 1


async def test_keys_are_read_anew_only_when_they_are_old(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = await ring_of(store)
    await rotate(store.signing_keys)
    await ring.stay_fresh()
    assert len(ring.published.keys) == 1
    monkeypatch.setattr(ring, "_fresh_until", 0.0)
    await ring.stay_fresh()
    assert len(ring.published.keys) == 2


async def test_rotating_removes_keys_whose_tokens_have_expired(
    store: Store, database: Database
) -> None:
    await ring_of(store)
    await rotate(store.signing_keys)
    assert len(await store.signing_keys.all()) == 2
    await age(database, KEPT + timedelta(minutes=1))
    await rotate(store.signing_keys)
    newest, second = await store.signing_keys.all()
    assert newest.made_at > datetime.now(UTC) - timedelta(minutes=1) > second.made_at


async def test_a_key_of_before_rotation_was_known_is_still_used(
    store: Store, database: Database
) -> None:
    before = await ring_of(store)
    await database["keys"].update_many({}, {"$unset": {"made_at": ""}})
    assert (await ring_of(store)).published.keys[0].kid == before.published.keys[0].kid
