"""Subscriptions over a WebSocket, by a client that is not ours."""

from dataclasses import replace
from typing import Any

import anyio
import pytest
from websockets.exceptions import InvalidStatus

from hub.domain.complaint import ComplaintStatus
from hub.domain.run import Ledger, RunState
from hub.domain.scope import Grant, Permission, Role
from hub.schema import subscription
from hub.schema.limits import Limits
from hub.schema.streams import websocket
from hub.store.store import Store
from tests.listener import CHANGED, PROTOCOL, Listener, connected, events, listening
from tests.made import complaint, provenance, received
from tests.running_hub import HASTY, RunningHub, running_hub

SULSEL, SULTRA = Grant(Role.PROVINCE, ("73",)), Grant(Role.PROVINCE, ("74",))
OPERATOR = Grant(Role.OPERATOR, channels=("lapor",))
ROWS = "{ complaints { totalCount } }"


async def write(hub: RunningHub, **stated: Any) -> str:
    """Stores a complaint; its id."""
    given = complaint(**stated)
    await hub.store.writer.write(received(given), provenance())
    return given.id


async def test_a_change_is_told_with_what_was_asked_of_it(hub: RunningHub) -> None:
    async with listening(hub, await hub.token(SULSEL)) as listener:
        await listener.subscribe(CHANGED, filter={"status": {"eq": "RECEIVED"}})
        id_ = await write(hub, title="Jalan rusak")
        assert await listener.told() == {
            "complaintChanged": {
                "id": f"complaint:{id_}",
                "kind": "CREATED",
                "complaint": {"number": "1", "title": "Jalan rusak", "institution": None},
            }
        }
        await write(hub, number="2", status=ComplaintStatus.CLOSED)
        gone = {"id": f"complaint:{id_}", "kind": "GONE", "complaint": None}
        assert await listener.told() == {"complaintChanged": gone}


async def test_the_header_of_the_request_may_carry_the_token(hub: RunningHub) -> None:
    headers = {"Authorization": f"Bearer {await hub.token(SULSEL)}"}
    async with connected(hub, additional_headers=headers) as listener:
        assert await listener.init(None) == {"type": "connection_ack"}
        await listener.subscribe(CHANGED)


async def test_what_is_masked_is_told_for_each_event_by_itself(hub: RunningHub) -> None:
    token = await hub.token(Grant(Role.MINISTRY))
    async with listening(hub, token) as listener:
        await listener.subscribe(CHANGED)
        for n in ("1", "2"):
            id_ = await write(hub, external_id=n, title="Rahasia", secret=True)
            payload = (await listener.next())["payload"]
            assert payload["data"]["complaintChanged"]["complaint"]["title"] is None
            (masked,) = payload["extensions"]["masked"]
            assert masked["complaints"] == [f"complaint:{id_}"]


async def test_an_operation_ends_when_its_client_says_so(hub: RunningHub) -> None:
    async with listening(hub, await hub.token(SULSEL)) as listener:
        await listener.subscribe(CHANGED, "a")
        await listener.subscribe(CHANGED, "b")
        await listener.send("complete", id="a")
        await listener.live()
        await write(hub)
        assert (await listener.next())["id"] == "b"
        await listener.live()


async def test_whoever_leaves_is_forgotten(hub: RunningHub) -> None:
    async with listening(hub, await hub.token(SULSEL)) as listener:
        await listener.subscribe(CHANGED)
    feed = hub.store.feed
    with anyio.fail_after(10):
        while feed._audiences or feed._live.is_set():  # noqa: ASYNC110 - nothing tells
            await anyio.sleep(0.01)


async def test_queries_and_mutations_are_answered_too(hub: RunningHub) -> None:
    async with listening(hub, await hub.token(SULSEL)) as listener:
        await listener.send("subscribe", id="1", payload={"query": ROWS})
        assert await listener.told() == {"complaints": {"totalCount": 0}}
        assert await listener.next() == {"id": "1", "type": "complete"}


async def test_runs_are_told_as_they_get_on(hub: RunningHub) -> None:
    progress = "subscription { runProgress { state ledger { read } } }"
    async with listening(hub, await hub.token(OPERATOR)) as listener:
        await listener.subscribe(progress)
        other = await hub.store.runs.start("sulsel", "sulsel", "v1")
        run = await hub.store.runs.start("lapor", "lapor", "v1")
        assert (await listener.told())["runProgress"]["state"] == "RUNNING"
        await hub.store.runs.finish(other, RunState.SUCCEEDED, Ledger(read=3), [])
        await hub.store.runs.finish(run, RunState.SUCCEEDED, Ledger(read=9), [])
        done = {"state": "SUCCEEDED", "ledger": {"read": 9}}
        assert (await listener.told())["runProgress"] == done


