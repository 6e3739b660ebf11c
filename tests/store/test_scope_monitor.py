"""The monitor knows a read without its viewer's scope, by either driver."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from pymongo.asynchronous.database import AsyncDatabase
from structlog.testing import capture_logs

from hub.auth.middleware import Authentication, Bearers, Challenge
from hub.auth.tokens import TokenVerifier
from hub.domain.activity import Members
from hub.domain.disclosure import DisclosureError
from hub.domain.indicators import Dimension, Period
from hub.domain.institutions import Institution
from hub.domain.question import EVERYTHING
from hub.domain.ranking import Measure, RankedBy
from hub.domain.reading import Reading
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.mongo import Database, Driver, connect, documents, find_at_once
from hub.store.paging import PageRequest
from hub.store.principals import Principals
from hub.store.scope_monitor import ScopeMonitoring, UnscopedReadError, unscoped, viewing
from hub.store.store import Reader, Store
from hub.store.vault import Vault
from tests.conftest import unscoped_reads
from tests.made import GRANTS, MOMENT, complaint, provenance, received, scope
from tests.running_hub import RunningHub

SULSEL = scope(Grant(Role.PROVINCE, ("73",)))
HERE = {"province": {"$in": ["73"]}}
JOIN = {"from": "complaints", "pipeline": [], "as": "all"}
Read = Callable[[Database], Awaitable[Any]]


@pytest.fixture(autouse=True)
def no_unscoped_reads() -> Iterator[None]:
    """Here they are meant."""
    yield


@pytest.fixture(scope="module")
async def watched(mongodb_uri: str, driver: Driver) -> AsyncIterator[Database]:
    async with connect(mongodb_uri, driver, f"watched-{driver}") as database:
        yield database
        await database.client.drop_database(database.name)


def piped(collection: str, *stages: dict[str, Any]) -> Read:
    return lambda d: documents(d[collection], list(stages))


UNSCOPED: dict[str, Read] = {
    "a page": lambda d: find_at_once(d["complaints"], {}, None, (), 5),
    "find without a filter": lambda d: d["complaints"].find().to_list(None),
    "find_one by id": lambda d: d["complaints"].find_one({"_id": "1"}),
    "find in another province": lambda d: d["complaints"].find_one({"province": {"$in": ["74"]}}),
    "scope as an alternative": lambda d: d["complaints"].find_one({"$or": [HERE, {"_id": "1"}]}),
    "scope turned round": lambda d: d["complaints"].find_one({"$nor": [HERE]}),
    "count": lambda d: d["complaints"].count_documents({}),
    "estimated count": lambda d: d["complaints"].estimated_document_count(),
    "distinct": lambda d: d["complaints"].distinct("province"),
    "find and modify": lambda d: d["complaints"].find_one_and_delete({"_id": "1"}),
    "group": piped("complaints", {"$group": {"_id": "$province"}}),
    "match after another stage": piped(
        "complaints", {"$set": {"province": "73"}}, {"$match": HERE}
    ),
    "change stream": lambda d: d.command(
        {"aggregate": "complaints", "pipeline": [{"$changeStream": {}}], "cursor": {}}
    ),
    "lookup": piped("complaints", {"$match": HERE}, {"$lookup": JOIN}),
    "lookup from a collection without a scope": piped("clients", {"$lookup": JOIN}),
    "union in a facet": piped(
        "clients", {"$facet": {"a": [{"$unionWith": {"coll": "complaints", "pipeline": []}}]}}
    ),
    "roll-up": lambda d: d["rollups"].find_one({"breakdown": "total"}),
    "institutions": lambda d: d["institutions"].find_one({"version": "v"}),
    "runs": lambda d: d["runs"].find_one({}),
    "dead letters": lambda d: d["dead_letters"].find_one({"state": "open"}),
    "channels": lambda d: d["channels"].find_one({}),
    "connectors": lambda d: d["connectors"].find_one({}),
    "texts of connectors": lambda d: d["connector_versions"].find_one({}),
    "completeness": lambda d: d["completeness"].find_one({}),
    "changes of connectors": lambda d: d["changes"].find_one({}),
    "secrets": lambda d: d["connector_secrets"].find_one({}),
    "readiness": lambda d: d["readiness"].find_one({"item": "decree"}),
    "letters": lambda d: d["letters"].find_one({"state": "sent"}),
    "a file by its id": lambda d: d["file_contents.chunks"].find_one({"files_id": "file_1"}),
    "the key of a file": lambda d: d["files"].find_one({"_id": "file_1"}),
}


async def known_for_unscoped(database: Database, viewer: Scope, read: Read) -> None:
    """Reported by both drivers; by PyMongo's it is not even sent."""
    before = unscoped_reads()
    motor = not isinstance(database, AsyncDatabase)
    with viewing(viewer), nullcontext() if motor else pytest.raises(UnscopedReadError):
        await read(database)
    assert unscoped_reads() == before + 1


@pytest.mark.parametrize("attempt", UNSCOPED)
async def test_a_read_without_the_scope_is_known(watched: Database, attempt: str) -> None:
    await known_for_unscoped(watched, SULSEL, UNSCOPED[attempt])


@pytest.mark.parametrize("kind", ["find", "aggregate"])
async def test_who_may_only_count_reads_no_row_of_the_nation(watched: Database, kind: str) -> None:
    counts = piped("complaints", {"$match": {}}, {"$group": {"_id": "$province"}})
    rows = UNSCOPED["find without a filter"] if kind == "find" else piped("complaints")
    viewer = scope(Grant(Role.STATISTICS))
    with viewing(viewer):
        assert await counts(watched) == []
    await known_for_unscoped(watched, viewer, rows)


