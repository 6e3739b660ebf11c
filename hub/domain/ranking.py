"""Districts in order of a figure, what it rests on beside it. Pure.

All are measured by what came through the same channels, the yardstick, which whoever asks states.
So no complaint of another channel moves anybody, and a district that integrates one more channel
of the yardstick had no place before: none is ever placed lower for integrating more.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, replace
from enum import StrEnum

from hub.domain.indicators import DaysTaken, Freshness, IndicatorRow
from hub.domain.region import Region


class RankedBy(StrEnum):
    """What districts are put in order of: rates, the highest first, or the median of working days,
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
    """Why a district has no place."""

    NOT_INTEGRATED = "not_integrated"
    NOTHING_TO_MEASURE = "nothing_to_measure"
    UNDER_COVERAGE = "under_coverage"
    NOT_TOLD = "not_told"


@dataclass(frozen=True, slots=True)
class RankedDistrict:
    """A district with its place, or why it has none. `value` is the figure, `coverage` the fraction
    of what it rests on that says when, None of nothing. `channels` are all that it integrated,
    `missing` those of the yardstick that it did not."""

    district: Region
    value: float | None
    coverage: float | None
    channels: tuple[str, ...]
    missing: tuple[str, ...]
    figures: IndicatorRow | None
    place: int | None = None
    reason: Apart | None = None


@dataclass(frozen=True, slots=True)
class Ranking:
    """Districts by place, those of the same figure at the same; and those that are listed apart,
    by code."""

    ranked: tuple[RankedDistrict, ...]
    apart: tuple[RankedDistrict, ...]
    freshness: Freshness


@dataclass(frozen=True, slots=True)
class Measure:
    """How districts are put in order: by what, through which channels, and from which coverage."""

    by: RankedBy
    yardstick: frozenset[str]
    least_coverage: float

    def rank(
        self,
        districts: Iterable[Region],
        rows: Mapping[str, IndicatorRow],
        channels: Mapping[str, Set[str]],
        freshness: Freshness,
        *,
        all_told: bool,
    ) -> Ranking:
        """`rows` are figures of the yardstick and `channels` all that brought any complaint, by the
        codes of districts. Unless `all_told`, what is missing may be withheld."""
        measured = [
            self._measured(each, rows.get(each.code), channels.get(each.code, set()), all_told)
            for each in districts
        ]
        sign = -1 if self.by.is_rate else 1
        placed = sorted(
            (sign * each.value, each.district.code, each)
            for each in measured
            if each.reason is None and each.value is not None
        )
        values = [value for value, _, _ in placed]
        ranked = [replace(each, place=values.index(value) + 1) for value, _, each in placed]
        apart = sorted((e for e in measured if e.reason), key=lambda each: each.district.code)
        return Ranking(tuple(ranked), tuple(apart), freshness)

    def _measured(
        self, district: Region, row: IndicatorRow | None, channels: Set[str], all_told: bool
    ) -> RankedDistrict:
        missing = tuple(sorted(self.yardstick - channels))
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
        elif coverage is not None and coverage < self.least_coverage:
            reason = Apart.UNDER_COVERAGE
        return RankedDistrict(
            district, value, coverage, tuple(sorted(channels)), missing, row, reason=reason
        )
