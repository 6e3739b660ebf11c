"""What a viewer says of cases and warnings: within what they oversee, and written down first."""

import re
from collections.abc import Sequence

from hub.domain.argument import ArgumentError
from hub.domain.region import regions
from hub.domain.scope import Scope
from hub.domain.warning import WarningKind, WarningRule
from hub.store.changes import Change
from hub.store.mongo import Document
from hub.store.store import Store
from hub.store.warning_rules import MOST_OF_ONE, TooManyRulesError

LONGEST_NAME = 80
MOST_DAYS = 366
MOST_ADDRESSES = 5
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_MAILBOX = re.compile(rf"(?=.{{1,64}}$){_ATOM}(\.{_ATOM})*")
"""What stands before the @ (RFC 5321), unless in quotes."""


class OversightError(ArgumentError):
    """What can't be done, in words for whoever asked."""


class OversightDesk:
    """Does what a viewer oversees with; what they do not oversee does not exist for it."""

    def __init__(
        self, scope: Scope, store: Store, mail_domains: frozenset[str] = frozenset()
    ) -> None:
        """Warnings may be mailed to `mail_domains`, none where no e-mail is sent."""
        self._scope = scope
        self._mail_domains = mail_domains
        self._store = store
        self._cases = store.holdings(scope).cases
        self._rules = store.reader(scope).warning_rules
        self._warnings = store.reader(scope).warnings

    async def link(self, ids: Sequence[str], note: str) -> None:
        """Makes complaints one case. Raises NoSuchComplaintError."""
        await self._cases.look(ids)
        await self._note("linkComplaints", " ".join(ids))
        await self._cases.link(ids, note)

    async def part(self, id_: str, note: str) -> None:
        """Takes a complaint out of its case. Raises NoSuchComplaintError."""
        await self._cases.look([id_])
        await self._note("unlinkComplaint", id_)
        await self._cases.part(id_, note)

    async def add_rule(self, rule: WarningRule) -> Document:
        """A new rule of early warning. Raises OversightError."""
        _check(rule)
        self._check_addresses(rule)
        if rule.region and not regions().get(rule.region):
            raise OversightError("region", "is the code of no province or district")
        both = (self._scope.overseen, self._scope.counts)
        if not all(rule.lies_within(reach) for reach in both):
            raise OversightError("region", "name one all of which you oversee")
        if await self._store.principals.get(self._scope.subject) is None:
            told = "a rule goes on by itself: what other issuers say of theirs is not known then"
            raise OversightError("name", told)
        await self._note("createWarningRule", rule.region)
        try:
            return await self._rules.add(rule)
        except TooManyRulesError:
            told = f"you have {MOST_OF_ONE} rules, the most that one may"
            raise OversightError("name", told) from None

    async def remove_rule(self, id_: str) -> bool:
        """Removes a rule of the viewer's own; whether there was one."""
        if not await self._rules.is_own(id_):
            return False
        await self._note("removeWarningRule", id_)
        return await self._rules.remove(id_)

    async def acknowledge(self, id_: str, note: str) -> Document:
        """Says that somebody looks after a warning. Raises OversightError."""
        if await self._warnings.is_open(id_):
            await self._note("acknowledgeWarning", id_)
            if found := await self._warnings.acknowledge(id_, note):
                return found
        told = "there is no open warning of this id whose rule is about what you oversee"
        raise OversightError("id", told)

    def _check_addresses(self, rule: WarningRule) -> None:
        """Raises OversightError for what would never be mailed."""
        if len(rule.mail_to) > MOST_ADDRESSES:
            raise OversightError("mailTo", f"{MOST_ADDRESSES} at most")
        if rule.mail_to and not self._mail_domains:
            told = "this hub sends no e-mail until an administrator sets HUB_SMTP_HOST"
            raise OversightError("mailTo", told)
        for address in rule.mail_to:
            mailbox, _, domain = address.rpartition("@")
            if not _MAILBOX.fullmatch(mailbox):
                raise OversightError("mailTo", "write addresses as name@example.go.id")
            if domain.lower() not in self._mail_domains:
                allowed = ", ".join(sorted(self._mail_domains))
                raise OversightError("mailTo", f"only addresses of {allowed} are mailed to")

    async def _note(self, what: str, detail: str | None) -> None:
        await self._store.changes.record(Change(self._scope.subject, what, detail=detail))


def _check(rule: WarningRule) -> None:
    """Raises OversightError."""
    if len(rule.name) > LONGEST_NAME or not rule.name.strip() or not rule.name.isprintable():
        raise OversightError("name", f"give one line of {LONGEST_NAME} characters at most")
    if not 1 <= rule.days <= MOST_DAYS:
        raise OversightError("days", f"from 1 to {MOST_DAYS}")
    if rule.kind is WarningKind.FOLLOW_UP_LOW:
        if rule.below is None or not 0 < rule.below <= 1:
            raise OversightError("below", "state a share of 1, such as 0.5")
        if rule.over is not None and not 0 <= rule.over <= 10**6:
            raise OversightError("over", "from 0 to 1,000,000")
    elif rule.below is not None or rule.over is not None:
        raise OversightError("below", "`below` and `over` are for FOLLOW_UP_LOW")
