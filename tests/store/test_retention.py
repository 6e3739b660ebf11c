"""Personal data that is no longer needed goes, and nothing else does."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import OPEN_STATUSES, Complaint
from hub.domain.run import Rejection
from hub.store.dead_letters import Refused
from hub.store.mongo import Database
from hub.store.retention import Purged, purge
from hub.store.store import Store
from tests.made import (
    MOMENT,
    complaint,
    distinct_complaints,
    provenance,
    received,
    without_complaints,
)


@given(complaints=distinct_complaints(), days=st.integers(-2, 14))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_what_is_done_and_old_loses_its_reporter_and_raw_record(
    store: Store, database: Database, complaints: list[Complaint], days: int
) -> None:
    await without_complaints(database)
    await store.writer.write(received(*complaints), provenance())
    before = {d["_id"]: d async for d in database["complaints"].find()}
    cutoff = MOMENT + timedelta(days=days)
    old = {
        c.id
        for c in complaints
        if (c.updated_at or MOMENT) < cutoff and c.status not in OPEN_STATUSES
    }
    assert await purge(database, cutoff, dry_run=True) == Purged(len(old), 0)
    assert await purge(database, cutoff) == Purged(len(old), 0)
    async for document in database["complaints"].find():
        gone = {"reporter": None, "raw": None} if document["_id"] in old else {}
        assert document == before[document["_id"]] | gone
    assert await purge(database, cutoff) == Purged(0, 0)
    # The same records again change nothing, and bring nothing back.
    written = await store.writer.write(received(*complaints), provenance())
    assert written.unchanged == len(complaints)


async def test_dead_letters_lose_theirs_once_they_are_resolved(
    store: Store, database: Database
) -> None:
    one, other = (complaint(external_id=n) for n in ("1", "2"))
    refused = [
        Refused(Rejection("status", "?", "unknown", c.external_id), b"{}") for c in (one, other)
    ]
    await store.dead_letters.put("lapor", refused, provenance())
    await store.dead_letters.resolve("lapor", [one.id], MOMENT)
    assert await purge(database, MOMENT + timedelta(days=1)) == Purged(0, 1)
    kept = {d["_id"]: d["raw"] is not None async for d in database["dead_letters"].find()}
    assert kept == {one.id: False, other.id: True}
