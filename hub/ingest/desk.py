"""What a viewer changes of connectors and dead letters: theirs alone, and written down first."""

from collections.abc import Sequence

from hub.connectors.kinds import KINDS
from hub.connectors.vocabulary import is_secret_name
from hub.connectors.webhook import nothing_to_read
from hub.domain.scope import Scope
from hub.ingest.own import DeskError, ForbiddenError, Own
from hub.ingest.registered import loaded_from
from hub.ingest.replay import replay
from hub.ingest.trial import TrialDesk, Trials
from hub.store.changes import Change
from hub.store.connectors import ChangedMeanwhileError, ManagedByFileError, NameTakenError
from hub.store.hosts import Approval, host_named
from hub.store.runs import ConnectorBusyError
from hub.store.scope_monitor import unscoped
from hub.store.secrets import StoredSecret
from hub.store.store import Store

MOST_REPLAYED = 5_000
"""So many dead letters are mapped again at once; more are for the command line."""
LONGEST_WORDS = 500


class Desk:
    """Does a viewer's changes. What lies outside their scope does not exist for it."""

    def __init__(self, scope: Scope, store: Store, trials: Trials) -> None:
        self._own = Own(scope, store)
        self._store = store
        self._by = scope.subject
        self.trial = TrialDesk(self._own, store, trials)

    async def register(self, yaml: str) -> str:
        """Registers a new connector; its name. Raises ConfigError and DeskError."""
        _, registration = await self._own.submitted(yaml)
        await self._own.note("registerConnector", registration, registration.config_version)
        try:
            await self._store.connectors.add(registration, self._by)
        except NameTakenError:
            raise DeskError("yaml", "a connector of this name is registered already") from None
        return registration.name

    async def update(self, name: str, yaml: str) -> None:
        """Gives a connector another text. Raises ConfigError and DeskError."""
        before = await self._own.connector(name)
        _, registration = await self._own.submitted(yaml)
        if registration.name != name:
            raise DeskError("yaml", f"is of {registration.name!r}; a connector keeps its name")
        await self._own.note("updateConnector", registration, registration.config_version)
        try:
            await self._store.connectors.change(before, registration, self._by)
        except ManagedByFileError as error:
            raise DeskError("name", str(error)) from None
        except ChangedMeanwhileError:
            raise DeskError("name", "was changed meanwhile; look at it and try again") from None

    async def pause(self, name: str, reason: str) -> None:
        """Keeps a connector from running. Raises DeskError."""
        found, reason = await self._own.connector(name), _words("reason", reason)
        await self._own.note("pauseConnector", found, reason)
        with unscoped("it is the viewer's own"):
            await self._store.connectors.pause(name, reason, self._by, administrator=self._own.all)

    async def resume(self, name: str) -> None:
        """Lets a connector run again. Raises DeskError, and ForbiddenError where an administrator
        paused it."""
        found = await self._own.connector(name)
        if found.paused and found.paused.administrator and not self._own.all:
            raise ForbiddenError(
                f"An administrator paused it ({found.paused.reason}) and resumes it."
            )
        await self._own.note("resumeConnector", found)
        await self._store.connectors.resume(name)

    async def sync(self, name: str) -> None:
        """Asks for a run as soon as a scheduler is free. Raises DeskError."""
        found = await self._own.connector(name)
        if found.paused:
            raise DeskError("name", f"is paused ({found.paused.reason}); resume it first")
        if KINDS[found.kind].pushed:
            raise DeskError("name", nothing_to_read(name))
        await self._own.note("syncNow", found)
        await self._store.schedules.request(name, self._by)

    async def replay(self, name: str, ids: Sequence[str] | None) -> str:
        """Maps dead letters of a connector's channel again, those of these ids or all that wait;
        the run's id. Raises ConfigError and DeskError."""
        found = await self._own.connector(name)
        with unscoped("dead letters of the viewer's own channel, of which nothing is told"):
            letters = self._store.dead_letters
            most = len(ids) if ids is not None else await letters.waiting(found.channel)
            if most > MOST_REPLAYED:
                told = f"{most} are too many at once; name some, or use `hub deadletters replay`"
                raise DeskError("ids", told)
            loaded = await loaded_from(found)
            await self._own.note("replayDeadLetters", found)
            try:
                return (await replay(loaded, self._store, ids)).run
            except ConnectorBusyError as error:
                raise DeskError("name", f"{error} Try again once it has ended.") from None

    async def acknowledge(self, id_: str, note: str) -> None:
        """Settles a dead letter that need not be stored. Raises DeskError."""
        note = _words("note", note)
        await self._own.note("acknowledgeDeadLetter", detail=id_)
        if not await self._own.holdings.dead_letters.acknowledge(id_, note, self._by):
            raise DeskError("id", "there is no open dead letter of this id")

    async def approve(self, host: str, connector: str | None) -> Approval:
        """Lets operators' connectors, or one of them, call a host. Raises DeskError and
        ForbiddenError."""
        await self._note_host("approveHost", host, connector)
        return await self._store.hosts.approve(host, connector, self._by)

    async def revoke(self, host: str, connector: str | None) -> bool:
        """Takes an approval back; whether there was one. Raises DeskError and ForbiddenError."""
        await self._note_host("revokeHost", host, connector)
        return await self._store.hosts.revoke(host, connector)

    async def rotate(self, connector: str, name: str, value: str) -> StoredSecret:
        """Stores a connector's secret, or another value for it. Raises DeskError."""
        found = await self._own.connector(connector, "connector")
        if not is_secret_name(name):
            raise DeskError("name", "write it like API_KEY, in capitals, digits and _")
        await self._own.note("rotateSecret", found, name)
        try:
            return await self._store.secrets.put(connector, name, value, self._by)
        except ValueError as error:
            raise DeskError("value", str(error)) from None

    async def _note_host(self, what: str, host: str, connector: str | None) -> None:
        if not self._own.all:
            raise ForbiddenError("An administrator approves and revokes hosts.")
        try:
            detail = host_named(host)
        except ValueError as error:
            raise DeskError("host", str(error)) from None
        await self._store.changes.record(Change(self._by, what, connector, detail=detail))


def _words(argument: str, text: str) -> str:
    """What somebody gives as a reason. Raises DeskError."""
    words = text.strip()
    if not words or len(words) > LONGEST_WORDS:
        raise DeskError(argument, f"say it in 1 to {LONGEST_WORDS} characters")
    return words
