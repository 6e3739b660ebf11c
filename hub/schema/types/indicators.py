"""Indicators as clients see them."""

from datetime import date, datetime

import strawberry

from hub.domain.indicators import Dimension
from hub.domain.indicators import IndicatorRow as Figures
from hub.domain.region import regions
from hub.schema.source import derived, output


@strawberry.input(description="Days in the district's own time zone, both included.")
class Period:
    """Days in the district's own time zone, both included."""

    from_: date | None = strawberry.field(
        name="from", default=None, description="First day; open if left out."
    )
    to: date | None = strawberry.field(default=None, description="Last day; open if left out.")


@output
class KeyValue:
    """What a group has in common in one dimension."""

    key: Dimension = derived(lambda pair: pair[0], "The dimension.")
    value: str | None = derived(lambda pair: pair[1], "Code, name or date; null for none.")
    label: str | None = derived(lambda pair: _label(*pair), "A region's name, else the value.")


def _label(dimension: Dimension, value: str | None) -> str | None:
    if dimension in {Dimension.PROVINCE, Dimension.DISTRICT}:
        region = regions().get(value)
        return region.name if region else None
    return value


def _keys(row: Figures) -> list[tuple[Dimension, str | None]]:
    upper = {Dimension.STATUS, Dimension.CLASSIFICATION}
    return [(d, v.upper() if v and d in upper else v) for d, v in row.keys.items()]


@output
class IndicatorRow:
    """The figures of one group, each beside what it rests on."""

    keys: list[KeyValue] = derived(_keys, "One for each dimension asked for, in that order.")
    received: int = derived(lambda row: row.received, "Complaints received.")
    followed_up: int = derived(
        lambda row: row.followed_up, "Being worked on, answered or closed; archived is not."
    )
    follow_up_rate: float | None = derived(
        lambda row: row.follow_up_rate, "Fraction of `received`; null when there is none."
    )
    overdue: int = derived(
        lambda row: row.overdue, "Past their deadline and not answered, now.", needs=("overdue",)
    )
    timed: int = derived(
        lambda row: row.timed,
        "How many state when they were followed up: n of the median.",
        needs=("hours",),
    )
    median_days_to_follow_up: float | None = derived(
        lambda row: row.median_days_to_follow_up,
        "From receipt to first follow-up, by the hour.",
        needs=("hours",),
    )
    as_of: datetime = derived(
        lambda row: row.as_of, "The moment up to which every change stored by the hub is counted."
    )
    changed_at: datetime | None = derived(
        lambda row: row.changed_at, "When the hub last stored a change in this group."
    )
