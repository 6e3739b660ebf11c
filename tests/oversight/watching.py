"""A store with rules of early warning, and a clock that can be put forward."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hub.auth.clients import create_client
from hub.domain.clock import Clock
from hub.domain.complaint import Complaint
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.domain.warning import WarningKind, WarningRule
from hub.oversight.early_warning import EarlyWarning
from hub.oversight.mail import SmtpMailer
from hub.oversight.mailing import WarningMails
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

    async def followed_up(self, ago: int, **stated: Any) -> None:
        """A complaint of which the channel says that it was followed up so many days ago."""
        at = self.now - timedelta(days=ago)
        received_at = at - timedelta(days=3)
        await self.write(**{"received_at": received_at, "followed_up_at": at} | stated)

    async def synced(self) -> None:
        """A green run of the channel that complaints come by unless told."""
        await self.store.channels.add("lapor", "SP4N-LAPOR!")
        await self.store.channels.saw("lapor", ["73"], [])
        await self.store.channels.synced("lapor", self.now)

    async def evaluate(self, mailer: SmtpMailer | None = None) -> int:
        """How many warnings were raised; an hour is over, and what could be mailed is."""
        clock = Clock(lambda: self.now)
        raised = await EarlyWarning(self.store, clock).once()
        if mailer:
            await WarningMails(self.store, mailer, clock).once()
            self.now += timedelta(hours=1)
        return raised

    async def to_mail(self) -> list[str]:
        """Whom somebody is still to tell."""
        found = await self.store.warnings.to_mail(self.now + timedelta(days=1))
        return [each["to"] for warning in found for each in warning["mail"]]

    async def state(self) -> tuple[datetime | None, str | None]:
        """When the one rule was evaluated, and why it was not since."""
        (rule,) = await self.database["warning_rules"].find().to_list()
        return rule["evaluated_at"], rule["problem"]

    async def warnings(self) -> list[Document]:
        return await self.database["warnings"].find({}, sort=[("raised_at", 1)]).to_list()


async def watch_of(store: Store, database: Database) -> Watch:
    """With `console`, who oversees one province."""
    owner, _ = await create_client(store.clients, "console", SULSEL, [*OVERSEEING])
    return Watch(store, database, owner)
