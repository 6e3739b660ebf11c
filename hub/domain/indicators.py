"""The figures that the ministry measures, and how each is told."""

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class Dimension(StrEnum):
    """What indicators can be grouped by. Weeks begin on Monday; days are of the district's zone."""

    PROVINCE = "province"
    DISTRICT = "district"
    CHANNEL = "channel"
    CATEGORY = "category"
    CLASSIFICATION = "classification"
    PROGRAMME = "programme"
    STATUS = "status"
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


@dataclass(slots=True)
class IndicatorRow:
    """The figures of one group, each beside what it rests on.

    `timed` is how many of `followed_up` state when, which is what the median and the 90th
    percentile rest on; `changed_at` (UTC) is when the hub last stored a change in the group.
    `before` is the same group in the period before, where that was asked for.
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
    before: "IndicatorRow | None" = None

    @property
    def follow_up_rate(self) -> float | None:
        """Followed up as a fraction of received; None when nothing was received."""
        return self.followed_up / self.received if self.received else None


HOURS_PER_DAY = 24


def median_days(hours: Mapping[int, int]) -> float | None:
    """The median in days of a histogram, whole hours → complaints; None when it is empty."""
    total = sum(hours.values())
    if not total:
        return None
    low, high = (total - 1) // 2, total // 2
    seen, middle = 0, []
    for hour in sorted(hours):
        middle += [hour for rank in (low, high) if seen <= rank < seen + hours[hour]]
        seen += hours[hour]
    return sum(middle) / len(middle) / HOURS_PER_DAY


def p90_days(hours: Mapping[int, int]) -> float | None:
    """The days within which nine of ten are, of a histogram as above: the least value that is no
    less than nine tenths of them (nearest rank); None when it is empty."""
    rank = -(-9 * sum(hours.values()) // 10)
    seen = 0
    for hour in sorted(hours):
        seen += hours[hour]
        if seen >= rank > 0:
            return hour / HOURS_PER_DAY
    return None
