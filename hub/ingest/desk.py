"""What a viewer changes of connectors and dead letters: theirs alone, and written down first."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from anyio import to_thread

from hub.connectors import KINDS
from hub.connectors.base import Surroundings
from hub.connectors.load import Loaded, load
from hub.connectors.submitted import load_submitted
from hub.connectors.vocabulary import is_secret_name
from hub.connectors.webhook import nothing_to_read
from hub.domain.clock import utc_now
from hub.domain.complaint import Provenance
from hub.domain.reading import Reading
from hub.domain.scope import Scope
from hub.ingest.preview import preview_records
from hub.ingest.replay import replay
from hub.ingest.surroundings import surroundings_of
from hub.ingest.trial import Trials
from hub.store.changes import Change
from hub.store.connectors import (
    ChangedMeanwhileError,
    ManagedBy,
    ManagedByFileError,
    NameTakenError,
    Registration,
)
from hub.store.hosts import Approval
from hub.store.mongo import Document
from hub.store.runs import ConnectorBusyError
from hub.store.scope_monitor import unscoped
from hub.store.secrets import StoredSecret
from hub.store.store import Store

MOST_REPLAYED = 5_000
"""So many dead letters are mapped again at once; more are for the command line."""
MOST_PREVIEWED = 50
LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Shown:
    """A record of a preview: the complaint as the viewer would see it, or why it would be none."""

    complaint: Document | None
    refused: str | None


class DeskError(Exception):
    """What can't be done, in words for whoever asked; `argument` is what is wrong with it."""

    def __init__(self, argument: str, message: str) -> None:
        super().__init__(message)
        self.argument = argument


class ForbiddenError(Exception):
    """Something that the viewer's roles are not for."""


