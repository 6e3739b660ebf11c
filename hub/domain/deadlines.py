"""By when each stage of a complaint is due, and how many working days it took. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from hub.domain.complaint import OPEN_STATUSES, Classification, Complaint, ComplaintStatus
from hub.domain.course import Course, Step, course_of
from hub.domain.deadline_rules import DUTIES, DeadlineStage, Event, Rule, standing_rules
from hub.domain.working_days import Calendar, OfficeClock

_METHOD = 3
"""Counted up when the same rules and days make something else of complaints than before."""

Pauses = Sequence[tuple[int, int | None]]
"""From which day on a complaint waits for its reporter, and the first that counts again; None
where it still waits. Days are ordinals, the pauses in order and apart."""


# Tuples, which are made three times as fast as frozen records: one for each stage that is stored.
class Deadline(NamedTuple):
    """By when (UTC) a stage is due; None where no rule says, or the clock stands still. `ended_at`
    is when it was done or the complaint put aside, None where nobody says. `rule` is the name of
    the rule, None for a channel's own deadline."""

    stage: DeadlineStage
    rule: str | None
    due_at: datetime | None
    ended_at: datetime | None
    pending: bool


def is_late(
    due_at: datetime | None, ended_at: datetime | None, pending: bool, now: datetime
) -> bool | None:
    """Whether a stage ended, or is still to be done, after it was due; None where unknown."""
    at = now if pending else ended_at
    return None if due_at is None or at is None else at > due_at


class Reckoning(NamedTuple):
    """The deadlines of a complaint: to verify, follow up, answer and, once it is answered, to
    close. `days` are the working days from its receipt to what became of it, those of pauses left
    out; what is missing nobody says when. `left` are those that remain to answer once the reporter
    has said what they are asked for."""

    deadlines: list[Deadline]
    left: int | None
    days: dict[str, int]
    reopened: bool

    @property
    def answer(self) -> Deadline:
        """By when an answer is due."""
        return self.deadlines[2]

    @property
    def next(self) -> Deadline | None:
        """What has to be done now; None where there is nothing."""
        return next((each for each in self.duties if each.pending), None)

    @property
    def duties(self) -> list[Deadline]:
        """Those of what an office has to do, in the order of DUTIES."""
        return self.deadlines[: len(DUTIES)]

    @property
    def late(self) -> bool:
        """Whether it ended after an answer was due. What is open may yet be late."""
        answer = self.answer
        return not answer.pending and bool(
            answer.due_at and answer.ended_at and answer.ended_at > answer.due_at
        )


class Rulebook:
    """The rules and the calendar that deadlines are reckoned by; `version` tells them apart."""

    def __init__(
        self, calendar: Calendar | None = None, rules: tuple[Rule, ...] | None = None
    ) -> None:
        """Those of the nation unless told."""
        self.calendar = calendar or Calendar()
        self._rules = standing_rules() if rules is None else rules
        told = f"{_METHOD} {self.calendar.version} {self._rules!r}"
        self.version = blake2b(told.encode(), digest_size=8).hexdigest()
        self._programmes = frozenset(rule.programme for rule in self._rules)
        self._chosen: dict[tuple[str | None, Classification], _ByStage] = {}

    def reckon(self, complaint: Complaint, steps: Sequence[Step]) -> Reckoning:
        """What is due when, of a complaint whose last step is the status of now."""
        clock = self.calendar.clock(complaint.district or complaint.province)
        course = course_of(complaint, steps)
        pauses = _pauses(clock, steps)
        received = clock.day(complaint.received_at)
        handed_over = clock.day(course.handed_over_at) if course.handed_over_at else None
        answered = clock.day(course.answered_at) if course.answered_at else None
        events = {
            Event.RECEIVED: received,
            Event.HANDED_OVER: handed_over,
            Event.ANSWERED: answered,
        }
        rules = self._rules_for(complaint)
        deadlines: list[Deadline] = []
        left = None
        for stage, ended_at, is_done in _ends(course):
            own = complaint.due_at if stage is DeadlineStage.ANSWER else None
            rule, due_at, left = (
                (None, own, None) if own else _due(clock, rules[stage], events, pauses)
            )
            pending = not (is_done or course.is_put_aside)
            at = ended_at if is_done else course.ended_at
            deadlines.append(Deadline(stage, rule, due_at, at, pending))
        if complaint.status is ComplaintStatus.FOLLOWED_UP:
            rule, due_at, _ = _due(clock, rules[DeadlineStage.CLOSING], events, pauses)
            deadlines.append(Deadline(DeadlineStage.CLOSING, rule, due_at, None, True))
        still = left if complaint.status in OPEN_STATUSES else None
        days = _days(clock, received, course, pauses)
        return Reckoning(deadlines, still, days, course.was_reopened)

    def _rules_for(self, complaint: Complaint) -> "_ByStage":
        """The rules for such complaints, of each stage those of their programme first."""
        # Programmes are words of channels; those without a rule are as good as none.
        known = complaint.programme if complaint.programme in self._programmes else None
        kind = known, complaint.classification
        found = self._chosen.get(kind)
        if found is None:
            chosen = [rule for rule in self._rules if rule.is_for(*kind)]
            found = self._chosen[kind] = {
                stage: [rule for rule in chosen if rule.stage is stage] for stage in DeadlineStage
            }
        return found


