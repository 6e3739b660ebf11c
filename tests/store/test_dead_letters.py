"""Dead letters: kept once for each record, sealed, shown to few, resolved by a stored complaint."""

from datetime import timedelta

from hub.domain.complaint import derived_id
from hub.domain.run import DeadLetterState, Rejection
from hub.domain.scope import Grant, Role
from hub.store.dead_letters import Refused
from hub.store.mongo import Database
from hub.store.paging import PageRequest
from hub.store.store import Store
from tests.made import MINISTRY, MOMENT, provenance, scope


def refused(external_id: str | None = "7", raw: bytes = b'{"name": "Sitti"}') -> Refused:
    return Refused(Rejection("district", "Kab. Antah", "unknown district", external_id), raw)


async def test_the_same_record_again_is_one_letter_with_two_attempts(store: Store) -> None:
    box = store.dead_letters
    await box.put("lapor", [refused(), refused(None), refused(None, b"other")], provenance())
    later = MOMENT + timedelta(days=1)
    await box.put("lapor", [refused(), refused(None)], provenance(later))
    page = await store.reader(MINISTRY).dead_letters.page(None, None, PageRequest(9))
    found = sorted((d["attempts"], d["first_seen"], d["last_seen"]) for d in page.documents)
    assert found == [(1, MOMENT, MOMENT), (2, MOMENT, later), (2, MOMENT, later)]
    assert all(d["value"] == "Kab. Antah" and "raw" not in d for d in page.documents)


async def test_a_stored_complaint_resolves_its_letter(store: Store) -> None:
    await store.dead_letters.put("lapor", [refused("7"), refused("8")], provenance())
    await store.dead_letters.resolve("lapor", [derived_id("lapor", "7")], MOMENT)
    reader = store.reader(MINISTRY).dead_letters
    left = await reader.page("connector", DeadLetterState.OPEN, PageRequest(9))
    assert [d["external_id"] for d in left.documents] == ["8"]
    # It fails again: the letter is open again.
    await store.dead_letters.put("lapor", [refused("7")], provenance())
    left = await reader.page(None, DeadLetterState.OPEN, PageRequest(9))
    assert {d["external_id"] for d in left.documents} == {"7", "8"}


async def test_the_raw_record_is_sealed(store: Store, database: Database) -> None:
    await store.dead_letters.put("lapor", [refused()], provenance())
    assert "Sitti" not in repr(await database["dead_letters"].find_one())


async def test_letters_are_for_the_operator_and_the_ministry(store: Store) -> None:
    await store.dead_letters.put("lapor", [refused()], provenance())

    async def seen(grant: Grant) -> int:
        page = await store.reader(scope(grant)).dead_letters.page(None, None, PageRequest(9))
        return len(page.documents)

    assert await seen(Grant(Role.MINISTRY)) == 1
    assert await seen(Grant(Role.OPERATOR, channels=("lapor",))) == 1
    assert await seen(Grant(Role.OPERATOR, channels=("sulsel",))) == 0
    for other in (Grant(Role.ADMIN), Grant(Role.STATISTICS), Grant(Role.PROVINCE, ("73",))):
        assert await seen(other) == 0
