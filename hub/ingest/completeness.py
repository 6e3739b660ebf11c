"""What a channel says that it has by day, against what of it is stored."""

from dataclasses import dataclass
from datetime import date

from hub.connectors.base import Between, Surroundings
from hub.connectors.load import Loaded
from hub.domain.run import CountedBy
from hub.store.store import Store


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day by the connector's zone: how many records the channel has of it, how many are here."""

    day: date
    source: int
    stored: int

    @property
    def missing(self) -> int:
        """How many are not here; some of them may be dead letters, which have no sure day."""
        return max(0, self.source - self.stored)


@dataclass(frozen=True, slots=True)
class Completeness:
    """The days that either side knows, and how many dead letters wait."""

    channel: str
    counted_by: CountedBy
    days: list[DayCount]
    dead_letters: int

    @property
    def complete(self) -> bool:
        """Whether no more is missing than waits as a dead letter."""
        return sum(day.missing for day in self.days) <= self.dead_letters


async def completeness(
    loaded: Loaded, store: Store, surroundings: Surroundings, between: Between
) -> Completeness:
    """Asks the channel and the store. Raises ChannelError and ConfigError."""
    config = loaded.config
    connector = loaded.connect(surroundings)
    by = connector.counted_by
    said = await connector.counts(between)
    stored = await store.writer.counted_by_day(
        config.channel, by, between.start, between.end, config.zone
    )
    days = [DayCount(day, said.get(day, 0), stored.get(day, 0)) for day in sorted({*said, *stored})]
    return Completeness(config.channel, by, days, await store.dead_letters.waiting(config.channel))
