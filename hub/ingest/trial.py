"""Asking a channel while a client waits for the answer: in a thread of its own, a few at once, and
not for long, so that other answers are not held up."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import anyio
from anyio import CapacityLimiter, to_thread

from hub.connectors.base import ChannelError, Surroundings
from hub.domain.clock import utc_now
from hub.domain.complaint import Provenance
from hub.domain.reading import Reading
from hub.ingest.own import DeskError, ForbiddenError, Own
from hub.ingest.preview import preview_records
from hub.ingest.registered import loaded_from
from hub.ingest.surroundings import surroundings_of
from hub.store.connectors import Registration
from hub.store.mongo import Document
from hub.store.scope_monitor import unscoped
from hub.store.store import Store

SECONDS = 45.0
AT_ONCE = 4
MOST_PREVIEWED = 50

T = TypeVar("T")


class Trials:
    """The trials of one process, which may call `private_hosts` where they are approved too."""

    def __init__(self, private_hosts: frozenset[str] = frozenset()) -> None:
        self.private_hosts = private_hosts
        self._places = CapacityLimiter(AT_ONCE)

    async def run(self, ask: Callable[[], Awaitable[T]]) -> T:
        """What `ask` gives; it runs in a loop of its own. Raises ChannelError, also where the
        channel is too slow."""

        async def within_limits() -> T:
            try:
                with anyio.fail_after(SECONDS):
                    return await ask()
            except TimeoutError:
                told = f"The channel gave too little within {SECONDS:.0f} s."
                raise ChannelError(told) from None

        return await to_thread.run_sync(
            anyio.run, within_limits, limiter=self._places, abandon_on_cancel=True
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """A record of a preview: the complaint as the viewer would see it, or why it would be none."""

    complaint: Document | None
    refused: str | None


class TrialDesk:
    """Tries connectors and texts for a viewer, and stores nothing."""

    def __init__(self, own: Own, store: Store, trials: Trials) -> None:
        self._own = own
        self._store = store
        self._trials = trials

    async def check(self, name: str | None, yaml: str | None) -> str:
        """Asks the channel of a connector, or of a text, for a little; what was found. Raises
        ConfigError, DeskError and ChannelError."""
        if (name is None) is (yaml is None):
            raise DeskError("yaml", "give a name or a text, one of the two")
        if yaml is not None:
            loaded, found = await self._own.submitted(yaml)
        else:
            found = await self._own.connector(name or "")
            loaded = await loaded_from(found)
        await self._own.note("checkConnector", found, loaded.version)
        around = await self._around(found)
        return await self._trials.run(lambda: loaded.connect(around).check())

    async def preview(self, yaml: str, limit: int, reading: Reading) -> list[Shown]:
        """Maps the first records of a text's channel and stores none; each as the viewer would see
        it. Raises ConfigError, DeskError, ChannelError and ForbiddenError."""
        if not 1 <= limit <= MOST_PREVIEWED:
            raise DeskError("limit", f"must be from 1 to {MOST_PREVIEWED}, not {limit}")
        loaded, found = await self._own.submitted(yaml)
        config = loaded.config
        seen = self._own.scope.rows, self._own.scope.dead_letters
        if not all(reach.covers(None, None, config.channel) for reach in seen):
            raise ForbiddenError(
                "A preview shows complaints and dead letters, which you may not read."
            )
        await self._own.note("previewConnector", found, loaded.version)
        around = await self._around(found)
        previewed = await self._trials.run(lambda: preview_records(loaded, around, limit))
        read_by = Provenance(config.name, loaded.version, "preview", utc_now())
        complaints = self._store.reader(self._own.scope).complaints
        return [
            Shown(complaints.unstored(each.complaint, read_by, reading), None)
            if each.complaint
            else Shown(None, each.refused)
            for each in previewed
        ]

    async def _around(self, tried: Registration) -> Surroundings:
        """Where a connector is tried. Secrets that an administrator keeps for a file go nowhere
        that the file does not send them, so a text gets those of an operator's connector alone."""
        with unscoped("secrets are for the channel, and go to nobody else"):
            around = await surroundings_of(tried, self._store, self._trials.private_hosts)
        registered = await self._own.holdings.connectors.get(tried.name)
        if registered and registered.managed_by is tried.managed_by:
            return around
        return replace(around, secrets={})
