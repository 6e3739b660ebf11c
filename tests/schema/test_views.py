"""Saved views: one text for all, and for each reader what their own scope reaches."""

import csv
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.complaint import ComplaintStatus, Reporter
from hub.domain.scope import Grant, Permission, Role
from hub.schema.views.files import as_csv, as_xlsx
from hub.schema.views.table import Table
from hub.store.views import MOST_OF_ONE
from tests.made import MOMENT, complaint, provenance, received
from tests.running_hub import RunningHub

SAVE = """
mutation ($name: String!, $document: String!, $variables: JSON) {
  saveView(name: $name, document: $document, variables: $variables) { name by document variables }
}"""
LATEST = """
query Latest($first: Int = 2, $status: [ComplaintStatus!] = [RECEIVED, CLOSED], $after: String) {
  complaints(first: $first, after: $after, filter: {status: {in: $status}}) {
    nodes { number title place: district { code name } timeline { status } }
    pageInfo { hasNextPage }
  }
}"""
MINISTRY, SULSEL = Grant(Role.MINISTRY), Grant(Role.PROVINCE, ("73",))
FORMULAS = ["=1+1", "+62811", "-5", "@SUM(A1)", "\tx", "\rx", "\n=x", "＝1", "＠x", 'plain, "text"']


async def get(hub: RunningHub, token: str, address: str, **headers: str) -> Any:
    """The answer to a view."""
    own = {"Authorization": f"Bearer {token}"}
    return await hub.http.get(f"/views/{address}", headers=own | headers)


@pytest.fixture
async def saved(hub: RunningHub) -> str:
    """The token of who saved the view `latest`, with complaints of two provinces stored."""
    places = [("73", "73.71"), ("74", "74.71")]
    made = [
        complaint(
            external_id=f"{province}-{n}",
            title=FORMULAS[n],
            province=province,
            district=district,
            received_at=MOMENT.replace(day=1 + n),
            status=ComplaintStatus.CLOSED if n % 2 else ComplaintStatus.RECEIVED,
            reporter=Reporter("Sitti", "0811"),
        )
        for n in range(10)
        for province, district in places
    ]
    await hub.store.writer.write(received(*made), provenance())
    token = await hub.token(MINISTRY)
    await hub.ask(token, SAVE, name="latest", document=LATEST)
    return token


async def test_each_reader_gets_what_their_own_scope_reaches(hub: RunningHub, saved: str) -> None:
    province = await hub.token(SULSEL)
    theirs = (await get(hub, province, "latest?first=200")).json()["data"]["complaints"]["nodes"]
    assert {each["place"]["code"] for each in theirs} == {"73.71"}
    assert len(theirs) == 10
    direct = await hub.ask(province, LATEST, first=200)
    assert theirs == direct["complaints"]["nodes"]
    everything = (await get(hub, saved, "latest?first=200")).json()["data"]["complaints"]["nodes"]
    assert len(everything) == 20
    nobody = await hub.token(Grant(Role.STATISTICS))
    refused = await get(hub, nobody, "latest?format=csv")
    assert refused.status_code >= 400
    assert "place" not in refused.text
    assert (await hub.http.get("/views/latest")).status_code == 401


async def test_parameters_are_checked_and_defaults_hold(hub: RunningHub, saved: str) -> None:
    def nodes(answer: Any) -> list[Any]:
        found: list[Any] = answer.json()["data"]["complaints"]["nodes"]
        return found

    assert len(nodes(await get(hub, saved, "latest"))) == 2
    closed = nodes(await get(hub, saved, "latest?first=200&status=CLOSED"))
    assert {each["timeline"][-1]["status"] for each in closed} == {"CLOSED"}
    both = nodes(await get(hub, saved, "latest?first=200&status=CLOSED&status=RECEIVED"))
    assert len(both) == 20
    for wrong, told in {
        "latest?frist=1": "frist: is no parameter",
        "latest?first=many": "first: is no Int",
        "latest?first=1&first=2": "given twice",
        "latest?first=201": "from 0 to 200",
        "latest?status=OPEN": "OPEN",
        "latest?after=x": "cursor",
        "latest?format=pdf": "format: one of json, csv, xlsx",
    }.items():
        answer = await get(hub, saved, wrong)
        assert answer.status_code == 400, wrong
        assert told in answer.json()["errors"][0]["message"]
        assert answer.json()["errors"][0]["extensions"]["code"]
    wrong_kind = (await get(hub, saved, "latest?first=many")).json()["errors"][0]["extensions"]
    assert wrong_kind == {"code": "BAD_USER_INPUT", "argument": "first"}
    assert (await get(hub, saved, "nothing")).status_code == 404


async def test_a_reader_who_has_it_already_gets_it_not_again(hub: RunningHub, saved: str) -> None:
    for address in ("latest", "latest?format=csv"):
        first = await get(hub, saved, address)
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = await get(hub, saved, address, **{"If-None-Match": f'"x", {first.headers["ETag"]}'})
        assert (again.status_code, again.content) == (304, b"")
        other = await get(
            hub, await hub.token(SULSEL), address, **{"If-None-Match": first.headers["ETag"]}
        )
        assert other.status_code == 200
    await hub.store.writer.write(received(complaint(external_id="new")), provenance())
    newer = await get(hub, saved, "latest?first=200", **{"If-None-Match": first.headers["ETag"]})
    assert newer.status_code == 200


