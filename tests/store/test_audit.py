"""Who read personal data, and who may know of it."""

import pytest

from hub.domain.reading import Reading
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.audit import Query
from hub.store.paging import PageRequest
from hub.store.store import Store
from tests.made import MINISTRY, scope

QUERY = Query("Daftar", "f" * 64)


@pytest.mark.parametrize(
    ("viewer", "rows"),
    [
        (MINISTRY, [2, 1, 1]),
        (scope(Grant(Role.PROVINCE, ("73",))), [2, 1]),
        (scope(Grant(Role.DISTRICT, ("73.71",))), [2]),
        (scope(Grant(Role.PROVINCE, ("76",))), []),
        (scope(Grant(Role.OPERATOR, channels=("lapor",))), []),
        (scope(Grant(Role.STATISTICS), Grant(Role.ADMIN)), []),
        (scope(Grant(Role.MINISTRY), without=frozenset({Permission.AUDIT_READ})), []),
        (scope(), []),
    ],
)
async def test_a_record_is_seen_where_the_complaints_are(
    store: Store, viewer: Scope, rows: list[int]
) -> None:
    reading = Reading()
    for id_, place in (
        ("a", ("73", "73.71")),
        ("b", ("73", "73.71")),
        ("c", ("73", None)),
        ("d", ("74", "74.71")),
    ):
        reading.show_reporter(id_, place)
        reading.show_reporter(id_, place)  # asked for twice in one query
    await store.audit.record(MINISTRY, QUERY, reading)
    found = await store.reader(viewer).audit.page(PageRequest(20))
    assert sorted((d["rows"] for d in found.documents), reverse=True) == rows
    assert all((d["operation"], d["document"]) == ("Daftar", "f" * 64) for d in found.documents)