async def test_figures_are_told_at_once_and_when_they_change(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscription, "FIGURES_SECONDS", 0.2)
    figures = "subscription { indicatorsChanged(groupBy: [STATUS]) { received keys { value } } }"
    async with listening(hub, await hub.token(SULSEL)) as listener:
        await listener.send("subscribe", id="1", payload={"query": figures})
        assert await listener.told() == {"indicatorsChanged": []}
        await write(hub, province="74", district="74.71")
        await write(hub, external_id="2")
        await write(hub, external_id="3")
        told = (await listener.told())["indicatorsChanged"]
        assert told == [{"received": 2, "keys": [{"value": "RECEIVED"}]}]


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("subscription {", {}, "GRAPHQL_PARSE_FAILED"),
    ("subscription { nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
    (CHANGED, {"filter": {"province": {"eq": "7"}}}, "BAD_USER_INPUT"),
    (CHANGED, {"filter": {"number": {"eq": 1}}}, "GRAPHQL_VALIDATION_FAILED"),
    ("subscription { runProgress { id } }", {}, "INSUFFICIENT_SCOPE"),
    ("subscription { indicatorsChanged(groupBy: [DAY, DAY]) { received } }", {}, "BAD_USER_INPUT"),
    (f"{{ {' '.join(f'a{n}: __typename' for n in range(301))} }}", {}, "LIMIT_EXCEEDED"),
]


@pytest.mark.parametrize(("query", "variables", "code"), REFUSED, ids=[c for *_, c in REFUSED])
async def test_what_is_wrong_is_told_of_the_operation_alone(
    hub: RunningHub, query: str, variables: dict[str, Any], code: str
) -> None:
    async with listening(hub, await hub.token(SULSEL)) as listener:
        payload = {"query": query, "variables": variables}
        await listener.send("subscribe", id="1", payload=payload)
        message = await listener.next()
        errors = message["payload"]
        if message["type"] == "next":
            errors = errors["errors"]
            assert await listener.next() == {"id": "1", "type": "complete"}
        assert [error["extensions"]["code"] for error in errors] == [code]
        await listener.live()


INIT = {"type": "connection_init"}
ASKS = {"type": "subscribe", "id": "1", "payload": {"query": CHANGED}}


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([{"type": "connection_init", "payload": {"Authorization": "Bearer x"}}], 4403),
        ([INIT], 4403),
        ([ASKS], 4401),
        ([{"type": "complete", "id": "1"}], 4400),
        (["ack", INIT], 4429),
        (["ack", ASKS, ASKS], 4409),
        (["ack", {"type": "start", "id": "1"}], 4400),
        (["ack", {"type": "subscribe", "id": "1", "payload": {"query": 1}}], 4400),
        (["ack", {"type": "subscribe", "id": 1, "payload": {"query": ROWS}}], 4400),
        (["ack", {"id": "1"}], 4400),
        (["ack", ["type"]], 4400),
    ],
    ids=str,
)
async def test_who_breaks_the_protocol_is_let_go(
    hub: RunningHub, messages: list[Any], code: int
) -> None:
    async with connected(hub) as listener:
        if messages[0] == "ack":
            await listener.init(await hub.token(SULSEL))
        for message in messages:
            if message == "ack":
                continue
            if isinstance(message, dict) and "type" in message:
                await listener.send(**{"type_": message["type"]}, **_without_type(message))
            else:
                await listener.socket.send(str(message).replace("'", '"'))
        assert (await listener.closed())[0] == code


def _without_type(message: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in message.items() if name != "type"}


async def test_what_is_no_text_or_too_long_ends_the_connection(hub: RunningHub) -> None:
    token = await hub.token(SULSEL)
    for message, code in ((b"\x00", 4400), ("x" * (256 * 1024 + 1), 1009), ("{", 4400)):
        async with listening(hub, token) as listener:
            await listener.socket.send(message)
            assert (await listener.closed())[0] == code


async def test_who_does_not_say_who_they_are_is_let_go(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "INIT_SECONDS", 0.1)
    async with connected(hub) as listener:
        assert await listener.closed() == (4408, "Connection initialisation timeout")