class Desk:
    """Does a viewer's changes. What lies outside their scope does not exist for it."""

    def __init__(self, scope: Scope, store: Store, trials: Trials) -> None:
        self._scope = scope
        self._store = store
        self._trials = trials
        self._holdings = store.holdings(scope)

    async def register(self, yaml: str) -> str:
        """Registers a new connector; its name. Raises ConfigError and DeskError."""
        registration = _registration(await self._submitted(yaml))
        await self._note("registerConnector", registration, registration.config_version)
        try:
            await self._store.connectors.add(registration, self._scope.subject)
        except NameTakenError:
            raise DeskError("yaml", "a connector of this name is registered already") from None
        return registration.name

    async def update(self, name: str, yaml: str) -> None:
        """Gives a connector another text. Raises ConfigError and DeskError."""
        before = await self._own(name)
        registration = _registration(await self._submitted(yaml))
        if registration.name != name:
            raise DeskError("yaml", f"is of {registration.name!r}; a connector keeps its name")
        await self._note("updateConnector", registration, registration.config_version)
        try:
            await self._store.connectors.change(before, registration, self._scope.subject)
        except ManagedByFileError as error:
            raise DeskError("name", str(error)) from None
        except ChangedMeanwhileError:
            raise DeskError("name", "was changed meanwhile; look at it and try again") from None

    async def pause(self, name: str, reason: str) -> None:
        """Keeps a connector from running. Raises DeskError."""
        found, reason = await self._own(name), _words("reason", reason)
        await self._note("pauseConnector", found, reason)
        with unscoped("it is the viewer's own"):
            await self._store.connectors.pause(
                name, reason, self._scope.subject, administrator=self._administers
            )

    async def resume(self, name: str) -> None:
        """Lets a connector run again. Raises DeskError, and ForbiddenError where an administrator
        paused it."""
        found = await self._own(name)
        if found.paused and found.paused.administrator and not self._administers:
            raise ForbiddenError(
                f"An administrator paused it ({found.paused.reason}) and resumes it."
            )
        await self._note("resumeConnector", found)
        await self._store.connectors.resume(name)

    async def sync(self, name: str) -> None:
        """Asks for a run as soon as a scheduler is free. Raises DeskError."""
        found = await self._own(name)
        if found.paused:
            raise DeskError("name", f"is paused ({found.paused.reason}); resume it first")
        if KINDS[found.kind].pushed:
            raise DeskError("name", nothing_to_read(name))
        await self._note("syncNow", found)
        await self._store.schedules.request(name, self._scope.subject)

    async def replay(self, name: str, ids: Sequence[str] | None) -> str:
        """Maps dead letters of a connector's channel again, those of these ids or all that wait;
        the run's id. Raises ConfigError and DeskError."""
        found = await self._own(name)
        with unscoped("dead letters of the viewer's own channel, of which nothing is told"):
            letters = self._store.dead_letters
            most = len(ids) if ids is not None else await letters.waiting(found.channel)
            if most > MOST_REPLAYED:
                told = f"{most} are too many at once; name some, or use `hub deadletters replay`"
                raise DeskError("ids", told)
            loaded = await _loaded(found)
            await self._note("replayDeadLetters", found)
            try:
                return (await replay(loaded, self._store, ids)).run
            except ConnectorBusyError as error:
                raise DeskError("name", f"{error} Try again once it has ended.") from None

    async def acknowledge(self, id_: str, note: str) -> None:
        """Settles a dead letter that need not be stored. Raises DeskError."""
        note = _words("note", note)
        by = self._scope.subject
        await self._store.changes.record(Change(by, "acknowledgeDeadLetter", detail=id_))
        if not await self._holdings.dead_letters.acknowledge(id_, note, by):
            raise DeskError("id", "there is no open dead letter of this id")

    async def check(self, name: str | None, yaml: str | None) -> str:
        """Asks the channel of a connector, or of a text, for a little; what was found. Raises
        ConfigError, DeskError and ChannelError."""
        if (name is None) is (yaml is None):
            raise DeskError("yaml", "give a name or a text, one of the two")
        if yaml is not None:
            loaded = await self._submitted(yaml)
            found = _registration(loaded)
        else:
            found = await self._own(name or "")
            loaded = await _loaded(found)
        await self._note("checkConnector", found, loaded.version)
        around = await self._around(found)
        return await self._trials.run(lambda: loaded.connect(around).check())

    async def preview(self, yaml: str, limit: int, reading: Reading) -> list[Shown]:
        """Maps the first records of a text's channel and stores none; each as the viewer would see
        it. Raises ConfigError, DeskError, ChannelError and ForbiddenError."""
        if not 1 <= limit <= MOST_PREVIEWED:
            raise DeskError("limit", f"must be from 1 to {MOST_PREVIEWED}, not {limit}")
        loaded = await self._submitted(yaml)
        config, found = loaded.config, _registration(loaded)
        seen = self._scope.rows, self._scope.dead_letters
        if not all(reach.covers(None, None, config.channel) for reach in seen):
            raise ForbiddenError(
                "A preview shows complaints and dead letters, which you may not read."
            )
        await self._note("previewConnector", found, loaded.version)
        around = await self._around(found)
        previewed = await self._trials.run(lambda: preview_records(loaded, around, limit))
        read_by = Provenance(config.name, loaded.version, "preview", utc_now())
        complaints = self._store.reader(self._scope).complaints
        return [
            Shown(complaints.unstored(each.complaint, read_by, reading), None)
            if each.complaint
            else Shown(None, each.refused)
            for each in previewed
        ]

    async def approve(self, host: str, connector: str | None) -> Approval:
        """Lets operators' connectors, or one of them, call a host. Raises DeskError and
        ForbiddenError."""
        self._need_administrator("approves hosts")
        by = self._scope.subject
        with _host():
            await self._store.changes.record(Change(by, "approveHost", connector, detail=host))
            return await self._store.hosts.approve(host, connector, by)

    async def revoke(self, host: str, connector: str | None) -> bool:
        """Takes an approval back; whether there was one. Raises DeskError and ForbiddenError."""
        self._need_administrator("revokes hosts")
        with _host():
            change = Change(self._scope.subject, "revokeHost", connector, detail=host)
            await self._store.changes.record(change)
            return await self._store.hosts.revoke(host, connector)

    async def rotate(self, connector: str, name: str, value: str) -> StoredSecret:
        """Stores a connector's secret, or another value for it. Raises DeskError."""
        found = await self._own(connector, "connector")
        if not is_secret_name(name):
            raise DeskError("name", "write it like API_KEY, in capitals, digits and _")
        await self._note("rotateSecret", found, name)
        try:
            return await self._store.secrets.put(connector, name, value, self._scope.subject)
        except ValueError as error:
            raise DeskError("value", str(error)) from None

    @property
    def _administers(self) -> bool:
        return self._scope.own_connectors.nation

    def _need_administrator(self, does: str) -> None:
        if not self._administers:
            raise ForbiddenError(f"An administrator {does}.")

    async def _around(self, tried: Registration) -> Surroundings:
        """Where a connector is tried. Secrets that an administrator keeps for a file go nowhere
        that the file does not send them, so a text gets those of an operator's connector alone."""
        with unscoped("secrets are for the channel, and go to nobody else"):
            around = await surroundings_of(tried, self._store, self._trials.private_hosts)
        registered = await self._holdings.connectors.get(tried.name)
        if registered and registered.managed_by is tried.managed_by:
            return around
        return replace(around, secrets={})

    async def _submitted(self, yaml: str) -> Loaded:
        return await to_thread.run_sync(load_submitted, yaml, self._scope)

    async def _own(self, name: str, argument: str = "name") -> Registration:
        found = await self._holdings.connectors.get(name)
        if found is None:
            raise DeskError(argument, "there is no connector of this name")
        return found

    async def _note(self, what: str, on: Registration, detail: str | None = None) -> None:
        change = Change(self._scope.subject, what, on.name, on.channel, detail)
        await self._store.changes.record(change)


def _registration(loaded: Loaded) -> Registration:
    """An operator's: it has no folder to read files from."""
    config = loaded.config
    return Registration(
        name=config.name,
        kind=config.type,
        channel=config.channel,
        config=loaded.text,
        config_version=loaded.version,
        folder="",
        managed_by=ManagedBy.OPERATOR,
    )


async def _loaded(registration: Registration) -> Loaded:
    return await to_thread.run_sync(load, registration.config, f"{registration.name} (registered)")


@contextmanager
def _host() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise DeskError("host", str(error)) from None


def _words(argument: str, text: str) -> str:
    """What somebody gives as a reason. Raises DeskError."""
    words = text.strip()
    if not words or len(words) > LONGEST_WORDS:
        raise DeskError(argument, f"say it in 1 to {LONGEST_WORDS} characters")
    return words
