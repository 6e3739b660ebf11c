"""What `indicators` costs goes by how many rows it can have."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hub.domain.complaint import ComplaintStatus
from hub.domain.indicators import Dimension, Freshness, Period
from hub.domain.region import RegionLevel, regions
from hub.domain.scope import Grant, Reach, Role
from hub.domain.series import MOST_ROWS, SeriesError, filled, nothing
from hub.schema.rows import USUAL_ROWS, rows_of
from hub.store.mongo import Database
from tests.running_hub import RunningHub
from tests.schema.test_limits import ASKED, cost

NATION, SULSEL = Reach(nation=True), Reach(provinces=frozenset({"73"}))
MAKASSAR = Reach(districts=frozenset({"73.71"}))
YEAR = {"from": "2020-01-01", "to": "2020-12-31"}


@pytest.mark.parametrize(
    ("arguments", "counts", "rows"),
    [
        ({}, NATION, 1),
        ({"groupBy": []}, NATION, 1),
        ({"groupBy": "STATUS"}, NATION, 8),
        ({"groupBy": ["PROVINCE"]}, NATION, 39),
        ({"groupBy": ["DISTRICT"]}, NATION, USUAL_ROWS),
        ({"groupBy": ["DISTRICT"]}, SULSEL, 24 + 2),
        ({"groupBy": ["PROVINCE", "DISTRICT"]}, SULSEL, 24 + 2),
        ({"groupBy": ["DISTRICT"]}, MAKASSAR, 1 + 2),
        ({"groupBy": ["DISTRICT"], "filter": {"province": {"eq": "73"}}}, NATION, 24 + 2),
        ({"groupBy": ["STATUS"], "filter": {"status": {"in": ["CLOSED"]}}}, NATION, 1),
        ({"groupBy": ["MONTH"], "period": YEAR, "fill": True}, NATION, 15),
        ({"groupBy": ["DAY"], "period": YEAR, "fill": True}, NATION, 367),
        ({"groupBy": ["DAY"], "period": YEAR}, NATION, 367),
        ({"groupBy": ["DAY"], "fill": True}, NATION, 3_655),
        ({"groupBy": ["DISTRICT", "MONTH"], "period": YEAR, "fill": True}, SULSEL, 26 * 15),
        ({"groupBy": ["DISTRICT", "DAY"], "period": YEAR, "fill": True}, SULSEL, 26 * 367),
        ({"groupBy": ["DISTRICT", "DAY"], "period": YEAR, "fill": True}, NATION, MOST_ROWS),
        ({"groupBy": ["CATEGORY", "MONTH"], "period": YEAR, "fill": True}, NATION, 50 * 15),
        # What can't be meant so is refused later, and costs what it would at most.
        ({"groupBy": ["MONTH"], "period": {"from": "x"}, "fill": True}, NATION, 132),
        ({"groupBy": ["MONTH"], "period": [], "filter": 5, "fill": True}, NATION, 132),
        ({"groupBy": {"a": 1}, "filter": {"province": 5}}, NATION, 1),
    ],
)
def test_rows_are_counted_by_places_values_and_times(
    arguments: dict[str, Any], counts: Reach, rows: int
) -> None:
    assert rows_of(arguments, counts)[0] == rows


@pytest.mark.parametrize(
    ("field", "looks"),
    [
        ("indicators(asOf: $at) { received }", 1),
        ("indicators(asOf: $at, compare: true) { received }", 2),
        ("activity(asOf: $at) { total }", 1),
        ('ranking(asOf: $at, channels: ["lapor"]) { asOf }', 2),
    ],
)
def test_a_past_moment_costs_what_looking_at_it_does(field: str, looks: int) -> None:
    text = f"query ($at: DateTime) {{ {field} }}"
    now = cost(text)
    assert cost(text, at=None) == now
    assert cost(text, at="2020-08-31T00:00:00Z") == now + looks * 1_000


_DAYS = st.dates(date(2019, 1, 1), date(2021, 12, 31))
_PLACES = [(None, None)] + [
    (region.province, district)
    for region in regions()
    if region.level is RegionLevel.DISTRICT and region.province in {"73", "74", "76"}
    for district in (region.code, None)
]


@given(
    st.sampled_from([Dimension.MONTH, Dimension.WEEK, Dimension.DAY]),
    st.sets(st.sampled_from([Dimension.PROVINCE, Dimension.DISTRICT, Dimension.STATUS])),
    st.lists(st.tuples(st.sampled_from(_PLACES), st.sampled_from(ComplaintStatus)), max_size=50),
    _DAYS,
    st.integers(0, 400),
)
def test_there_are_never_more_than_were_counted(
    time: Dimension,
    others: set[Dimension],
    complaints: list[tuple[tuple[str | None, str | None], ComplaintStatus]],
    first: date,
    days: int,
) -> None:
    """Whatever groups complaints of three provinces make, and fill a period."""
    dimensions = [*sorted(others), time]
    period = Period(first, first + timedelta(days=days))
    at = {Dimension.MONTH: "%Y-%m", Dimension.WEEK: "%G-W%V", Dimension.DAY: "%Y-%m-%d"}[time]
    freshness = Freshness(datetime(2022, 1, 1))
    found = {}
    for (province, district), status in complaints:
        values = {
            Dimension.PROVINCE: province,
            Dimension.DISTRICT: district,
            Dimension.STATUS: status,
            time: f"{first:{at}}",
        }
        keys = tuple((dimension, values[dimension]) for dimension in dimensions)
        found[keys] = nothing(keys, freshness)
    arguments = {
        "groupBy": [dimension.name for dimension in dimensions],
        "period": {"from": str(period.first), "to": str(period.last)},
        "fill": True,
    }
    counts = Reach(provinces=frozenset({"73", "74", "76"}))
    try:
        rows = filled([*found.values()], dimensions, period, freshness)
    except SeriesError:
        assume(False)
    assert len(rows) <= rows_of(arguments, counts)[0]


def test_the_cost_is_that_of_the_rows_their_keys_and_the_variables() -> None:
    plain = "{ indicators(groupBy: [MONTH, STATUS], period: %s, fill: true) { %s received } }"
    year = '{from: "2020-01-01", to: "2020-12-31"}'
    rows = 15 * 8
    assert cost(plain % (year, "")) == 500 + rows * 2
    assert cost(plain % (year, "keys { key value }")) == 500 + rows * (2 + 2 * 3)
    assert cost("{ indicators { keys { key value } received } }") == 500 + 2
    by_variable = """query ($by: [Dimension!]! = [MONTH], $from: Date, $fill: Boolean = true) {
      indicators(groupBy: $by, fill: $fill, period: {from: $from, to: "2020-12-31"}) {
        received } }"""
    assert cost(by_variable) == 500 + 132 * 2
    assert cost(by_variable, **{"from": "2020-01-01"}) == 500 + 15 * 2
    assert cost(by_variable, **{"from": "2020-01-01", "by": ["DAY"]}) == 500 + 367 * 2
    assert cost(by_variable, **{"by": ["DAY"]}) == 500 + 3_655 * 2
    assert cost(by_variable, **{"by": ["DAY"], "fill": False}) == 500 + USUAL_ROWS * 2


async def test_a_large_series_is_refused_before_mongodb_is_asked(
    hub: RunningHub, database: Database
) -> None:
    asked = """query ($filter: ComplaintFilter) {
      indicators(groupBy: [DISTRICT, MONTH], filter: $filter, fill: true,
        period: {from: "2020-01-01", to: "2020-12-31"}) { keys { value } received } }"""
    ministry = await hub.token(Grant(Role.MINISTRY))
    await hub.ask(ministry, asked, filter={"province": {"eq": "73"}})
    await hub.ask(await hub.token(Grant(Role.PROVINCE, ("73",))), asked)
    await database.command("profile", 2)
    try:
        error = await hub.refused(ministry, asked)
        asked_of = {"ns": {"$in": [f"{database.name}.{name}" for name in ASKED]}}
        assert await database["system.profile"].count_documents(asked_of) == 0
    finally:
        await database.command("profile", 0)
        await database["system.profile"].drop()
    assert error["extensions"]["limit"] == "cost"
    assert error["extensions"]["found"] == 500 + (514 + 39) * 15 * (2 + 2 * 2)
