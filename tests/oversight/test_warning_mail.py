"""Warnings by e-mail: told once to each, whatever the mail server does."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import anyio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from hub.domain.clock import Clock
from hub.domain.scope import Scope
from hub.domain.warning import WarningKind
from hub.oversight.early_warning import EarlyWarning
from hub.oversight.mail import SmtpMailer, SmtpServer
from hub.oversight.mailing import WarningMails
from hub.serving import free_port
from tests.oversight.watching import OVERSEEING, SULSEL, Watch


@dataclass
class Inbox:
    """What a mail server was sent; it refuses messages with `answer`, senders with `of_sender` and
    recipients with `of_recipient`, where there is one. It answers to `slow` once it has been sent
    something else."""

    answer: str | None = None
    of_sender: str | None = None
    of_recipient: str | None = None
    slow: str | None = None
    messages: list[Envelope] = field(default_factory=list)

    async def handle_MAIL(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.of_sender or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
    ) -> str:
        while address == self.slow and not self.messages:  # noqa: ASYNC110 - of another thread
            await asyncio.sleep(0.01)
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


async def test_an_address_that_does_not_answer_holds_up_no_other(watch: Watch) -> None:
    addresses = ("a@sulsel.example.go.id", "b@sulsel.example.go.id")
    inbox = Inbox(slow=addresses[0])
    with mailing(inbox) as mailer:
        await silent(watch, *addresses)
        await watch.evaluate(mailer)
    assert [each.rcpt_tos for each in inbox.messages] == [[addresses[1]], [addresses[0]]]


async def test_a_message_that_can_not_be_made_keeps_none_from_the_others(watch: Watch) -> None:
    """A later hub may know warnings that this one does not."""
    inbox = Inbox()
    with mailing(inbox) as mailer:
        await silent(watch, "a@sulsel.example.go.id")
        await silent(watch, "b@sulsel.example.go.id")
        await EarlyWarning(watch.store, Clock(lambda: watch.now)).once()
        mailed = {"mail.to": "a@sulsel.example.go.id"}
        await watch.database["warnings"].update_one(mailed, {"$set": {"kind": "later"}})
        await watch.evaluate(mailer)
    assert [each.rcpt_tos for each in inbox.messages] == [["b@sulsel.example.go.id"]]


async def test_what_fails_is_tried_ever_more_seldom_and_by_one_hub(watch: Watch) -> None:
    inbox = Inbox(answer="451 later")
    with mailing(inbox) as mailer:
        await silent(watch, "a@sulsel.example.go.id")
        await EarlyWarning(watch.store, Clock(lambda: watch.now)).once()
        mails = WarningMails(watch.store, mailer, Clock(lambda: watch.now))
        tried = []
        for minute in range(200):
            (warning,) = await watch.warnings()
            (mail,) = warning["mail"]
            if mail["next_at"] <= watch.now:
                tried.append(minute)
                inbox.answer = None if len(tried) == 9 else inbox.answer
                async with anyio.create_task_group() as hubs:
                    hubs.start_soon(mails.once)
                    hubs.start_soon(mails.once)
                if len(tried) == 9:
                    break
            watch.now += timedelta(minutes=1)
    assert tried == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert len(inbox.messages) == 1


async def test_nobody_is_mailed_for_an_owner_who_may_see_less(watch: Watch) -> None:
    """Nor once the rule is no more, though the server was away when the warning was raised."""
    inbox = Inbox(answer="451 later")
    with mailing(inbox) as mailer:
        rule = await silent(watch, "a@sulsel.example.go.id")
        await watch.evaluate(mailer)
        inbox.answer = None
        await watch.store.principals.set_grants(watch.owner, [], OVERSEEING)
        await watch.evaluate(mailer)
        assert len(await watch.to_mail()) == 1
        scope = Scope(watch.owner, (SULSEL,), OVERSEEING)
        assert await watch.store.reader(scope).warning_rules.remove(rule)
        await watch.evaluate(mailer)
        assert await watch.to_mail() == []
    assert inbox.messages == []


async def test_only_an_address_that_is_refused_for_good_is_given_up(watch: Watch) -> None:
    inbox = Inbox(of_sender="550 who are you")
    with mailing(inbox) as mailer:
        await silent(watch, "a@sulsel.example.go.id")
        await watch.evaluate(mailer)
        assert len(await watch.to_mail()) == 1
        inbox.of_sender, inbox.of_recipient = None, "450 later"
        await watch.evaluate(mailer)
        assert len(await watch.to_mail()) == 1
        inbox.of_recipient = "550 no such mailbox"
        await watch.evaluate(mailer)
        assert await watch.to_mail() == []
    assert inbox.messages == []


async def test_a_mail_server_that_is_away_is_tried_again(watch: Watch) -> None:
    server = SmtpServer("127.0.0.1", 1, "none", "h@example.id", frozenset({"x.id"}), None, None)
    await watch.rule(WarningKind.CHANNEL_SILENT, days=7, mail_to=("a@x.id",))
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=9))
    await watch.evaluate(SmtpMailer(server))
    assert await watch.to_mail() == ["a@x.id"]
