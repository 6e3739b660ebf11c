"""The token endpoint: guessing and hurry have an end, shared by all hubs on a database."""

import pytest

from hub.auth.clients import create_client
from hub.auth.throttle import Limit, Throttle, TooManyAttemptsError
from hub.domain.scope import Grant, Role
from hub.store.attempts import Attempts
from hub.store.mongo import Database, Driver, connect
from tests.running_hub import RunningHub, running_hub

MINISTRY = Grant(Role.MINISTRY)
FORM = {"grant_type": "client_credentials"}


async def test_a_client_whose_secret_is_guessed_is_locked_there(hub: RunningHub) -> None:
    client_id, secret = await create_client(hub.store.clients, "x", MINISTRY)
    for _ in range(30):  # right ones don't count
        answer = await hub.http.post("/oauth/token", data=FORM, auth=(client_id, secret))
        assert answer.status_code == 200
    for _ in range(10):
        answer = await hub.http.post("/oauth/token", data=FORM, auth=(client_id, "wrong"))
        assert answer.status_code == 401
    async with running_hub(hub.store) as other:  # another process
        for at in (hub, other):
            for guess in ("wrong", secret):
                answer = await at.http.post("/oauth/token", data=FORM, auth=(client_id, guess))
                assert answer.status_code == 429
                assert 0 < int(answer.headers["retry-after"]) <= 300
                assert answer.json()["error"] == "temporarily_unavailable"
    await hub.token(MINISTRY)  # others go on
    elsewhere = await hub.http.post(
        "/oauth/token",
        data=FORM,
        auth=(client_id, secret),
        headers={"X-Forwarded-For": "192.0.2.7"},
    )
    assert elsewhere.status_code == 200


@pytest.mark.parametrize("path", ["token", "introspect", "revoke", "device_authorization"])
async def test_an_address_that_guesses_at_many_clients_is_stopped(
    hub: RunningHub, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.auth.server.WRONG_BY_ADDRESS", Limit("wrong-address", 3, 60))
    answers = [
        (await hub.http.post(f"/oauth/{path}", data=FORM, auth=(f"client-{n}", "x"))).status_code
        for n in range(5)
    ]
    assert answers == [401] * 3 + [429] * 2


async def test_hurry_has_an_end(hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.auth.server.REQUESTS_BY_ADDRESS", Limit("requests", 3, 60))
    client = await create_client(hub.store.clients, "x", MINISTRY)
    answers = [
        (await hub.http.post("/oauth/token", data=FORM, auth=client)).status_code for _ in range(4)
    ]
    assert answers == [200] * 3 + [429]


async def test_a_count_starts_anew_after_its_window(mongodb_uri: str, driver: Driver) -> None:
    limit = Limit("x", 2, 0)
    async with connect(mongodb_uri, driver, "tests-throttle") as database:
        attempts = Throttle(Attempts(database))
        for _ in range(5):
            await attempts.enter((limit, "somebody"))
        lasting = Limit("y", 2, 60)
        await attempts.enter((lasting, "somebody"))
        await attempts.enter((lasting, "somebody"))
        await attempts.take_back((lasting, "somebody"))
        await attempts.enter((lasting, "somebody"))
        with pytest.raises(TooManyAttemptsError) as stopped:
            await attempts.enter((lasting, "somebody"))
        assert 58 <= stopped.value.retry_after <= 60
        await attempts.enter((lasting, "somebody else"))
        await database["attempts"].delete_many({})


async def test_names_and_addresses_are_not_kept(hub: RunningHub, database: Database) -> None:
    await hub.http.post("/oauth/token", data=FORM, auth=("client-of-siti", "x"))
    stored = repr([document async for document in database["attempts"].find()])
    assert "wrong-address" in stored
    assert "siti" not in stored
    assert "127.0.0.1" not in stored
