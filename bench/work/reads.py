"""Pages, walks and single complaints: the hub against its peers over one database."""

from pymongo import MongoClient

from bench import asks
from bench.asks import Ask
from bench.compare import Result
from bench.work.plans import Bench, Side, side_by_side
from hub.store.mongo import Document

GRAPHQL = ("Mercurius with jit", "Yoga", "Apollo Server", "plain Strawberry")
ALL = ("hand-written", *GRAPHQL)
OPEN = "hub, no token, no scope"
_SINGLES = 200
_STARTS = 6


def _against(
    bench: Bench, name: str, title: str, size: int, questions: list[Ask],
    peers: tuple[str, ...], at_least: dict[str, float] | None = None, pages: int | None = None,
) -> Result:  # fmt: skip
    database = f"hub_{size}"
    names = ("hub", *(peer for peer in peers if bench.wants(peer)))
    sides = [Side(peer, peer, database, questions, pages) for peer in names]
    return side_by_side(bench, name, title, size, sides, at_least, equal=pages is None)


def page50(bench: Bench, size: int) -> Result:
    """A page of 50, with a token and a scope on the hub's side."""
    goals = {
        "Mercurius with jit": 1.6,
        "Yoga": 3.0,
        "plain Strawberry": 8.0,
        "hand-written": 0.8,
    }
    peers = (*ALL, "plain Strawberry, caches")
    title = "Page of 50: 14 fields, a location, a timeline"
    return _against(bench, "page50", title, size, [asks.page(50)], peers, goals)


def page200(bench: Bench, size: int) -> Result:
    """A page of 200."""
    title = "Page of 200: 14 fields, a location, a timeline"
    return _against(bench, "page200", title, size, [asks.page(200)], ALL)


def five(bench: Bench, size: int) -> Result:
    """A page of 50 with few fields."""
    return _against(bench, "five", "Page of 50: 5 fields", size, [asks.five_fields(50)], ALL)


def walk(bench: Bench, size: int) -> Result:
    """10,000 complaints, page after page."""
    question = [asks.following(200)]
    pages = min(50, size // 200)
    title = f"{pages * 200:,} complaints of 5 fields, paged by 200"
    goals = {"plain Strawberry": 10.0}
    peers = ("hand-written", "Mercurius with jit", "plain Strawberry")
    return _against(bench, "walk", title, size, question, peers, goals, pages)


def single(bench: Bench, size: int) -> Result:
    """One complaint by its id, many ids in turn."""
    with MongoClient[Document](bench.uri) as client:
        wanted = {"province": asks.PROVINCE}
        found = client[f"hub_{size}"]["complaints"].find(wanted, {"_id": 1}).limit(_SINGLES)
        questions = [asks.single(f"complaint:{document['_id']}") for document in found]
    return _against(bench, "single", "A single complaint by id", size, questions, ALL)


def dashboard(bench: Bench, size: int) -> Result:
    """Six root fields at once."""
    title = "Dashboard of a province: 6 root fields"
    return _against(bench, "dashboard", title, size, [asks.dashboard()], GRAPHQL)


def auth(bench: Bench, size: int) -> Result:
    """What token and scope cost."""
    question, database = [asks.page(50)], f"hub_{size}"
    sides = [Side(name, name, database, question) for name in ("hub", OPEN)]
    title = "Page of 50: scope and token against none"
    return side_by_side(bench, "auth", title, size, sides, {OPEN: 0.95}, starts=_STARTS)


def workers(bench: Bench, size: int) -> Result:
    """What a second process adds, where MongoDB and the load generator share the processors."""
    question, database = [asks.page(50)], f"hub_{size}"
    sides = [Side(name, name, database, question) for name in ("hub, 2 processes", "hub")]
    return side_by_side(bench, "workers", "Page of 50: two processes", size, sides)


def drivers(bench: Bench, size: int) -> Result:
    """What the choice of driver comes to."""
    question, database = [asks.page(50)], f"hub_{size}"
    sides = [Side(name, name, database, question) for name in ("hub", "hub, Motor")]
    return side_by_side(bench, "drivers", "Page of 50: by PyMongo and by Motor", size, sides)
