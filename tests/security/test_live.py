"""Attempts to hear of another province by listening. docs/security.md lists each."""

from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import anyio

from hub.domain.run import Ledger, RunState
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.live import ScopedChanges
from hub.store.mongo import Database
from tests.listener import CHANGED, Listener, listening
from tests.made import complaint, provenance, received
from tests.security.conftest import HIDDEN, World

SULTRA = Grant(Role.PROVINCE, ("74",))
FIGURES = "subscription { indicatorsChanged(groupBy: [PROVINCE]) { received keys { value } } }"


async def write(world: World, **stated: Any) -> str:
    given = replace(world.theirs, **stated)
    await world.hub.store.writer.write(received(given), provenance())
    return given.id


async def nothing_more(listener: Listener) -> None:
    """Nothing was told before the hub answers a ping."""
    await listener.live()


async def test_each_hears_of_their_own_province_alone(world: World) -> None:
    token = await world.hub.token(SULTRA)
    async with listening(world.hub, world.token) as ours, listening(world.hub, token) as theirs:
        for each in (ours, theirs):
            await each.subscribe(CHANGED)
        await write(world, external_id="new", number="K-74-new")
        here = complaint(external_id="new", number="M-new")
        await world.hub.store.writer.write(received(here), provenance())
        assert (await theirs.told())["complaintChanged"]["complaint"]["number"] == "K-74-new"
        assert (await ours.told())["complaintChanged"]["complaint"]["number"] == "M-new"
        await nothing_more(ours)
        await nothing_more(theirs)


async def test_what_is_gone_is_told_without_content_to_those_who_had_it(world: World) -> None:
    token = await world.hub.token(SULTRA)
    async with listening(world.hub, world.token) as ours, listening(world.hub, token) as theirs:
        for each in (ours, theirs):
            await each.subscribe(CHANGED)
        store = world.hub.store
        mine = complaint(external_id="moves", number="M-moves")
        await store.writer.write(received(mine), provenance())
        moved = replace(mine, province="74", district="74.71", number="K-74-m", title="Kendari")
        await store.writer.write(received(moved), provenance())
        await store.writer.write(received(replace(moved, number="K-74-n")), provenance())
        assert await ours.changes(1) == [("CREATED", mine.id)]
        message = await ours.next()
        assert message["payload"]["data"]["complaintChanged"] == {
            "id": f"complaint:{mine.id}",
            "kind": "GONE",
            "complaint": None,
        }
        assert not any(word in str(message) for word in HIDDEN)
        await nothing_more(ours)
        assert await theirs.changes(2) == [("CREATED", mine.id), ("UPDATED", mine.id)]


async def test_no_filter_of_a_subscription_widens_the_scope(world: World) -> None:
    filters: list[Any] = [
        {"province": {"eq": "74"}},
        {"or": [{"province": {"eq": "74"}}, {"province": {"ne": "74"}}]},
        {"not": {"number": {"eq": "none"}}},
    ]
    async with listening(world.hub, world.token) as ours:
        for n, filter_ in enumerate(filters):
            await ours.subscribe(CHANGED, str(n), filter=filter_)
        token = await world.hub.token(SULTRA)
        async with listening(world.hub, token) as theirs:
            await theirs.subscribe(CHANGED)
            await write(world, external_id="new")
            await theirs.told()  # so it was told to everybody who hears of it
        await nothing_more(ours)


FIELDS = "id number title address reporter { name } channel { name } provenance { connector }"
LIVE = f"subscription {{ complaintChanged {{ id complaint {{ {FIELDS} }} }} }}"
PII = [Permission.COMPLAINTS_READ, Permission.COMPLAINTS_PII]
VIEWERS: list[tuple[Grant, list[Permission] | None]] = [
    (Grant(Role.MINISTRY), None),
    (Grant(Role.MINISTRY), PII),
    (SULTRA, None),
    (SULTRA, PII),
    (Grant(Role.DISTRICT, ("74.71",)), None),
    (Grant(Role.OPERATOR, channels=("sultra",)), None),
]


async def test_an_event_that_is_made_once_for_many_is_to_each_what_a_query_is(
    world: World, database: Database
) -> None:
    """All watch by the same document; two of each kind see the same, nobody what others see."""
    hub = world.hub
    tokens = [await hub.token(grant, permissions=may) for grant, may in VIEWERS * 2]
    async with AsyncExitStack() as opened:
        listeners = []
        for token in tokens:
            listeners.append(await opened.enter_async_context(listening(hub, token)))
            await listeners[-1].subscribe(LIVE)
        for n in range(3):
            id_ = await write(world, external_id=f"n-{n}", secret=n == 1, anonymous=n == 2)
            asked = f'{{ complaint(id: "complaint:{id_}") {{ {FIELDS} }} }}'
            for token, listener in zip(tokens, listeners, strict=True):
                heard = (await listener.next())["payload"]
                found = (await hub.post(token, asked)).json()
                assert heard["data"]["complaintChanged"] == {
                    "id": f"complaint:{id_}",
                    "complaint": found["data"]["complaint"],
                }
                hidden = [each.get("extensions", {}).get("masked") for each in (heard, found)]
                assert hidden[0] == hidden[1]
    # Each that was shown a reporter is accounted for by their own name: by the event, by the query.
    shown = await database["audit"].distinct("subject")
    assert len(shown) == 4
    for subject in shown:
        assert await database["audit"].count_documents({"subject": subject}) == 4


async def test_figures_and_runs_of_others_are_not_told(world: World) -> None:
    store = world.hub.store
    operators = [Grant(Role.OPERATOR, channels=(name,)) for name in ("lapor", "sultra")]
    mine, theirs = [await world.hub.token(grant) for grant in operators]
    async with listening(world.hub, mine) as ours, listening(world.hub, theirs) as others:
        for each in (ours, others):
            await each.subscribe("subscription { runProgress { channel } }")
        run = await store.runs.start("sultra", "sultra", "v1")
        await store.runs.finish(run, RunState.SUCCEEDED, Ledger(), [])
        assert await others.told() == {"runProgress": {"channel": "sultra"}}
        await nothing_more(ours)
    async with listening(world.hub, world.token) as ours:
        await ours.send("subscribe", id="1", payload={"query": FIGURES})
        told = (await ours.told())["indicatorsChanged"]
        assert told == [{"received": 3, "keys": [{"value": "73"}]}]


async def test_nobody_hears_before_they_say_who_they_are(world: World) -> None:
    with anyio.fail_after(5):
        inbox = await ScopedChanges(_nobody(), world.hub.store.feed).counted()
    await write(world, external_id="new")
    async with listening(world.hub, await world.hub.token(SULTRA)) as theirs:
        await theirs.subscribe(CHANGED)
        await write(world, external_id="newer")
        await theirs.told()
    assert not inbox._waiting
    inbox.close()


def _nobody() -> Scope:
    return Scope("", (), frozenset())
