"""Trying a connector over the API: only approved hosts, and no more of a complaint than its viewer
may see."""

from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
import stamina

from hub.domain.complaint import Reporter
from hub.domain.question import All
from hub.domain.reading import Reading
from hub.domain.run import RunState
from hub.domain.scope import Grant, Permission, Role
from hub.ingest.desk import Desk
from hub.ingest.registered import registered
from hub.ingest.run import sync
from hub.ingest.trial import Trials
from hub.store.paging import PageRequest
from hub.store.store import Store
from tests.connectors.test_submitted import REST
from tests.ingest.channel import Channel, record, running_channel
from tests.made import MINISTRY, scope
from tests.running_hub import RunningHub, running_hub

OPERATOR = Grant(Role.OPERATOR, ("73",), ("sulsel",))
ADMIN = Grant(Role.ADMIN)
CHECK = "mutation ($yaml: String) { checkConnector(yaml: $yaml) }"
PREVIEW = """mutation ($yaml: String!) { previewConnector(yaml: $yaml, limit: 3) { refused
  complaint { externalId receivedAt overdue title district { code } reporter { name }
              channel { name } provenance { run hash } timeline { at status } } } }"""
APPROVE = """mutation ($connector: String) {
  approveHost(host: "127.0.0.1", connector: $connector) { host connector } }"""


@pytest.fixture
async def channel() -> AsyncIterator[Channel]:
    with stamina.set_testing(True, attempts=1):
        async with running_channel() as channel:
            yield channel


@pytest.fixture
async def hub(store: Store, channel: Channel) -> AsyncIterator[RunningHub]:
    """A hub that may call the channel's address, if the host is approved too."""
    async with running_hub(store, private_hosts=frozenset({urlsplit(channel.url).netloc})) as hub:
        yield hub


def yaml_of(channel: Channel) -> str:
    """Of reporters and secret complaints too."""
    text = REST.replace("https://api.sulsel.example/", channel.url)
    return text.replace("id: id,", "id: id, title: title, reporter_name: who, secret: secret,")


async def test_a_host_is_called_once_an_administrator_approved_it(
    hub: RunningHub, channel: Channel, store: Store
) -> None:
    operator, admin = await hub.token(OPERATOR), await hub.token(ADMIN)
    text = yaml_of(channel)
    registering = "mutation ($yaml: String!) { registerConnector(yaml: $yaml) { name } }"
    await hub.ask(operator, registering, yaml=text)
    by_name = 'mutation { checkConnector(name: "sulsel") }'

    async def ran() -> tuple[RunState, str | None]:
        private = frozenset({urlsplit(channel.url).netloc})
        loaded, around = await registered("sulsel", store, private)
        finished = await sync(loaded, store, around)
        return finished.state, finished.error

    unapproved = await hub.refused(operator, CHECK, yaml=text)
    assert unapproved["extensions"]["code"] == "CHANNEL_FAILED"
    told = "127.0.0.1 is not approved. An administrator approves"
    assert unapproved["message"].startswith(told)
    assert (await hub.refused(operator, by_name))["message"] == unapproved["message"]
    assert await ran() == (RunState.FAILED, unapproved["message"])
    assert await hub.ask(admin, APPROVE, connector="another")
    assert (await ran())[0] is RunState.FAILED
    assert channel.asked == 0

    assert await hub.ask(admin, APPROVE, connector="sulsel") == {
        "approveHost": {"host": "127.0.0.1", "connector": "sulsel"}
    }
    for query, said in ((by_name, {}), (CHECK, {"yaml": text})):
        assert "0 records" in (await hub.ask(operator, query, **said))["checkConnector"]
    assert await ran() == (RunState.SUCCEEDED, None)

    revoke = 'mutation { revokeHost(host: "127.0.0.1", connector: "sulsel") }'
    assert await hub.ask(admin, revoke) == {"revokeHost": True}
    assert await hub.ask(admin, revoke) == {"revokeHost": False}
    assert (await ran())[0] is RunState.FAILED


async def test_an_approved_host_at_a_private_address_needs_the_network_too(
    store: Store, channel: Channel
) -> None:
    async with running_hub(store) as hub:
        await hub.ask(await hub.token(ADMIN), APPROVE)
        error = await hub.refused(await hub.token(OPERATOR), CHECK, yaml=yaml_of(channel))
    assert "is a private address" in error["message"]
    assert channel.asked == 0


async def test_a_preview_shows_what_its_viewer_may_see_and_stores_nothing(
    hub: RunningHub, channel: Channel, store: Store
) -> None:
    channel.records = [
        record(1, who="Sitti", secret="f"),
        record(2, who="Sitti", secret="t"),
        record(3, who="Sitti", secret="f", status="?"),
        record(4, who="Sitti", secret="f"),
    ]
    await hub.ask(await hub.token(ADMIN), APPROVE)
    answer = (await hub.post(await hub.token(OPERATOR), PREVIEW, yaml=yaml_of(channel))).json()
    first, second, third = answer["data"]["previewConnector"]
    assert (third["complaint"], third["refused"][-3:]) == (None, "(?)")
    assert first == {
        "refused": None,
        "complaint": {
            "externalId": "1",
            "receivedAt": "2020-03-01T00:01:00+00:00",
            "overdue": False,
            "title": "Laporan 1",
            "district": {"code": "73.71"},
            "reporter": None,
            "channel": {"name": "sulsel"},
            "provenance": {"run": "preview", "hash": ""},
            "timeline": [{"at": "2020-03-01T00:01:00+00:00", "status": "RECEIVED"}],
        },
    }
    assert second["complaint"]["title"] is None  # it is secret
    hidden = {each["reason"]: len(each["complaints"]) for each in answer["extensions"]["masked"]}
    assert hidden == {"SECRET": 1, "NOT_PERMITTED": 2}
    (noted,) = await store.changes.latest("sulsel", 9)
    assert noted["what"] == "previewConnector"
    ministry = store.reader(MINISTRY)
    assert (await ministry.runs.page(None, PageRequest(1))).documents == []
    assert (await ministry.complaints.count(All())).number == 0


async def test_reporters_of_a_preview_are_accounted_for(store: Store, channel: Channel) -> None:
    channel.records = [record(1, who="Sitti", secret="t"), record(2, secret="t", anonymous="t")]
    await store.hosts.approve("127.0.0.1", None, "Sri")
    trials = Trials(frozenset({urlsplit(channel.url).netloc}))
    viewer = scope(OPERATOR, Grant(Role.PROVINCE, ("73",)))
    reading = Reading()

    one, two = await Desk(viewer, store, trials).trial.preview(yaml_of(channel), 2, reading)

    assert one.complaint and two.complaint
    assert one.complaint["title"] == "Laporan 1"
    assert one.complaint["reporter"] == Reporter("Sitti", None)
    assert reading.reporters_by_place == {("73", "73.71"): 1}


async def test_a_preview_is_for_those_who_read_the_channels_complaints(
    hub: RunningHub, channel: Channel
) -> None:
    for token in (
        await hub.token(ADMIN),
        await hub.token(
            OPERATOR, permissions=[Permission.CONNECTORS_READ, Permission.CONNECTORS_WRITE]
        ),
    ):
        error = await hub.refused(token, PREVIEW, yaml=yaml_of(channel))
        assert error["extensions"]["code"] == "FORBIDDEN"
    assert channel.asked == 0