async def test_as_a_table_it_has_a_column_for_each_value(hub: RunningHub, saved: str) -> None:
    columns = ["number", "title", "place.code", "place.name", "timeline"]
    answer = await get(hub, saved, "latest?first=200&format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="latest.csv"'
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert head == columns
    assert len(rows) == 20
    titles = {row[1] for row in rows}
    assert titles == {f"'{title}" for title in FORMULAS[:9]} | {FORMULAS[9]}
    answer = await get(hub, saved, "latest?first=200&format=xlsx")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    first, *cells = sheet.iter_rows()
    assert [cell.value for cell in first] == columns
    assert {cell.data_type for row in cells for cell in row} == {"s"}
    empty = await get(hub, await hub.token(Grant(Role.PROVINCE, ("76",))), "latest?format=csv")
    assert empty.content.decode("utf-8-sig").splitlines() == [",".join(columns)]


async def test_figures_are_a_table_too(hub: RunningHub, saved: str) -> None:
    document = "{ indicators(groupBy: [PROVINCE]) { keys { value } received followUpRate } }"
    await hub.ask(saved, SAVE, name="figures", document=document)
    answer = await get(hub, saved, "figures?format=csv")
    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert head == ["keys", "received", "followUpRate"]
    assert [row[1] for row in rows] == ["10", "10"]
    await hub.ask(saved, SAVE, name="two", document="{ a: viewer { id } b: viewer { id } }")
    assert (await get(hub, saved, "two?format=csv")).status_code == 400
    assert (await get(hub, saved, "two")).status_code == 200


async def test_a_view_is_its_authors(hub: RunningHub, saved: str) -> None:
    other = await hub.token(SULSEL)
    taken = await hub.refused(other, SAVE, name="latest", document="{ viewer { id } }")
    assert "another client" in taken["message"]
    assert await hub.ask(other, 'mutation { removeView(name: "latest") }') == {"removeView": False}
    listed = (await hub.ask(other, "{ views { name document } }"))["views"]
    assert listed == [{"name": "latest", "document": LATEST}]
    assert await hub.ask(saved, 'mutation { removeView(name: "latest") }') == {"removeView": True}
    assert (await get(hub, saved, "latest")).status_code == 404


@pytest.mark.parametrize(
    ("name", "document", "variables", "told"),
    [
        ("Latest", "{ viewer { id } }", {}, "lower-case"),
        ("../x", "{ viewer { id } }", {}, "lower-case"),
        ("x1", "{ viewer { i } }", {}, "Cannot query field"),
        ("x1", "{ viewer { id }", {}, "Syntax Error"),
        ("x1", 'mutation { removeView(name: "a") }', {}, "no query"),
        ("x1", "{ viewer { id } }" + " " * 16_384, {}, "letters"),
        ("x1", LATEST, {"frist": 1}, "after, first, status"),
        ("x1", LATEST, [1], "object"),
        ("x1", "{" + "viewer { id } " * 300 + "}", {}, "too large"),
    ],
)
async def test_what_can_not_be_a_view_is_refused(
    hub: RunningHub, name: str, document: str, variables: Any, told: str
) -> None:
    token = await hub.token(MINISTRY)
    error = await hub.refused(token, SAVE, name=name, document=document, variables=variables)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert told in error["message"]


async def test_nobody_has_any_number_of_views(hub: RunningHub) -> None:
    token = await hub.token(MINISTRY)
    for n in range(MOST_OF_ONE):
        await hub.ask(token, SAVE, name=f"v{n}", document="{ viewer { id } }")
    more = await hub.refused(token, SAVE, name="more", document="{ viewer { id } }")
    assert str(MOST_OF_ONE) in more["message"]
    await hub.ask(token, SAVE, name="v0", document="{ viewer { scopes } }")


async def test_reporters_shown_in_a_file_are_recorded(hub: RunningHub, saved: str) -> None:
    token = await hub.token(
        SULSEL, permissions=[Permission.COMPLAINTS_READ, Permission.COMPLAINTS_PII]
    )
    document = "{ complaints(first: 200) { nodes { number reporter { name } } } }"
    await hub.ask(saved, SAVE, name="reporters", document=document)
    shown = await get(hub, token, "reporters?format=csv")
    assert shown.text.count("Sitti") == 10
    assert "Sitti" not in (await get(hub, saved, "reporters?format=csv")).text
    auditor = await hub.token(MINISTRY)
    (record,) = (await hub.ask(auditor, "{ audit { nodes { rows } } }"))["audit"]["nodes"]
    assert record == {"rows": 10}


_CELLS = (
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5) | st.sampled_from(FORMULAS)
)


@given(st.lists(st.tuples(_CELLS, _CELLS), max_size=5))
def test_no_cell_is_a_formula(rows: list[tuple[Any, Any]]) -> None:
    table = Table(["a", "b"], [list(row) for row in rows])
    told = [*csv.reader(io.StringIO(as_csv(table).decode("utf-8-sig"), newline=""))]
    for row, stated in zip(told[1:], rows, strict=True):
        for cell, value in zip(row, stated, strict=True):
            if isinstance(value, str) and value:
                assert not cell.startswith(tuple("=+-@\t\r\n＝＋－＠"))
                assert cell.removeprefix("'") == value.removeprefix("'")
    sheet: Any = openpyxl.load_workbook(io.BytesIO(as_xlsx(table))).active
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
