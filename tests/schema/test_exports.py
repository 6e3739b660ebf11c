"""Exports: every row of a view that its reader may see, made in the background, once and whole."""

import csv
import io
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import anyio
import openpyxl
import orjson
import pytest

from hub.auth.clients import create_client
from hub.domain.clock import Clock, utc_now
from hub.domain.complaint import Complaint, Reporter
from hub.domain.scope import Grant, Permission, Role
from hub.schema.answering import Answering
from hub.schema.limits import Limits
from hub.schema.views import exporting
from hub.schema.views.exporting import Exporter
from hub.store.export_register import ExportLostError
from hub.store.exports import MOST_UNDER_WAY
from hub.store.mongo import Database
from tests.made import MOMENT, complaint, provenance, received
from tests.running_hub import RunningHub

SAVE = """mutation ($name: String!, $document: String!) {
  saveView(name: $name, document: $document) { name } }"""
START = """mutation ($view: String!, $variables: JSON, $format: ExportFormat! = CSV) {
  startExport(view: $view, variables: $variables, format: $format) { id state link rows } }"""
ONE = "query ($id: ID!) { export(id: $id) { state rows size error link view format } }"
LATEST = """query Latest($first: Int = 2, $title: String! = "-") {
  complaints(first: $first, filter: {title: {ne: $title}}) {
    totalCount nodes { number title receivedAt place: district { code } } } }"""
SULSEL, SULTRA = (Grant(Role.PROVINCE, (code,)) for code in ("73", "74"))
OURS, THEIRS = 450, 30


def made(n: int, province: str) -> Complaint:
    return complaint(
        external_id=f"{province}-{n}",
        title="=1+1" if n == 7 else f"Laporan {n}",
        province=province,
        district=f"{province}.71",
        received_at=MOMENT + timedelta(seconds=n),
        reporter=Reporter("Sitti", "0811"),
    )


def exporter(hub: RunningHub, clock: Clock | None = None) -> Exporter:
    patient = Answering(hub.store, limits=Limits(enforce_cost=False))
    clock = clock or Clock(sleep=lambda _: anyio.sleep(0.02))
    return Exporter(hub.store, patient, clock, timedelta(seconds=1))


