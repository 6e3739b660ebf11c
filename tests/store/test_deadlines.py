"""Deadlines as they are stored, and reckoned anew once a rule or a day has changed."""

from datetime import UTC, datetime, timedelta

from hub.domain.complaint import Classification, ComplaintStatus
from hub.domain.deadlines import Rulebook
from hub.domain.indicators import Period
from hub.domain.question import EVERYTHING
from hub.domain.working_days import Calendar, days_of_their_own
from hub.store.mongo import Database
from hub.store.store import Store
from hub.store.vault import Vault
from tests.made import MINISTRY, MOMENT, complaint, provenance, received

HOLIDAY = Rulebook(
    Calendar(days_of_their_own(["region,day,kind,name", "73,2020-07-03,holiday,Hari Jadi"]))
)
OPEN = complaint(classification=Classification.COMPLAINT)
OVER = complaint(
    external_id="2", classification=Classification.COMPLAINT, status=ComplaintStatus.CLOSED
)
ELSEWHERE = complaint(external_id="3", province="31", district="31.71")


def ends(day: str) -> datetime:
    """The end of a day in Makassar."""
    return datetime.fromisoformat(f"{day}T23:59:59.999+08:00")


async def test_a_holiday_that_is_added_changes_what_is_open(
    store: Store, database: Database, vault: Vault
) -> None:
    await store.writer.write(received(OPEN, OVER, ELSEWHERE), provenance())
    complaints = database["complaints"]
    before = {d["_id"]: d async for d in complaints.find()}
    assert before[OPEN.id]["due_at"] == ends("2020-07-21")
    assert before[OPEN.id]["stage_due_at"] == ends("2020-07-06")

    changed = Store(database, vault, HOLIDAY)
    assert await changed.deadlines.recompute() == 2
    assert await changed.deadlines.recompute() == 0
    after = {d["_id"]: d async for d in complaints.find()}
    assert after[OPEN.id]["due_at"] == ends("2020-07-22")
    assert after[OPEN.id]["stage_due_at"] == ends("2020-07-07")
    assert after[OVER.id] == before[OVER.id]
    # Where the day is not kept nothing is different, but by which rules.
    elsewhere = after[ELSEWHERE.id]
    assert elsewhere["clock"].pop("by") == HOLIDAY.version
    before[ELSEWHERE.id]["clock"].pop("by")
    assert elsewhere == before[ELSEWHERE.id]


async def test_a_holiday_that_is_added_changes_when_what_is_answered_is_to_be_closed(
    store: Store, database: Database, vault: Vault
) -> None:
    """Answered on Friday, 19 June 2020: ten days end with Friday, 3 July, a holiday by then."""
    answered = complaint(
        status=ComplaintStatus.FOLLOWED_UP,
        received_at=MOMENT - timedelta(days=20),
        followed_up_at=datetime(2020, 6, 19, 3, tzinfo=UTC),
    )
    await store.writer.write(received(answered, OVER), provenance())

    async def closing() -> tuple[str, datetime]:
        document = await database["complaints"].find_one({"_id": answered.id}) or {}
        last = document["deadlines"][-1]
        return last["stage"], last["due_at"]

    assert await closing() == ("closing", ends("2020-07-03"))
    assert await Store(database, vault, HOLIDAY).deadlines.recompute() == 1
    assert await closing() == ("closing", ends("2020-07-06"))


async def test_to_reckon_anew_is_what_a_write_would_have_stored(
    store: Store, database: Database, vault: Vault
) -> None:
    kinds = [
        complaint(
            external_id=f"{n} {status}",
            status=status,
            classification=Classification.COMPLAINT,
            handed_over_at=MOMENT + timedelta(days=2) if n % 2 else None,
            due_at=MOMENT + timedelta(days=9) if n % 3 == 0 else None,
        )
        for n, status in enumerate(ComplaintStatus)
    ]
    await store.writer.write(received(*kinds), provenance())
    wanted = {d["_id"]: d async for d in database["complaints"].find({}, {"raw": 0})}
    # As an earlier version of the hub stored them: the channel's own deadline, and nothing else.
    made = ("stated_due_at", "deadlines", "days", "stage", "stage_due_at", "late", "clock")
    for each in kinds:
        old = {"$set": {"due_at": each.due_at}, "$unset": dict.fromkeys(made, "")}
        await database["complaints"].update_one({"_id": each.id}, old)
    assert await store.deadlines.recompute() == len(kinds)
    assert {d["_id"]: d async for d in database["complaints"].find({}, {"raw": 0})} == wanted


async def test_what_is_due_by_other_rules_is_found_by_an_index(
    store: Store, database: Database
) -> None:
    await store.writer.write(received(OPEN, OVER), provenance())
    wanted = {"clock.by": {"$nin": [HOLIDAY.version, "done"]}}
    explained = await database.command(
        "explain", {"find": "complaints", "filter": wanted}, verbosity="executionStats"
    )
    assert explained["executionStats"]["totalDocsExamined"] == 1


async def test_figures_follow(store: Store, database: Database, vault: Vault) -> None:
    """What is overdue in the roll-up is so by the new days."""
    now = datetime.now(UTC)
    one = complaint(
        classification=Classification.INFORMATION_REQUEST, received_at=now - timedelta(days=30)
    )
    await store.writer.write(received(one), provenance(now))

    async def overdue(of: Store) -> int:
        (row,) = await of.reader(MINISTRY).complaints.indicators([], EVERYTHING, Period())
        return row.overdue

    assert await overdue(store) == 1
    days = [(now + timedelta(days=n)).date() for n in range(-40, 10)]
    off = [f"ID,{day},holiday,x" for day in days]
    changed = Store(
        database, vault, Rulebook(Calendar(days_of_their_own(["region,day,kind,name", *off])))
    )
    await changed.deadlines.recompute()
    assert await overdue(changed) == 0


async def test_a_reporter_who_is_asked_stops_the_clock_and_starts_it_again(
    store: Store, database: Database
) -> None:
    """Steps that the hub saw, run by run."""
    at = datetime(2024, 4, 1, 3, tzinfo=UTC)
    steps = [
        (ComplaintStatus.RECEIVED, at),
        (ComplaintStatus.WAITING_REPORTER, at + timedelta(days=2)),
        (ComplaintStatus.VERIFIED, at + timedelta(days=4)),
        (ComplaintStatus.CLOSED, at + timedelta(days=50)),
    ]
    seen = []
    for status, moment in steps:
        one = complaint(
            received_at=at,
            status=status,
            status_source=status,
            classification=Classification.INFORMATION_REQUEST,
        )
        await store.writer.write(received(one), provenance(moment))
        document = await database["complaints"].find_one() or {}
        seen.append((document["due_at"], document["clock"].get("left"), document.get("stage")))
    # 2, 3, 4, 5, 16 April; of these the 3rd and the 4th were waited, so 17 and 18 come after.
    assert seen == [
        (ends("2024-04-16"), None, "verify"),
        (None, 4, "verify"),
        (ends("2024-04-18"), None, "follow_up"),
        (ends("2024-04-18"), None, None),
    ]
    document = await database["complaints"].find_one() or {}
    assert document["late"]
    # Handed over on Friday, 5 April; closed on 21 May.
    assert document["days"] == {"hand_over": 2, "follow_up": 25, "close": 25}
