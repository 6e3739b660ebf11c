"""Attempts to learn of another province by early warning, or to be warned of it.
docs/security.md lists each."""

from datetime import timedelta
from typing import Any

import pytest

from hub.auth.clients import create_client
from hub.domain.clock import utc_now
from hub.domain.scope import Grant, Permission, Role
from hub.oversight.early_warning import EarlyWarning
from tests.listener import listening
from tests.made import complaint, provenance, received
from tests.running_hub import RunningHub
from tests.security.conftest import SULSEL

MINISTRY = Grant(Role.MINISTRY)
OVERSEEING = [Permission.COMPLAINTS_READ, Permission.STATISTICS_READ, Permission.OVERSIGHT_WRITE]
CREATE = """mutation ($region: String) {
  createWarningRule(name: "Awas", kind: CHANNEL_SILENT, days: 7, region: $region) { id } }"""
SEEN = """{ warnings { nodes { id channel region { code } state } }
  warningRules { nodes { id region { code } problem } } }"""
ACKNOWLEDGE = 'mutation ($id: ID!) { acknowledgeWarning(id: $id, note: "x") { state } }'
LOW = """mutation ($region: String) { createWarningRule(
  name: "Awas", kind: FOLLOW_UP_LOW, days: 90, below: 1, over: 0, region: $region) { id } }"""
OPEN = "{ warnings(state: OPEN) { nodes { id rule } } }"
REMOVE = "mutation ($id: ID!) { removeWarningRule(id: $id) }"
RAISED = "subscription { warningRaised { channel } }"


async def token_of(hub: RunningHub, grant: Grant) -> str:
    """Of a client that the hub knows, so that its rules are evaluated."""
    client, secret = await create_client(hub.store.clients, "console", grant, OVERSEEING)
    answer = await hub.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client, secret)
    )
    return str(answer.json()["access_token"])


async def silent(hub: RunningHub) -> None:
    """A channel of each province, and one of both, that brought nothing for long."""
    long_ago = utc_now() - timedelta(days=60)
    places = {"73": "73.71", "74": "74.71"}
    made = [
        complaint(channel=channel, received_at=long_ago, province=code, district=places[code])
        for channel, code in (("lapor", "73"), ("sultra", "74"))
    ]
    await hub.store.writer.write(received(*made), provenance())
    await EarlyWarning(hub.store).once()


def channels(told: Any) -> list[str]:
    return sorted(each["channel"] for each in told["warnings"]["nodes"])


async def test_nobody_makes_a_rule_on_what_they_do_not_oversee(hub: RunningHub) -> None:
    own = await token_of(hub, SULSEL)
    for region in ("74", "74.71", None, "7", "73.99"):
        error = await hub.refused(own, CREATE, region=region)
        assert error["extensions"]["argument"] == "region"
    assert await hub.ask(own, CREATE, region="73.71")
    for permission in OVERSEEING:
        others = [each for each in OVERSEEING if each is not permission]
        token = await hub.token(SULSEL, permissions=others)
        error = await hub.refused(token, CREATE, region="73.71")
        assert error["extensions"]["scope"] == permission


async def test_warnings_and_rules_of_another_province_are_not_there(hub: RunningHub) -> None:
    ministry, own = await token_of(hub, MINISTRY), await token_of(hub, SULSEL)
    theirs = await token_of(hub, Grant(Role.PROVINCE, ("74",)))
    for region in (None, "74"):
        await hub.ask(ministry, CREATE, region=region)
    await hub.ask(own, CREATE, region="73")
    await silent(hub)
    assert channels(await hub.ask(ministry, SEEN)) == ["lapor", "lapor", "sultra", "sultra"]
    told = await hub.ask(own, SEEN)
    assert channels(told) == ["lapor"]
    rules = told["warningRules"]["nodes"]
    assert [(rule["region"], rule["problem"]) for rule in rules] == [({"code": "73"}, None)]
    assert channels(await hub.ask(theirs, SEEN)) == ["sultra"]
    operator = await hub.token(Grant(Role.OPERATOR, channels=("sultra",)))
    assert channels(await hub.ask(operator, SEEN)) == ["sultra", "sultra"]
    district = await hub.token(Grant(Role.DISTRICT, ("73.71",)))
    assert channels(await hub.ask(district, SEEN)) == []
    foreign = (await hub.ask(theirs, SEEN))["warnings"]["nodes"][0]["id"]
    one = "query ($id: ID!) { warning(id: $id) { id } }"
    assert await hub.ask(own, one, id=foreign) == await hub.ask(own, one, id="none")
    forbidden = await hub.refused(own, ACKNOWLEDGE, id=foreign)
    assert forbidden == await hub.refused(own, ACKNOWLEDGE, id="none")
    theirs_too = (await hub.ask(theirs, SEEN))["warningRules"]["nodes"][0]["id"]
    before = await hub.store.changes.latest(None, 99)
    for id_ in (theirs_too, "none"):
        assert await hub.ask(own, REMOVE, id=id_) == {"removeWarningRule": False}
    # What does not exist for somebody is not written down as theirs.
    assert await hub.store.changes.latest(None, 99) == before
    assert await hub.ask(theirs, ACKNOWLEDGE, id=foreign) == {
        "acknowledgeWarning": {"state": "ACKNOWLEDGED"}
    }


async def test_a_province_takes_no_warning_off_the_list_of_the_ministry(hub: RunningHub) -> None:
    """What it sees of a rule on the nation is not its own to acknowledge."""
    ministry, own = await token_of(hub, MINISTRY), await token_of(hub, SULSEL)
    made = [await hub.ask(ministry, LOW, region=region) for region in (None, "73", "73.71")]
    nation, *of_theirs = [each["createWarningRule"]["id"] for each in made]
    await silent(hub)
    seen = {each["rule"]: each["id"] for each in (await hub.ask(own, OPEN))["warnings"]["nodes"]}
    assert seen.keys() == {nation, *of_theirs}
    for rule in of_theirs:
        assert await hub.ask(own, ACKNOWLEDGE, id=seen[rule])
    error = await hub.refused(own, ACKNOWLEDGE, id=seen[nation])
    assert error == await hub.refused(own, ACKNOWLEDGE, id="none")
    left = [each["id"] for each in (await hub.ask(ministry, OPEN))["warnings"]["nodes"]]
    assert seen[nation] in left
    assert await hub.ask(ministry, ACKNOWLEDGE, id=seen[nation])


async def test_nobody_hears_of_a_warning_of_another_province(hub: RunningHub) -> None:
    ministry, own = await token_of(hub, MINISTRY), await token_of(hub, SULSEL)
    await hub.ask(ministry, CREATE, region="74")
    await hub.ask(ministry, CREATE, region="73")
    async with listening(hub, own) as ours, listening(hub, ministry) as all_of_them:
        for each in (ours, all_of_them):
            await each.subscribe(RAISED)
        await silent(hub)
        told = [(await all_of_them.told())["warningRaised"]["channel"] for _ in range(2)]
        assert sorted(told) == ["lapor", "sultra"]
        assert (await ours.told())["warningRaised"]["channel"] == "lapor"
        await ours.live()


@pytest.mark.parametrize("field", ["warnings { nodes { id } }", "warningRules { nodes { id } }"])
async def test_who_reads_no_complaint_is_warned_of_nothing(hub: RunningHub, field: str) -> None:
    token = await hub.token(Grant(Role.STATISTICS))
    error = await hub.refused(token, f"{{ {field} }}")
    assert error["extensions"]["code"] == "INSUFFICIENT_SCOPE"
