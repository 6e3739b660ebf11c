"""Duplicates in a real MongoDB: found by bands, linked once, taken back, and never lost."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from random import Random

import anyio
import pytest

from hub.domain.complaint import Complaint, Location
from hub.domain.likeness import FIRST_COPIES, Told, alike
from hub.domain.question import EVERYTHING, Compare, Field, Op
from hub.domain.scope import Grant, Role
from hub.oversight.linking import Linker
from hub.store.cases import Case, CaseCounts, CasesError
from hub.store.links import Links
from hub.store.mongo import Database
from hub.store.store import Store
from tests.domain.test_likeness import ANOTHER, TEXT
from tests.made import CHANNELS, MINISTRY, MOMENT, complaint, provenance, received, scope
from tests.oversight.labelled import labelled
from tests.oversight.test_labelled import linked
from tests.security import rules

POINT = Location(119.42, -5.14)
ONE = complaint(external_id="one", description=TEXT, location=POINT)
SAME = replace(ONE, channel="sulsel", external_id="same")
OTHER = replace(SAME, external_id="other", description="Sampah menumpuk")


async def store_all(store: Store, *complaints: Complaint) -> list[str]:
    await store.writer.write(received(*complaints), provenance())
    return [each.id for each in complaints]


async def found(database: Database) -> set[frozenset[str]]:
    links = await database["links"].find({"undone": None}).to_list()
    return {frozenset(each["members"]) for each in links}


async def case_of(store: Store, one: Complaint) -> Case:
    return (await store.reader(MINISTRY).cases.of([one.id]))[one.id]


async def test_what_is_linked_is_what_a_look_at_all_pairs_finds(
    store: Store, database: Database
) -> None:
    made = labelled(1, people=120)
    ids = await store_all(store, *made.complaints)
    for start in range(0, len(ids), 50):
        await Linker(store).look(ids[start : start + 50])
    assert await found(database) == linked(made)
    counts = await store.reader(MINISTRY).cases.count(EVERYTHING)
    assert (counts.received, counts.cases) == (len(ids), cases_by_hand(ids, linked(made)))


def cases_by_hand(ids: list[str], pairs: set[frozenset[str]]) -> int:
    """How many groups there are when whoever is linked moves together, one pair after another."""
    group = {id_: n for n, id_ in enumerate(ids)}
    for one, other in map(sorted, pairs):
        gone, into = group[one], group[other]
        group = {id_: into if n == gone else n for id_, n in group.items()}
    return len(set(group.values()))


LAPOR = Compare(Field.CHANNEL, Op.EQ, "lapor")
GRANTS = [
    Grant(Role.MINISTRY),
    Grant(Role.PROVINCE, ("73",)),
    Grant(Role.DISTRICT, ("73.71",)),
    Grant(Role.OPERATOR, channels=("lapor", "sulsel")),
    Grant(Role.OPERATOR, channels=("lapor", "makassar")),
]


@pytest.mark.parametrize("seed", range(2))
async def test_a_text_that_many_send_is_linked_by_few_and_one_case_for_whoever_looks(
    store: Store, database: Database, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cases of each viewer are those that all pairs would make, in whatever order they came."""
    random = Random(seed)
    made = [
        replace(
            ONE,
            channel=channel,
            external_id=f"{district} {secret} {text} {n}",
            district=district,
            secret=secret,
            description=text,
            received_at=MOMENT + timedelta(hours=random.randrange(10 * 24)),
            location=Location(POINT.longitude + random.random() / 1_000, POINT.latitude),
        )
        for channel in ("lapor", "sulsel", "makassar")
        for district in ("73.71", "73.06")
        for secret in (False, True)
        for text in (TEXT, ANOTHER)
        for n in range(random.choice((0, 1, 14)))
    ]
    random.shuffle(made)
    ids = await store_all(store, *made)
    while ids:
        await Linker(store).look(ids[: (some := random.choice((1, 3, 40)))])
        ids = ids[some:]
    told = [Told.of(each) for each in made]
    pairs = [(a.id, b.id) for a, b in combinations(told, 2) if alike(a, b)]
    links = await found(database)
    assert links < set(map(frozenset, pairs))
    sent = Counter((each.seen_with, each.text) for each in told)
    assert len(links) <= FIRST_COPIES * sum(a + b for a, b in combinations(sent.values(), 2))
    documents = await database["complaints"].find().to_list()
    for grant in GRANTS:
        viewer = scope(grant)
        right = rules.cases(viewer, documents, [{"members": p, "undone": None} for p in pairs])
        cases = store.reader(viewer).cases
        shown = await cases.of([each.id for each in made])
        assert {id_: {r["_id"] for r in case.reports} for id_, case in shown.items()} == right
        for condition, channels in ((EVERYTHING, CHANNELS), (LAPOR, ["lapor"])):
            among = [d["_id"] for d in documents if d["channel"] in channels and d["_id"] in right]
            counts = CaseCounts(len(among), len({min(right[id_]) for id_ in among}))
            for at_once in (5, 1_000):
                monkeypatch.setattr("hub.store.cases._AT_ONCE", at_once)
                assert await cases.count(condition) == counts


