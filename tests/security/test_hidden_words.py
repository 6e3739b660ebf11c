"""Looking for words and places takes the same steps whether there are secret complaints or not,
where their words are hidden: so no time tells of them."""

from typing import Any

import pytest

from hub.domain.complaint import Complaint, Location
from hub.domain.question import LATEST_FIRST, Circle, Compare, Field, Op, Page
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.domain.seen import as_seen
from hub.store import plan
from hub.store.mongo import Database
from hub.store.store import Store
from tests.made import MOMENT, complaint, provenance, received, scope

HERE, ELSEWHERE = Location(119.4, -5.1), Location(122.5, -4)
LOOKED_FOR = {
    "word": Compare(Field.WORDS, Op.HAS, ("pungut",)),
    "place": Compare(Field.LOCATION, Op.WITHIN, Circle(HERE.longitude, HERE.latitude, 5_000)),
}
HIDDEN = {
    "operator": scope(Grant(Role.OPERATOR, channels=("lapor",))),
    "ministry": scope(Grant(Role.MINISTRY), without=frozenset({Permission.COMPLAINTS_PII})),
}


def some(*, secret: bool) -> list[Complaint]:
    return [
        complaint(
            external_id=f"{secret}-{n}",
            secret=secret,
            title="Pungutan liar" if secret else "Sampah",
            location=HERE if secret else ELSEWHERE,
        )
        for n in range(200)
    ]


async def steps(database: Database, viewer: Scope, compare: Compare) -> list[tuple[int, int]]:
    """How many entries of indexes, and how many complaints, a page and a count look at."""
    wanted = plan.match(as_seen(compare, viewer), MOMENT)
    asked = plan.find(plan.within(viewer.rows), wanted, plan.steps(LATEST_FIRST), Page(20))
    page: dict[str, Any] = {"filter": asked.filter, "sort": dict(asked.sort), "limit": asked.limit}
    found = []
    for command in ({"find": "complaints", **page}, {"count": "complaints", "query": asked.filter}):
        told = await database.command("explain", command, verbosity="executionStats")
        stats = told["executionStats"]
        found.append((stats["totalKeysExamined"], stats["totalDocsExamined"]))
    return found


@pytest.mark.parametrize("compare", LOOKED_FOR.values(), ids=LOOKED_FOR)
@pytest.mark.parametrize("viewer", HIDDEN.values(), ids=HIDDEN)
async def test_a_search_takes_no_step_at_complaints_whose_words_are_hidden(
    store: Store, database: Database, viewer: Scope, compare: Compare
) -> None:
    # One that is found elsewhere, so that a range of the index never ends with the index.
    other = complaint(external_id="other", secret=True, title="Zakat", location=Location(141, -9))
    await store.writer.write(received(other, *some(secret=False)), provenance())
    without = await steps(database, viewer, compare)
    await store.writer.write(received(*some(secret=True)), provenance())
    assert await steps(database, viewer, compare) == without
    shown = await steps(database, scope(Grant(Role.PROVINCE, ("73",))), compare)
    assert shown != without
