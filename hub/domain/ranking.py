"""Districts or institutions in order of a figure, what it rests on beside it. Pure.

All are measured by what came through the same channels, the yardstick, which whoever asks states.
So no complaint of another channel moves anybody, and who integrates one more channel of the
yardstick had no place before: none is ever placed lower for integrating more.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from hub.domain.indicators import DaysTaken, Freshness, IndicatorRow


class RankedBy(StrEnum):
    """What they are put in order of: rates, the highest first, or the median of working days,
    the fewest first. The value is the stage."""

    FOLLOW_UP_RATE = "follow_up_rate"
    CLOSING_RATE = "closing_rate"
    WORKING_DAYS_TO_HAND_OVER = "hand_over"
    WORKING_DAYS_TO_FOLLOW_UP = "follow_up"
    WORKING_DAYS_TO_CLOSE = "close"

    @property
    def is_rate(self) -> bool:
        """Whether more is better."""
        return self in {RankedBy.FOLLOW_UP_RATE, RankedBy.CLOSING_RATE}

    @property
    def stage(self) -> str:
        """The stage whose coverage stands beside it."""
        return _STAGES.get(self, self.value)

    @property
    def needs(self) -> frozenset[str]:
        """The figures that are read for it."""
        return frozenset({"closed", self.stage})

    def value_of(self, row: IndicatorRow) -> float | None:
        """The figure; None where there is nothing to measure."""
        found = getattr(row, self.value)
        value: float | None = found if self.is_rate or found is None else found.median
        return value


_STAGES = {RankedBy.FOLLOW_UP_RATE: "follow_up", RankedBy.CLOSING_RATE: "close"}


class Apart(StrEnum):
    """Why one has no place."""

    NOT_INTEGRATED = "not_integrated"
    NOTHING_TO_MEASURE = "nothing_to_measure"
    NOTHING_DONE = "nothing_done"
    UNDER_COVERAGE = "under_coverage"
    NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True)
class Ranked:
    """A district, or an institution that is listed, of a province unless `district` is told.
    `channels` are all that brought a complaint of it."""

    name: str
    province: str
    district: str | None
    channels: frozenset[str]

    @property
    def order(self) -> tuple[str, str, str]:
        """By place and name."""
        return self.province, self.district or "", self.name


@dataclass(frozen=True, slots=True)
class RankedMember:
    """One with its place, or why it has none. `value` is the figure, `coverage` the fraction of
    what it rests on that says when, None of nothing. `missing` are the channels of the yardstick
    that it did not integrate."""

    member: Ranked
    value: float | None
    coverage: float | None
    missing: tuple[str, ...]
    figures: IndicatorRow | None
    place: int | None = None
    reason: Apart | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Members by place, those of the same figure at the same; and those that are listed apart, in
    their order."""

    ranked: tuple[RankedMember, ...]
    apart: tuple[RankedMember, ...]
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Measure:
    """How they are put in order: by what, through which channels, and from which coverage."""

    by: RankedBy
    yardstick: frozenset[str]
    least_coverage: float

    def rank(
        self,
        members: Iterable[Ranked],
        rows: Mapping[Ranked, IndicatorRow],
        freshness: Freshness,
        *,
        all_told: bool,
    ) -> Ranking:
        """`rows` are figures of the yardstick. Unless `all_told`, what is missing may be
        withheld."""
        measured = [self._measured(each, rows.get(each), all_told) for each in members]
        sign = -1 if self.by.is_rate else 1
        placed = sorted(
            (sign * each.value, each.member.order, each)
            for each in measured
            if each.reason is None and each.value is not None
        )
        values = [value for value, _, _ in placed]
        ranked = [replace(each, place=bisect_left(values, value) + 1) for value, _, each in placed]
        apart = sorted((e for e in measured if e.reason), key=lambda each: each.member.order)
        return Ranking(tuple(ranked), tuple(apart), freshness)

    def _measured(self, member: Ranked, row: IndicatorRow | None, all_told: bool) -> RankedMember:
        missing = tuple(sorted(self.yardstick - member.channels))
        value = self.by.value_of(row) if row else None
        taken: DaysTaken | None = getattr(row, self.by.stage) if row else None
        coverage = taken.coverage if taken else None
        reason = None
        if not all_told and (missing or value is None):
            reason, missing = Apart.NOT_TOLD, ()
        elif missing:
            reason = Apart.NOT_INTEGRATED
        elif value is None:
            reason = Apart.NOTHING_TO_MEASURE
        elif self.by.is_rate and not value and self.least_coverage > 0:
            # Else it would precede those who did something and did not date enough of it.
            reason = Apart.NOTHING_DONE
        elif coverage is not None and coverage < self.least_coverage:
            reason = Apart.UNDER_COVERAGE
        return RankedMember(member, value, coverage, missing, row, reason=reason)
