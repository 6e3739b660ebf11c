"""Rules of early warning: raised once while they hold, within what their owner may see."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.auth.clients import create_client
from hub.domain.clock import Clock
from hub.domain.complaint import Complaint, ComplaintStatus
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.domain.warning import WarningKind, WarningRule
from hub.oversight.early_warning import EarlyWarning
from hub.oversight.mail import SmtpMailer, SmtpServer
from hub.serving import free_port
from hub.store.mongo import Database, Document
from hub.store.store import Store
from tests.made import complaint, provenance, received

TODAY = datetime(2020, 8, 31, 5, tzinfo=UTC)
OVERSEEING = frozenset(
    {Permission.COMPLAINTS_READ, Permission.STATISTICS_READ, Permission.OVERSIGHT_WRITE}
)
SULSEL = Grant(Role.PROVINCE, ("73",))


@dataclass
class Watch:
    """A store with an owner of rules, and a moment that can be put forward."""

    store: Store
    database: Database
    owner: str
    now: datetime = TODAY
    count: int = 0

    async def rule(self, kind: WarningKind, **stated: Any) -> str:
        usual: dict[str, Any] = {"name": "Awas", "region": "73", "days": 30, "by": "", "id": ""}
        holder = await self.store.principals.get(self.owner)
        assert holder
        scope = Scope(self.owner, holder.grants, holder.permissions)
        rule = WarningRule(kind=kind, **usual | stated)
        return str((await self.store.reader(scope).warning_rules.add(rule))["_id"])

    async def write(self, n: int = 1, **stated: Any) -> list[Complaint]:
        """So many complaints, of ten days ago unless told."""
        made = []
        for _ in range(n):
            self.count += 1
            usual: dict[str, Any] = {"received_at": self.now - timedelta(days=10)}
            made.append(complaint(**usual | {"external_id": str(self.count)} | stated))
        await self.store.writer.write(received(*made), provenance())
        return made

    async def evaluate(self, mailer: SmtpMailer | None = None) -> int:
        watch = EarlyWarning(self.store, mailer, Clock(lambda: self.now))
        raised = await watch.once()
        await watch.mail()
        return raised

    async def warnings(self) -> list[Document]:
        return await self.database["warnings"].find({}, sort=[("raised_at", 1)]).to_list()


@pytest.fixture
async def watch(store: Store, database: Database) -> Watch:
    owner, _ = await create_client(store.clients, "console", SULSEL, [*OVERSEEING])
    return Watch(store, database, owner)


async def test_follow_up_under_a_share_warns_of_the_district(watch: Watch) -> None:
    await watch.rule(WarningKind.FOLLOW_UP_LOW, below=0.5, over=3)
    done = {"status": ComplaintStatus.CLOSED}
    await watch.write(3)
    await watch.write(1, **done)  # 73.71: one of four
    await watch.write(2, district="73.06")
    await watch.write(2, district="73.06", **done)  # half is not under half
    await watch.write(3, district="73.09")  # three are not more than three
    await watch.write(9, district="73.02", received_at=watch.now - timedelta(days=30))
    await watch.write(9, province="74", district="74.71")
    assert await watch.evaluate() == 1
    (warning,) = await watch.warnings()
    told = {name: warning[name] for name in ("district", "received", "followed_up", "state")}
    assert told == {"district": "73.71", "received": 4, "followed_up": 1, "state": "open"}


async def test_a_channel_that_brings_nothing_any_more_is_silent(watch: Watch) -> None:
    await watch.rule(WarningKind.CHANNEL_SILENT, days=7)
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=7))
    await watch.write(channel="lapor", received_at=watch.now - timedelta(days=6))
    await watch.write(channel="sultra", province="74", district="74.71")
    assert await watch.evaluate() == 1
    (warning,) = await watch.warnings()
    assert (warning["channel"], warning["province"], warning["district"]) == ("sulsel", "73", None)


async def test_a_district_that_was_active_and_is_no_more_is_inactive(watch: Watch) -> None:
    await watch.rule(WarningKind.DISTRICT_INACTIVE, days=7)
    for district, days in (("73.71", (10,)), ("73.06", (10, 2)), ("73.09", (2,)), ("73.02", (20,))):
        for ago in days:
            at = watch.now - timedelta(days=ago)
            received_at = watch.now - timedelta(days=25)
            await watch.write(district=district, received_at=received_at, followed_up_at=at)
    assert await watch.evaluate() == 1
    (warning,) = await watch.warnings()
    assert (warning["district"], warning["followed_up"]) == ("73.71", 1)


async def test_a_warning_is_raised_once_while_it_holds_and_again_after(watch: Watch) -> None:
    rule = await watch.rule(WarningKind.CHANNEL_SILENT, days=7)
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=9))
    assert [await watch.evaluate() for _ in range(3)] == [1, 0, 0]
    await watch.write(channel="sulsel", received_at=watch.now)
    assert await watch.evaluate() == 0
    (warning,) = await watch.warnings()
    assert (warning["state"], warning["cleared_at"]) == ("cleared", watch.now)
    watch.now += timedelta(days=8)
    assert await watch.evaluate() == 1
    assert [each["state"] for each in await watch.warnings()] == ["cleared", "open"]
    scope = Scope(watch.owner, (SULSEL,), OVERSEEING)
    assert await watch.store.reader(scope).warning_rules.remove(rule)
    await watch.evaluate()
    assert [each["state"] for each in await watch.warnings()] == ["cleared", "cleared"]


async def test_a_rule_whose_owner_may_see_less_is_not_evaluated(watch: Watch) -> None:
    await watch.rule(WarningKind.CHANNEL_SILENT, days=7)
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=9))
    for grant, permissions in (
        (Grant(Role.PROVINCE, ("74",)), OVERSEEING),
        (SULSEL, OVERSEEING - {Permission.OVERSIGHT_WRITE}),
        (Grant(Role.DISTRICT, ("73.71",)), OVERSEEING - {Permission.OVERSIGHT_WRITE}),
    ):
        await watch.store.principals.set_grants(watch.owner, [grant], permissions)
        assert await watch.evaluate() == 0
    await watch.store.principals.set_grants(watch.owner, [SULSEL], OVERSEEING)
    assert await watch.evaluate() == 1


class StoppedError(Exception):
    """Ends a work that goes on until it is cancelled."""


async def test_what_can_not_be_understood_does_not_end_the_work(watch: Watch) -> None:
    """Connectors run in the same process. A later hub may know rules that this one does not."""
    rule = await watch.rule(WarningKind.CHANNEL_SILENT, days=7)
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=9))
    rules = watch.database["warning_rules"]
    await rules.update_one({"_id": rule}, {"$set": {"kind": "later"}})

    async def sleep(_: float) -> None:
        if await watch.warnings():
            raise StoppedError
        await rules.update_one({"_id": rule}, {"$set": {"kind": "channel_silent"}})
        watch.now += timedelta(hours=1)

    with pytest.raises(StoppedError):
        await EarlyWarning(watch.store, None, Clock(lambda: watch.now, sleep)).work()


@dataclass
class Inbox:
    """What a mail server was sent; it refuses messages with `answer`, senders with `of_sender` and
    recipients with `of_recipient`, where there is one."""

    answer: str | None = None
    of_sender: str | None = None
    of_recipient: str | None = None
    messages: list[Envelope] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.of_sender or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self.of_recipient or "250 OK"

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answer:
            return self.answer
        self.messages.append(envelope)
        return "250 OK"


@contextmanager
def mailing(inbox: Inbox) -> Iterator[SmtpMailer]:
    """What mails to an inbox."""
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port(0))
    controller.start()
    try:
        domains = frozenset({"sulsel.example.go.id"})
        sender = "hub@example.go.id"
        yield SmtpMailer(
            SmtpServer("127.0.0.1", controller.port, "none", sender, domains, None, None)
        )
    finally:
        controller.stop()


async def silent(watch: Watch, *addresses: str) -> str:
    """A rule that holds, whose warning is mailed to these."""
    rule = await watch.rule(WarningKind.CHANNEL_SILENT, days=7, mail_to=addresses)
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=9))
    return rule


async def test_a_warning_is_mailed_once_to_the_domains_that_are_allowed(watch: Watch) -> None:
    inbox = Inbox(answer="451 later")
    with mailing(inbox) as mailer:
        await silent(watch, "a@sulsel.example.go.id", "b@evil.example")
        await watch.evaluate(mailer)
        assert inbox.messages == []
        inbox.answer = None
        for _ in range(2):
            await watch.evaluate(mailer)
    (message,) = inbox.messages
    assert message.rcpt_tos == ["a@sulsel.example.go.id"]
    text = str(message.content, "utf-8") if isinstance(message.content, bytes) else ""
    assert "Subject: [complaint hub] Awas: sulsel, Sulawesi Selatan" in text
    assert "The channel has brought no complaint for 7 days." in text


async def test_nobody_is_mailed_for_an_owner_who_may_see_less(watch: Watch) -> None:
    """Nor once the rule is no more, though the server was away when the warning was raised."""
    inbox = Inbox(answer="451 later")
    with mailing(inbox) as mailer:
        rule = await silent(watch, "a@sulsel.example.go.id")
        await watch.evaluate(mailer)
        inbox.answer = None
        await watch.store.principals.set_grants(watch.owner, [], OVERSEEING)
        await watch.evaluate(mailer)
        assert len(await watch.store.warnings.to_mail()) == 1
        scope = Scope(watch.owner, (SULSEL,), OVERSEEING)
        assert await watch.store.reader(scope).warning_rules.remove(rule)
        await watch.evaluate(mailer)
        assert await watch.store.warnings.to_mail() == []
    assert inbox.messages == []


async def test_only_an_address_that_is_refused_for_good_is_given_up(watch: Watch) -> None:
    inbox = Inbox(of_sender="550 who are you")
    with mailing(inbox) as mailer:
        await silent(watch, "a@sulsel.example.go.id")
        await watch.evaluate(mailer)
        assert len(await watch.store.warnings.to_mail()) == 1
        inbox.of_sender, inbox.of_recipient = None, "450 later"
        await watch.evaluate(mailer)
        assert len(await watch.store.warnings.to_mail()) == 1
        inbox.of_recipient = "550 no such mailbox"
        await watch.evaluate(mailer)
        assert await watch.store.warnings.to_mail() == []
    assert inbox.messages == []


async def test_a_mail_server_that_is_away_is_tried_again(watch: Watch) -> None:
    server = SmtpServer("127.0.0.1", 1, "none", "h@example.id", frozenset({"x.id"}), None, None)
    await watch.rule(WarningKind.CHANNEL_SILENT, days=7, mail_to=("a@x.id",))
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=9))
    await watch.evaluate(SmtpMailer(server))
    assert [each["mail_to"] for each in await watch.store.warnings.to_mail()] == [["a@x.id"]]
