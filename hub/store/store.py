"""The store as the rest of the hub holds it: readers by scope, registers for ingest and auth."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from hub.domain.deadlines import Rulebook
from hub.domain.scope import Scope
from hub.domain.working_days import Calendar
from hub.store.activity import ScopedActivity
from hub.store.answers import Answers
from hub.store.attempts import Attempts
from hub.store.audit import AuditLog, ScopedAudit
from hub.store.authorizations import Authorizations
from hub.store.cases import CaseChanges, ScopedCases
from hub.store.changes import ChangeLog
from hub.store.channels import ChannelRegister, ScopedChannels
from hub.store.clients import Clients
from hub.store.complaints import ScopedComplaints
from hub.store.completeness import CompletenessRegister, ScopedCompleteness
from hub.store.connectors import ConnectorRegister, OwnConnectors, ScopedConnectors
from hub.store.cursor import Cursors
from hub.store.dead_letters import DeadLetterBox, OwnDeadLetters, ScopedDeadLetters
from hub.store.deadlines import Deadlines
from hub.store.deliveries import Outbox, OwnDeliveries
from hub.store.device_codes import DeviceCodes
from hub.store.embedded import embedded_mongod
from hub.store.export_register import ExportRegister
from hub.store.exports import OwnExports
from hub.store.feed import Feed
from hub.store.files import SealedFiles
from hub.store.geometry import Outlines
from hub.store.hosts import ApprovedHosts
from hub.store.institutions import InstitutionRegister
from hub.store.keys import SigningKeys, root_secret
from hub.store.letters import Letters
from hub.store.likenesses import Likenesses
from hub.store.links import Links
from hub.store.live import ScopedChanges
from hub.store.mongo import Database, Driver, connect
from hub.store.operations import Operations
from hub.store.past import Past
from hub.store.principals import Principals
from hub.store.pushes import Pushes
from hub.store.rankings import ScopedRankings
from hub.store.raw_records import RawRecords
from hub.store.readiness import Readiness
from hub.store.reseal import reseal
from hub.store.retention import Purged, purge
from hub.store.revocations import Revocations
from hub.store.rollups import Rollups
from hub.store.runs import RunRegister, ScopedRuns
from hub.store.schedules import Schedules
from hub.store.scope_monitor import ScopeMonitoring
from hub.store.search import SearchWords
from hub.store.secrets import ConnectorSecrets
from hub.store.shared_reads import SharedFinds
from hub.store.statistics import Statistics
from hub.store.users import Users
from hub.store.vault import Vault, VaultError, keys_in, parse_keys
from hub.store.views import SavedViews
from hub.store.warning_rules import ScopedWarningRules, WarningRules
from hub.store.warnings import ScopedWarnings, WarningRegister
from hub.store.webhooks import OwnWebhooks, WebhookRegister
from hub.store.writer import ComplaintWriter

_READERS = 1_000


@dataclass(frozen=True, slots=True)
class Reader:
    """All that a viewer can read. Each part was built from the scope and knows no other."""

    scope: Scope
    complaints: ScopedComplaints
    cases: ScopedCases
    activity: ScopedActivity
    rankings: ScopedRankings
    channels: ScopedChannels
    connectors: ScopedConnectors
    completeness: ScopedCompleteness
    runs: ScopedRuns
    dead_letters: ScopedDeadLetters
    audit: ScopedAudit
    changes: ScopedChanges
    views: SavedViews
    exports: OwnExports
    webhooks: OwnWebhooks
    deliveries: OwnDeliveries
    warning_rules: ScopedWarningRules
    warnings: ScopedWarnings
    readiness: Readiness
    letters: Letters
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Holdings:
    """All that a viewer may change. Each part was built from the scope and knows no other."""

    scope: Scope
    connectors: OwnConnectors
    dead_letters: OwnDeadLetters
    cases: CaseChanges


class Store:
    """The hub's data in MongoDB."""

    def __init__(self, database: Database, vault: Vault, rules: Rulebook | None = None) -> None:
        """Deadlines are reckoned by these rules; by those of the nation unless told."""
        self._database = database
        self._rules = rules or Rulebook()
        self._vault = vault
        self._cursors = Cursors(vault.key_for("cursors"))
        # Readers hold no state but their scope, so viewers that come again share one.
        self.reader = lru_cache(_READERS)(self._reader)
        self.writer = ComplaintWriter(database, vault, self._rules)
        self.deadlines = Deadlines(database, self._rules)
        self.channels = ChannelRegister(database)
        self.dead_letters = DeadLetterBox(database, vault)
        self.runs = RunRegister(database)
        self.pushes = Pushes(database)
        self.raw_records = RawRecords(database, vault)
        self.connectors = ConnectorRegister(database)
        self.outlines = Outlines(database)
        self.institutions = InstitutionRegister(database)
        self.schedules = Schedules(database)
        self.completeness = CompletenessRegister(database)
        self.changes = ChangeLog(database)
        self.hosts = ApprovedHosts(database)
        self.secrets = ConnectorSecrets(database, vault)
        self.audit = AuditLog(database)
        self.feed = Feed(database)
        self.exports = ExportRegister(database, vault)
        self.webhooks = WebhookRegister(database, vault)
        self.outbox = Outbox(database)
        self.warning_rules = WarningRules(database)
        self.warnings = WarningRegister(database)
        self.clients = Clients(database)
        self.principals = Principals(database)
        self.operations = Operations(database, self.principals)
        self.revocations = Revocations(database, self.principals.remembered)
        self.likenesses = Likenesses(database, vault)
        self.links = Links(database)
        self.rollups = Rollups(database)
        self.search_words = SearchWords(database)
        self._answers = Answers(database, self.rollups)
        self._statistics = Statistics(self._answers)
        self._finds = SharedFinds()
        self._files = SealedFiles(database, vault)
        self._past = Past(database, self._rules)
        self.signing_keys = SigningKeys(database, vault)
        self.users = Users(database, vault)
        self.authorizations = Authorizations(database, self.revocations)
        self.device_codes = DeviceCodes(database)
        self.attempts = Attempts(database)
        self.session_key = vault.key_for("sessions")

    def _reader(self, scope: Scope) -> Reader:
        """What this viewer can read."""
        database, cursors = self._database, self._cursors
        shared = self._answers, self._statistics, self._rules, self._finds, self._past
        complaints = ScopedComplaints(scope, database, self._vault, cursors, *shared)
        activity = ScopedActivity(scope, database, self.rollups, self._past)
        return Reader(
            scope=scope,
            cases=ScopedCases(scope, database, self._rules.calendar),
            complaints=complaints,
            rankings=ScopedRankings(scope, database, complaints, activity),
            activity=activity,
            channels=ScopedChannels(scope, database),
            connectors=ScopedConnectors(scope, database),
            completeness=ScopedCompleteness(scope, database),
            runs=ScopedRuns(scope, database, cursors),
            dead_letters=ScopedDeadLetters(scope, database, cursors, self._vault),
            audit=ScopedAudit(scope, database, cursors),
            changes=ScopedChanges(scope, self.feed),
            views=SavedViews(scope, database),
            exports=OwnExports(scope, database, self._vault),
            webhooks=OwnWebhooks(scope, database, self._vault),
            deliveries=OwnDeliveries(scope, database, cursors),
            warning_rules=ScopedWarningRules(scope, database, cursors),
            warnings=ScopedWarnings(scope, database, cursors),
            readiness=Readiness(scope, database, self._files),
            letters=Letters(scope, database, cursors, self._files),
            calendar=self._rules.calendar,
        )

    def holdings(self, scope: Scope) -> Holdings:
        """What this viewer may change."""
        database = self._database
        return Holdings(
            scope=scope,
            connectors=OwnConnectors(scope, database),
            dead_letters=OwnDeadLetters(scope, database),
            cases=CaseChanges(scope, database, self._rules.calendar),
        )

    async def purge(
        self, before: datetime, *, dry_run: bool, progress: Callable[[int], None]
    ) -> Purged:
        """Removes personal data that is no longer needed; see retention.py."""
        return await purge(self._database, before, dry_run=dry_run, progress=progress)

    async def reseal(self, progress: Callable[[int], None]) -> int:
        """Seals everything with the key in use; see reseal.py."""
        return await reseal(self._database, self._vault, progress)

    async def ping(self) -> None:
        """Returns if MongoDB answers, else raises the driver's error."""
        await self._database.command("ping")


@asynccontextmanager
async def open_store(
    *,
    uri: str | None,
    data_dir: Path,
    encryption_key: str | None,
    driver: Driver,
    monitoring: ScopeMonitoring = ScopeMonitoring.REFUSE,
    rules: Rulebook | None = None,
) -> AsyncIterator[Store]:
    """The store at a URI, or in an embedded mongod under `data_dir`.

    Raises StoreUnavailableError, and VaultError for a missing or malformed key.
    """
    if uri and not encryption_key:
        raise VaultError("HUB_MONGODB_URI needs HUB_ENCRYPTION_KEY beside it: 32 bytes in base64.")
    given = parse_keys(encryption_key) if encryption_key else None
    async with AsyncExitStack() as opened:
        if not uri:
            uri = await opened.enter_async_context(embedded_mongod(data_dir))
        vault = Vault(*(given or keys_in(data_dir)))
        database = await opened.enter_async_context(connect(uri, driver, monitoring=monitoring))
        root = await root_secret(database, vault)
        yield Store(database, vault.with_root(root), rules)
