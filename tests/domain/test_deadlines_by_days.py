"""Deadlines: any complaint, against a loop over days."""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.complaint import (
    FOLLOWED_UP_STATUSES,
    Classification,
    Complaint,
    ComplaintStatus,
)
from hub.domain.course import Step
from hub.domain.deadline_rules import DeadlineStage
from hub.domain.region import regions
from hub.domain.working_days import national_days_off
from tests.domain.test_deadlines import (
    JAKARTA,
    JAYAPURA,
    MAKASSAR,
    OWN_DAYS,
    STANDING,
    START,
    VERIFIED,
    WAITING,
)
from tests.made import complaint

_moments = st.integers(0, 200 * 24 * 60).map(lambda n: START + timedelta(minutes=n))
_places = st.sampled_from([JAKARTA, MAKASSAR, JAYAPURA, "73.06", None])


@st.composite
def histories(draw: st.DrawFn) -> tuple[Complaint, list[Step]]:
    """A complaint of now, and dated steps in order that lead to its status."""
    times = sorted(draw(st.lists(_moments, min_size=1, max_size=7)))
    statuses = [ComplaintStatus.RECEIVED]
    for _ in times[1:]:
        statuses.append(draw(st.sampled_from([s for s in ComplaintStatus if s != statuses[-1]])))
    steps = [Step(t, s, True) for t, s in zip(times, statuses, strict=True)]
    place = draw(_places)
    stated: dict[str, Any] = {
        "received_at": times[0],
        "status": statuses[-1],
        "province": place and place[:2],
        "district": place,
        "classification": draw(st.sampled_from(Classification)),
        "programme": draw(st.sampled_from([None, "COVID19"])),
        "handed_over_at": draw(st.none() | st.sampled_from(times)),
    }
    return complaint(**stated), steps


class Loop:
    """The days of one complaint, looked at one after the other."""

    def __init__(self, one: Complaint, steps: list[Step], own: dict[str, dict[date, bool]]) -> None:
        region = regions().get(one.district or "31")
        assert region
        self._zone, self._code, self._steps, self._own = region.zone, region.code, steps, own

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self._zone).date()

    def counts(self, day: date) -> bool:
        """Whether a day is a working day, and does not end with waiting."""
        works = day.weekday() < 5 and day not in national_days_off()
        for region in ("ID", self._code[:2], self._code):
            works = self._own.get(region, {}).get(day, works)
        status = [step.status for step in self._steps if self.day(step.at) <= day][-1]
        return works and status is not WAITING

    def due(self, event: datetime, limit: int) -> date | None:
        day, counted = self.day(event), 0
        while counted < limit:
            day += timedelta(days=1)
            if day > date(2025, 12, 31):
                return None  # it waits for ever
            counted += self.counts(day)
        return day

    def days(self, event: datetime) -> int | None:
        start, end = self.day(self._steps[0].at), self.day(event)
        if end < start:
            return None
        between = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
        return sum(self.counts(day) for day in between)


LIMITS = {
    Classification.INFORMATION_REQUEST: 5,
    Classification.COMPLAINT: 14,
    Classification.COMPLAINT_SUPERVISORY: 60,
}
OWN = {
    "73": {date(2024, 4, 18): False},
    "73.06": {date(2024, 4, 19): False, date(2024, 4, 18): True},
    "ID": {date(2024, 4, 15): True},
}


@given(histories())
def test_any_complaint_is_reckoned_as_by_a_loop_over_days(
    history: tuple[Complaint, list[Step]],
) -> None:
    one, steps = history
    loop = Loop(one, steps, OWN)
    found = OWN_DAYS.reckon(one, steps)
    zone = OWN_DAYS.calendar.clock(one.district)
    covid = one.programme == "COVID19"
    handed_over = one.handed_over_at or next(
        (step.at for step in steps if step.status is VERIFIED), None
    )
    answer = LIMITS.get(one.classification)
    expected = [
        loop.due(one.received_at, 1 if covid else 3),
        handed_over and loop.due(handed_over, 2 if covid else 5),
        answer and loop.due(one.received_at, answer),
    ]
    dues = [deadline.due_at for deadline in found.deadlines[:3]]
    assert [due and date.fromordinal(zone.day(due)) for due in dues] == expected
    if handed_over:
        assert found.days.get("hand_over") == loop.days(handed_over)


@given(histories())
def test_late_is_what_took_more_days_than_the_limit(history: tuple[Complaint, list[Step]]) -> None:
    """The two ways of measuring agree, pauses included."""
    one, steps = history
    found = STANDING.reckon(one, steps)
    answer = found.answer
    limit = LIMITS.get(one.classification)
    if limit is None or answer.pending or not answer.ended_at or not answer.due_at:
        assert not found.late
        return
    took = Loop(one, steps, {}).days(answer.ended_at)
    assert found.late is (took is not None and took > limit)


@given(histories())
def test_what_is_open_has_a_next_stage_and_what_is_over_has_none(
    history: tuple[Complaint, list[Step]],
) -> None:
    one, steps = history
    found = STANDING.reckon(one, steps)
    over = set(ComplaintStatus) - {
        ComplaintStatus.RECEIVED, WAITING, VERIFIED, ComplaintStatus.IN_PROGRESS
    }  # fmt: skip
    assert (found.next is None) is (one.status in over)


@given(histories(), st.data())
def test_a_stage_ends_when_it_was_done_or_the_complaint_put_aside_and_never_by_a_guess(
    history: tuple[Complaint, list[Step]], data: st.DataObject
) -> None:
    """Whichever steps have no date: what was done without one ended nobody knows when."""
    one, dated = history
    steps = [step._replace(dated=data.draw(st.booleans())) for step in dated]
    deadlines = STANDING.reckon(one, steps).deadlines
    aside = one.status in {ComplaintStatus.ARCHIVED, ComplaintStatus.REJECTED}
    for deadline, reached in zip(
        deadlines, ({VERIFIED, *FOLLOWED_UP_STATUSES}, FOLLOWED_UP_STATUSES), strict=False
    ):
        stated = one.handed_over_at if deadline.stage is DeadlineStage.VERIFY else None
        done = [step for step in steps if step.status in reached]
        known = [stated] if stated else [step.at for step in done if step.dated]
        assert deadline.pending is not (bool(done or stated) or aside)
        if done or stated:
            assert deadline.ended_at in known if known else deadline.ended_at is None
        elif aside:
            assert deadline.ended_at == (steps[-1].at if steps[-1].dated else None)
