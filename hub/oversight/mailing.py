"""E-mails of warnings, sent beside the rules that raise them: several at a time, so that an address
that does not answer holds up no other, and again where one fails."""

from datetime import timedelta
from typing import Protocol

import structlog
from anyio import CapacityLimiter, create_task_group

from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.oversight.early_warning import owner_of
from hub.store.mongo import Document
from hub.store.store import Store

_LOOK_SECONDS = 60.0
_AT_ONCE = 10
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)
"""Before the second try at an address, and at most; each is twice as long as the one before."""
_DOUBLED = 6

_log = structlog.get_logger()


class Mailer(Protocol):
    """Tells warnings by e-mail, within less time than the first pause."""

    async def send(self, warning: Document, address: str) -> bool:
        """Whether an address is done with: told, or never to be told."""


class WarningMails:
    """Sends the e-mails that the warnings of a store have still to be told by."""

    def __init__(self, store: Store, mailer: Mailer, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store = store
        self._mailer = mailer
        self._clock = clock

    async def work(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            try:
                await self.once()
            except Exception:  # beside it connectors run, which go on
                _log.exception("warnings.mails_failed")
            await self._clock.sleep(_LOOK_SECONDS)

    async def once(self) -> None:
        """Sends what is to be sent now; what fails is sent later. Raises StoreError."""
        due = await self._store.warnings.to_mail(self._clock.now())
        if not due:
            return
        rules = {each["rule"] for each in due}
        kept = [each for each in await self._store.warning_rules.all() if each.rule.id in rules]
        # An address is its owner's, who may see less than when it was raised.
        reaching = {each.rule.id for each in kept if await owner_of(each, self._store) is not None}
        limiter = CapacityLimiter(_AT_ONCE)
        async with create_task_group() as group:
            for warning in due:
                may_be_sent = warning["rule"] in reaching
                for mail in warning["mail"]:
                    group.start_soon(self._try, limiter, warning, mail, may_be_sent)

    async def _try(
        self, limiter: CapacityLimiter, warning: Document, mail: Document, may_be_sent: bool
    ) -> None:
        warnings, id_ = self._store.warnings, warning["_id"]
        async with limiter:
            pause = min(_FIRST_PAUSE * 2 ** min(mail["tries"], _DOUBLED), _LONGEST_PAUSE)
            try:
                ours = await warnings.claim_mail(id_, mail, self._clock.now() + pause)
                if ours and may_be_sent and await self._mailer.send(warning, mail["to"]):
                    await warnings.mailed(id_, mail["to"])
            except Exception:  # one message's fault keeps nothing from the others
                _log.exception("warnings.mail_failed", warning=id_)
