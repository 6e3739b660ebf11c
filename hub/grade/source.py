"""What a channel has, and how it changes between two runs of a connector."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.connectors.lists.incremental import Incremental
from hub.connectors.open311 import Requests, Windows
from hub.grade.records import Maker, Row
from hub.grade.shapes import Gradable

_HOUR = timedelta(hours=1)
_DAYS_BACK = 400


@dataclass(slots=True)
class Asking:
    """How a connector asks for what is new, as far as a source has to know it."""

    words: Incremental | Windows | None
    by_receipt: bool
    cursor_path: str | None

    @classmethod
    def of(cls, resource: Gradable) -> "Asking":
        """That of a resource."""
        if isinstance(resource, Requests):
            return cls(resource.incremental, by_receipt=True, cursor_path=None)
        words = resource.endpoint.incremental
        return cls(words, by_receipt=False, cursor_path=words.cursor_path if words else None)

    @property
    def late(self) -> timedelta:
        """How late a channel is: half of what the YAML reckons with, but a minute at least."""
        lookback = self.words.lookback_window if self.words else timedelta(0)
        return max(lookback / 2, timedelta(minutes=1))


class Source(ABC):
    """Rows of a channel as they are now; `gone` are those that it has no more. `untold` says what
    can't be tried with them."""

    def __init__(self, resource: Gradable) -> None:
        """Raises CannotGradeError."""
        self.rows: list[Row] = []
        self.gone: list[Row] = []
        self.untold: list[str] = []
        self.asking = Asking.of(resource)
        self.maker = Maker(resource, self.asking.cursor_path)

    @abstractmethod
    def begin(self) -> None:
        """What the channel has at first."""

    @abstractmethod
    def move_on(self) -> None:
        """What has changed since."""


class Generated(Source):
    """Records that are made for the YAML, with all that makes them hard to get."""

    def __init__(self, resource: Gradable, records: int) -> None:
        super().__init__(resource)
        self._count = records
        self._latest = datetime.now(UTC).replace(microsecond=0) - _HOUR

    def begin(self) -> None:
        """Records of 60 days; seven in a row share a time, some come twice, some can't be read,
        some are of an hour that the clocks of the zone show twice."""
        step = timedelta(days=60) / self._count
        make, statuses = self.maker, self.maker.statuses
        for number in range(self._count):
            moment = self._latest - step * ((self._count - 1 - number) // 7 * 7)
            moment = moment.replace(microsecond=0)
            status = statuses[number % len(statuses)]
            self.rows.append(make.row(number, status, moment, moment, "one of several at a time"))
        for row in self.rows[50:500:50]:
            make.without_id(row)
        for row in self.rows[75:500:50]:
            make.with_broken_date(row)
        self._begin_in_the_hour_that_comes_twice()
        self.rows += self.rows[101:121]

    def move_on(self) -> None:
        """Some records change, some arrive late, some get another id."""
        make, statuses, before = self.maker, self.maker.statuses, self._latest - self.asking.late
        now = datetime.now(UTC).replace(microsecond=0)
        for number in range(600, self._count - 600, 40):
            old = self.rows[number]
            behind = number % 80 == 0
            trap = "edited behind the cursor" if behind else "edited"
            status = next((each for each in statuses if each != old.status), old.status)
            if self.asking.by_receipt:
                recent = old.received >= before
                trap = "edited" if recent else "edited long after receipt"
            self.rows[number] = make.later(old, status, before if behind else now, trap)
        for number in range(self._count, self._count + 20):
            self.rows.append(make.row(number, statuses[0], before, before, "arrived late"))
        for number in range(530, 540):
            self.gone.append(self.rows[number])
            again = make.row(self._count + number, statuses[0], self._latest, now, "got another id")
            self.rows[number] = again

    def _begin_in_the_hour_that_comes_twice(self) -> None:
        """Only where the zone has one, and the connector asks as far back."""
        changes = self.maker.zone and _clocks_back(self.maker.zone, self._latest)
        first = self.asking.words.initial_value if self.asking.words else None
        if not changes or (first and first > changes - _HOUR):
            return
        status, trap = self.maker.statuses[0], "of an hour that comes twice"
        # Every seventh record names no zone.
        for turn, number in enumerate(range(545, 685, 7)):
            moment = changes + _HOUR / 2 * (-1 if turn % 2 else 1)
            self.rows[number] = self.maker.row(number, status, moment, moment, trap)
        for row in self.rows:
            if abs(row.received - changes) < _HOUR and not row.unreadable:
                row.trap = trap


def _clocks_back(zone: ZoneInfo, before: datetime) -> datetime | None:
    """When the clocks of a zone last went back (UTC); None where they never do."""
    hour = before.replace(minute=0, second=0, microsecond=0)
    for number in range(_DAYS_BACK * 24):
        moment = hour - _HOUR * number
        earlier = (moment - _HOUR).astimezone(zone).utcoffset()
        later = moment.astimezone(zone).utcoffset()
        if earlier and later is not None and earlier > later:
            return moment
    return None
