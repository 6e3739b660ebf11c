"""A complaint as it was at a past moment, by what is known of it today. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from hub.domain.argument import ArgumentError
from hub.domain.complaint import Complaint, ComplaintStatus
from hub.domain.course import Step
from hub.domain.question import Field

MOVING = frozenset(
    {
        Field.STATUS,
        Field.STATUS_SOURCE,
        Field.UPDATED_AT,
        Field.HANDED_OVER_AT,
        Field.FOLLOWED_UP_AT,
        Field.CLOSED_AT,
        Field.DUE_AT,
        Field.OVERDUE,
        Field.OVERDUE_EVER,
        Field.STAGE,
        Field.STAGE_DUE_AT,
        Field.REMAINING_WORKING_DAYS,
        Field.DEADLINES,
        Field.REOPENED,
        Field.TIMELINE,
    }
)
"""What was another then: of everything else no history is kept, and it is taken as it is now."""


class PastError(ArgumentError):
    """What is asked of a past moment can't be told."""


class Then(NamedTuple):
    """What a complaint was. It is not `certain` where the hub first saw a status later, of which
    nobody says since when."""

    complaint: Complaint
    steps: list[Step]
    certain: bool


def as_it_was(complaint: Complaint, steps: Sequence[Step], at: datetime) -> Then:
    """What a complaint that was received by a moment (UTC) was at it.

    Steps count from when they were, and times that the channel states from then on. Where a status
    is not certain, what the channel dates before that moment is the least that it was.
    """

    def by_then(stated: datetime | None) -> datetime | None:
        return stated if stated and stated <= at else None

    known = [step for step in steps if step.at <= at]
    certain = all(step.dated for step in steps if step.at > at)
    handed_over_at = by_then(complaint.handed_over_at)
    followed_up_at = by_then(complaint.followed_up_at)
    closed_at = by_then(complaint.closed_at)
    if not known:
        known = [Step(complaint.received_at, ComplaintStatus.RECEIVED, False)]
    if not certain:
        for status, stated in (
            (ComplaintStatus.CLOSED, closed_at),
            (ComplaintStatus.IN_PROGRESS, followed_up_at),
            (ComplaintStatus.VERIFIED, handed_over_at),
        ):
            if stated:
                known.append(Step(stated, status, True))
                break
    then = replace(
        complaint,
        status=known[-1].status,
        handed_over_at=handed_over_at,
        followed_up_at=followed_up_at,
        closed_at=closed_at,
    )
    return Then(then, known, certain)
