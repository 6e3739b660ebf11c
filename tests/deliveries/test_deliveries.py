"""A console is told of each change that its client may see: signed, at least once, whatever
breaks."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from standardwebhooks import WebhookVerificationError

from hub.domain.clock import utc_now
from hub.domain.complaint import ComplaintStatus, Reporter
from hub.domain.delivery import DISABLED_AFTER, RETRIES
from hub.schema.telling import COMPLAINT
from tests.deliveries.conftest import Told, until
from tests.made import complaint
from tests.test_docs import fenced

ONE = complaint(external_id="1", title="Jalan rusak", reporter=Reporter("Sitti", "0811"))
TWO = complaint(external_id="2", title="Lampu padam")


async def state_of(told: Told) -> dict[str, Any]:
    query = "{ webhooks { id state failingSince disabled { reason by } } }"
    (found,) = (await told.hub.ask(told.token, query))["webhooks"]
    webhook: dict[str, Any] = found
    return webhook


async def test_changes_are_told_as_the_api_tells_them(told: Told) -> None:
    webhook = await told.register(status={"in": ["RECEIVED", "CLOSED"]})
    assert webhook["filter"] == {"status": {"in": ["RECEIVED", "CLOSED"]}}
    async with told.delivering():
        await told.write(ONE, replace(TWO, status=ComplaintStatus.VERIFIED))
        created = await told.console.next()
        assert created.type == "complaint.created"
        told_of = created.signed_with(webhook["secret"])["data"]
        asked = await told.hub.ask(told.token, COMPLAINT, id=f"complaint:{ONE.id}")
        assert told_of == {"id": f"complaint:{ONE.id}", "complaint": asked["complaint"]}
        assert "Sitti" not in created.body.decode()
        await told.write(replace(ONE, status=ComplaintStatus.CLOSED))
        updated = await told.console.next()
        assert (updated.type, updated.json["data"]["complaint"]["status"]) == (
            "complaint.updated",
            "CLOSED",
        )
        await told.write(replace(ONE, status=ComplaintStatus.IN_PROGRESS))
        gone = await told.console.next()
        assert gone.type == "complaint.gone"
        assert gone.signed_with(webhook["secret"])["data"] == {"id": f"complaint:{ONE.id}"}
        assert len({created.id, updated.id, gone.id}) == 3
        await told.settled()
    assert [each["state"] for each in await told.deliveries()] == ["DELIVERED"] * 3
    with pytest.raises(WebhookVerificationError):
        gone.signed_with(f"whsec_{'A' * 43}=")


async def test_what_changes_while_no_hub_delivers_is_told_by_the_next(told: Told) -> None:
    await told.register()
    await told.write(ONE)
    async with told.delivering():
        assert await told.console.types(1) == ["complaint.created"]
        await told.settled()
    await told.write(replace(ONE, title="Jalan diperbaiki"), TWO)
    async with told.delivering(), told.delivering():
        assert sorted(await told.console.types(2)) == ["complaint.created", "complaint.updated"]
        await told.settled()
    assert told.console.waiting.empty()


async def test_what_nobody_takes_is_tried_for_three_days_and_can_be_sent_again(
    told: Told,
) -> None:
    webhook = await told.register()
    told.console.statuses = [500]
    async with told.delivering():
        await told.write(ONE)
        ids = {(await told.console.next()).id}
        for times, wait in enumerate(RETRIES, 1):
            await told.failed(times)
            assert told.console.waiting.empty()
            told.later.ahead += wait * 1.3
            ids.add((await told.console.next()).id)
        await told.settled()
        assert timedelta(days=3) < sum(RETRIES, timedelta()) < timedelta(days=4)
        (dead,) = await told.deliveries("DEAD")
        assert ids == {dead["id"]}
        assert (dead["tries"], dead["lastStatus"], dead["nextAt"]) == (10, 500, None)
        assert dead["lastError"] == "answered 500"
        told.console.statuses = [204]
        again = "mutation ($id: ID!) { redeliver(webhook: $id) }"
        assert await told.hub.ask(told.token, again, id=webhook["id"]) == {"redeliver": 1}
        assert (await told.console.next()).id == dead["id"]
        await told.settled()
        assert (await state_of(told))["failingSince"] is None
        assert await told.hub.ask(told.token, again, id=webhook["id"]) == {"redeliver": 0}
        named = "mutation ($id: ID!, $ids: [ID!]) { redeliver(webhook: $id, ids: $ids) }"
        answer = await told.hub.ask(told.token, named, id=webhook["id"], ids=[dead["id"]])
        assert answer == {"redeliver": 1}
        assert (await told.console.next()).id == dead["id"]


async def test_each_complaints_messages_keep_their_order_and_hold_back_no_others(
    told: Told,
) -> None:
    await told.register()
    told.console.statuses = [503, 200]
    async with told.delivering():
        await told.write(ONE)
        assert (await told.console.next()).json["data"]["id"].endswith(ONE.id)
        await told.failed(1)
        await told.write(replace(ONE, title="Jalan diperbaiki"), TWO)
        assert (await told.console.next()).json["data"]["id"].endswith(TWO.id)
        told.later.ahead += RETRIES[0] * 1.3
        assert await told.console.types(2) == ["complaint.created", "complaint.updated"]
        await told.settled()


async def test_a_console_may_ask_to_wait(told: Told) -> None:
    await told.register()
    told.console.statuses, told.console.headers = [429, 200], {"Retry-After": "900"}
    async with told.delivering():
        await told.write(ONE)
        await told.console.next()
        await told.failed(1)
        (waiting,) = await told.deliveries()
        wait = datetime.fromisoformat(waiting["nextAt"]) - utc_now()
        assert timedelta(minutes=14) < wait <= timedelta(minutes=15)
        told.later.ahead += timedelta(minutes=16)
        await told.console.next()
        await told.settled()


async def test_410_ends_a_webhook_until_its_client_enables_it(told: Told) -> None:
    webhook = await told.register()
    told.console.statuses = [410]
    async with told.delivering():
        await told.write(ONE)
        await told.console.next()
        await told.settled()
        ended = await state_of(told)
        assert ended["state"] == "DISABLED"
        assert ended["disabled"] == {"reason": "its address answered 410 Gone", "by": "the hub"}
        told.console.statuses = [200]
        enable = "mutation ($id: ID!) { enableWebhook(id: $id) { state disabled { by } } }"
        answer = await told.hub.ask(told.token, enable, id=webhook["id"])
        assert answer["enableWebhook"] == {"state": "ENABLED", "disabled": None}
        missed = await told.console.next()
        assert missed.signed_with(webhook["secret"])["data"] == {}
        assert missed.type == "changes.missed"
        await told.write(replace(ONE, title="Jalan diperbaiki"))
        assert await told.console.types(1) == ["complaint.updated"]


async def test_a_webhook_that_fails_for_days_is_disabled(told: Told) -> None:
    await told.register()
    told.console.statuses = [500]
    async with told.delivering():
        await told.write(ONE)
        await told.console.next()
        await told.failed(1)
        assert (await state_of(told))["failingSince"]
        told.later.ahead += DISABLED_AFTER
        await told.console.next()
        await told.settled()
    ended = await state_of(told)
    assert (ended["state"], ended["disabled"]["by"]) == ("DISABLED", "the hub")
    assert ended["disabled"]["reason"] == "nothing could be delivered for 5 days"
    assert [each["lastError"] for each in await told.deliveries("DEAD")] == [
        "the webhook is disabled"
    ]


async def test_an_earlier_secret_signs_as_well_until_consoles_have_the_new_one(
    told: Told,
) -> None:
    webhook = await told.register()
    rotate = "mutation ($id: ID!) { rotateWebhookSecret(id: $id) { secret } }"
    answer = await told.hub.ask(told.token, rotate, id=webhook["id"])
    secret = answer["rotateWebhookSecret"]["secret"]
    assert secret != webhook["secret"]
    async with told.delivering():
        await told.write(ONE)
        message = await told.console.next()
    for each in (secret, webhook["secret"]):
        assert message.signed_with(each)["type"] == "complaint.created"
    await told.hub.store._database["webhooks"].update_many(
        {}, {"$set": {"earlier_until": told.later.now()}}
    )
    async with told.delivering():
        await told.write(TWO)
        message = await told.console.next()
    message.signed_with(secret)
    with pytest.raises(WebhookVerificationError):
        message.signed_with(webhook["secret"])


async def test_changes_that_mongodb_no_longer_knows_are_told_as_missed(told: Told) -> None:
    await told.register()
    database = told.hub.store._database
    async with await database["complaints"].watch() as stream:
        await told.write(ONE)
        token = (await stream.next())["_id"]["_data"]
    long_ago = {"_data": f"{token[:2]}5F000000{token[10:]}"}
    await database["feeds"].update_one({}, {"$set": {"token": long_ago}})
    async with told.delivering():
        assert await told.console.types(1) == ["changes.missed"]
        await told.write(replace(ONE, title="Jalan diperbaiki"))
        assert await told.console.types(1) == ["complaint.updated"]


async def test_one_webhooks_fault_keeps_nothing_from_the_others(told: Told) -> None:
    broken = await told.register()
    await told.register()
    await told.hub.store._database["webhooks"].update_one(
        {"_id": broken["id"]}, {"$set": {"secret": b"of another key"}}
    )
    async with told.delivering():
        await told.write(ONE)
        assert await told.console.types(1) == ["complaint.created"]


async def test_a_filter_that_the_schema_no_longer_knows_ends_its_webhook(told: Told) -> None:
    webhook = await told.register()
    await told.hub.store._database["webhooks"].update_one(
        {"_id": webhook["id"]}, {"$set": {"filter": {"colour": {"eq": "red"}}}}
    )
    async with told.delivering():
        await told.write(ONE)

        async def enabled() -> bool:
            return str((await state_of(told))["state"]) == "ENABLED"

        await until(enabled)
    assert "no longer fits" in (await state_of(told))["disabled"]["reason"]


async def test_the_receiver_of_the_documentation_takes_each_message_once(
    told: Told, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    webhook = await told.register()
    page = Path(__file__).parents[2] / "docs" / "webhooks.md"
    ((text,),) = (each.values for each in fenced(page, "python"))
    monkeypatch.setenv("WEBHOOK_SECRET", webhook["secret"])
    receiver: dict[str, Any] = {}
    exec(text, receiver)
    async with told.delivering():
        await told.write(ONE)
        message = await told.console.next()
    transport = httpx2.ASGITransport(receiver["app"])
    async with httpx2.AsyncClient(transport=transport, base_url="http://console") as http:
        for headers, status in (
            (message.headers, 204),
            (message.headers, 204),
            (message.headers | {"webhook-id": "another"}, 400),
        ):
            answer = await http.post("/hub", content=message.body, headers=headers)
            assert answer.status_code == status
    told_lines = capsys.readouterr().out.splitlines()
    assert told_lines.count(f"complaint.created complaint:{ONE.id}") == 1