@pytest.mark.parametrize("permission", [Permission.COMPLAINTS_READ, Permission.CONNECTORS_READ])
async def test_the_nation_has_to_be_allowed_to_read_too(
    watched: Database, permission: Permission
) -> None:
    allowed = scope(Grant(Role.MINISTRY))
    with viewing(allowed):
        await watched["complaints"].find_one({})
        await watched["runs"].find_one({})
    name = "runs" if permission is Permission.CONNECTORS_READ else "complaints"
    viewer = scope(Grant(Role.MINISTRY), without=frozenset({permission}))
    await known_for_unscoped(watched, viewer, lambda d: d[name].find_one({}))


async def test_reads_for_nobody_and_declared_ones_pass(watched: Database) -> None:
    await UNSCOPED["find without a filter"](watched)
    with viewing(SULSEL), unscoped("a test of what is declared"):
        await UNSCOPED["find without a filter"](watched)


async def everything(reader: Reader) -> None:
    """Asks a reader for all that it has."""
    request = PageRequest(3)
    page = await reader.complaints.page(EVERYTHING, request, Reading())
    if page.documents:
        await reader.complaints.get(page.documents[0]["_id"], Reading())
    await reader.complaints.count(EVERYTHING)
    for dimensions in ([], [Dimension.STATUS], [Dimension.DAY]):
        with suppress(DisclosureError):  # days are not for statistics
            await reader.complaints.indicators(dimensions, EVERYTHING, Period())
    measure = Measure(RankedBy.FOLLOW_UP_RATE, frozenset({"lapor"}), 0)
    for as_of in (None, MOMENT):
        with suppress(DisclosureError):  # nor is the past
            await reader.complaints.indicators([], EVERYTHING, Period(), as_of=as_of)
        for members in Members:
            with suppress(DisclosureError):
                await reader.rankings.of(members, measure, None, EVERYTHING, Period(), as_of=as_of)
            await reader.activity.of(members, "73", Period(), as_of)
    await reader.channels.all()
    await reader.connectors.all()
    await reader.connectors.get("sulsel")
    await reader.connectors.versions(["sulsel"])
    await reader.completeness.of(["sulsel"])
    await reader.runs.get("run")
    await reader.runs.latest_of(["sulsel"])
    await reader.runs.page(None, request)
    await reader.dead_letters.page(None, None, request)
    await reader.audit.page(request)
    await reader.readiness.all("73")
    await reader.readiness.attachment("file_1")
    await reader.letters.page(request)
    await reader.letters.get("73-2020-1")


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.role.value)
async def test_readers_carry_the_scope_by_either_driver(
    watched: Database, vault: Vault, grant: Grant
) -> None:
    store = Store(watched, vault)
    await store.writer.write(received(complaint(), complaint(external_id="2")), provenance())
    await store.institutions.replace([Institution("Dinas PU", "73")])
    viewer = scope(grant)
    before = unscoped_reads()
    with viewing(viewer):
        await everything(store.reader(viewer))
        await store.holdings(viewer).connectors.get("sulsel")
    assert unscoped_reads() == before


async def test_the_reader_of_another_viewer_is_refused(watched: Database, vault: Vault) -> None:
    reader = Store(watched, vault).reader(scope(Grant(Role.PROVINCE, ("74",))))
    await known_for_unscoped(watched, SULSEL, lambda _: reader.complaints.count(EVERYTHING))


async def test_in_production_it_is_told_without_any_content(
    mongodb_uri: str, driver: Driver
) -> None:
    name, before = f"watched-{driver}", unscoped_reads()
    async with connect(mongodb_uri, driver, name, ScopeMonitoring.REPORT) as database:
        with viewing(SULSEL), capture_logs() as logs:
            assert await database["complaints"].find_one({"number": "NIK 7371"}) is None
        assert logs == [
            {
                "event": "store.unscoped_read",
                "log_level": "error",
                "command": "find",
                "collection": "complaints",
            }
        ]
        await database.client.drop_database(name)
    assert unscoped_reads() == before + 1
    async with connect(mongodb_uri, driver, name, ScopeMonitoring.OFF) as database:
        with viewing(SULSEL):
            assert await database["complaints"].find_one({}) is None
        await database.client.drop_database(name)
    assert unscoped_reads() == before + 1


async def test_a_request_without_a_token_reads_for_nobody(database: Database) -> None:
    async def careless(*_: Any) -> None:
        await database["complaints"].find_one({})

    verifier, changes = TokenVerifier([]), Principals(database).remembered
    bearers, challenge = Bearers(verifier, changes), Challenge("http://127.0.0.1")
    with pytest.raises(UnscopedReadError):
        asked = {"type": "http", "headers": []}
        await Authentication(careless, bearers, challenge)(asked, no_message, no_message)


async def no_message(*_: Any) -> Any:
    """Neither receives nor sends."""


async def test_a_reader_that_lost_its_scope_ends_the_request(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.store.writer.write(received(complaint(province="74", district=None)), provenance())
    token = await hub.token(Grant(Role.PROVINCE, ("73",)))
    monkeypatch.setattr("hub.store.plan.within", lambda *_, **__: {})
    for field in ("nodes { number }", "totalCount"):
        answer = await hub.post(token, f"{{ complaints {{ {field} }} }}")
        assert answer.status_code == 500
        assert answer.text == "Internal Server Error"