@pytest.mark.parametrize(
    "options",
    [
        {"origin": "https://evil.example"},
        {"subprotocols": ["graphql-ws"]},
        {"subprotocols": None},
        {"additional_headers": {"Authorization": "Bearer nonsense"}},
    ],
    ids=str,
)
async def test_a_connection_that_may_not_be_is_not_opened(
    hub: RunningHub, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with connected(hub, **options):
            pass
    assert refused.value.response.status_code == 403


async def test_pages_of_the_hub_and_of_listed_origins_may_connect(store: Store) -> None:
    async with running_hub(store, origins=["https://konsol.example"]) as hub:
        own = str(hub.http.base_url).rstrip("/")
        for origin in (own, "https://konsol.example"):
            async with connected(hub, origin=origin) as listener:
                assert listener.socket.subprotocol == PROTOCOL


async def refused(listener: Listener, id_: str) -> dict[str, Any]:
    """The error that one more subscription gets."""
    await listener.send("subscribe", id=id_, payload={"query": CHANGED})
    message = await listener.next()
    assert (message["id"], message["type"]) == (id_, "error")
    (error,) = message["payload"]
    found: dict[str, Any] = error
    return found


async def test_a_connection_holds_a_limited_number_of_operations(store: Store) -> None:
    limits = replace(HASTY, operations=2)
    async with (
        running_hub(store, limits=limits) as hub,
        listening(hub, await hub.token(SULSEL)) as listener,
    ):
        for id_ in ("a", "b"):
            await listener.subscribe(CHANGED, id_)
        error = await refused(listener, "c")
        exceeded = {"code": "LIMIT_EXCEEDED", "limit": "operations", "most": 2, "found": 3}
        assert error["extensions"] == exceeded
        assert "open another connection" in error["message"]
        await listener.send("complete", id="a")
        await listener.subscribe(CHANGED, "c")


async def test_a_client_holds_a_limited_number_of_subscriptions(store: Store) -> None:
    """Over all its connections, of both kinds; others hold their own."""
    limits = replace(HASTY, subscriptions=2)
    async with running_hub(store, limits=limits) as hub:
        token, other = await hub.token(SULSEL), await hub.token(SULSEL)
        async with listening(hub, token) as one, listening(hub, token) as another:
            await one.subscribe(CHANGED)
            async with events(hub, token, CHANGED) as told:
                await told.next()
                exceeded = {"code": "LIMIT_EXCEEDED", "limit": "subscriptions"}
                error = await refused(another, "a")
                assert error["extensions"] == exceeded | {"most": 2, "found": 3}
                assert "End one of yours" in error["message"]
                async with events(hub, token, CHANGED) as more:
                    name, body = await more.next()
                    assert (name, body["errors"]) == ("next", [error])
                    assert (await more.next())[0] == "complete"
                await another.send("subscribe", id="a", payload={"query": ROWS})
                assert await another.told() == {"complaints": {"totalCount": 0}}
                assert await another.next() == {"id": "a", "type": "complete"}
                async with listening(hub, other) as theirs:
                    await theirs.subscribe(CHANGED)
            # What is over makes room, also where nothing was ever told.
            await until_accepted(another)
            await one.send("complete", id="1")
            await one.live()
            await until_accepted(one)


async def until_accepted(listener: Listener) -> None:
    """Subscribes as soon as that is let: the hub may not know yet that another one is over."""
    with anyio.fail_after(10):
        while True:
            await listener.send("subscribe", id="again", payload={"query": CHANGED})
            await listener.send("ping")
            message = await listener.next()
            if message["type"] == "pong":
                return
            assert await listener.next() == {"type": "pong"}


async def test_what_is_refused_or_wrong_holds_no_place(store: Store) -> None:
    async with (
        running_hub(store, limits=replace(HASTY, subscriptions=1)) as hub,
        listening(hub, await hub.token(SULSEL)) as listener,
    ):
        for n in range(3):
            wrong = {"query": "subscription { runProgress { id } }"}
            await listener.send("subscribe", id=str(n), payload=wrong)
            assert "errors" in (await listener.next())["payload"]
            assert (await listener.next())["type"] == "complete"
        await listener.subscribe(CHANGED)


async def test_the_rate_of_requests_holds_for_messages(store: Store) -> None:
    limits = Limits(requests_per_second=1)
    async with (
        running_hub(store, limits=limits) as hub,
        listening(hub, await hub.token(SULSEL)) as listener,
    ):
        for id_ in ("a", "b", "c"):
            await listener.send("subscribe", id=id_, payload={"query": CHANGED})
        message = await listener.next()
        assert (message["id"], message["type"]) == ("c", "error")
        assert message["payload"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_a_hub_that_ends_says_so(store: Store) -> None:
    async with running_hub(store) as hub, listening(hub, await hub.token(SULSEL)) as listener:
        await listener.subscribe(CHANGED)
        hub.ending.set()
        assert (await listener.closed())[0] == 1012


async def test_a_subscription_by_post_says_where_it_is_answered(hub: RunningHub) -> None:
    error = await hub.refused(await hub.token(SULSEL), CHANGED)
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "text/event-stream" in error["message"]


async def test_a_token_without_the_permission_hears_nothing(hub: RunningHub) -> None:
    token = await hub.token(SULSEL, permissions=[Permission.STATISTICS_READ])
    async with listening(hub, token) as listener:
        await listener.send("subscribe", id="1", payload={"query": CHANGED})
        message = await listener.next()
        (error,) = message["payload"]["errors"]
        assert error["extensions"]["code"] == "INSUFFICIENT_SCOPE"
