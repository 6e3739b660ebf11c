"""What is refused of a rule of early warning, in words for whoever made it."""

from typing import Any

import pytest

from hub.domain.scope import Grant, Permission, Role
from hub.store.store import Store
from tests.running_hub import RunningHub, running_hub

SULSEL = Grant(Role.PROVINCE, ("73",))
OVERSEEING = [Permission.COMPLAINTS_READ, Permission.STATISTICS_READ, Permission.OVERSIGHT_WRITE]
CREATE = """mutation ($name: String!, $mailTo: [String!]) {
  createWarningRule(name: $name, kind: CHANNEL_SILENT, days: 7, region: "73", mailTo: $mailTo) {
    mailed } }"""


async def refused(hub: RunningHub, token: str, **stated: Any) -> tuple[str, str]:
    """(The argument that an error names, what it says)."""
    error = await hub.refused(token, CREATE, **{"name": "Awas"} | stated)
    return error["extensions"]["argument"], error["message"]


async def test_where_nothing_is_mailed_no_address_is_taken(hub: RunningHub) -> None:
    token = await hub.token(SULSEL, permissions=OVERSEEING)
    argument, told = await refused(hub, token, mailTo=["a@example.go.id"])
    assert argument == "mailTo"
    assert "sends no e-mail" in told
    assert await hub.ask(token, CREATE, name="Awas", mailTo=[])


async def test_addresses_are_those_that_are_mailed_to(store: Store) -> None:
    allowed = frozenset({"sulsel.example.go.id", "example.go.id"})
    async with running_hub(store, mail_domains=allowed) as hub:
        token = await hub.token(SULSEL, permissions=OVERSEEING)
        no_mailboxes = ("", "a b", "a@b", ".a", "a..b", '"a"', "é", "a\n", "a" * 65)
        no_addresses = ("", "a", "@", *(f"{each}@example.go.id" for each in no_mailboxes))
        of_no_domain = ("a@b", "a@-..", "a@evil.example", "a@x.example.go.id", "a@example.go.id\n")
        for address in (*no_addresses, *of_no_domain):
            argument, told = await refused(hub, token, mailTo=["a@example.go.id", address])
            assert argument == "mailTo"
            wanted = "write addresses as" if address in no_addresses else "only addresses of ex"
            assert wanted in told, address
        assert (await refused(hub, token, mailTo=["a@example.go.id"] * 6))[0] == "mailTo"
        taken = ["biro.organisasi+awas@Sulsel.example.go.id", "a" * 64 + "@example.go.id"]
        made = await hub.ask(token, CREATE, name="Awas", mailTo=taken)
        assert made["createWarningRule"]["mailed"] == len(taken)


@pytest.mark.parametrize("name", ["", "   ", "\u2003", "a\nb", "a" * 81])
async def test_a_rule_is_called_something(hub: RunningHub, name: str) -> None:
    token = await hub.token(SULSEL, permissions=OVERSEEING)
    assert (await refused(hub, token, name=name))[0] == "name"
