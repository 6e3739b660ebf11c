"""What a kind of channel has to be able to do."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from hub.connectors.config import ConnectorConfig
from hub.connectors.vocabulary import expand
from hub.domain.complaint import ComplaintStatus
from hub.domain.run import CountedBy

Record = dict[str, Any]
State = dict[str, Any]


class ChannelError(Exception):
    """The channel does not answer, or not with what was agreed; the run fails and says this."""


@dataclass(frozen=True, slots=True)
class Undecodable:
    """A record that the channel handed over but that can't be read as one."""

    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of one resource; `state` is where to go on once they are stored, None if nowhere.

    `declared` is how many records the channel says that this reading of the resource has in all,
    where it says so. `gone` are ids of complaints that it was asked for again and has no more.
    """

    resource: str
    records: list[Record | Undecodable]
    state: State | None
    declared: int | None = None
    gone: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Between:
    """A stretch of time to read again, whatever the checkpoint says; the end is not part of it."""

    start: datetime
    end: datetime

    @property
    def days(self) -> "Iterator[Between]":
        """Its days, each from midnight to midnight by its zone."""
        start = self.start
        while start < self.end:
            end = min(start + timedelta(days=1), self.end)
            yield Between(start, end)
            start = end


Stored = Callable[[str, Iterable[ComplaintStatus], datetime], AsyncGenerator[list[str], None]]
"""Gives the external ids, a page at a time, of the channel's complaints that a resource brought,
that are in one of some statuses, and that were received before a moment."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a connector runs: what its YAML refers to, and what this hub lets it reach.

    `approved_hosts` are those that an administrator lets an operator's connector call; None, for
    a file that the administrator put there, is any that the file allows. `taps` are the
    programs of the Singer taps that one listed, by name. `stored` tells what the hub has; None
    where nothing is stored.
    """

    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    private_hosts: frozenset[str] = field(default_factory=frozenset)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    approved_hosts: frozenset[str] | None = None
    taps: Mapping[str, Path] = field(default_factory=dict)
    stored: Stored | None = None

    def expand(self, text: str, key: str) -> str:
        """Text with its references replaced. Raises ConfigError naming what is not there."""
        return expand(text, self.environment, key, self.secrets)


C = TypeVar("C", bound=ConnectorConfig)


class Connector(ABC, Generic[C]):
    """Reads a channel. Knows neither the store nor who is asking."""

    config_model: ClassVar[type[ConnectorConfig]]
    pushed: ClassVar[bool] = False
    """Whether the channel calls the hub, so that there is nothing to run."""

    def __init__(self, config: C, surroundings: Surroundings) -> None:
        self.config = config
        self.surroundings = surroundings

    @abstractmethod
    async def check(self) -> str:
        """Asks the channel for a little and says what was found. Raises ChannelError."""

    @abstractmethod
    def read(
        self, checkpoint: Mapping[str, State], between: Between | None = None
    ) -> AsyncGenerator[Batch, None]:
        """All that is new since the checkpoint (resource → state), or all of a stretch of time, in
        batches.

        Raises ChannelError when the channel fails, or can't be asked for a stretch of time; what
        was handed over before stays valid.
        """

    @property
    def counted_by(self) -> CountedBy:
        """By which time `counts` counts. Raises ChannelError."""
        return CountedBy.RECEIVED_AT

    async def counts(self, between: Between) -> Mapping[date, int]:  # noqa: ARG002 - for kinds that can
        """How many records the channel says that it has of each day of a stretch of time, whose
        days are those of the connector's zone. Raises ChannelError, also where it can't say."""
        raise ChannelError(f"{self.config.type} can't be asked how many records there are by day.")
