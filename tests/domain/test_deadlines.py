"""Deadlines: cases worked by hand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from hub.domain.complaint import Classification, ComplaintStatus
from hub.domain.course import Step
from hub.domain.deadline_rules import DeadlineStage, rules_in
from hub.domain.deadlines import Reckoning, Rulebook
from hub.domain.region import regions
from hub.domain.working_days import Calendar, days_of_their_own
from tests.made import complaint

JAKARTA, MAKASSAR, JAYAPURA = "31.71", "73.71", "91.71"
VERIFY, FOLLOW_UP, ANSWER = DeadlineStage.VERIFY, DeadlineStage.FOLLOW_UP, DeadlineStage.ANSWER
CLOSING = DeadlineStage.CLOSING
KINDS = {
    "information": Classification.INFORMATION_REQUEST,
    "complaint": Classification.COMPLAINT,
    "supervisory": Classification.COMPLAINT_SUPERVISORY,
    "aspiration": Classification.ASPIRATION,
    "none": Classification.UNCLASSIFIED,
}
STANDING = Rulebook()
START = datetime(2024, 2, 1, tzinfo=UTC)
WAITING, VERIFIED = ComplaintStatus.WAITING_REPORTER, ComplaintStatus.VERIFIED


@dataclass(frozen=True)
class Case:
    """Received at ten in the morning of a day, or at a moment; times are of the place."""

    because: str
    stage: DeadlineStage
    received: str
    due: str | None
    place: str | None = MAKASSAR
    kind: str = "complaint"
    programme: str | None = None
    handed_over: str | None = None
    answered: str | None = None
    waits: tuple[str, ...] = ()
    """Days on which it begins to wait for the reporter and does not any more, by turns."""
    rules: Rulebook = STANDING


def at(text: str, place: str | None) -> datetime:
    if text.endswith("Z"):
        return datetime.fromisoformat(text)
    region = regions().get(place or JAKARTA)
    assert region
    when = datetime.fromisoformat(text if "T" in text else f"{text}T10:00")
    return when.replace(tzinfo=region.zone).astimezone(UTC)


def reckoned(case: Case) -> Reckoning:
    received = at(case.received, case.place)
    steps = [Step(received, ComplaintStatus.RECEIVED, True)]
    for n, day in enumerate(case.waits):
        steps.append(Step(at(day, case.place), VERIFIED if n % 2 else WAITING, True))
    if case.answered:
        steps.append(Step(at(case.answered, case.place), ComplaintStatus.FOLLOWED_UP, True))
    one = complaint(
        received_at=received,
        province=case.place[:2] if case.place else None,
        district=case.place,
        classification=KINDS[case.kind],
        programme=case.programme,
        handed_over_at=at(case.handed_over, case.place) if case.handed_over else None,
        status=steps[-1].status,
    )
    return case.rules.reckon(one, steps)


CHANGING = Rulebook(
    rules=rules_in(
        [
            "name,stage,programme,classifications,after,working_days,from,until,source",
            "old,verify,,,received,3,2019-01-01,2024-04-16,A",
            "new,verify,,,received,2,2024-04-17,,B",
            "old_follow_up,follow_up,,,handed_over,5,2019-01-01,2024-04-16,A",
            "new_follow_up,follow_up,,,handed_over,3,2024-04-17,,B",
        ]
    )
)
OWN_DAYS = Rulebook(
    Calendar(
        days_of_their_own(
            [
                "region,day,kind,name",
                "73,2024-04-18,holiday,a day of the province",
                "73.06,2024-04-19,holiday,a day of the district",
                "73.06,2024-04-18,working,but not here",
                "ID,2024-04-15,working,joint leave taken back",
            ]
        )
    )
)

CASES = [
    # April 2024: Eid on 10 and 11, joint leave on 8, 9, 12 and 15. 1 April is a Monday.
    Case("three days within a week: 2, 3, 4", VERIFY, "2024-04-01", "2024-04-04"),
    Case("4, 5, then over Eid to the 16th", VERIFY, "2024-04-03", "2024-04-16"),
    Case("Friday before Eid: 16, 17, 18", VERIFY, "2024-04-05", "2024-04-18"),
    Case("a Saturday counts from the next working day", VERIFY, "2024-04-06", "2024-04-18"),
    Case("joint leave before Eid is no working day", VERIFY, "2024-04-08", "2024-04-18"),
    Case("Eid itself", VERIFY, "2024-04-10", "2024-04-18"),
    Case("joint leave after Eid is none either", VERIFY, "2024-04-15", "2024-04-18"),
    Case("the first day after: 17, 18, 19", VERIFY, "2024-04-16", "2024-04-19"),
    # One moment is two days: Thursday 23:30 WIB is Friday 00:30 WITA.
    Case("Thursday in Jakarta: 5, 16, 17", VERIFY, "2024-04-04T16:30Z", "2024-04-17", JAKARTA),
    Case("Friday in Makassar: 16, 17, 18", VERIFY, "2024-04-04T16:30Z", "2024-04-18"),
    Case("Friday in Jayapura", VERIFY, "2024-04-04T16:30Z", "2024-04-18", JAYAPURA),
    Case("22:30 in Jakarta", VERIFY, "2024-04-04T15:30Z", "2024-04-17", JAKARTA),
    Case("23:30 in Makassar", VERIFY, "2024-04-04T15:30Z", "2024-04-17"),
    Case("00:30 in Jayapura, Friday", VERIFY, "2024-04-04T15:30Z", "2024-04-18", JAYAPURA),
    Case("without a place: by the capital", VERIFY, "2024-04-04T16:30Z", "2024-04-17", None),
    Case("received in the last minute of a day", VERIFY, "2024-04-01T23:59", "2024-04-04"),
    # First follow-up: five days after it was handed over, whenever it was received.
    Case(
        "16, 17, 18, 19, 22", FOLLOW_UP, "2024-04-01", "2024-04-22", handed_over="2024-04-05"
    ),
    Case(
        "1 May is Labour Day: 2, 3, 6, 7, 8",
        FOLLOW_UP,
        "2024-04-26",
        "2024-05-08",
        handed_over="2024-04-30",
    ),
    Case(
        "Ascension and joint leave on 9 and 10: 13 to 17",
        FOLLOW_UP,
        "2024-05-07",
        "2024-05-17",
        handed_over="2024-05-08",
    ),
    Case("not handed over yet, so not known", FOLLOW_UP, "2024-04-01", None),
    # An answer: by the kind of the report.
    Case("five days: 2, 3, 4, 5, 16", ANSWER, "2024-04-01", "2024-04-16", kind="information"),
    Case("fourteen: 4 before Eid, 9 to Friday 26, Monday 29", ANSWER, "2024-04-01", "2024-04-29"),
    Case(
        "sixty: 15 in April, 18 in May (not 1, 9, 10, 23, 24), 18 in June (not 17, 18), 9 in July",
        ANSWER,
        "2024-04-01",
        "2024-07-11",
        kind="supervisory",
    ),
    Case("no rule for an aspiration", ANSWER, "2024-04-01", None, kind="aspiration"),
    Case("nor for what nobody classified", ANSWER, "2024-04-01", None, kind="none"),
    Case("but verified it is to be", VERIFY, "2024-04-01", "2024-04-04", kind="aspiration"),
    Case("before any rule that is known", VERIFY, "2018-12-03", None),
    # Covid-19: by SE 53/2020 from May 2020 on, before that as any other.
    Case("one day: Monday", VERIFY, "2020-07-10", "2020-07-13", programme="COVID19"),
    Case(
        "two days for the liaison officer: 14, 15",
        FOLLOW_UP,
        "2020-07-10",
        "2020-07-15",
        programme="COVID19",
        handed_over="2020-07-13",
    ),
    Case(
        "before the circular: 4, 5, 6 (1 May is Labour Day)",
        VERIFY,
        "2020-04-30",
        "2020-05-06",
        programme="COVID19",
    ),
    Case("after it: the next day", VERIFY, "2020-05-04", "2020-05-05", programme="COVID19"),
    Case(
        "answered by the general rule: up to the 30th, before Eid al-Adha",
        ANSWER,
        "2020-07-10",
        "2020-07-30",
        programme="COVID19",
    ),
    Case("a programme without rules", VERIFY, "2020-07-10", "2020-07-15", programme="BANSOS"),
    # 2020: the joint leave of Eid was put off, so 22 May was worked and 31 December was not.
    Case("22, 26, 27 May (24 and 25 are Eid)", VERIFY, "2020-05-21", "2020-05-27"),
    Case("29, 30 December, 4 January", VERIFY, "2020-12-28", "2021-01-04"),
    # Days at whose end it waits for the reporter do not count.
    Case("2 and 3 do not: 4, 5, 16", VERIFY, "2024-04-01", "2024-04-16",
         waits=("2024-04-02", "2024-04-04")),
    Case("asked and answered on one day: as if not", VERIFY, "2024-04-01", "2024-04-04",
         waits=("2024-04-02T09:00", "2024-04-02T15:00")),
    Case("over Eid: 4, then 16, 17", VERIFY, "2024-04-03", "2024-04-17",
         waits=("2024-04-05", "2024-04-16")),
    Case("twice: 3, 5, 16", VERIFY, "2024-04-01", "2024-04-16",
         waits=("2024-04-02", "2024-04-03", "2024-04-04", "2024-04-05")),
    Case("after the time was over: no more", VERIFY, "2024-04-01", "2024-04-04",
         waits=("2024-04-05", "2024-04-18")),
    Case("it still waits: nobody knows", VERIFY, "2024-04-01", None, waits=("2024-04-03",)),
    # A rule that changes on 17 April: the day of the event decides.
    Case("the old one: 17, 18, 19", VERIFY, "2024-04-16", "2024-04-19", rules=CHANGING),
    Case("the new one: 18, 19", VERIFY, "2024-04-17", "2024-04-19", rules=CHANGING),
    Case("received under the old, handed over under the new: 18, 19, 22", FOLLOW_UP,
         "2024-04-16", "2024-04-22", handed_over="2024-04-17", rules=CHANGING),
    Case("handed over under the old: 17, 18, 19, 22, 23", FOLLOW_UP,
         "2024-04-16", "2024-04-23", handed_over="2024-04-16", rules=CHANGING),
    # Days of a region's own, and a national one taken back.
    Case("17, 19, 22 in the province", VERIFY, "2024-04-16", "2024-04-22", rules=OWN_DAYS),
    Case("elsewhere as ever", VERIFY, "2024-04-16", "2024-04-19", JAKARTA, rules=OWN_DAYS),
    Case("17, 18, 22 in its district", VERIFY, "2024-04-16", "2024-04-22", "73.06", rules=OWN_DAYS),
    Case("15, 16, 17", VERIFY, "2024-04-05", "2024-04-17", JAKARTA, rules=OWN_DAYS),
    # Closed if the reporter says nothing for ten days: 2, 3, 6, 7, 8, 13 to 17.
    Case("ten days after the answer", CLOSING, "2024-04-16", "2024-05-17", answered="2024-04-30"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.stage}: {c.because}")
def test_a_case_worked_by_hand(case: Case) -> None:
    (deadline,) = (d for d in reckoned(case).deadlines if d.stage is case.stage)
    last = f"{case.due}T23:59:59.999" if case.due else None
    assert deadline.due_at == (at(last, case.place) if last else None)


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 30


def test_a_complaint_that_was_first_seen_waiting_is_not_overdue() -> None:
    """Since when it waits nobody says: a first sync years later would make it late by a guess."""
    one = complaint(
        received_at=at("2020-07-01", MAKASSAR), status=WAITING, classification=KINDS["complaint"]
    )
    steps = [
        Step(one.received_at, ComplaintStatus.RECEIVED, False),
        Step(at("2024-04-01", MAKASSAR), WAITING, False),
    ]
    found = STANDING.reckon(one, steps)
    assert (found.answer.due_at, found.left) == (None, 14)


def test_what_remains_while_the_clock_stands_still() -> None:
    case = Case("", ANSWER, "2024-04-01", None, kind="information", waits=("2024-04-03",))
    # Of five days the 2nd has passed; the 3rd, on which the reporter was asked, does not count.
    assert reckoned(case).left == 4


def test_a_channels_own_deadline_stays() -> None:
    own = datetime(2024, 4, 2, 3, tzinfo=UTC)
    one = complaint(received_at=at("2024-04-01", MAKASSAR), due_at=own)
    answer = STANDING.reckon(one, [Step(one.received_at, one.status, True)]).answer
    assert (answer.due_at, answer.rule) == (own, None)


def test_reopened_is_what_was_over_and_is_not() -> None:
    def steps(*statuses: ComplaintStatus) -> list[Step]:
        return [Step(START + timedelta(days=n), s, True) for n, s in enumerate(statuses)]

    received, closed, working = (
        ComplaintStatus.RECEIVED,
        ComplaintStatus.CLOSED,
        ComplaintStatus.IN_PROGRESS,
    )
    for told, is_reopened in [
        (steps(received, closed), False),
        (steps(received, closed, working), True),
        (steps(received, closed, working, closed), True),
        (steps(received, closed, ComplaintStatus.ARCHIVED), False),
    ]:
        one = complaint(received_at=START, status=told[-1].status)
        assert STANDING.reckon(one, told).reopened is is_reopened


def test_a_status_that_was_only_seen_says_nothing_of_when() -> None:
    """A complaint of long ago that is closed when the hub first meets it is not late."""
    one = complaint(
        received_at=at("2020-07-01", MAKASSAR),
        classification=Classification.COMPLAINT,
        status=ComplaintStatus.CLOSED,
    )
    steps = [
        Step(one.received_at, ComplaintStatus.RECEIVED, False),
        Step(at("2024-04-01", MAKASSAR), ComplaintStatus.CLOSED, False),
    ]
    found = STANDING.reckon(one, steps)
    assert not found.late
    assert found.days == {}
    assert [d.pending for d in found.deadlines] == [False] * 3
