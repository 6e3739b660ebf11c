"""The fields of a complaint's document that follow from the rules on deadlines."""

from collections.abc import Sequence
from datetime import date

from hub.domain.complaint import OPEN_STATUSES, Complaint, ComplaintStatus, StatusChange
from hub.domain.course import Step, acts
from hub.domain.deadlines import Rulebook
from hub.store.mongo import Document

DONE = "done"
"""What is over keeps the deadlines that it had, whatever becomes of rules and days."""


def reckoned(complaint: Complaint, timeline: Sequence[Document], rules: Rulebook) -> Document:
    """`due_at` is the channel's own deadline, `stated_due_at`, or else that of the rules.

    `clock` says by which rules a complaint was reckoned of which something is still due, be it that
    it is closed, and what the remaining days of an open one are counted by. `acted_in` are the
    months, of the district's zone, in which it was followed up, `acted_on` is the latest day. What
    is in most complaints not known or not so is left out, for short documents.
    """
    steps = steps_of(complaint.history, timeline)
    found = rules.reckon(complaint, steps)
    answer, now = found.answer, found.next
    fields: Document = {
        "due_at": answer.due_at,
        "stated_due_at": complaint.due_at,
        "deadlines": [
            {"stage": stage, "rule": rule, "due_at": due, "ended_at": ended, "pending": pending}
            for stage, rule, due, ended, pending in found.deadlines
        ],
        "days": found.days,
    }
    if now:
        fields["stage"] = now.stage.value
        if now.due_at:
            fields["stage_due_at"] = now.due_at
    if found.late:
        fields["late"] = True
    if acted := acts(complaint, steps):
        clock = rules.calendar.clock(complaint.district or complaint.province)
        days = {clock.day(at) for at in acted}
        fields["acted_in"] = sorted({*map(month_of, days)})
        fields["acted_on"] = day_of(max(days))
    if found.reopened:
        fields["reopened"] = True
    is_pending = any(each.pending for each in found.deadlines)
    fields["clock"] = {"by": rules.version if is_pending else DONE}
    if complaint.status in OPEN_STATUSES:
        place = complaint.district or complaint.province
        fields["clock"] |= {"place": place, "due_at": answer.due_at, "left": found.left}
    return fields


def month_of(day: int) -> str:
    """The month that a day (ordinal) lies in, such as 2020-07."""
    return day_of(day)[:7]


def day_of(day: int) -> str:
    """A day (ordinal) as it is stored, such as 2020-07-21."""
    return date.fromordinal(day).isoformat()


OPTIONAL = ("stage", "stage_due_at", "late", "reopened", "acted_in", "acted_on")
"""Fields that are there only where they say something."""

_STATUSES = {status.value: status for status in ComplaintStatus}


def steps_of(history: Sequence[StatusChange], timeline: Sequence[Document]) -> list[Step]:
    """The steps of a timeline. Dated are those that the channel tells of, and those after the
    first that was seen: at the first, a complaint may have been so for long."""
    told = {each.at for each in history}
    steps = []
    seen = False
    for step in timeline:
        at = step["at"]
        steps.append(Step(at, _STATUSES[step["status"]], at in told if told else seen))
        seen = seen or step["status_source"] is not None
    return steps
