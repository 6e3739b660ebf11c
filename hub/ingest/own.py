"""What is a viewer's own, for whatever acts on their behalf, and the words in which it refuses."""

from anyio import to_thread

from hub.connectors.load import Loaded
from hub.connectors.submitted import load_submitted
from hub.domain.argument import ArgumentError
from hub.domain.scope import Scope
from hub.store.changes import Change
from hub.store.connectors import ManagedBy, Registration
from hub.store.store import Holdings, Store


class DeskError(ArgumentError):
    """What can't be done, in words for whoever asked."""


class ForbiddenError(Exception):
    """Something that the viewer's roles are not for."""


class Own:
    """The connectors and dead letters that a viewer may change; no other is found here."""

    def __init__(self, scope: Scope, store: Store) -> None:
        self.scope = scope
        self.holdings: Holdings = store.holdings(scope)
        self._changes = store.changes

    @property
    def all(self) -> bool:
        """Whether it is an administrator's."""
        return self.scope.own_connectors.nation

    async def connector(self, name: str, argument: str = "name") -> Registration:
        """The connector of this name. Raises DeskError."""
        found = await self.holdings.connectors.get(name)
        if found is None:
            raise DeskError(argument, "there is no connector of this name")
        return found

    async def submitted(self, yaml: str) -> tuple[Loaded, Registration]:
        """A text of the viewer's, and how it would be registered: without a folder to read files
        from. Raises ConfigError."""
        loaded = await to_thread.run_sync(load_submitted, yaml, self.scope)
        config = loaded.config
        return loaded, Registration(
            name=config.name,
            kind=config.type,
            channel=config.channel,
            config=loaded.text,
            config_version=loaded.version,
            folder="",
            managed_by=ManagedBy.OPERATOR,
        )

    async def note(
        self, what: str, on: Registration | None = None, detail: str | None = None
    ) -> None:
        """Writes down what is about to be done."""
        name, channel = (on.name, on.channel) if on else (None, None)
        await self._changes.record(Change(self.scope.subject, what, name, channel, detail))
