"""Warnings sent to webhooks that are for them, within their client's scope."""

import orjson

from hub.domain.clock import utc_now
from hub.domain.warning import About, Finding, Judgement, WarningKind, WarningRule
from tests.deliveries.conftest import Told, until

RULE = WarningRule("rule", "someone", "Awas", WarningKind.CHANNEL_SILENT, None, 7)
OURS = Finding(About("73", "73.71", "lapor"), 0, 0)
THEIRS = Finding(About("74", "74.71", "sultra"), 0, 0)
CREATE = """mutation ($url: String!) {
  createWebhook(url: $url, warnings: true) { webhook { id warnings } } }"""


async def raise_all(told: Told) -> None:
    await told.hub.store.warnings.settle(RULE, Judgement([OURS, THEIRS]), utc_now())


async def test_a_warning_of_the_scope_is_sent_once(told: Told) -> None:
    await told.hub.ask(told.token, CREATE, url=told.console.url)
    async with told.delivering():
        await raise_all(told)
        message = orjson.loads((await told.console.next()).body)
        assert message["type"] == "warning.raised"
        warning = message["data"]["warning"]
        assert (warning["name"], warning["channel"], warning["state"]) == ("Awas", "lapor", "OPEN")
        await told.settled()
        await until(told.hub.store.warnings.untold)
    (delivery,) = await told.deliveries()
    assert (delivery["kind"], delivery["state"]) == ("WARNING", "DELIVERED")


async def test_who_did_not_ask_for_warnings_gets_none(told: Told) -> None:
    await told.register()
    async with told.delivering():
        await raise_all(told)
        await until(told.hub.store.warnings.untold)
    assert await told.deliveries() == []


async def test_what_was_raised_before_a_webhook_is_not_sent_to_it(told: Told) -> None:
    await raise_all(told)
    await told.hub.ask(told.token, CREATE, url=told.console.url)
    async with told.delivering():
        await until(told.hub.store.warnings.untold)
    assert await told.deliveries() == []
