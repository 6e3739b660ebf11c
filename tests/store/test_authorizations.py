"""What is kept of users, consents and devices, by both drivers."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from hub.domain.scope import Grant, Permission, Role
from hub.store.authorizations import Authorization, new_authorization_id
from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.users import NameTakenError, User
from hub.store.vault import Vault

READ = frozenset({Permission.COMPLAINTS_READ})
SOON = timedelta(minutes=15)


@pytest.fixture
async def oauth_store(mongodb_uri: str, vault: Vault, driver: Driver) -> AsyncIterator[Store]:
    async with connect(mongodb_uri, driver, "tests-oauth") as database:
        for name in await database.list_collection_names():
            await database[name].delete_many({})
        yield Store(database, vault)


def consent() -> Authorization:
    now = datetime.now(UTC).replace(microsecond=0)
    return Authorization(new_authorization_id(), "konsol", "siti", READ, now, "https://x", "c" * 43)


async def test_a_consent_from_code_to_refresh_token(oauth_store: Store) -> None:
    store, given, ends = oauth_store.authorizations, consent(), datetime.now(UTC) + SOON
    code = await store.add(given)
    assert await store.by_code(code, "konsol") == given
    assert await store.by_code(code, "another") is None
    first, second = f"{given.id}.first", f"{given.id}.second"
    assert await store.issue(given.id, "jti-1", ends, None, first)
    assert await store.by_refresh_token(first, "konsol") == given
    assert await store.by_refresh_token(first, "another") is None
    assert await store.issue(given.id, "jti-2", ends, first, second)
    found = await store.refreshable(second)
    assert found is not None
    assert found[0] == given
    assert await store.refreshable(first) is None
    assert not await oauth_store.revocations.is_revoked("jti-2")
    assert not await store.issue(given.id, "jti-3", ends, first, f"{given.id}.third")
    for jti in ("jti-1", "jti-2"):
        assert await oauth_store.revocations.is_revoked(jti)
    assert await store.refreshable(second) is None
    assert await store.by_refresh_token(second, "konsol") is None


async def test_only_tokens_that_are_still_valid_are_kept(oauth_store: Store) -> None:
    store, given, past = oauth_store.authorizations, consent(), datetime.now(UTC) - SOON
    await store.add(given)
    token = None
    for n in range(3):
        following = f"{given.id}.{n}"
        assert await store.issue(given.id, f"jti-{n}", past, token, following)
        token = following
    await store.revoke(given.id)
    revoked = [await oauth_store.revocations.is_revoked(f"jti-{n}") for n in range(3)]
    assert revoked == [False, False, True]


async def test_a_device_waits_until_somebody_decides(oauth_store: Store) -> None:
    store = oauth_store.device_codes
    device_code, user_code = await store.add("layar", "statistics:read")
    waiting = await store.waiting(user_code.lower())
    assert waiting is not None
    assert waiting.shown == user_code
    assert await store.waiting("") is None
    assert not await store.too_quick(waiting.id)
    assert await store.too_quick(waiting.id)
    assert not await store.take(waiting.id)
    decision = {"user_id": "siti", "permissions": READ, "auth_time": datetime.now(UTC)}
    assert await store.decide(waiting.id, allowed=True, **decision)  # type: ignore[arg-type]
    assert not await store.decide(waiting.id, allowed=False, **decision)  # type: ignore[arg-type]
    assert await store.waiting(user_code) is None
    decided = await store.by_device_code(device_code)
    assert decided is not None
    assert (decided.allowed, decided.user_id, decided.permissions) == (True, "siti", READ)
    assert await store.take(waiting.id)
    assert not await store.take(waiting.id)


async def test_users_are_found_by_id_and_by_name(oauth_store: Store) -> None:
    store = oauth_store.users
    user = User("1", "siti", "hash", (Grant(Role.PROVINCE, ("73",)),), READ, "JBSWY3DPEHPK3PXP")
    await store.add(user)
    assert await store.get("1") == await store.named("siti") == user
    with pytest.raises(NameTakenError):
        await store.add(User("2", "siti", "hash", (), READ))
    assert await store.use_totp("1", 5)
    assert not await store.use_totp("1", 5)
    assert not await store.use_totp("1", 4)
    assert await store.remove("siti")
    assert not await store.remove("siti")
    assert await store.get("1") is None


async def test_what_has_ended_is_removed_by_mongodb(oauth_store: Store) -> None:
    database = oauth_store._database
    for name in ("authorizations", "device_codes", "revoked_tokens", "attempts"):
        indexes = await database[name].index_information()
        assert indexes["expires_at_1"]["expireAfterSeconds"] == 0


async def test_keys_are_kept_newest_first(oauth_store: Store) -> None:
    store = oauth_store.signing_keys
    await store.add_first(b"one")
    await store.add_first(b"never")
    await store.add(b"two")
    assert [key.pem for key in await store.all()] == [b"two", b"one"]
    await store.remove((await store.all())[1])
    assert [key.pem for key in await store.all()] == [b"two"]


async def test_a_thing_is_seen_for_the_first_time_once(oauth_store: Store) -> None:
    until = datetime.now(UTC) + SOON
    assert await oauth_store.attempts.add_unseen("x", until)
    assert not await oauth_store.attempts.add_unseen("x", until)