async def test_more_than_can_be_counted_is_refused(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await Linker(store).look(await store_all(store, ONE, SAME))
    monkeypatch.setattr("hub.store.cases._AT_ONCE", 1)
    monkeypatch.setattr("hub.store.cases.MOST_LINKS", 0)
    cases = store.reader(MINISTRY).cases
    with pytest.raises(CasesError, match="narrow it down"):
        await cases.count(EVERYTHING)
    assert await cases.count(LAPOR) == CaseCounts(1, 1)


async def test_a_parted_copy_does_not_come_back_by_those_it_was_not_linked_to(
    store: Store,
) -> None:
    linker = Linker(store)
    copies = [
        replace(ONE, channel=channel, external_id=f"{n}", received_at=MOMENT + timedelta(minutes=n))
        for channel in ("lapor", "sulsel")
        for n in range(2 * FIRST_COPIES)
    ]
    await linker.look(await store_all(store, *copies))
    last = copies[-1]
    assert len((await case_of(store, last)).reports) == len(copies)
    await store.holdings(scope(Grant(Role.PROVINCE, ("73",)))).cases.part(last.id, "another lamp")
    for each in (copies[0], last):
        again = replace(each, status_source="again", title="Lampu")
        await linker.look(await store_all(store, again))
    assert len((await case_of(store, last)).reports) == 1
    assert len((await case_of(store, copies[0])).reports) == len(copies) - 1


async def test_a_foreign_id_links_whatever_the_words_say(store: Store, database: Database) -> None:
    told = [
        complaint(channel="lapor", external_id="77", sp4n_id="5200077", title="Jalan rusak"),
        complaint(
            channel="sulsel", sp4n_id="5200077", title="Perbaikan", province="74", district=None
        ),
        complaint(channel="makassar", sp4n_id="5200078"),
        complaint(channel="makassar", external_id="3", sp4n_id="5200077"),
    ]
    await Linker(store).look(await store_all(store, *told))
    same = [told[0], told[1], told[3]]
    assert await found(database) == {frozenset((a.id, b.id)) for a, b in combinations(same, 2)}
    case = await case_of(store, told[0])
    assert [link["how"] for link in case.links] == ["foreign_id"] * 3


@pytest.mark.parametrize("written", ["9", "1234", "9999999", "tidak ada"])
async def test_an_id_that_can_not_be_one_links_nobody(
    store: Store, database: Database, written: str
) -> None:
    told = [complaint(channel=channel, sp4n_id=written) for channel in CHANNELS]
    await Linker(store).look(await store_all(store, *told))
    assert await found(database) == set()


async def test_an_id_that_many_carry_makes_one_case_by_few_links_in_any_order(
    store: Store, database: Database
) -> None:
    count, random = 4 * FIRST_COPIES, Random(1)
    linker = Linker(store)
    for n in range(3):
        told = [
            complaint(channel=channel, external_id=f"{n}-{each}", sp4n_id=f"520000{n}")
            for channel in ("lapor", "sulsel")
            for each in range(count)
        ]
        random.shuffle(told)
        size = (1, 7, len(told))[n]
        for start in range(0, len(told), size):
            await linker.look(await store_all(store, *told[start : start + size]))
        ids = {each.id for each in told}
        assert {each["_id"] for each in (await case_of(store, told[0])).reports} == ids
        made = {link for link in await found(database) if link <= ids}
        assert len(made) <= 2 * FIRST_COPIES * count
        # Looked at again in another order, all stays as it is.
        again = [replace(each, title="Sampah") for each in random.sample(told, count)]
        await linker.look(await store_all(store, *again))
        assert {link for link in await found(database) if link <= ids} == made


async def test_a_link_goes_when_its_complaint_says_something_else(
    store: Store, database: Database
) -> None:
    linker = Linker(store)
    await linker.look(await store_all(store, ONE, SAME))
    assert await found(database) == {frozenset((ONE.id, SAME.id))}
    await linker.look(await store_all(store, replace(SAME, description=f"{TEXT} nomor 99")))
    assert len(await found(database)) == 1
    await linker.look(await store_all(store, replace(SAME, description="Sampah menumpuk")))
    assert await found(database) == set()


async def test_what_a_person_said_stays_whatever_the_hub_finds(
    store: Store, database: Database
) -> None:
    linker = Linker(store)
    changes = store.holdings(scope(Grant(Role.PROVINCE, ("73",)))).cases
    await linker.look(await store_all(store, ONE, SAME, OTHER))
    await changes.part(SAME.id, "another lamp")
    await changes.link([ONE.id, OTHER.id], "called them")
    again = [replace(each, status_source="again", title="Lampu") for each in (ONE, SAME, OTHER)]
    await linker.look(await store_all(store, *again))
    await linker.look_at_all()
    assert await found(database) == {frozenset((ONE.id, OTHER.id))}
    case = await case_of(store, ONE)
    assert [link["note"] for link in case.links] == ["called them"]
    await changes.link([ONE.id, SAME.id], "it is the same lamp")
    assert len((await case_of(store, ONE)).reports) == 3


async def test_a_linker_that_dies_at_any_step_loses_nothing(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await store_all(store, ONE, SAME)

    class DiedError(Exception):
        pass

    async def die(*_: object, **__: object) -> None:
        raise DiedError

    for owner, name in ((Links, "settle"), (Links, "_place"), (type(store.likenesses), "settled")):
        with monkeypatch.context() as patched:
            patched.setattr(owner, name, die)
            with pytest.raises(DiedError):
                await Linker(store).look(ids)
    await Linker(store).look(ids)
    assert await found(database) == {frozenset(ids)}
    places = await database["links"].find_one({})
    assert places and places["districts"] == ["73.71"]


async def test_what_is_written_is_linked_beside_it(store: Store, database: Database) -> None:
    """What was there before the first turn, what comes during it, and what comes between two."""

    async def until(pairs: int) -> None:
        with anyio.fail_after(30):
            while len(await found(database)) < pairs:  # noqa: ASYNC110 - MongoDB alone tells
                await anyio.sleep(0.05)

    third = replace(ONE, channel="makassar", external_id="third")
    fourth = replace(ONE, channel="kendari", external_id="fourth")
    await store_all(store, ONE, SAME)
    async with anyio.create_task_group() as group:
        group.start_soon(Linker(store).work)
        await until(1)
        await store_all(store, third)
        await until(3)
        group.cancel_scope.cancel()
    await store_all(store, fourth)
    async with anyio.create_task_group() as group:
        group.start_soon(Linker(store).work)
        await until(6)
        group.cancel_scope.cancel()


async def test_nothing_that_is_stored_of_it_has_a_word(store: Store, database: Database) -> None:
    secret = replace(ONE, secret=True)
    await Linker(store).look(await store_all(store, secret, SAME))
    for name in ("likenesses", "links"):
        text = str(await database[name].find({}).to_list()).casefold()
        assert text
        assert not any(word in text for word in Told.of(ONE).words)
