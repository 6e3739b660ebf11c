"""A condition looked at in Python holds for exactly what MongoDB finds by it."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings

from hub.domain.clock import utc_now
from hub.domain.complaint import Complaint
from hub.domain.question import Compare, Condition, Field, Op
from hub.store import plan
from hub.store.mongo import Database
from hub.store.predicates import predicate
from hub.store.store import Store
from tests.made import (
    MOMENT,
    complaint,
    distinct_complaints,
    provenance,
    received,
    watchable_conditions,
    without_complaints,
)


async def both_ways(database: Database, condition: Condition) -> tuple[set[str], set[str]]:
    """The ids that MongoDB finds, and those of which Python says the same."""
    now, holds, complaints = utc_now(), predicate(condition), database["complaints"]
    found = {d["_id"] async for d in complaints.find(plan.match(condition, now))}
    return found, {d["_id"] async for d in complaints.find() if holds(d, now)}


@given(complaints=distinct_complaints(), condition=watchable_conditions())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_python_and_mongodb_agree(
    store: Store, database: Database, complaints: list[Complaint], condition: Condition
) -> None:
    await without_complaints(database)
    await store.writer.write(received(*complaints), provenance())
    found, held = await both_ways(database, condition)
    assert held == found


async def test_times_are_compared_as_exactly_as_they_are_kept(
    store: Store, database: Database
) -> None:
    given = complaint(received_at=MOMENT + timedelta(microseconds=1_999))
    await store.writer.write(received(given), provenance())
    for op in (Op.EQ, Op.NE, Op.GT, Op.GTE, Op.LT, Op.LTE):
        for microseconds in (0, 999, 1_000, 1_500, 1_999, 2_000):
            at = MOMENT + timedelta(microseconds=microseconds)
            found, held = await both_ways(database, Compare(Field.RECEIVED_AT, op, at))
            assert held == found, (op, microseconds)