@asynccontextmanager
async def exporting_(hub: RunningHub) -> AsyncIterator[None]:
    """Exports are made while the block runs."""
    async with anyio.create_task_group() as group:
        group.start_soon(exporter(hub).work)
        yield
        group.cancel_scope.cancel()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Returns once something holds, as whoever polls an API finds out."""
    with anyio.fail_after(30):
        while not await holds():  # noqa: ASYNC110 - the hub tells over HTTP alone
            await anyio.sleep(0.05)


async def ended(hub: RunningHub, token: str, id_: str) -> dict[str, Any]:
    """An export once it has ended."""
    found: dict[str, Any] = {}

    async def has_ended() -> bool:
        found.update((await hub.ask(token, ONE, id=id_))["export"])
        return found["state"] not in {"WAITING", "RUNNING"}

    await until(has_ended)
    return found


async def started(hub: RunningHub, token: str, **variables: Any) -> str:
    """The id of a new export."""
    answer = (await hub.ask(token, START, view="latest", **variables))["startExport"]
    assert (answer["state"], answer["link"], answer["rows"]) == ("WAITING", None, 0)
    return str(answer["id"])


@pytest.fixture
async def saved(hub: RunningHub) -> str:
    """The token of who saved the view `latest`, with complaints of two provinces stored."""
    given = [made(n, "73") for n in range(OURS)] + [made(n, "74") for n in range(THEIRS)]
    await hub.store.writer.write(received(*given), provenance())
    token = await hub.token(Grant(Role.MINISTRY))
    await hub.ask(token, SAVE, name="latest", document=LATEST)
    return token


async def test_every_row_of_the_readers_scope_is_in_the_file(hub: RunningHub, saved: str) -> None:
    token = await hub.token(SULSEL)
    async with exporting_(hub):
        id_ = await started(hub, token)
        done = await ended(hub, token, id_)
        assert (done["state"], done["rows"], done["error"]) == ("DONE", OURS, None)
        answer = await hub.http.get(done["link"])
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert answer.headers["content-disposition"] == 'attachment; filename="latest.csv"'
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.content) == done["size"]
        head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
        assert head == ["number", "title", "receivedAt", "place.code"]
        assert [row[0] for row in rows] == [f"73-{n}" for n in reversed(range(OURS))]
        assert {row[3] for row in rows} == {"73.71"}
        assert rows[-8][1] == "'=1+1"
        narrowed = await started(hub, saved, variables={"title": "=1+1"}, format="JSONL")
        done = await ended(hub, saved, narrowed)
        assert done["rows"] == OURS + THEIRS - 2
        lines = (await hub.http.get(done["link"])).content.splitlines()
        asked = await hub.ask(saved, LATEST, first=1, title="=1+1")
        assert orjson.loads(lines[0]) == asked["complaints"]["nodes"][0]
        assert len(lines) == done["rows"]
    listed = (await hub.ask(token, "{ exports { id state } }"))["exports"]
    assert listed == [{"id": id_, "state": "DONE"}]


async def test_a_workbook_has_moments_and_no_formula(hub: RunningHub, saved: str) -> None:
    token = await hub.token(SULTRA)
    async with exporting_(hub):
        done = await ended(hub, token, await started(hub, token, format="XLSX"))
        content = (await hub.http.get(done["link"])).content
    sheet: Any = openpyxl.load_workbook(io.BytesIO(content)).active
    first, *rows = sheet.iter_rows()
    assert [cell.value for cell in first] == ["number", "title", "receivedAt", "place.code"]
    assert len(rows) == THEIRS
    assert rows[-1][2].value == MOMENT.replace(tzinfo=None)
    assert rows[-8][1].value == "=1+1"
    assert {cell.data_type for row in rows for cell in row} == {"s", "d"}


async def test_figures_are_exported_as_they_are(hub: RunningHub, saved: str) -> None:
    document = "{ indicators(groupBy: [PROVINCE]) { keys { value } received } }"
    await hub.ask(saved, SAVE, name="figures", document=document)
    async with exporting_(hub):
        answer = await hub.ask(saved, START, view="figures")
        done = await ended(hub, saved, answer["startExport"]["id"])
        text = (await hub.http.get(done["link"])).text
    assert sorted(line.rpartition(",")[2] for line in text.splitlines()[1:]) == ["30", "450"]


async def test_one_that_another_hub_died_of_is_gone_on_with(
    hub: RunningHub, saved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PART_BYTES", 1)  # a part for each page
    token = await hub.token(SULSEL)
    id_ = await started(hub, token)
    # Taken up by a hub that then does nothing: it has read one part of three.
    exports = hub.store.exports
    held = await exports.claim("dead", utc_now(), utc_now() + timedelta(milliseconds=50))
    assert held and held.id == id_
    dying = exporter(hub)
    walk = dying._walk(held)
    page = await dying._page(held, walk, None)
    pages = orjson.dumps(walk.layout.entries(page), option=orjson.OPT_NAIVE_UTC)
    part = zlib.compress(pages + b"\n")
    await exports.add(held, part, 200, walk.next(page))
    await hub.store.writer.write(received(made(OURS, "73")), provenance())  # before that part
    async with exporting_(hub):
        done = await ended(hub, token, id_)
        assert (done["state"], done["rows"]) == ("DONE", OURS)
        text = (await hub.http.get(done["link"])).text
    numbers = [line.partition(",")[0] for line in text.splitlines()[1:]]
    assert numbers == [f"73-{n}" for n in reversed(range(OURS))]
    with pytest.raises(ExportLostError):
        await exports.add(held, b"late", 200, None)


async def test_a_hub_that_stops_lets_another_go_on_at_once(hub: RunningHub, saved: str) -> None:
    token = await hub.token(SULSEL)
    id_ = await started(hub, token)
    reached = anyio.Event()

    async def sleep(_: float) -> None:
        reached.set()
        await anyio.sleep_forever()

    stopped = exporter(hub, Clock(sleep=sleep))
    async with anyio.create_task_group() as group:
        group.start_soon(stopped.work)
        await reached.wait()
        group.cancel_scope.cancel()
    async with exporting_(hub):
        assert (await ended(hub, token, id_))["rows"] == OURS


async def test_a_link_is_good_for_its_file_its_time_and_its_reader(
    hub: RunningHub, saved: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    client_id, secret = await create_client(hub.store.clients, "t", SULSEL)
    answer = await hub.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
    )
    token = answer.json()["access_token"]
    async with exporting_(hub):
        done = await ended(hub, token, await started(hub, token))
        other = await ended(hub, saved, await started(hub, saved))
    link, foreign = done["link"], other["link"]

    async def refused(address: str) -> None:
        answer = await hub.http.get(address)
        assert (answer.status_code, "73-1" in answer.text) == (403, False)
        told.add(answer.text)

    told: set[str] = set()
    path, _, query = link.partition("?")
    expires, _, signature = query.partition("&")
    later = f"expires={int(expires.partition('=')[2]) + 1}"
    for address in (
        path,
        f"{path}?{expires}",
        f"{path}?{expires}&signature=",
        f"{path}?{later}&{signature}",
        f"{path}?expires=x&{signature}",
        f"{path}?{expires}&signature=%C3%A9",
        f"{path}?{foreign.partition('?')[2]}",
        f"{foreign.partition('?')[0]}?{query}",
        f"/exports/ex_none?{query}",
    ):
        await refused(address)
    assert (await hub.http.get(link)).status_code == 200
    with monkeypatch.context() as patched:
        after = utc_now() + timedelta(minutes=16)
        patched.setattr("hub.store.export_links.utc_now", lambda: after)
        await refused(link)
    principals = hub.store.principals
    await principals.disable(client_id)
    await refused(link)
    await principals.disable(client_id, False)
    assert (await hub.http.get(link)).status_code == 200
    await principals.set_grants(client_id, [SULTRA], [Permission.COMPLAINTS_READ])
    await refused(link)
    assert len(told) == 1
    everything = str(await database["exports"].find().to_list())
    everything += str(await database["export_parts"].find().to_list())
    assert "Laporan" not in everything


async def test_an_export_is_its_readers_alone(hub: RunningHub, saved: str) -> None:
    token, other = await hub.token(SULSEL), await hub.token(SULSEL)
    id_ = await started(hub, token)
    assert await hub.ask(other, "{ exports { id } }") == {"exports": []}
    assert await hub.ask(other, ONE, id=id_) == {"export": None}
    cancel = "mutation ($id: ID!) { cancelExport(id: $id) }"
    assert await hub.ask(other, cancel, id=id_) == {"cancelExport": False}
    assert await hub.ask(token, cancel, id=id_) == {"cancelExport": True}
    assert (await ended(hub, token, id_))["state"] == "CANCELLED"
    assert await hub.ask(token, cancel, id=id_) == {"cancelExport": False}


async def test_one_that_is_cancelled_while_it_is_made_leaves_nothing(
    hub: RunningHub, saved: str, database: Database
) -> None:
    token = await hub.token(SULSEL)
    id_ = await started(hub, token)
    held = await hub.store.exports.claim("a hub", utc_now(), utc_now() + timedelta(minutes=1))
    assert held
    making = exporter(hub)
    await making._read(held, making._walk(held))
    assert await database["export_parts"].count_documents({}) == 1
    await hub.ask(token, f'mutation {{ cancelExport(id: "{id_}") }}')
    with pytest.raises(ExportLostError):
        await hub.store.exports.keep(held, utc_now())
    assert await database["export_parts"].count_documents({}) == 0


async def test_grants_of_when_it_runs_decide_and_stay_the_same(
    hub: RunningHub, saved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PART_BYTES", 1)
    clients, principals = hub.store.clients, hub.store.principals
    client_id, secret = await create_client(clients, "t", Grant(Role.PROVINCE, ("73", "74")))
    answer = await hub.http.post(
        "/oauth/token", data={"grant_type": "client_credentials"}, auth=(client_id, secret)
    )
    token = answer.json()["access_token"]
    first = await started(hub, token)
    read = [Permission.COMPLAINTS_READ]
    await principals.set_grants(client_id, [SULTRA], read)
    async with exporting_(hub):
        done = await ended(hub, token, first)
        assert done["rows"] == THEIRS
        assert "73-" not in (await hub.http.get(done["link"])).text
    await principals.set_grants(client_id, [Grant(Role.PROVINCE, ("73", "74"))], read)
    second = await started(hub, token)
    held = await hub.store.exports.claim("dead", utc_now(), utc_now())
    assert held
    dying = exporter(hub)
    await dying._page(held, dying._walk(held), None)
    await principals.set_grants(client_id, [SULTRA], read)
    async with exporting_(hub):
        failed = await ended(hub, token, second)
        assert (failed["state"], failed["link"]) == ("FAILED", None)
        assert "has changed" in failed["error"]
        third = await started(hub, token)
        await principals.disable(client_id)
        exports = hub.store._database["exports"]

        async def over() -> bool:
            found = await exports.find_one({"_id": third})
            return bool(found and found["state"] in {"failed", "done"})

        await until(over)
    await principals.disable(client_id, False)


async def test_reporters_in_an_export_are_recorded(hub: RunningHub, saved: str) -> None:
    permissions = [Permission.COMPLAINTS_READ, Permission.COMPLAINTS_PII]
    token = await hub.token(SULTRA, permissions=permissions)
    document = "{ complaints { nodes { number reporter { name } } } }"
    await hub.ask(saved, SAVE, name="reporters", document=document)
    async with exporting_(hub):
        for reader, shown in ((token, THEIRS), (saved, 0)):
            answer = await hub.ask(reader, START, view="reporters")
            done = await ended(hub, reader, answer["startExport"]["id"])
            assert (await hub.http.get(done["link"])).text.count("Sitti") == shown
    audit = (await hub.ask(saved, "{ audit { nodes { rows } } }"))["audit"]["nodes"]
    assert audit == [{"rows": THEIRS}]


async def test_what_can_not_be_exported_is_told_at_once(hub: RunningHub, saved: str) -> None:
    await hub.ask(saved, SAVE, name="two", document="{ a: viewer { id } b: viewer { id } }")
    for asked, told in (
        ({"view": "none"}, "no view of this name"),
        ({"view": "two"}, "one root field"),
        ({"view": "latest", "variables": {"frist": 1}}, "first, title"),
        ({"view": "latest", "variables": {"first": "many"}}, "first"),
        ({"view": "latest", "variables": [1]}, "object"),
    ):
        error = await hub.refused(saved, START, **asked)
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert told in error["message"]
    async with exporting_(hub):
        nobody = await hub.token(Grant(Role.STATISTICS))
        failed = await ended(hub, nobody, await started(hub, nobody))
        assert (failed["state"], failed["rows"]) == ("FAILED", 0)
        assert "complaints:read" in failed["error"]
    for _ in range(MOST_UNDER_WAY):
        await started(hub, saved)
    more = await hub.refused(saved, START, view="latest")
    assert f"{MOST_UNDER_WAY} exports under way" in more["message"]


async def test_more_rows_than_a_sheet_has_are_refused(
    hub: RunningHub, saved: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MOST_ROWS", OURS)
    async with exporting_(hub):
        failed = await ended(hub, saved, await started(hub, saved))
    assert failed["state"] == "FAILED"
    assert "Narrow it" in failed["error"]


async def test_what_fails_for_a_while_is_tried_again_and_not_for_ever(
    hub: RunningHub, saved: str, database: Database
) -> None:
    document = "{ complaints { nodes { number status } } }"
    await hub.ask(saved, SAVE, name="latest", document=document)
    token = await hub.token(SULSEL)
    id_ = await started(hub, token)
    await database["complaints"].update_many({}, {"$set": {"status": "not known to this hub"}})
    failing = exporter(hub)
    now = utc_now()
    for _ in range(exporting.MOST_TRIES):
        assert (await hub.ask(token, ONE, id=id_))["export"]["state"] != "FAILED"
        now += timedelta(minutes=1)
        held = await hub.store.exports.claim("a hub", now, now)
        assert held
        assert await hub.store.exports.claim("another", now - timedelta(seconds=1), now) is None
        await failing._make(held)
    failed = (await hub.ask(token, ONE, id=id_))["export"]
    assert failed["state"] == "FAILED"
    assert id_ in failed["error"]
