"""Complaints by the working days that remain: equal to days that are counted one by one."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import OPEN_STATUSES, Classification, Complaint, ComplaintStatus
from hub.domain.deadlines import Rulebook
from hub.domain.indicators import Period
from hub.domain.question import Compare, Field, Op
from hub.domain.reading import Reading
from hub.domain.working_days import Calendar, days_of_their_own, national_days_off
from hub.store.mongo import Database
from hub.store.paging import PageRequest
from hub.store.store import Store
from hub.store.vault import Vault
from tests import oracle
from tests.made import MINISTRY, complaint, provenance, received, without_complaints

PLACES = [("31", "31.71"), ("73", "73.71"), ("73", "73.06"), ("73", None), ("91", None)]
ZONES = {"31": "Asia/Jakarta", "73": "Asia/Makassar", "91": "Asia/Jayapura"}
OWN = {
    "ID": {date(2024, 4, 15): True},
    "73": {date(2024, 4, 3): False, date(2024, 4, 6): True},
    "73.71": {date(2024, 4, 6): False, date(2024, 4, 17): False},
}
RULES = Rulebook(
    Calendar(
        days_of_their_own(
            [
                "region,day,kind,name",
                *(
                    f"{place},{day},{'working' if worked else 'holiday'},x"
                    for place, days in OWN.items()
                    for day, worked in days.items()
                ),
            ]
        )
    )
)
AFTER_EID = datetime(2024, 4, 16, tzinfo=UTC)


def remaining(place: str | None, now: datetime, due_at: datetime) -> int | None:
    """Day by day, of a place or of the capital."""
    code = place or "31"
    zone = ZoneInfo(ZONES[code[:2]])

    def is_worked(day: date) -> bool:
        for near in (code, code[:2], "ID"):
            if day in OWN.get(near, {}):
                return OWN[near][day]
        return day.weekday() < 5 and day not in national_days_off()

    today, last = now.astimezone(zone).date(), due_at.astimezone(zone).date()
    if last.year > 2099:
        return None
    days = abs((last - today).days)
    count = sum(is_worked(min(today, last) + timedelta(days=n + 1)) for n in range(days))
    return count if today <= last else min(-count, -1)


# By the quarter of an hour, from an hour before midnight in the east to one after it in the west.
MOMENTS = st.builds(
    lambda days, quarters: AFTER_EID + timedelta(days=days, hours=14, minutes=15 * quarters),
    st.integers(-14, 10),
    st.integers(0, 16),
)


@st.composite
def open_or_not(draw: st.DrawFn, n: int) -> Complaint:
    """A complaint whose answer is due at a moment that its channel states, or that waits."""
    province, district = draw(st.sampled_from([*PLACES, (None, None)]))
    far = datetime(2120, 1, 1, tzinfo=UTC)
    return complaint(
        external_id=str(n),
        province=province,
        district=district,
        status=draw(st.sampled_from(ComplaintStatus)),
        classification=draw(st.sampled_from([Classification.COMPLAINT, Classification.ASPIRATION])),
        received_at=AFTER_EID - timedelta(days=draw(st.integers(0, 9))),
        due_at=draw(st.none() | MOMENTS | st.just(far)),
    )


COMPLAINTS = st.tuples(*(open_or_not(n) for n in range(12)))
COMPARED = [Op.EQ, Op.NE, Op.GT, Op.GTE, Op.LT, Op.LTE]
DAYS = [-40_000, -4, -2, -1, 0, 1, 3, 7, 40_000]
"""Some of them are more than the calendar has."""


@given(
    some=COMPLAINTS,
    now=MOMENTS,
    asked=st.lists(st.tuples(st.sampled_from(COMPARED), st.sampled_from(DAYS)), max_size=8),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_they_are_found_as_days_are_counted(
    database: Database,
    vault: Vault,
    monkeypatch: pytest.MonkeyPatch,
    some: tuple[Complaint, ...],
    now: datetime,
    asked: list[tuple[Op, int]],
) -> None:
    await without_complaints(database)
    store = Store(database, vault, RULES)
    await store.writer.write(received(*some), provenance(AFTER_EID))
    monkeypatch.setattr("hub.store.complaints.utc_now", lambda: now)
    actual: dict[str, int | None] = {}
    async for document in database["complaints"].find():
        due_at, place = document["due_at"], document["district"] or document["province"]
        is_open = document["status"] in OPEN_STATUSES
        days = remaining(place, now, due_at) if due_at else document["clock"].get("left")
        actual[document["_id"]] = days if is_open else None
    reader = store.reader(MINISTRY).complaints
    for op, value in [*asked, (Op.IS_NULL, True), (Op.IS_NULL, False)]:
        condition = Compare(Field.REMAINING_WORKING_DAYS, op, value)
        found = await reader.page(condition, PageRequest(50), Reading())
        wanted = {id_ for id_, days in actual.items() if oracle.compares(days, op, value)}
        assert {document["_id"] for document in found.documents} == wanted, (op, value)
        assert (await reader.count(condition)).number == len(wanted)
        (row,) = await reader.indicators([], condition, Period())
        assert row.received == len(wanted)
        event("some are found" if 0 < len(wanted) < len(some) else "all or none are found")
