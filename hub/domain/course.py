"""What became of a complaint and when: read from its fields and the steps of its timeline. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from hub.domain.complaint import FOLLOWED_UP_STATUSES, Complaint, ComplaintStatus

_VERIFIED = (ComplaintStatus.VERIFIED, *FOLLOWED_UP_STATUSES)
_ANSWERED = (ComplaintStatus.FOLLOWED_UP, ComplaintStatus.CLOSED)
_PUT_ASIDE = (ComplaintStatus.ARCHIVED, ComplaintStatus.REJECTED)
_OVER = (ComplaintStatus.CLOSED, *_PUT_ASIDE)


class Step(NamedTuple):
    """A status that a complaint came to. `dated` says that it did so `at` (UTC), and not merely
    that it was so already when it was first seen."""

    at: datetime
    status: ComplaintStatus
    dated: bool


class Course(NamedTuple):
    """The times (UTC) of a complaint's stages, None where nobody says when, and which are done.

    What a channel states goes before what was seen. `ended_at` is when it was put aside, that is
    archived or rejected.
    """

    handed_over_at: datetime | None
    followed_up_at: datetime | None
    closed_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    is_verified: bool
    is_followed_up: bool
    is_answered: bool
    is_put_aside: bool
    was_reopened: bool


def course_of(complaint: Complaint, steps: Sequence[Step]) -> Course:
    """The course of a complaint whose last step is the status of now."""
    c, status = complaint, complaint.status
    verified = started = answered = last = None
    over = reopened = False
    for step in steps:
        of, at = step.status, step.at if step.dated else None
        if at:
            if of is ComplaintStatus.VERIFIED:
                verified = verified or at
            elif of in FOLLOWED_UP_STATUSES:
                started = started or at
        if of not in _ANSWERED:
            answered = None
        elif last not in _ANSWERED:
            answered = at or (c.closed_at if of is ComplaintStatus.CLOSED else c.followed_up_at)
        reopened |= over and of not in _OVER
        over, last = of in _OVER, of
    handed_over = c.handed_over_at or verified
    followed_up = c.followed_up_at or started
    ended = c.closed_at or (steps[-1].at if steps[-1].dated else None)
    aside = status in _PUT_ASIDE
    had = {step.status for step in steps}
    return Course(
        handed_over,
        followed_up,
        ended if status is ComplaintStatus.CLOSED else c.closed_at,
        answered,
        ended if aside else None,
        not had.isdisjoint(_VERIFIED) or bool(handed_over or followed_up),
        not had.isdisjoint(FOLLOWED_UP_STATUSES) or bool(followed_up),
        status in _ANSWERED,
        aside,
        reopened,
    )


def acts(complaint: Complaint, steps: Sequence[Step]) -> list[datetime]:
    """When (UTC) it was followed up, as far as anybody says: each step of that, and what the
    channel states. What was put aside may have ended without."""
    is_closed = complaint.status is ComplaintStatus.CLOSED
    stated = (complaint.followed_up_at, complaint.closed_at if is_closed else None)
    seen = (each.at for each in steps if each.dated and each.status in FOLLOWED_UP_STATUSES)
    return [*(at for at in stated if at), *seen]
