"""Hostile documents, any viewer, any question: what comes back is what an oracle shows that looks
at one document at a time. SCOPE_CASES says how many questions, SCOPE_SEED which ones."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from random import Random

import pytest
from pymongo.errors import BulkWriteError
from structlog.testing import capture_logs

from hub.store.mongo import Database
from hub.store.store import Store
from tests.made import MOMENT
from tests.security import hostile, rules
from tests.security.asker import Asker, Document, Lying

CASES = int(os.environ.get("SCOPE_CASES", "1000"))
SEED = int(os.environ.get("SCOPE_SEED", "0"))
VIEWERS = 5
QUESTIONS = 7
"""Of each viewer, about each set of documents."""


async def _put(database: Database, name: str, documents: list[Document]) -> list[Document]:
    """Puts documents straight into MongoDB; returns those that it let in."""
    await database[name].delete_many({})
    try:
        await database[name].insert_many(documents, ordered=False)
    except BulkWriteError as error:
        refused = {failure["index"] for failure in error.details["writeErrors"]}
        return [d for n, d in enumerate(documents) if n not in refused]
    return documents


async def _filled(random: Random, database: Database, met: Counter[str]) -> Lying:
    """A database with hostile documents. MongoDB lets in what the oracle lets in."""
    made = hostile.documents(random, 40)
    marks = {f"c{n}": document for n, document in enumerate(made)}
    ids = Counter(d["_id"] for d in made if isinstance(d.get("_id"), str))
    made = [d for d in made if not isinstance(d.get("_id"), str) or ids[d["_id"]] == 1]
    right = [d for d in made if rules.admissible(d)]
    lying = Lying(marks=marks, ids=[*ids])
    lying.complaints = await _put(database, "complaints", made)
    assert [d["_id"] for d in lying.complaints] == [d["_id"] for d in right]
    met["complaints let in"] += len(right)
    met["complaints refused"] += len(made) - len(right)
    lying.links = await _put(database, "links", hostile.links(random, lying.complaints))
    await database["rollup_marks"].delete_many({})

    made = [hostile.ledger(random, n) for n in range(8)]
    right = [d for d in made if all(isinstance(v, str) for v in d.values())]
    names = [{"_id": d["_id"], "channel": d["channel"]} for d in right]
    assert await _put(database, "runs", made) == right
    assert await _put(database, "connectors", names) == names
    texts = [hostile.text_of(d) for d in right]
    assert await _put(database, "connector_versions", texts) == texts
    counts = [hostile.counts_of(d) for d in right]
    assert await _put(database, "completeness", counts) == counts
    lying.runs = right
    made = [{**hostile.ledger(random, n), "last_seen": MOMENT} for n in range(8)]
    right = [d for d in made if isinstance(d["channel"], str)]
    lying.dead_letters = await _put(database, "dead_letters", made)
    assert lying.dead_letters == right
    made = [hostile.channel(random, name) for name in hostile.CHANNELS]
    lying.channels = await _put(database, "channels", made)
    return lying


@pytest.fixture
def met() -> Iterator[Counter[str]]:
    """Counts of what the cases were like. What the hub logs of failures holds no content."""
    with capture_logs() as logs:
        yield Counter()
    assert not re.search("kata|isi", repr(logs))


async def test_every_answer_is_the_oracles(
    store: Store, database: Database, met: Counter[str]
) -> None:
    for seed in range(SEED, SEED + -(-CASES // (VIEWERS * QUESTIONS))):
        random = Random(seed)
        lying = await _filled(random, database, met)
        await store.rollups.rebuild()
        for _ in range(VIEWERS):
            viewer = hostile.viewer(random)
            try:
                await Asker(random, store, lying, viewer, met).ask_all()
            except AssertionError as error:
                error.add_note(f"SCOPE_SEED={seed}, {viewer}")
                raise
    judged = met["neither empty nor everything"] + met["trivial"]
    assert met["neither empty nor everything"] > judged / 4, met
    assert met["by id: shown"] > 0.1 * (met["by id: shown"] + met["by id: hidden"]) > 0, met
    assert met["cases: of several"] > 0.05 * met["cases: of one"] > 0, met
    assert met["complaints refused"] > 0.1 * met["complaints let in"] > 0, met
    assert met["errors"] > 0, met
    assert met["suppressed: told"] > 0, met
    assert met["members: connected"] > 0, met
