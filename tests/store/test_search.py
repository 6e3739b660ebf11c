"""Complaints that an earlier version of the hub stored can be found too."""

from hub.domain.question import Compare, Field, Op
from hub.store.mongo import Database
from hub.store.store import Store
from tests.made import MINISTRY, complaint, provenance, received

SEARCH = Compare(Field.WORDS, Op.HAS, ("sampah",))


async def test_what_has_no_words_is_given_them_once(store: Store, database: Database) -> None:
    some = [
        complaint(external_id=str(n), description="Tumpukan sampah", secret=n % 2 == 0)
        for n in range(3)
    ]
    await store.writer.write(received(*some, complaint(external_id="none")), provenance())
    complaints = database["complaints"]
    written = await complaints.find().to_list()
    await complaints.update_many({}, {"$unset": {"words": 1}})
    reader = store.reader(MINISTRY).complaints
    assert (await reader.count(SEARCH)).number == 0
    assert await store.search_words.fill() == 4
    assert await store.search_words.fill() == 0
    assert (await reader.count(SEARCH)).number == 3
    assert await complaints.find().to_list() == written