_ByStage = Mapping[DeadlineStage, Sequence[Rule]]


def _ends(course: Course) -> tuple[tuple[DeadlineStage, datetime | None, bool], ...]:
    verified_at = course.handed_over_at or course.followed_up_at
    return (
        (DeadlineStage.VERIFY, verified_at, course.is_verified),
        (DeadlineStage.FOLLOW_UP, course.followed_up_at, course.is_followed_up),
        (DeadlineStage.ANSWER, course.answered_at, course.is_answered),
    )


def _pauses(clock: OfficeClock, steps: Sequence[Step]) -> Pauses:
    """A day at the end of which a complaint waits for its reporter does not count. Where nobody
    says since when it waits, that is since the step before: an office is not late by a guess."""
    found: list[tuple[int, int | None]] = []
    over = 0
    for n, step in enumerate(steps):
        if step.status is not ComplaintStatus.WAITING_REPORTER:
            continue
        since = step.at if step.dated or n == 0 else steps[n - 1].at
        begin = max(clock.day(since), over)
        if n + 1 == len(steps):
            found.append((begin, None))
        elif (end := clock.day(steps[n + 1].at)) > begin:
            found.append((begin, end))
            over = end
    return found


def _due(
    clock: OfficeClock, rules: Sequence[Rule], events: Mapping[Event, int | None], pauses: Pauses
) -> tuple[str | None, datetime | None, int | None]:
    """(name of the rule, by when, working days left where the clock stands still)."""
    for rule in rules:
        start = events[rule.after]
        if start is None:
            return None, None, None
        if rule.first <= start <= rule.last:
            day, left = due_day(clock, start, rule.working_days, pauses)
            return rule.name, None if day is None else clock.end(day), left
    return None, None, None


def due_day(
    clock: OfficeClock, start: int, limit: int, pauses: Pauses
) -> tuple[int | None, int | None]:
    """(the last day in time of what began on `start`, else the working days that are left when the
    reporter has answered). Both are None where the calendar does not reach."""
    day = clock.after(start, limit)
    for begin, end in pauses:
        first = max(begin, start + 1)
        if day is None or first > day:
            break
        left = clock.between(first - 1, day)
        if end is None:
            return None, left
        if end > first and left is not None:
            day = clock.after(end - 1, left)
    return day, None


def _days(clock: OfficeClock, received: int, course: Course, pauses: Pauses) -> dict[str, int]:
    """To what became of a complaint, by the names that are stored."""
    found: dict[str, int] = {}
    for name, at in (
        ("hand_over", course.handed_over_at),
        ("follow_up", course.followed_up_at),
        ("close", course.closed_at),
    ):
        if at and (days := counted(clock, received, clock.day(at), pauses)) is not None:
            found[name] = days
    return found


def counted(clock: OfficeClock, start: int, end: int, pauses: Pauses) -> int | None:
    """The working days after a day up to and including another, without those of pauses; None
    where it is an earlier one, or the calendar does not reach."""
    if end < start or (count := clock.between(start, end)) is None:
        return None
    for begin, over in pauses:
        first, last = max(begin, start + 1), end if over is None else min(over - 1, end)
        if last >= first:
            count -= clock.between(first - 1, last) or 0
    return count
