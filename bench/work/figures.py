"""Indicators against a `$group` over the complaints themselves; depth; growth."""

import asyncio

from pymongo import MongoClient

from bench import asks
from bench.compare import Result
from bench.data import KEY
from bench.peers.hub import GRANTS
from bench.work.plans import Bench, Side, side_by_side
from hub.domain.question import All
from hub.domain.reading import Reading
from hub.domain.scope import DEFAULT_PERMISSIONS, Role, Scope
from hub.store.mongo import Document, Driver, connect
from hub.store.paging import PageRequest
from hub.store.store import Store
from hub.store.vault import Vault

_DEEP = 10_000
_AS_ASKED = 2_000_000
_FEW = 2
"""Connections, where one answer keeps a core of MongoDB busy for long."""
_PEERS = ("hand-written", "Mercurius with jit", "plain Strawberry")


def nation(bench: Bench, size: int) -> Result:
    """The nation's districts."""
    question, title = asks.indicators("DISTRICT"), "Indicators of the nation by district"
    return _by(bench, "nation", title, size, question)


def province(bench: Bench, size: int) -> Result:
    """A province's districts."""
    question = asks.indicators("DISTRICT", province=True)
    return _by(bench, "province", "Indicators of a province by district", size, question)


def _by(bench: Bench, work: str, title: str, size: int, question: asks.Ask) -> Result:
    names = ("hub", *(peer for peer in _PEERS if bench.wants(peer)))
    sides = [Side(name, name, f"hub_{size}", [question]) for name in names]
    return side_by_side(bench, work, title, size, sides, connections=_FEW)


def months(bench: Bench, size: int) -> Result:
    """The nation's districts by month, and the same `$group` behind a plain endpoint."""
    raw, database = "the same $group over the complaints", f"hub_{size}"
    question = [asks.indicators("DISTRICT", "MONTH")]
    # More questions than the hub keeps answers of this size, so that each is read anew.
    unknown = [asks.indicators_since(month, "DISTRICT", "MONTH") for month in range(1, 13)]
    sides = [
        Side("hub", "hub", database, question),
        Side(raw, "hand-written", database, question),
        Side("hub, each question a new one", "hub", database, unknown),
    ]
    goals = {raw: 20.0} if size >= _AS_ASKED else {}
    title = "Indicators of the nation by district and month"
    return side_by_side(bench, "months", title, size, sides, goals, connections=_FEW)


def depth(bench: Bench, size: int) -> Result:
    """Page 10,000 against page 1, of as many complaints a page as there are for it."""
    first = min(50, size // _DEEP)
    cursor = asyncio.run(_cursor_after(bench.uri, f"hub_{size}", first * (_DEEP - 1)))
    sides = [
        Side(label, "hub", f"hub_{size}", [asks.page_after(first, after)])
        for label, after in ((f"page {_DEEP:,}", cursor), ("page 1", None))
    ]
    title = f"Page {_DEEP:,} against page 1, {first} complaints of 5 fields each"
    goals = {"page 1": round(1 / 1.1, 2)}
    return side_by_side(bench, "depth", title, size, sides, goals, equal=False)


async def _cursor_after(uri: str, name: str, skipped: int) -> str:
    """The cursor of the document at a place, as the ministry's pages would state it."""
    with MongoClient[Document](uri, tz_aware=True) as client:
        latest = client[name]["complaints"].find({}).sort([("received_at", -1), ("_id", -1)])
        document = next(latest.skip(skipped - 1).limit(1))
    scope = Scope("bench", (GRANTS["ministry"],), DEFAULT_PERMISSIONS[Role.MINISTRY])
    async with connect(uri, Driver.PYMONGO, name) as database:
        reader = Store(database, Vault(KEY)).reader(scope)
        page = await reader.complaints.page(All(), PageRequest(1), Reading())
        return page.cursor(document)


def growth(bench: Bench, size: int) -> list[Result]:
    """The same questions of this many complaints and of a tenth."""
    smaller = size // 10
    questions = {
        "Page of 50": ([asks.page(50)], None),
        "Page of 50, 5 fields": ([asks.five_fields(50)], None),
        "10,000 complaints paged by 200": ([asks.following(200)], 50),
        "Indicators of the nation by district and month": (
            [asks.indicators("DISTRICT", "MONTH")],
            None,
        ),
    }
    results = []
    for title, (question, pages) in questions.items():
        sides = [
            Side(f"{of:,} complaints", "hub", f"hub_{of}", question, pages)
            for of in (size, smaller)
        ]
        goals = {sides[1].label: round(1 / 1.3, 2)} if size >= _AS_ASKED else {}
        whole = f"{title}: {size:,} complaints against {smaller:,}"
        few = _FEW if "Indicators" in title else 8
        results.append(
            side_by_side(bench, "growth", whole, size, sides, goals, equal=False, connections=few)
        )
    return results
