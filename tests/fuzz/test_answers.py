"""What the made-up operations would not let pass."""

from collections.abc import Callable
from functools import partial
from typing import Any

import anyio
import pytest

from hub.auth.clients import create_client
from hub.domain.scope import Grant, Role
from tests.fuzz.answers import Asker, Figures
from tests.made import complaint, provenance, received
from tests.running_hub import RunningHub

LIST = {"query": "{ complaints { nodes { id number } } }"}
CHANNELS = {"query": "{ channels { name } }"}


async def asked(
    hub: RunningHub, *requests: dict[str, Any], tamper: Callable[[Asker], object]
) -> Figures:
    """What is found in the answers to a province, the hub tampered with once it was looked at."""
    ours, theirs = complaint(), complaint(external_id="theirs-74", province="74", district="74.71")
    await hub.store.writer.write(received(ours, theirs), provenance())
    clients = {}
    for who, grant in (("ministry", Grant(Role.MINISTRY)), ("p", Grant(Role.PROVINCE, ("73",)))):
        id_, secret = await create_client(hub.store.clients, who, grant)
        clients[who] = {"client_id": id_, "client_secret": secret}
    figures = Figures()
    in_thread = anyio.to_thread.run_sync
    asker = await in_thread(partial(Asker, str(hub.http.base_url), clients, figures))
    tamper(asker)
    for each in requests:
        await in_thread(partial(asker.ask, "p", "here", each, "application/json"))
    return figures


async def test_what_is_documented_is_no_finding(hub: RunningHub) -> None:
    figures = await asked(hub, LIST, CHANNELS, {"query": "{ nothing }"}, tamper=lambda _: None)
    assert not figures.findings
    assert figures.codes == {"GRAPHQL_VALIDATION_FAILED": 1}
    assert figures.answered == {"here": 2}


async def test_a_failure_inside_is_found(hub: RunningHub, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: object) -> None:
        raise RuntimeError("inside")

    def tamper(_: Asker) -> None:
        monkeypatch.setattr("hub.store.channels.ScopedChannels.all", broken)

    figures = await asked(hub, CHANNELS, tamper=tamper)
    assert [*figures.findings] == ["here: code INTERNAL_ERROR at ['channels']"]


async def test_a_complaint_of_another_scope_is_found(hub: RunningHub) -> None:
    def tamper(asker: Asker) -> None:
        asker.tokens["p"] = asker.tokens["ministry"]

    figures = await asked(hub, LIST, tamper=tamper)
    assert [*figures.findings] == ["here: a complaint of another scope"]


async def test_another_status_is_found(hub: RunningHub) -> None:
    too_large = {"query": "{ channels { name } }" + " " * 300_000}
    figures = await asked(hub, too_large, tamper=lambda _: None)
    assert [*figures.findings] == ["here: status 413"]
