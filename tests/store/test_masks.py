"""Several grants add up, each with its own columns: a row shows what one grant alone shows."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import Complaint, Reporter
from hub.domain.question import EVERYTHING
from hub.domain.reading import Reading
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.masks import WORDS
from hub.store.mongo import Database
from hub.store.paging import PageRequest
from hub.store.store import Store
from tests.made import (
    GRANTS,
    complaint,
    distinct_complaints,
    provenance,
    received,
    without_complaints,
)
from tests.running_hub import RunningHub

READ, PII = Permission.COMPLAINTS_READ, Permission.COMPLAINTS_PII
OPERATOR = Grant(Role.OPERATOR, channels=("lapor",))
SULSEL = Grant(Role.PROVINCE, ("73",))
SITTI = Reporter("Sitti", "0811")


@st.composite
def viewers(draw: st.DrawFn) -> Scope:
    """Some grants, of which each may be for a part of the permissions only."""
    permissions = st.frozensets(st.sampled_from([READ, PII, Permission.STATISTICS_READ]))
    grants = [
        replace(grant, only=draw(st.none() | permissions))
        for grant in draw(st.lists(st.sampled_from(GRANTS), max_size=4, unique=True))
    ]
    return Scope("someone", tuple(grants), draw(st.just(frozenset(Permission)) | permissions))


def shown(viewer: Scope, grant: Grant, one: Complaint) -> set[str]:
    """What one grant shows of a complaint: nothing, the row, its words, its reporter."""
    permissions = viewer.permissions & (viewer.permissions if grant.only is None else grant.only)
    covered = {
        Role.MINISTRY: True,
        Role.PROVINCE: one.province in grant.regions,
        Role.DISTRICT: one.district in grant.regions,
        Role.OPERATOR: one.channel in grant.channels,
    }
    if READ not in permissions or not covered.get(grant.role, False):
        return set()
    found = {"row"}
    local = grant.role in {Role.PROVINCE, Role.DISTRICT}
    if not one.secret or local or (grant.role is Role.MINISTRY and PII in permissions):
        found.add("words")
    if PII in permissions and grant.role is not Role.OPERATOR and not one.anonymous:
        found.add("reporter")
    return found


@given(
    complaints=distinct_complaints(12),
    viewer=viewers(),
    fields=st.none() | st.frozensets(st.sampled_from(["title", "reporter", "address", "status"])),
)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_each_row_shows_what_one_of_the_grants_shows_of_it(
    store: Store,
    database: Database,
    complaints: list[Complaint],
    viewer: Scope,
    fields: frozenset[str] | None,
) -> None:
    await without_complaints(database)
    worded = [replace(c, title="Pungutan", address="Jalan", reporter=SITTI) for c in complaints]
    await store.writer.write(received(*worded), provenance())
    page = await store.reader(viewer).complaints.page(
        EVERYTHING, PageRequest(200), Reading(), fields=fields
    )
    found = {document["_id"]: document for document in page.documents}
    for one in worded:
        sights = set[str]().union(*(shown(viewer, grant, one) for grant in viewer.grants))
        assert (one.id in found) is ("row" in sights)
        if one.id not in found:
            continue
        document = found[one.id]
        for name, value in (("title", one.title), ("address", one.address)):
            if fields is None or name in fields:
                assert document[name] == (value if "words" in sights else None)
        if fields is None or "reporter" in fields:
            assert document["reporter"] == (SITTI if "reporter" in sights else None)


async def test_in_one_list_a_row_hides_what_another_shows(hub: RunningHub) -> None:
    """By way of GraphQL, as an operator who is a province too sees it."""
    words = {"title": "Pungutan", "description": "…", "address": "Jalan", "reporter": SITTI}
    here, elsewhere = [
        complaint(external_id=province, province=province, district=None, secret=True, **words)
        for province in ("73", "74")
    ]
    open_elsewhere = replace(elsewhere, external_id="75", secret=False)
    await hub.store.writer.write(received(here, elsewhere, open_elsewhere), provenance())
    token = await hub.token(SULSEL, OPERATOR, permissions=[READ, PII])
    told = await hub.ask(
        token,
        "{ complaints { nodes { externalId secret title description address location { latitude }"
        " reporter { name } } } }",
    )
    rows = {row.pop("externalId"): row for row in told["complaints"]["nodes"]}
    shown = {"title": "Pungutan", "description": "…", "address": "Jalan", "location": None}
    assert rows == {
        "73": {"secret": True, "reporter": {"name": "Sitti"}, **shown},
        "74": {"secret": True, "reporter": None, **dict.fromkeys(shown)},
        "75": {"secret": False, "reporter": None, **shown},
    }
    assert set(shown) == WORDS
