"""Attacks of viewers who may count but not read: nothing of one to four complaints can be had."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain, count, product

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import Classification, Complaint, ComplaintStatus
from hub.domain.disclosure import DisclosureError
from hub.domain.indicators import Dimension, Period
from hub.domain.question import EVERYTHING, All, Compare, Condition, Field, Op
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.mongo import Database
from hub.store.store import Store
from tests import oracle
from tests.made import (
    CHANNELS,
    MINISTRY,
    PLACES,
    complaint,
    provenance,
    received,
    scope,
    without_complaints,
)

STATISTICS = scope(Grant(Role.STATISTICS))
against_mongodb = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

MONTHS = [date(2020, 6, 1), date(2020, 7, 1), date(2020, 9, 1), date(2021, 1, 1)]
LAST_DAYS = [date(2020, 6, 30), date(2020, 7, 31), date(2020, 9, 30), date(2021, 1, 31)]
STATUSES = [ComplaintStatus.CLOSED, ComplaintStatus.RECEIVED]
CATEGORIES = [None, "roads", "waste"]
UNIVERSE = [
    complaint(
        province=province,
        district=district,
        received_at=datetime(month.year, month.month, 15, tzinfo=UTC),
        channel=channel,
        category=category,
        status=status,
    )
    for (province, district), month, channel, category, status in product(
        [*PLACES, (None, None)], MONTHS, CHANNELS, CATEGORIES, STATUSES
    )
]
"""One of each kind of complaint that can be told apart here."""

_ids = count()


def many(number: int, **stated: object) -> list[Complaint]:
    return [complaint(**stated, external_id=str(next(_ids))) for _ in range(number)]


def kind(each: Complaint) -> tuple[object, ...]:
    return each.province, each.district, each.received_at, each.channel, each.category, each.status


def populations() -> st.SearchStrategy[list[Complaint]]:
    """Some kinds of complaint, each a few times."""
    kinds = st.lists(st.sampled_from(UNIVERSE), min_size=1, max_size=12, unique_by=kind)
    return kinds.flatmap(
        lambda some: st.tuples(*(st.integers(1, 9) for _ in some)).map(
            lambda numbers: [
                one
                for each, number in zip(some, numbers, strict=True)
                for one in many(
                    number,
                    province=each.province,
                    district=each.district,
                    received_at=each.received_at,
                    channel=each.channel,
                    category=each.category,
                    status=each.status,
                )
            ]
        )
    )


@dataclass(frozen=True)
class Asked:
    dimensions: tuple[Dimension, ...]
    condition: Condition
    period: Period

    def extents(self) -> dict[tuple[str | None, ...], set[tuple[object, ...]]]:
        """Values of the keys → the kinds of complaint that the group is of."""
        found = defaultdict(set)
        for each in UNIVERSE:
            day = each.received_at.date()
            if (
                oracle.holds(self.condition, each)
                and (not self.period.first or self.period.first <= day)
                and (not self.period.last or day <= self.period.last)
            ):
                found[tuple(oracle.key(each, d) for d in self.dimensions)].add(kind(each))
        return found


_VALUES: dict[Field, list[str]] = {
    Field.PROVINCE: ["73", "74", "76"],
    Field.DISTRICT: ["73.71", "73.06", "74.71", "76.04"],
    Field.CHANNEL: CHANNELS,
    Field.CATEGORY: ["roads", "waste"],
    Field.STATUS: [status.value for status in STATUSES],
}


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    """Any question of those that may be asked."""
    breakdown = draw(st.sampled_from([Dimension.CHANNEL, Dimension.CATEGORY, Dimension.STATUS]))
    places = [Dimension.PROVINCE, Dimension.DISTRICT]
    dimensions = draw(
        st.lists(st.sampled_from([*places, Dimension.MONTH, breakdown]), max_size=3, unique=True)
    )
    compared = []
    for field in draw(st.sets(st.sampled_from([*places, breakdown]), max_size=2)):
        values = st.sampled_from(_VALUES[Field(field.value)])
        compared.append(
            draw(
                st.builds(Compare, st.just(Field(field.value)), st.just(Op.EQ), values)
                | st.builds(
                    Compare,
                    st.just(Field(field.value)),
                    st.just(Op.IN),
                    st.lists(values, min_size=1, unique=True).map(tuple),
                )
                | st.builds(
                    Compare, st.just(Field(field.value)), st.just(Op.IS_NULL), st.booleans()
                )
            )
        )
    first, last = draw(st.sampled_from([None, *MONTHS])), draw(st.sampled_from([None, *LAST_DAYS]))
    if first and last and first > last:
        first = None
    return Asked(tuple(dimensions), All(tuple(compared)), Period(first, last))


VIEWERS = [
    STATISTICS,
    scope(Grant(Role.STATISTICS), Grant(Role.PROVINCE, ("73",))),
    scope(Grant(Role.STATISTICS), Grant(Role.OPERATOR, channels=("sulsel",))),
    scope(Grant(Role.PROVINCE, ("73",)), without=frozenset({Permission.COMPLAINTS_READ})),
]


async def filled(store: Store, database: Database, complaints: list[Complaint]) -> None:
    await without_complaints(database)
    await store.writer.write(received(*complaints), provenance())
    await store.rollups.refresh()


@given(
    population=populations(),
    asked=st.lists(questions(), min_size=2, max_size=6),
    viewer=st.sampled_from(VIEWERS),
)
@against_mongodb
async def test_no_answer_less_answers_within_it_leaves_one_to_four(
    store: Store,
    database: Database,
    population: list[Complaint],
    asked: list[Asked],
    viewer: Scope,
) -> None:
    await filled(store, database, population)
    counted = [c for c in population if viewer.counts.covers(c.province, c.district, c.channel)]
    unread = [c for c in counted if not oracle.visible(viewer, c)]
    answers = []
    for question in asked:
        extents = question.extents()
        rows = await ask(store, viewer, question)
        for keys, number in rows.items():
            assert number == sum(kind(c) in extents[keys] for c in counted)
        answers.append([(extents[keys], number) for keys, number in rows.items()])
    hidden: Callable[[set[tuple[object, ...]]], int] = lambda extent: sum(  # noqa: E731
        kind(c) in extent for c in unread
    )
    for one, other in product(answers, answers):
        for extent, _ in one:
            inner = [inside for inside, _ in other if inside <= extent]
            left = hidden(extent) - sum(map(hidden, inner))
            assert left not in {1, 2, 3, 4}
            assert hidden(extent) not in {1, 2, 3, 4}
            event("answers within answers" if inner and one is not other else "apart")


async def ask(store: Store, viewer: Scope, asked: Asked) -> dict[tuple[str | None, ...], int]:
    rows = await store.reader(viewer).complaints.indicators(
        asked.dimensions, asked.condition, asked.period
    )
    return {tuple(value for _, value in row.keys): row.received for row in rows}


JUNE, JULY, JANUARY = (datetime(d.year, d.month, 15, tzinfo=UTC) for d in (*MONTHS[:2], MONTHS[3]))


ALWAYS = Period()


async def received_by(
    store: Store,
    *dimensions: Dimension,
    condition: Condition = EVERYTHING,
    period: Period = ALWAYS,
    viewer: Scope = STATISTICS,
) -> dict[tuple[str | None, ...], int]:
    return await ask(store, viewer, Asked(dimensions, condition, period))


async def test_large_groups_are_told_exactly(store: Store, database: Database) -> None:
    await filled(store, database, many(795) + many(61, province="74", district="74.71"))
    told = await received_by(store, Dimension.PROVINCE)
    assert told == {("73",): 795, ("74",): 61}
    assert told == await received_by(store, Dimension.PROVINCE, viewer=MINISTRY)


async def test_the_total_less_the_groups(store: Store, database: Database) -> None:
    await filled(
        store,
        database,
        many(40, category="roads") + many(7, category="waste") + many(3, category="light"),
    )
    assert await received_by(store) == {(): 50}
    assert await received_by(store, Dimension.CATEGORY) == {("roads",): 40}  # 10 in the others
    for category, number in (("roads", {(): 40}), ("waste", {}), ("light", {}), ("none", {})):
        one = Compare(Field.CATEGORY, Op.EQ, category)
        assert await received_by(store, condition=one) == number


async def test_lists_of_values_that_overlap(store: Store, database: Database) -> None:
    small = many(3, province="91", district=None)
    numbers = {"73": 21, "74": 20, "76": 30}
    others = [many(numbers[code], province=code, district=None) for code in numbers]
    await filled(store, database, [*small, *chain.from_iterable(others)])
    for codes, number in (
        (("73", "76"), {(): 51}),
        (("73", "76", "91"), {}),
        (("73", "74", "76"), {}),  # 74 goes with 91, so that the total does not give it away
        (("73", "92"), {(): 21}),  # 92 has none at all
    ):
        listed = Compare(Field.PROVINCE, Op.IN, codes)
        assert await received_by(store, condition=listed) == number


async def test_two_periods(store: Store, database: Database) -> None:
    await filled(
        store,
        database,
        many(9, received_at=JUNE) + many(2, received_at=JULY) + many(8, received_at=JANUARY),
    )
    first_of = {"june": MONTHS[0], "july": MONTHS[1], "september": MONTHS[2]}
    for first, last, number in (
        (first_of["june"], LAST_DAYS[2], {(): 11}),  # a whole year
        (first_of["june"], LAST_DAYS[1], {(): 11}),  # the same: nothing came in September
        (first_of["june"], LAST_DAYS[0], {}),
        (first_of["july"], None, {}),
        (first_of["september"], None, {(): 8}),
        (None, None, {(): 19}),
    ):
        assert await received_by(store, period=Period(first, last)) == number
    assert await received_by(store, Dimension.MONTH) == {("2021-01",): 8}


async def test_two_dimensions_against_one(store: Store, database: Database) -> None:
    makassar, bone = {"district": "73.71"}, {"district": "73.08"}
    await filled(
        store,
        database,
        [
            *many(20, **makassar, category="roads"),
            *many(2, **makassar, category="waste"),
            *many(20, **bone, category="roads"),
            *many(30, **bone, category="waste"),
        ],
    )
    assert await received_by(store, Dimension.DISTRICT) == {("73.08",): 50, ("73.71",): 22}
    assert await received_by(store, Dimension.CATEGORY) == {("roads",): 40, ("waste",): 32}
    assert await received_by(store, Dimension.DISTRICT, Dimension.CATEGORY) == {}
    waste = Compare(Field.CATEGORY, Op.EQ, "waste")
    assert await received_by(store, Dimension.DISTRICT, condition=waste) == {}
    assert await received_by(store, condition=waste) == {(): 32}


async def test_a_channel_of_one_province_against_the_province(
    store: Store, database: Database
) -> None:
    national = many(3) + many(90, province="74", district=None)
    await filled(store, database, [*many(300, channel="sulsel"), *national])
    by_channel = await received_by(store, Dimension.CHANNEL)
    assert await received_by(store, Dimension.PROVINCE) == {("73",): 303, ("74",): 90}
    assert ("sulsel",) not in by_channel  # everybody knows that it serves 73 alone


async def test_an_empty_group_and_a_small_one_look_the_same(
    store: Store, database: Database
) -> None:
    for last in ([], many(2, category="waste")):
        await filled(store, database, [*many(30, category="roads"), *many(5), *last])
        both = Compare(Field.CATEGORY, Op.IN, ("waste", "light"))
        assert await received_by(store, condition=both) == {}


async def test_the_status_of_few_by_a_figure_of_many(store: Store, database: Database) -> None:
    closed = many(27, status=ComplaintStatus.CLOSED)
    await filled(store, database, closed + many(3, status=ComplaintStatus.ARCHIVED))
    assert await received_by(store, Dimension.STATUS) == {}
    for viewer, told in ((STATISTICS, (None, None, None)), (MINISTRY, (27, 3, 0.9))):
        (row,) = await store.reader(viewer).complaints.indicators([], EVERYTHING, Period())
        assert (row.closed, row.archived, row.closing_rate) == told


async def test_what_has_no_deadline_is_not_told_by_a_figure_of_many(
    store: Store, database: Database
) -> None:
    aspirations = many(3, classification=Classification.ASPIRATION)
    await filled(store, database, aspirations + many(27, classification=Classification.COMPLAINT))
    (row,) = await store.reader(STATISTICS).complaints.indicators([], EVERYTHING, Period())
    assert (row.received, row.stage_overdue, row.deadlines) == (30, 30, None)


async def test_times_of_receipt_and_days_can_not_be_asked_for(store: Store) -> None:
    second = Compare(Field.RECEIVED_AT, Op.LT, datetime(2020, 7, 1, 12, 0, 1, tzinfo=UTC))
    with pytest.raises(DisclosureError, match="received_at"):
        await received_by(store, condition=second)
    with pytest.raises(DisclosureError, match="by month"):
        await received_by(store, Dimension.DAY)
    with pytest.raises(DisclosureError, match="whole months"):
        await received_by(store, period=Period(date(2020, 7, 1), date(2020, 7, 30)))


async def test_who_may_read_a_province_is_told_all_of_it_and_no_more_of_the_others(
    store: Store, database: Database
) -> None:
    both = scope(Grant(Role.STATISTICS), Grant(Role.PROVINCE, ("73",)))
    await filled(
        store,
        database,
        [
            *many(30, category="roads"),
            *many(2, category="waste"),
            *many(40, category="roads", province="74", district=None),
            *many(3, category="waste", province="74", district=None),
        ],
    )
    here = Compare(Field.PROVINCE, Op.EQ, "73")
    by_category = await received_by(store, Dimension.CATEGORY, condition=here, viewer=both)
    assert by_category == {("roads",): 30, ("waste",): 2}
    by_day = await received_by(store, Dimension.DAY, condition=here, viewer=both)
    assert sum(by_day.values()) == 32
    assert await received_by(store, Dimension.PROVINCE, viewer=both) == {("73",): 32, ("74",): 43}
    # Five of waste, but the three that they may not read could be had by subtraction.
    assert await received_by(store, Dimension.CATEGORY, viewer=both) == {}


async def test_what_comes_in_is_told_by_the_next_answer(store: Store, database: Database) -> None:
    await filled(store, database, many(20, category="roads"))
    assert await received_by(store, Dimension.CATEGORY) == {("roads",): 20}
    await store.writer.write(received(*many(4, category="waste")), provenance())
    assert await received_by(store, Dimension.CATEGORY) == {}
    await store.writer.write(received(*many(4, category="waste")), provenance())
    assert await received_by(store, Dimension.CATEGORY) == {("roads",): 20, ("waste",): 8}
