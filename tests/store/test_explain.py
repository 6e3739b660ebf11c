"""Every query of the API uses an index that begins with the scope: no scan of a collection, no
sort in memory, for each kind of scope and each order."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.domain.question import (
    EVERYTHING,
    LATEST_FIRST,
    Box,
    Circle,
    Compare,
    Condition,
    Field,
    Op,
    Order,
    OrderField,
    Page,
    Place,
)
from hub.domain.remaining import by_moments
from hub.domain.scope import Grant, Permission, Reach, Role, Scope
from hub.domain.seen import as_seen
from hub.domain.working_days import Calendar
from hub.store import plan
from hub.store.mongo import Database, Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault
from tests.made import MOMENT, POINTS, complaint, provenance, received, scope

REACHES = {
    "nation": Reach.of([Grant(Role.MINISTRY)]),
    "province": Reach.of([Grant(Role.PROVINCE, ("73",))]),
    "district": Reach.of([Grant(Role.DISTRICT, ("73.71",))]),
    "channel": Reach.of([Grant(Role.OPERATOR, channels=("lapor",))]),
}
ORDERS = [Order(field, descending) for field in OrderField for descending in (True, False)]
PLACE = Place((MOMENT + timedelta(days=3),), "f" * 24)
PAGES = {
    "first": Page(20),
    "after": Page(20, after=PLACE),
    "last": Page(20, backward=True),
    "before": Page(20, before=PLACE, backward=True),
}


@pytest.fixture(scope="module")
async def filled(mongodb_uri: str) -> AsyncIterator[Database]:
    async with connect(mongodb_uri, Driver.PYMONGO, "explained") as database:
        await fill(Store(database, Vault(b"k" * 32)))
        yield database


async def fill(store: Store) -> None:
    places = [("73", "73.71"), ("73", None), ("74", "74.71"), (None, None)]
    some = [
        complaint(
            external_id=str(n),
            channel="lapor" if n % 3 else "other",
            province=places[n % 4][0],
            district=places[n % 4][1],
            received_at=MOMENT + timedelta(hours=n),
            title="Sampah di jalan" if n % 5 else "Jalan rusak",
            location=POINTS[n % 3],
            secret=n % 7 == 0,
            due_at=MOMENT + timedelta(hours=n) if n % 2 else None,
        )
        for n in range(400)
    ]
    await store.writer.write(received(*some), provenance())
    for n in range(30):
        await store.runs.start(f"c{n}", "lapor", "v1")


def stages(found: Any) -> Iterator[str]:
    """The stages of a winning plan, outermost first."""
    if isinstance(found, dict):
        if "stage" in found:
            yield found["stage"]
        for key, below in found.items():
            if key in {"inputStage", "inputStages", "queryPlan", "winningPlan", "shards"}:
                yield from stages(below)
    elif isinstance(found, list):
        for each in found:
            yield from stages(each)


async def planned(
    database: Database, asked: plan.Find, collection: str = "complaints"
) -> list[str]:
    command = {
        "find": collection,
        "filter": asked.filter,
        "sort": dict(asked.sort),
        "limit": asked.limit,
    }
    explained = await database.command("explain", command, verbosity="queryPlanner")
    return list(stages(explained["queryPlanner"]["winningPlan"]))


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("order", ORDERS, ids=lambda o: f"{o.field}-{o.descending}")
@pytest.mark.parametrize("reach", REACHES.values(), ids=REACHES)
async def test_a_page_walks_an_index(
    filled: Database, reach: Reach, order: Order, page: Page
) -> None:
    asked = plan.find(plan.within(reach), {}, plan.steps((order,)), page)
    used = await planned(filled, asked)
    assert "IXSCAN" in used
    assert not {"COLLSCAN", "SORT"} & set(used)


@pytest.mark.parametrize("reach", REACHES.values(), ids=REACHES)
async def test_the_list_of_work_is_walked_in_its_order(filled: Database, reach: Reach) -> None:
    wanted = plan.match(Compare(Field.STAGE_DUE_AT, Op.IS_NULL, False), MOMENT)
    first = plan.steps((Order(OrderField.STAGE_DUE_AT, descending=False),))
    used = await planned(filled, plan.find(plan.within(reach), wanted, first, Page(20)))
    assert "IXSCAN" in used
    assert not {"COLLSCAN", "SORT"} & set(used)


FILTERS: dict[str, Condition] = {
    "status": Compare(Field.STATUS, Op.EQ, "received"),
    "programme": Compare(Field.PROGRAMME, Op.EQ, "COVID19"),
    "time": Compare(Field.RECEIVED_AT, Op.GTE, MOMENT),
    "overdue": Compare(Field.OVERDUE, Op.EQ, True),
    "number": Compare(Field.NUMBER, Op.EQ, "7"),
    "days": by_moments(
        Compare(Field.REMAINING_WORKING_DAYS, Op.LTE, 2), Calendar(), datetime.now(UTC)
    ),
}


@pytest.mark.parametrize("condition", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("reach", REACHES.values(), ids=REACHES)
async def test_a_filter_narrows_what_an_index_gives(
    filled: Database, reach: Reach, condition: Condition
) -> None:
    """The scope's own index in the order asked for, or one that the filter makes shorter still:
    MongoDB tries both and may then have the few that are left to sort."""
    wanted = plan.match(condition, datetime.now(UTC))
    latest = Order(OrderField.RECEIVED_AT, descending=True)
    asked = plan.find(plan.within(reach), wanted, plan.steps((latest,)), Page(20))
    used = await planned(filled, asked)
    assert "IXSCAN" in used
    assert "COLLSCAN" not in used


LOOKED_FOR: dict[str, Compare] = {
    "word": Compare(Field.WORDS, Op.HAS, ("sampah",)),
    "words": Compare(Field.WORDS, Op.HAS, ("sampah", "jalan")),
    "near": Compare(Field.LOCATION, Op.WITHIN, Circle(119.4, -5.1, 1_000)),
    "within": Compare(Field.LOCATION, Op.WITHIN, Box(119, -6, 119.5, -5)),
}
VIEWERS = {
    "nation": scope(Grant(Role.MINISTRY)),
    "nation without words": scope(
        Grant(Role.MINISTRY), without=frozenset({Permission.COMPLAINTS_PII})
    ),
    "province": scope(Grant(Role.PROVINCE, ("73",))),
    "district": scope(Grant(Role.DISTRICT, ("73.71",))),
    "channel": scope(Grant(Role.OPERATOR, channels=("lapor",))),
}


@pytest.mark.parametrize("condition", LOOKED_FOR.values(), ids=LOOKED_FOR)
@pytest.mark.parametrize("viewer", VIEWERS.values(), ids=VIEWERS)
async def test_words_and_places_are_looked_for_in_an_index(
    filled: Database, viewer: Scope, condition: Compare
) -> None:
    """In the order that is asked for; of those in a place, which are few, in any."""
    wanted = plan.match(as_seen(condition, viewer), MOMENT)
    asked = plan.find(plan.within(viewer.rows), wanted, plan.steps(LATEST_FIRST), Page(20))
    used = await planned(filled, asked)
    assert "IXSCAN" in used
    assert "COLLSCAN" not in used
    assert condition.field is Field.LOCATION or "SORT" not in used


async def test_several_grants_are_walked_side_by_side(filled: Database) -> None:
    grants = [Grant(Role.PROVINCE, ("74",)), Grant(Role.OPERATOR, channels=("lapor",))]
    latest = Order(OrderField.RECEIVED_AT, descending=True)
    reach = plan.within(Reach.of(grants))
    used = await planned(filled, plan.find(reach, {}, plan.steps((latest,)), Page(20)))
    assert "SORT_MERGE" in used
    assert not {"COLLSCAN", "SORT"} & set(used)


async def test_a_viewer_without_a_grant_costs_nothing(filled: Database) -> None:
    latest = Order(OrderField.RECEIVED_AT, descending=True)
    asked = plan.find(plan.within(Reach()), EVERYTHING_FILTER, plan.steps((latest,)), Page(20))
    assert "COLLSCAN" not in await planned(filled, asked)


EVERYTHING_FILTER = plan.match(EVERYTHING, MOMENT)


@pytest.mark.parametrize("collection", ["runs", "dead_letters"])
@pytest.mark.parametrize(
    "reach", [REACHES["nation"], REACHES["channel"]], ids=["nation", "channel"]
)
async def test_lists_of_operators_walk_an_index(
    filled: Database, collection: str, reach: Reach
) -> None:
    order: tuple[plan.Step, ...] = (plan.Step("_id", descending=True),)
    if collection == "dead_letters":
        order = (plan.Step("last_seen", descending=True), *order)
    asked = plan.find(plan.within(reach), {}, order, Page(20))
    used = await planned(filled, asked, collection)
    assert not {"COLLSCAN", "SORT"} & set(used)
