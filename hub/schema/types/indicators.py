"""Indicators as clients see them."""

from datetime import date, datetime

import strawberry

from hub.domain.deadline_rules import DUTIES, DeadlineStage
from hub.domain.indicators import Dimension
from hub.domain.region import regions
from hub.schema.source import attribute, constant, derived, input_object, output


@input_object
class Period:
    """Days in the district's own time zone, both included."""

    from_: date | None = strawberry.field(
        name="from", default=None, description="First day; open if left out."
    )
    to: date | None = strawberry.field(default=None, description="Last day; open if left out.")


_UPPER = {Dimension.STATUS, Dimension.CLASSIFICATION}


def _value(pair: tuple[Dimension, str | None]) -> str | None:
    dimension, value = pair
    return value.upper() if value and dimension in _UPPER else value


def _label(pair: tuple[Dimension, str | None]) -> str | None:
    dimension, value = pair
    if dimension in {Dimension.PROVINCE, Dimension.DISTRICT}:
        region = regions().get(value)
        return region.name if region else None
    return _value(pair)


@constant
@output
class KeyValue:
    """What a group has in common in one dimension."""

    key: Dimension = derived(lambda pair: pair[0], "The dimension.")
    value: str | None = derived(_value, "Code, name or date; null for none.")
    label: str | None = derived(_label, "A region's name, else the value.")


@output
class DaysTaken:
    """Working days of the district from receipt on, those of waiting for the reporter left out."""

    n: int = attribute("n", "How many say when: what the days rest on.")
    of: int = attribute("of", "How many came so far, whether they say when or not.")
    coverage: float | None = attribute(
        "coverage", "Fraction of `of` that says when; null when none came so far."
    )
    median: float | None = attribute(
        "median", "Half took no longer; null for fewer than five where you may not read them."
    )
    p90: float | None = attribute(
        "p90",
        "Nine of ten took no longer; null for fewer than fifty where you may not read them.",
    )


@output
class StageDeadlines:
    """How the deadlines of a stage are kept, by the rules on it."""

    stage: DeadlineStage = attribute("stage", "What has to be done.")
    overdue: int = attribute("overdue", "Still to be done, and past it now.")
    late: int = attribute("late", "Done or put aside after it, or overdue.")
    n: int = attribute("n", "How many are known to be late or in time: what `late` rests on.")
    of: int = attribute("of", "How many have such a deadline.")
    coverage: float | None = attribute(
        "coverage",
        "Fraction of `of` of which it is known: somebody says when it was done, or it is still to "
        "be. Null when none has one.",
    )
    late_rate: float | None = attribute("late_rate", "Fraction of `n`; null when there is none.")


@output
class Figures:
    """The figures of a group, each beside what it rests on."""

    received: int = attribute("received", "Complaints received.")
    verified: int = attribute(
        "verified", "Verified, or further, now or before.", needs=("verified",)
    )
    verification_rate: float | None = attribute(
        "verification_rate", "Fraction of `received`; null when there is none.", needs=("verified",)
    )
    handed_over: int = attribute(
        "handed_over",
        "Handed over to an institution (disposisi), or further, now or before.",
        needs=("handed_over",),
    )
    hand_over_rate: float | None = attribute(
        "hand_over_rate",
        "Fraction of `received`; null when there is none.",
        needs=("handed_over",),
    )
    followed_up: int = attribute(
        "followed_up", "Being worked on, answered or closed; archived is not."
    )
    follow_up_rate: float | None = attribute(
        "follow_up_rate", "Fraction of `received`; null when there is none."
    )
    closed: int | None = attribute(
        "closed",
        "Closed; null where you may not read the complaints: group them by `STATUS`.",
        needs=("closed",),
    )
    closing_rate: float | None = attribute(
        "closing_rate", "Fraction of `received`; null when there is none.", needs=("closed",)
    )
    archived: int | None = attribute(
        "archived",
        "Put aside without a follow-up (diarsipkan); null like `closed`.",
        needs=("archived",),
    )
    overdue: int = attribute(
        "overdue", "Past their deadline and not answered, now.", needs=("overdue",)
    )
    overdue_ever: int = attribute(
        "overdue_ever",
        "Answered or put aside after their deadline, or past it now.",
        needs=("overdue_ever",),
    )
    stage_overdue: int = attribute(
        "stage_overdue",
        "Past the deadline of what has to be done now, be it to verify, to follow up or to answer.",
        needs=("stage_overdue",),
    )
    deadlines: list[StageDeadlines] | None = attribute(
        "deadlines",
        "How those of each stage are kept: `VERIFY`, `FOLLOW_UP` and `ANSWER`, in that order; null "
        "where you may not read the complaints.",
        needs=("deadlines",),
        size=len(DUTIES),
    )
    reopened: int = attribute(
        "reopened", "Taken up again after they were closed or put aside.", needs=("reopened",)
    )
    timed: int = attribute(
        "timed", "How many state when they were followed up: n of the median.", needs=("hours",)
    )
    median_days_to_follow_up: float | None = attribute(
        "median_days_to_follow_up",
        "From receipt to first follow-up, by the hour; null for fewer than five where you may not "
        "read the complaints.",
        needs=("hours",),
    )
    p90_days_to_follow_up: float | None = attribute(
        "p90_days_to_follow_up",
        "Nine of ten were followed up within so many days; null for fewer than fifty where you may "
        "not read the complaints.",
        needs=("hours",),
    )
    working_days_to_hand_over: DaysTaken = attribute(
        "hand_over", "To the hand-over; to verification where none is told.", needs=("hand_over",)
    )
    working_days_to_follow_up: DaysTaken = attribute(
        "follow_up", "To the first follow-up.", needs=("follow_up",)
    )
    working_days_to_close: DaysTaken | None = attribute(
        "close", "To the end; null like `closed`.", needs=("close",)
    )


@output
class FiguresBefore(Figures):
    """The figures of the same group in the period before."""


@output
class IndicatorRow(Figures):
    """The figures of one group, each beside what it rests on."""

    keys: list[KeyValue] = attribute("keys", "One for each dimension asked for, in that order.")
    uncertain: int = attribute(
        "uncertain",
        "With `asOf`: how many had a status then that is not known, since the hub first saw them "
        "later and no channel says since when. They count as what is known of them, and not as "
        "overdue.",
    )
    before: FiguresBefore | None = attribute(
        "before",
        "The same group in the period of the same length before, with `compare`: as many months "
        "back where the period is of whole months, else as many days. Null where it may not be "
        "told.",
    )
    as_of: datetime = derived(
        lambda row: row.freshness.as_of,
        "The moment up to which every change stored by the hub is counted; the one of `asOf` where "
        "that was asked for.",
    )
    changed_at: datetime | None = attribute(
        "changed_at", "When the hub last stored a change in this group."
    )
