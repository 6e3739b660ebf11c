"""Attempts to be told by webhook what one may not see, or to have it sent elsewhere."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from hub.deliveries.desk import NotAClientError, WebhookDesk
from hub.domain.complaint import Reporter
from hub.domain.delivery import RETRIES
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.hosts import WEBHOOKS
from hub.store.webhooks import MOST_OF_ONE
from tests.deliveries.conftest import CREATE, SULSEL, Told, client_of, until
from tests.deliveries.console import running_console
from tests.made import complaint

SULTRA = Grant(Role.PROVINCE, ("74",))
OURS = complaint(external_id="ours", title="Jalan rusak", reporter=Reporter("Sitti", "0811"))
THEIRS = complaint(
    external_id="theirs", title="Jalan di Kendari", province="74", district="74.71", number="K-74"
)
LAST = complaint(external_id="last", number="last")
HIDDEN = ("Kendari", "K-74", "74.71", "Sitti", "0811")


async def all_told(told: Told) -> list[tuple[str, str]]:
    """All that a console was told, as (type, id), once it is told of LAST, which is stored here."""
    await told.write(LAST)
    last = f"complaint:{LAST.id}"
    found: list[tuple[str, str]] = []
    while ("complaint.created", last) not in found or not told.console.waiting.empty():
        message = await told.console.next()
        assert not any(word in message.body.decode() for word in HIDDEN)
        found.append((message.type, message.json["data"]["id"]))
        if found[-1][1] == last:
            await told.settled()
    return [each for each in found if each[1] != last]


@pytest.mark.parametrize(
    "filter_",
    [
        {},
        {"province": {"eq": "74"}},
        {"or": [{"province": {"eq": "74"}}, {"province": {"ne": "74"}}]},
        {"not": {"number": {"eq": "none"}}},
    ],
)
async def test_no_filter_tells_of_another_province(told: Told, filter_: dict[str, Any]) -> None:
    await told.register(**filter_)
    await told.register(number={"eq": "last"})
    async with told.delivering():
        await told.write(THEIRS, OURS)
        await told.write(replace(THEIRS, title="Jalan lain di Kendari"))
        ours = [("complaint.created", f"complaint:{OURS.id}")]
        assert await all_told(told) == ([] if filter_ == {"province": {"eq": "74"}} else ours)


async def test_of_what_leaves_the_scope_the_id_alone_is_told(told: Told) -> None:
    await told.register()
    async with told.delivering():
        await told.write(OURS)
        await told.console.next()
        moved = replace(THEIRS, external_id="ours")
        assert moved.id == OURS.id
        await told.write(moved)
        gone = await told.console.next()
        assert gone.json["data"] == {"id": f"complaint:{OURS.id}"}
        assert gone.type == "complaint.gone"
        await told.write(replace(moved, title="Jalan lain di Kendari"))
        assert await all_told(told) == []


async def test_nothing_more_is_told_once_grants_are_taken_away(told: Told) -> None:
    """Neither what waited to be sent again, nor that it is gone."""
    await told.register()
    principals = told.hub.store.principals
    permissions = [Permission.COMPLAINTS_READ]
    told.console.statuses = [500, 200]
    async with told.delivering():
        await told.write(OURS)
        await told.console.next()
        await told.failed(1)
        await principals.set_grants(told.client, [Grant(Role.PROVINCE, ("76",))], permissions)
        told.later.ahead += RETRIES[0] * 2
        await told.settled()
        assert await told.deliveries() == []
        await told.write(replace(OURS, title="Jalan diperbaiki"))
        await told.write(replace(THEIRS, external_id="ours"))
        told.client, told.token = await client_of(told, SULSEL)
        await told.register(number={"eq": "last"})
        assert await all_told(told) == []


async def test_gone_is_not_told_of_what_was_outside_the_scope_of_now(told: Told) -> None:
    await told.register()
    principals = told.hub.store.principals
    async with told.delivering():
        await told.write(OURS)
        await told.console.next()
        await told.settled()
        told.console.statuses = [500, 200]
        await told.write(replace(THEIRS, external_id="ours"))
        await told.console.next()
        await told.failed(1)
        grants = [Grant(Role.PROVINCE, ("76",))]
        await principals.set_grants(told.client, grants, [Permission.COMPLAINTS_READ])
        told.later.ahead += RETRIES[0] * 2
        await told.settled()
    assert told.console.waiting.empty()


async def test_a_disabled_client_is_told_nothing_until_it_is_enabled(told: Told) -> None:
    await told.register()
    principals = told.hub.store.principals
    told.console.statuses = [500, 200]
    async with told.delivering():
        await told.write(OURS)
        await told.console.next()
        await told.failed(1)
        await principals.disable(told.client)
        told.later.ahead += RETRIES[0] * 2
        await told.write(LAST)
        webhooks = told.hub.store._database["webhooks"]

        async def unnoticed() -> bool:
            return not await webhooks.find_one({"missed": True})

        await until(unnoticed)
        assert told.console.waiting.empty()
        await principals.disable(told.client, False)
        assert set(await told.console.types(2)) == {"changes.missed", "complaint.created"}


async def test_a_secret_complaints_words_are_masked_as_for_its_reader(told: Told) -> None:
    operator = Grant(Role.OPERATOR, ("73",), ("lapor",))
    told.client, told.token = await client_of(told, operator)
    await told.register()
    async with told.delivering():
        await told.write(replace(OURS, secret=True, address="Jalan Masjid Raya 44"))
        message = await told.console.next()
    assert "Jalan" not in message.body.decode()
    found = message.json["data"]["complaint"]
    assert (found["title"], found["address"], found["secret"]) == (None, None, True)


async def test_a_reporter_is_told_to_nobody(told: Told) -> None:
    permissions = [Permission.COMPLAINTS_READ, Permission.COMPLAINTS_PII]
    told.token = await told.hub.token(SULSEL, permissions=permissions)
    await told.register()
    async with told.delivering():
        await told.write(OURS)
        message = await told.console.next()
    assert "Jalan rusak" in message.body.decode()
    assert "Sitti" not in message.body.decode()


async def test_another_clients_webhook_is_one_that_does_not_exist(told: Told) -> None:
    webhook = await told.register()
    told.console.statuses = [410]
    async with told.delivering():
        await told.write(OURS)
        await told.settled()
        await told.failed(1)
    (before,) = await told.deliveries()
    other = await told.hub.token(SULSEL)
    assert await told.hub.ask(other, "{ webhooks { id } }") == {"webhooks": []}
    named = "query ($id: ID) { webhookDeliveries(webhook: $id) { nodes { id } } }"
    for id_ in (webhook["id"], None):
        answer = await told.hub.ask(other, named, id=id_)
        assert answer == {"webhookDeliveries": {"nodes": []}}
    attempts = {
        "enableWebhook(id: $id) { id }": None,
        "disableWebhook(id: $id) { id }": None,
        "rotateWebhookSecret(id: $id) { secret }": None,
        "removeWebhook(id: $id)": False,
        "redeliver(webhook: $id)": 0,
        f'redeliver(webhook: $id, ids: ["{before["id"]}"])': 0,
    }
    for field, answered in attempts.items():
        query = f"mutation ($id: ID!) {{ it: {field} }}"
        found = [(await told.hub.post(other, query, id=i)).json() for i in (webhook["id"], "wh_0")]
        assert found[0] == found[1], field
        if answered is None:
            assert found[0]["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        else:
            assert found[0]["data"] == {"it": answered}
    assert await told.deliveries() == [before]
    mine = await told.hub.ask(told.token, "{ webhooks { state } }")
    assert mine == {"webhooks": [{"state": "DISABLED"}]}


async def test_who_may_have_a_webhook(told: Told) -> None:
    for role in (Role.STATISTICS, Role.ADMIN):
        token = await told.hub.token(Grant(role))
        for query in ("{ webhooks { id } }", "{ webhookDeliveries { nodes { id } } }"):
            refused = await told.hub.refused(token, query)
            assert refused["extensions"]["code"] == "INSUFFICIENT_SCOPE"
        refused = await told.hub.refused(token, CREATE, url=told.console.url)
        assert refused["extensions"]["code"] == "INSUFFICIENT_SCOPE"
    read = frozenset({Permission.COMPLAINTS_READ})
    for subject in ("user:1", "https://issuer.example#1", "gone"):
        desk = WebhookDesk(Scope(subject, (SULSEL,), read), told.hub.store, frozenset())
        with pytest.raises(NotAClientError):
            await desk.create(told.console.url, {})
    for _ in range(MOST_OF_ONE):
        await told.register()
    more = await told.hub.refused(told.token, CREATE, url=told.console.url)
    assert str(MOST_OF_ONE) in more["message"]


NOWHERE = {
    "https://console.example/hub": "not approved",
    "http://approved.example/hub": "Use https",
    "http://127.0.0.1:9/hub": "Use https",
    "https://approved.example@evil.example/": "without a password",
    "https://for-a-connector.example/": "not approved",
    "https://for-all-connectors.example/": "not approved",
    "ftp://approved.example/": "Write it like",
    "https://approved.example/#x": "Write it like",
    "https://[approved.example/": "Write it like",
    "https://approved.example:x/": "Write it like",
    "/hub": "Write it like",
    "https://approved.example/" + "x" * 2_048: "2,048",
}


async def test_where_nothing_is_sent(told: Told) -> None:
    hosts = told.hub.store.hosts
    await hosts.approve("approved.example", WEBHOOKS, "an administrator")
    await hosts.approve("for-a-connector.example", "lapor", "an administrator")
    await hosts.approve("for-all-connectors.example", None, "an administrator")
    for url, said in NOWHERE.items():
        error = await told.hub.refused(told.token, CREATE, url=url)
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "url"}
        assert said in error["message"]


async def test_an_approval_for_webhooks_is_an_administrators_and_lets_no_connector_call(
    told: Told,
) -> None:
    approve = 'mutation { approveHost(host: "a.example", webhooks: true) { connector } }'
    operator = await told.hub.token(Grant(Role.OPERATOR, ("73",), ("lapor",)))
    assert (await told.hub.refused(operator, approve))["extensions"]["code"] == "FORBIDDEN"
    admin = await told.hub.token(Grant(Role.ADMIN))
    assert await told.hub.ask(admin, approve) == {"approveHost": {"connector": WEBHOOKS}}
    hosts = told.hub.store.hosts
    assert "a.example" in await hosts.of_webhooks()
    assert await hosts.of("lapor") == frozenset()
    both = 'mutation { approveHost(host: "a.example", connector: "x", webhooks: true) { host } }'
    assert (await told.hub.refused(admin, both))["extensions"]["argument"] == "webhooks"
    revoke = 'mutation { revokeHost(host: "a.example", webhooks: true) }'
    assert await told.hub.ask(admin, revoke) == {"revokeHost": True}
    assert "a.example" not in await hosts.of_webhooks()


async def test_a_redirect_and_a_revoked_host_get_nothing(told: Told) -> None:
    async with running_console() as other:
        await told.register()
        told.console.statuses = [307]
        told.console.headers = {"Location": other.url}
        async with told.delivering():
            await told.write(OURS)
            await told.console.next()
            await told.failed(1)
            await told.hub.store.hosts.revoke("127.0.0.1", WEBHOOKS)
            told.later.ahead += timedelta(minutes=1)
            await told.failed(2)
        assert told.console.waiting.empty()
        assert other.waiting.empty()
    (delivery,) = await told.deliveries()
    assert "not approved" in delivery["lastError"]


async def test_a_secret_is_told_once(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    webhook = await told.register()
    secret = webhook.pop("secret").removeprefix("whsec_")
    told.console.statuses = [500]
    async with told.delivering():
        await told.write(OURS)
        message = await told.console.next()
        await told.failed(1)
    assert secret not in str(message)
    seen = [
        (
            await told.hub.post(told.token, "{ webhooks { id url filter disabled { reason } } }")
        ).text,
        str(await told.deliveries()),
        capsys.readouterr().out,
    ]
    database = told.hub.store._database
    for name in await database.list_collection_names():
        seen.append(str(await database[name].find().to_list()))
    assert not any(secret in each for each in seen)
    assert not any("Jalan rusak" in each for each in seen[:3])


async def test_what_an_administrator_disabled_its_client_can_not_enable(told: Told) -> None:
    webhook = await told.register()
    register = told.hub.store.webhooks
    assert await register.disable(webhook["id"], "floods it", "root", administrator=True)
    enable = "mutation ($id: ID!) { enableWebhook(id: $id) { state } }"
    refused = await told.hub.refused(told.token, enable, id=webhook["id"])
    assert "disabled by an administrator (floods it)" in refused["message"]
    assert await register.enable(webhook["id"])
    answer = await told.hub.ask(told.token, enable, id=webhook["id"])
    assert answer == {"enableWebhook": {"state": "ENABLED"}}
