"""Rankings: equal to a plain loop, and no place is lost by integrating one more channel."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import FOLLOWED_UP_STATUSES, Complaint, ComplaintStatus
from hub.domain.indicators import Period
from hub.domain.question import EVERYTHING
from hub.domain.ranking import Apart, Measure, RankedBy, Ranking
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

against_mongodb = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
YARDSTICKS = st.sets(st.sampled_from(CHANNELS), min_size=1, max_size=2).map(frozenset)
MEASURES = st.builds(
    Measure, st.sampled_from(RankedBy), YARDSTICKS, st.sampled_from([0.0, 0.4, 1.0])
)
DISTRICTS = ["73.71", "73.06", "74.71", "76.04"]


async def stored(store: Store, database: Database, complaints: Sequence[Complaint]) -> None:
    await without_complaints(database)
    await store.writer.write(received(*complaints), provenance())


async def ranked(
    store: Store, measure: Measure, viewer: Scope = MINISTRY, province: str | None = None
) -> Ranking:
    rankings = store.reader(viewer).rankings
    return await rankings.of(measure, province, EVERYTHING, Period())


def places(ranking: Ranking) -> dict[str, int | None]:
    return {each.district.code: each.place for each in ranking.ranked}


@given(complaints=distinct_complaints(), measure=MEASURES)
@against_mongodb
async def test_it_is_what_a_plain_loop_finds(
    store: Store, database: Database, complaints: list[Complaint], measure: Measure
) -> None:
    await stored(store, database, complaints)
    told = await ranked(store, measure)
    found: dict[str, tuple[float | None, float | None]] = {}
    reasons: dict[str, Apart] = {}
    for code in DISTRICTS:
        here = [c for c in complaints if c.district == code]
        through = [c for c in here if c.channel in measure.yardstick]
        value, coverage = measured(measure.by, through)
        if measure.yardstick - {c.channel for c in here}:
            reasons[code] = Apart.NOT_INTEGRATED
        elif value is None:
            reasons[code] = Apart.NOTHING_TO_MEASURE
        elif coverage is not None and coverage < measure.least_coverage:
            reasons[code] = Apart.UNDER_COVERAGE
        else:
            found[code] = value, coverage
    assert {e.district.code: (e.value, e.coverage) for e in told.ranked} == found
    apart = {e.district.code: e.reason for e in told.apart}
    assert {code: apart[code] for code in reasons} == reasons
    assert {*apart.values()} <= {*reasons.values(), Apart.NOT_INTEGRATED}
    assert len(told.ranked) + len(told.apart) == 514
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
    more = [
        replace(
            c, channel=channel, external_id=f"more-{n}", province=district[:2], district=district
        )
        for n, c in enumerate(brought)
    ]
    await store.writer.write(received(*more), provenance())
    after = places(await ranked(store, measure))
    if district in before:
        assert after == before  # nor is anybody else moved
        event("it had a place")
    elif district in after:
        event("it has a place now")


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
    # Nothing was followed up in 73.06, which nobody would have to date.
    assert [(e.district.code, e.place, e.value) for e in told.ranked] == [("73.06", 1, 0)]
    apart = {each.district.code: each for each in told.apart}
    assert len(apart) == 23
    assert (apart["73.71"].reason, apart["73.71"].value) == (Apart.UNDER_COVERAGE, 1)
    assert (apart["73.08"].reason, apart["73.08"].missing) == (Apart.NOT_INTEGRATED, ("lapor",))
    assert apart["73.08"].channels == ("sulsel",)


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
    apart = {each.district.code: each for each in told.apart}
    assert apart["73.06"].figures is apart["73.10"].figures is None
    small, none = apart["73.06"], apart["73.10"]
    assert (small.channels, small.missing) == (none.channels, none.missing) == ((), ())
    assert "73.71" in places(told)


async def test_the_districts_are_those_of_the_scope(store: Store) -> None:
    there = complaint(external_id="2", province="74", district="74.71")
    await store.writer.write(received(complaint(), there), provenance())
    measure = Measure(RankedBy.FOLLOW_UP_RATE, frozenset({"lapor"}), 0)
    told = await ranked(store, measure, scope(Grant(Role.PROVINCE, ("73",))))
    assert {each.district.province for each in (*told.ranked, *told.apart)} == {"73"}
    assert places(told) == {"73.71": 1}
    told = await ranked(store, measure, scope(Grant(Role.OPERATOR, channels=("lapor",))))
    assert places(told) == {"73.71": 1, "74.71": 1}
    assert told.apart == ()
