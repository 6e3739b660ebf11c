"""Subscriptions as server-sent events, and how long a stream goes on."""

import time
from typing import Any

import anyio
import pytest
from joserfc import jwt

from hub.auth.keys import KeyRing
from hub.domain.scope import Grant, Role
from hub.schema.streams import sse
from hub.store import feed
from hub.store.store import Store
from tests.auth.test_current_grants import stated
from tests.listener import CHANGED, events, listening
from tests.made import complaint, provenance, received
from tests.running_hub import RunningHub, running_hub

SULSEL = Grant(Role.PROVINCE, ("73",))
ROWS = "{ complaints { totalCount } }"
COMPLETE = ("complete", None)


async def write(hub: RunningHub, **made: Any) -> None:
    await hub.store.writer.write(received(complaint(**made)), provenance())


async def test_changes_are_told_as_events(hub: RunningHub) -> None:
    async with events(hub, await hub.token(SULSEL), CHANGED) as told:
        assert told.answer.headers["content-type"].startswith("text/event-stream")
        assert (await told.next())[0] == ":"
        await write(hub, title="Jalan rusak")
        name, body = await told.next()
        assert (name, body["data"]["complaintChanged"]["kind"]) == ("next", "CREATED")


async def test_a_query_is_answered_by_one_event(hub: RunningHub) -> None:
    async with events(hub, await hub.token(SULSEL), ROWS) as told:
        name, body = await told.next()
        assert (name, body["data"]) == ("next", {"complaints": {"totalCount": 0}})
        assert await told.next() == COMPLETE


async def test_who_takes_either_gets_events_of_what_goes_on_only(hub: RunningHub) -> None:
    """As urql and other clients ask for everything."""
    either = "application/graphql-response+json, application/json, text/event-stream"
    token = await hub.token(SULSEL)
    for document in (ROWS, "{ nothing }"):
        answer = await hub.http.post(
            "/graphql",
            json={"query": document},
            headers={"Authorization": f"Bearer {token}", "Accept": either},
        )
        assert answer.headers["content-type"].startswith("application/graphql-response+json")
    async with events(hub, token, CHANGED, accept=either) as told:
        assert told.answer.headers["content-type"].startswith("text/event-stream")
        assert (await told.next())[0] == ":"


async def test_what_is_wrong_is_told_by_an_event(hub: RunningHub) -> None:
    async with events(hub, await hub.token(SULSEL), "subscription { nothing }") as told:
        _, body = await told.next()
        assert body["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert await told.next() == COMPLETE


async def test_a_quiet_stream_says_that_it_is_alive(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "ALIVE_SECONDS", 0.05)
    async with events(hub, await hub.token(SULSEL), CHANGED) as told:
        assert [(await told.next())[0] for _ in range(3)] == [":"] * 3


async def test_a_hub_that_ends_completes_its_streams(store: Store) -> None:
    async with running_hub(store) as hub, events(hub, await hub.token(SULSEL), CHANGED) as told:
        await told.next()
        hub.ending.set()
        assert await told.next() == COMPLETE


async def test_who_falls_behind_is_told_to_read_anew(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "MOST_WAITING", 0)
    token = await hub.token(SULSEL)
    async with events(hub, token, CHANGED) as told, listening(hub, token) as listener:
        await told.next()
        await listener.subscribe(CHANGED)
        await write(hub)
        _, body = await told.next()
        assert body["errors"][0]["extensions"]["code"] == "FELL_BEHIND"
        assert await told.next() == COMPLETE
        message = await listener.next()
        assert message["type"] == "error"
        assert message["payload"] == body["errors"]


ENDINGS = ["disabled", "other grants", "revoked", "expired"]


@pytest.mark.parametrize("how", ENDINGS)
async def test_authority_that_ends_ends_a_stream_within_five_seconds(
    hub: RunningHub, how: str
) -> None:
    token = await hub.token(SULSEL)
    if how == "expired":
        ring = KeyRing(hub.store.signing_keys)
        await ring.refresh()
        key = ring.published.keys[0]
        claims = jwt.decode(token, key).claims | {"exp": int(time.time()) + 3}
        token = jwt.encode({"alg": "ES256", "typ": "at+jwt"}, claims, key)
    claims, principals = stated(token), hub.store.principals
    async with events(hub, token, CHANGED) as told, listening(hub, token) as listener:
        await told.next()
        await listener.subscribe(CHANGED)
        if how == "disabled":
            await principals.disable(claims["sub"])
        elif how == "other grants":
            await principals.set_grants(claims["sub"], [], [])
        elif how == "revoked":
            # As another process would, which can't tell this one.
            await hub.store._database["revoked_tokens"].insert_one({"_id": claims["jti"]})
        with anyio.fail_after(5):
            assert (await listener.closed())[0] == 4403
            name, body = await told.next()
            while name == ":":
                name, body = await told.next()
        assert body["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
        assert await told.next() == COMPLETE
