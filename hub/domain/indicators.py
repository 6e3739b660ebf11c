"""The figures that the ministry measures, and how each is told."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from hub.domain.deadline_rules import DUTIES, DeadlineStage


class Dimension(StrEnum):
    """What indicators can be grouped by. Weeks begin on Monday; days are of the district's zone."""

    PROVINCE = "province"
    DISTRICT = "district"
    CHANNEL = "channel"
    CATEGORY = "category"
    CLASSIFICATION = "classification"
    PROGRAMME = "programme"
    STATUS = "status"
    INSTITUTION = "institution"
    MONTH = "month"
    WEEK = "week"
    DAY = "day"


def cell_of(province: str | None, district: str | None, received_on: str) -> str:
    """The cell of the roll-up that a complaint counts in: its place and the month of its day."""
    return f"{province or ''}|{district or ''}|{received_on[:7]}"


@dataclass(frozen=True, slots=True)
class Period:
    """Complaints received on the days from `first` to `last`, both included; None is open.

    A day is a day in the district's own zone.
    """

    first: date | None = None
    last: date | None = None

    @property
    def has_whole_months(self) -> bool:
        """Whether it begins and ends with a month."""
        first, last = self.first, self.last
        return (not first or first.day == 1) and (
            not last or last.day == monthrange(last.year, last.month)[1]
        )

    def includes(self, month: str) -> bool:
        """Whether a month (2020-07) lies within, if it has whole months."""
        return (not self.first or f"{self.first:%Y-%m}" <= month) and (
            not self.last or month <= f"{self.last:%Y-%m}"
        )


Keys = tuple[tuple[Dimension, str | None], ...]
"""What a group has in common: a value for each dimension, None where complaints have none."""


@dataclass(slots=True)
class Freshness:
    """The moment (UTC) up to which every stored change is counted.

    The rows of an answer share one, which moves on when the answer is found to hold still.
    """

    as_of: datetime


@dataclass(frozen=True, slots=True)
class DaysTaken:
    """Working days from receipt to a stage, those of pauses left out, by the calendar of the
    district. `of` came to the stage, and `n` of them say when: what the median and the 90th
    percentile rest on."""

    n: int = 0
    of: int = 0
    median: float | None = None
    p90: float | None = None

    @property
    def coverage(self) -> float | None:
        """The fraction that says when; None when none came so far."""
        return fraction(self.n, self.of)


@dataclass(frozen=True, slots=True)
class StageDeadlines:
    """How the deadlines of one stage are kept. `of` complaints have one, and of `n` of them it is
    known whether they are late: those that are still to be done, and those of which somebody says
    when they were. `late` were done or put aside after it, or are `overdue` now."""

    stage: DeadlineStage
    overdue: int = 0
    late: int = 0
    n: int = 0
    of: int = 0

    @property
    def coverage(self) -> float | None:
        """The fraction of which it is known; None when none has a deadline."""
        return fraction(self.n, self.of)

    @property
    def late_rate(self) -> float | None:
        """Late as a fraction of those of which it is known; None of none."""
        return fraction(self.late, self.n)


NO_DAYS = DaysTaken()
NO_DEADLINES = tuple(StageDeadlines(stage) for stage in DUTIES)
STAGES = ("hand_over", "follow_up", "close")
"""What working days are counted to, by the names that are stored."""


@dataclass(slots=True)
class IndicatorRow:
    """The figures of one group, each beside what it rests on.

    `timed` is how many of `followed_up` state when, which is what the median and the 90th
    percentile of days by the hour rest on; `changed_at` (UTC) is when the hub last stored a change
    in the group. `overdue` is about answers, `stage_overdue` about whatever has to be done. What is
    closed or archived is a group of its own, by status, and None for whoever may not be told of it;
    so are `deadlines`, which tell how many complaints of a kind with rules there are. `uncertain`
    is how many had a status that is not known, where a past moment was asked for; `before` is the
    same group in the period before, where that was.
    """

    keys: Keys
    received: int
    followed_up: int
    overdue: int
    timed: int
    median_days_to_follow_up: float | None
    changed_at: datetime | None
    freshness: Freshness
    p90_days_to_follow_up: float | None = None
    verified: int = 0
    handed_over: int = 0
    closed: int | None = 0
    archived: int | None = 0
    overdue_ever: int = 0
    stage_overdue: int = 0
    deadlines: tuple[StageDeadlines, ...] | None = NO_DEADLINES
    reopened: int = 0
    hand_over: DaysTaken = NO_DAYS
    follow_up: DaysTaken = NO_DAYS
    close: DaysTaken | None = NO_DAYS
    uncertain: int = 0
    before: "IndicatorRow | None" = None

    @property
    def verification_rate(self) -> float | None:
        """Verified as a fraction of received; None when nothing was received."""
        return fraction(self.verified, self.received)

    @property
    def hand_over_rate(self) -> float | None:
        """Handed over as a fraction of received; None when nothing was received."""
        return fraction(self.handed_over, self.received)

    @property
    def follow_up_rate(self) -> float | None:
        """Followed up as a fraction of received; None when nothing was received."""
        return fraction(self.followed_up, self.received)

    @property
    def closing_rate(self) -> float | None:
        """Closed as a fraction of received; None when nothing was received, or it is not told."""
        return None if self.closed is None else fraction(self.closed, self.received)


def fraction(part: int, whole: int) -> float | None:
    """A part of a whole; None of nothing."""
    return part / whole if whole else None


Histogram = Mapping[int, int]
"""Whole numbers → how many complaints have each."""


def median(values: Histogram) -> float | None:
    """The median of a histogram; None when it is empty."""
    total = sum(values.values())
    if not total:
        return None
    low, high = (total - 1) // 2, total // 2
    seen, middle = 0, []
    for value in sorted(values):
        middle += [value for rank in (low, high) if seen <= rank < seen + values[value]]
        seen += values[value]
    return sum(middle) / len(middle)


def p90(values: Histogram) -> int | None:
    """The least value that is no less than nine tenths of a histogram (nearest rank); None when
    it is empty."""
    rank = -(-9 * sum(values.values()) // 10)
    seen = 0
    for value in sorted(values):
        seen += values[value]
        if seen >= rank > 0:
            return value
    return None


_HOURS_PER_DAY = 24


def days_of(hours: float | None) -> float | None:
    """Hours as days."""
    return None if hours is None else hours / _HOURS_PER_DAY
