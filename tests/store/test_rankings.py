"""Rankings: equal to a plain loop, and no place is lost by integrating one more channel."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from hub.domain.activity import Members
from hub.domain.clock import utc_now
from hub.domain.complaint import FOLLOWED_UP_STATUSES, Complaint, ComplaintStatus
from hub.domain.disclosure import DisclosureError
from hub.domain.indicators import Period
from hub.domain.institutions import Institution
from hub.domain.question import EVERYTHING
from hub.domain.ranking import Apart, Measure, RankedBy, RankedMember, Ranking
from hub.domain.scope import Grant, Role, Scope
from hub.store.mongo import Database
from hub.store.store import Store
from tests import oracle
from tests.made import (
    CHANNELS,
    MINISTRY,
    complaint,
    distinct_complaints,
    provenance,
    received,
    scope,
    without_complaints,
)
from tests.store.test_activity import KENDARI, LISTED, MAKASSAR, SULSEL

against_mongodb = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
YARDSTICKS = st.sets(st.sampled_from(CHANNELS), min_size=1, max_size=2).map(frozenset)
MEASURES = st.builds(
    Measure, st.sampled_from(RankedBy), YARDSTICKS, st.sampled_from([0.0, 0.4, 1.0])
)
Handler = tuple[str, str | None, str]
"""Where a complaint is, and what its channel calls the institution that handles it."""
HANDLERS = st.lists(
    st.sampled_from(
        [
            ("73", "73.71", MAKASSAR.name),
            ("73", "73.06", " pemkot  mks"),
            ("73", None, SULSEL.name),
            ("74", "74.71", KENDARI.name),
            ("73", "73.71", KENDARI.name),
        ]
    ),
    min_size=30,
    max_size=30,
)
DISTRICTS = ["73.71", "73.06", "74.71", "76.04"]


async def stored(store: Store, database: Database, complaints: Sequence[Complaint]) -> None:
    await without_complaints(database)
    await store.writer.write(received(*complaints), provenance())


async def ranked(
    store: Store,
    measure: Measure,
    viewer: Scope = MINISTRY,
    province: str | None = None,
    of: Members = Members.DISTRICT,
    as_of: datetime | None = None,
) -> Ranking:
    rankings = store.reader(viewer).rankings
    return await rankings.of(of, measure, province, EVERYTHING, Period(), as_of=as_of)


def called(each: RankedMember) -> str:
    """A district by its code, an institution that is listed by its name."""
    listed = {one.name for one in LISTED}
    return each.member.name if each.member.name in listed else str(each.member.district)


def places(ranking: Ranking) -> dict[str, int | None]:
    return {called(each): each.place for each in ranking.ranked}


@given(complaints=distinct_complaints(), measure=MEASURES)
@against_mongodb
async def test_it_is_what_a_plain_loop_finds(
    store: Store, database: Database, complaints: list[Complaint], measure: Measure
) -> None:
    await stored(store, database, complaints)
    told = await ranked(store, measure)
    here = {code: [c for c in complaints if c.district == code] for code in DISTRICTS}
    judge(told, measure, here)
    assert len(told.ranked) + len(told.apart) == 514


@given(
    complaints=distinct_complaints(most=30),
    handlers=HANDLERS,
    measure=MEASURES,
    of_past=st.booleans(),
)
@against_mongodb
async def test_institutions_are_ranked_as_a_plain_loop_finds_however_channels_call_them(
    store: Store,
    database: Database,
    complaints: list[Complaint],
    handlers: list[Handler],
    measure: Measure,
    of_past: bool,
) -> None:
    complaints = handled(complaints, handlers)
    await store.institutions.replace(LISTED)
    await stored(store, database, complaints)
    told = await ranked(
        store, measure, of=Members.INSTITUTION, as_of=utc_now() if of_past else None
    )
    spellings = {MAKASSAR.name: {MAKASSAR.name, " pemkot  mks"}}
    here = {
        each.name: [
            c
            for c in complaints
            if c.institution in spellings.get(each.name, {each.name})
            and c.province == each.province
        ]
        for each in LISTED
    }
    judge(told, measure, here)
    assert len(told.ranked) + len(told.apart) == len(LISTED)


def judge(told: Ranking, measure: Measure, complaints: dict[str, list[Complaint]]) -> None:
    """Compares a ranking with a plain loop over the complaints of each member."""
    found: dict[str, tuple[float | None, float | None]] = {}
    reasons: dict[str, Apart] = {}
    for code, here in complaints.items():
        through = [c for c in here if c.channel in measure.yardstick]
        value, coverage = measured(measure.by, through)
        if measure.yardstick - {c.channel for c in here}:
            reasons[code] = Apart.NOT_INTEGRATED
        elif value is None:
            reasons[code] = Apart.NOTHING_TO_MEASURE
        elif measure.by.is_rate and value == 0 and measure.least_coverage:
            reasons[code] = Apart.NOTHING_DONE
        elif coverage is not None and coverage < measure.least_coverage:
            reasons[code] = Apart.UNDER_COVERAGE
        else:
            found[code] = value, coverage
    assert {called(e): (e.value, e.coverage) for e in told.ranked} == found
    apart = {called(e): e.reason for e in told.apart}
    assert {code: apart[code] for code in reasons} == reasons
    assert {*apart.values()} <= {*reasons.values(), Apart.NOT_INTEGRATED}
    for each in told.ranked:
        better = [v for v, _ in found.values() if is_better(measure.by, v, each.value)]
        assert each.place == len(better) + 1
    event("some are ranked" if found else "none is ranked")


def measured(by: RankedBy, complaints: list[Complaint]) -> tuple[float | None, float | None]:
    """(the figure, its coverage)."""
    figures = oracle.figures(complaints)
    stage = {
        RankedBy.WORKING_DAYS_TO_HAND_OVER: figures.hand_over,
        RankedBy.CLOSING_RATE: figures.close,
        RankedBy.WORKING_DAYS_TO_CLOSE: figures.close,
    }.get(by, figures.follow_up)
    n, of, middle, _ = stage
    coverage = n / of if of else None
    if by is RankedBy.FOLLOW_UP_RATE:
        done = sum(c.status in FOLLOWED_UP_STATUSES for c in complaints)
        return (done / len(complaints) if complaints else None), coverage
    if by is RankedBy.CLOSING_RATE:
        done = sum(c.status == "closed" for c in complaints)
        return (done / len(complaints) if complaints else None), coverage
    return middle, coverage


def is_better(by: RankedBy, one: float | None, other: float | None) -> bool:
    assert one is not None and other is not None
    return one > other if by in {RankedBy.FOLLOW_UP_RATE, RankedBy.CLOSING_RATE} else one < other


@given(
    complaints=distinct_complaints(),
    brought=distinct_complaints(most=15),
    measure=MEASURES,
    district=st.sampled_from(DISTRICTS),
    channel=st.sampled_from([*CHANNELS, "new"]),
)
@against_mongodb
async def test_no_district_is_placed_lower_for_having_integrated_one_more_channel(
    store: Store,
    database: Database,
    complaints: list[Complaint],
    brought: list[Complaint],
    measure: Measure,
    district: str,
    channel: str,
) -> None:
    """However bad what comes by it is: late, put aside, or without a time."""
    assume(not any(c.channel == channel and c.district == district for c in complaints))
    await stored(store, database, complaints)
    before = places(await ranked(store, measure))
    place = {"province": district[:2], "district": district}
    await integrated(store, brought, channel=channel, **place)
    after = places(await ranked(store, measure))
    if district in before:
        assert after == before  # nor is anybody else moved
        event("it had a place")
    elif district in after:
        event("it has a place now")


@given(
    complaints=distinct_complaints(most=30),
    handlers=HANDLERS,
    brought=distinct_complaints(most=15),
    by=st.sampled_from(RankedBy),
    one=st.sampled_from(LISTED),
)
@against_mongodb
async def test_no_institution_is_placed_lower_for_having_integrated_one_more_channel(
    store: Store,
    database: Database,
    complaints: list[Complaint],
    handlers: list[Handler],
    brought: list[Complaint],
    by: RankedBy,
    one: Institution,
) -> None:
    await store.institutions.replace(LISTED)
    made = [
        replace(c, channel="lapor", external_id=str(n))
        for n, c in enumerate(handled(complaints, handlers))
    ]
    await stored(store, database, made)
    measure = Measure(by, frozenset({"lapor"}), 0)
    before = places(await ranked(store, measure, of=Members.INSTITUTION))
    place = {"province": one.province, "district": one.district}
    await integrated(store, brought, channel="new", institution=one.name, **place)
    assert places(await ranked(store, measure, of=Members.INSTITUTION)) == before
    event("it had a place" if one.name in before else "it had none")


def handled(complaints: Sequence[Complaint], handlers: Sequence[Handler]) -> list[Complaint]:
    return [
        replace(c, province=province, district=district, institution=name)
        for c, (province, district, name) in zip(complaints, handlers, strict=False)
    ]


async def integrated(store: Store, brought: Sequence[Complaint], **stated: Any) -> None:
    """Stores complaints of a channel that were not there before."""
    more = [replace(c, external_id=f"more-{n}", **stated) for n, c in enumerate(brought)]
    await store.writer.write(received(*more), provenance())


async def test_a_district_that_says_too_little_is_apart_with_the_reason(store: Store) -> None:
    undated = {"status": ComplaintStatus.CLOSED}
    await store.writer.write(
        received(
            *(complaint(external_id=f"a{n}", **undated) for n in range(4)),
            complaint(external_id="b", district="73.06", status=ComplaintStatus.ARCHIVED),
            complaint(external_id="c", district="73.08", channel="sulsel"),
        ),
        provenance(),
    )
    measure = Measure(RankedBy.FOLLOW_UP_RATE, frozenset({"lapor"}), 0.5)
    told = await ranked(store, measure, province="73")
    assert told.ranked == ()
    apart = {called(each): each for each in told.apart}
    assert len(apart) == 24
    assert (apart["73.71"].reason, apart["73.71"].value) == (Apart.UNDER_COVERAGE, 1)
    # Nothing was followed up in 73.06, which nobody would have to date.
    assert (apart["73.06"].reason, apart["73.06"].value) == (Apart.NOTHING_DONE, 0)
    assert (apart["73.08"].reason, apart["73.08"].missing) == (Apart.NOT_INTEGRATED, ("lapor",))
    assert apart["73.08"].member.channels == {"sulsel"}
    without = await ranked(store, replace(measure, least_coverage=0), province="73")
    assert places(without) == {"73.71": 1, "73.06": 2}


@given(complaints=distinct_complaints(), measure=MEASURES)
@against_mongodb
async def test_who_did_nothing_precedes_nobody_who_did_something(
    store: Store, database: Database, complaints: list[Complaint], measure: Measure
) -> None:
    """Of those that integrated the same channels, whether or not the others have a place."""
    assume(measure.by.is_rate)
    await stored(store, database, complaints)
    told = await ranked(store, measure)
    idle = [each for each in told.ranked if not each.value]
    event("somebody did nothing" if idle else "all did something")
    if idle:
        assert all(each.reason is not Apart.UNDER_COVERAGE for each in told.apart)
        assert idle == [*told.ranked[-len(idle) :]]


async def test_who_may_not_read_can_not_tell_none_from_few(store: Store) -> None:
    many = [complaint(external_id=f"a{n}", status=ComplaintStatus.CLOSED) for n in range(9)]
    few = [complaint(external_id=f"b{n}", district="73.06") for n in range(3)]
    others = [
        complaint(external_id=f"c{n}", district=code, channel="lapor")
        for code in ("73.08", "73.09")
        for n in range((code == "73.08" and 12) or 6)
    ]
    for n, each in enumerate([*many, *few, *others]):
        await store.writer.write(received(replace(each, external_id=str(n))), provenance())
    measure = Measure(RankedBy.FOLLOW_UP_RATE, frozenset({"lapor"}), 0)
    statistics = scope(Grant(Role.STATISTICS))
    told = await ranked(store, measure, statistics, "73")
    assert {each.reason for each in told.apart} == {Apart.NOT_TOLD}
    apart = {called(each): each for each in told.apart}
    assert apart["73.06"].figures is apart["73.10"].figures is None
    small, none = apart["73.06"], apart["73.10"]
    assert small.member.channels == none.member.channels == frozenset()
    assert small.missing == none.missing == ()
    assert "73.71" in places(told)


async def test_the_institutions_are_those_whose_complaints_one_reads(store: Store) -> None:
    await store.institutions.replace(LISTED)
    made = [
        complaint(external_id=e.name, province=e.province, district=e.district, institution=e.name)
        for e in LISTED
    ]
    await store.writer.write(received(*made), provenance())
    measure = Measure(RankedBy.FOLLOW_UP_RATE, frozenset({"lapor"}), 0)
    for grant, names in (
        (Grant(Role.PROVINCE, ("73",)), {MAKASSAR.name, SULSEL.name}),
        (Grant(Role.DISTRICT, ("73.71",)), {MAKASSAR.name}),
        (Grant(Role.OPERATOR, channels=("lapor",)), set()),
    ):
        told = await ranked(store, measure, scope(grant), of=Members.INSTITUTION)
        assert {*places(told)} == names
        assert told.apart == ()
    with pytest.raises(DisclosureError):
        await ranked(store, measure, scope(Grant(Role.STATISTICS)), of=Members.INSTITUTION)


async def test_the_districts_are_those_of_the_scope(store: Store) -> None:
    there = complaint(external_id="2", province="74", district="74.71")
    await store.writer.write(received(complaint(), there), provenance())
    measure = Measure(RankedBy.FOLLOW_UP_RATE, frozenset({"lapor"}), 0)
    told = await ranked(store, measure, scope(Grant(Role.PROVINCE, ("73",))))
    assert {each.member.province for each in (*told.ranked, *told.apart)} == {"73"}
    assert places(told) == {"73.71": 1}
    told = await ranked(store, measure, scope(Grant(Role.OPERATOR, channels=("lapor",))))
    assert places(told) == {"73.71": 1, "74.71": 1}
    assert told.apart == ()
