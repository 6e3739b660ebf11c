"""Attachments of the readiness register: told by their content, bounded, sealed, and scoped."""

from typing import Any

import httpx2
import pytest

from hub.domain.scope import Grant, Permission, Role
from hub.oversight.attachments import MOST_BYTES, checked
from hub.store import readiness
from hub.store.mongo import Database
from hub.store.store import Store
from hub.store.vault import Vault
from tests.made import scope
from tests.running_hub import RunningHub
from tests.schema.test_readiness import CONFIRM, ENTER, GOWA, MAKASSAR, MINISTRY, SULSEL, SULTRA

PDF = b"%PDF-1.7\nKeputusan Wali Kota"
WHERE = "/readiness/73.71/decree/attachments"
READ = """{ readiness(region: "73.71") { entries { version state
  attachments { id name type size link by at } history { attachments { name } } } } }"""
REMOVE = "mutation ($id: ID!) { removeAttachment(id: $id) { version attachments { id } } }"


async def upload(
    hub: RunningHub,
    token: str,
    content: bytes = PDF,
    name: str = "sk.pdf",
    where: str = WHERE,
    field: str = "file",
) -> httpx2.Response:
    return await hub.http.post(
        where,
        files={field: (name, content, "application/pdf")},
        headers={"Authorization": f"Bearer {token}"},
    )


async def download(hub: RunningHub, token: str, link: str) -> httpx2.Response:
    return await hub.http.get(link, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
async def district(hub: RunningHub) -> str:
    token = await hub.token(MAKASSAR)
    await hub.ask(token, ENTER)
    return token


async def entry(hub: RunningHub, token: str) -> dict[str, Any]:
    found: dict[str, Any] = (await hub.ask(token, READ))["readiness"][0]["entries"][0]
    return found


async def test_a_file_is_attached_seen_and_taken_off(hub: RunningHub, district: str) -> None:
    province = await hub.token(SULSEL)
    await hub.ask(province, CONFIRM)
    taken = await upload(hub, district)
    assert taken.status_code == 201
    seen = await entry(hub, province)
    # Whatever was confirmed rested on other files.
    assert (seen["version"], seen["state"]) == (3, "ENTERED")
    (file,) = seen["attachments"]
    assert file == taken.json() | {"at": file["at"]}
    assert (file["name"], file["type"], file["size"]) == ("sk.pdf", "application/pdf", len(PDF))
    for viewer in (district, province, await hub.token(MINISTRY)):
        given = await download(hub, viewer, file["link"])
        assert given.content == PDF
        assert given.headers["content-type"] == "application/pdf"
        assert given.headers["content-disposition"] == "attachment; filename*=UTF-8''sk.pdf"
        assert given.headers["x-content-type-options"] == "nosniff"
        assert given.headers["cache-control"] == "no-store"
    removed = await hub.ask(district, REMOVE, id=file["id"])
    assert removed == {"removeAttachment": {"version": 4, "attachments": []}}
    kept = [len(each["attachments"]) for each in (await entry(hub, district))["history"]]
    assert kept == [0, 0, 1, 0]
    assert (await hub.refused(district, REMOVE, id=file["id"]))["extensions"]["argument"] == "id"
    # What an entry rested on when it was judged can be looked up for as long as its history.
    assert (await download(hub, province, file["link"])).content == PDF


async def test_another_places_attachment_is_one_that_does_not_exist(
    hub: RunningHub, district: str
) -> None:
    link = (await upload(hub, district)).json()["link"]
    id_ = link.rpartition("/")[2]
    for grant in (GOWA, SULTRA, Grant(Role.STATISTICS), Grant(Role.ADMIN)):
        token = await hub.token(grant)
        given = await download(hub, token, link)
        missing = await download(hub, token, "/readiness/attachments/file_none")
        assert (given.status_code, given.text) == (missing.status_code, missing.text)
        assert given.status_code in {403, 404}
    for grant in (GOWA, SULTRA, SULSEL):
        token = await hub.token(grant)
        told = [await hub.refused(token, REMOVE, id=each) for each in (id_, "file_none")]
        assert told[0] == told[1]
        answers = [
            await upload(hub, token, where=where)
            for where in (WHERE, "/readiness/73.99/decree/attachments")
        ]
        assert answers[0].status_code == answers[1].status_code == 404
        assert answers[0].text == answers[1].text
    assert len((await entry(hub, district))["attachments"]) == 1
    assert (await hub.http.get(link)).status_code == 401
    assert (await hub.http.post(WHERE, content=b"x")).status_code == 401
    narrow = await hub.token(MAKASSAR, permissions=[Permission.STATISTICS_READ])
    refused = await upload(hub, narrow)
    assert (refused.status_code, "readiness:write" in refused.text) == (403, True)
    blind = await hub.token(MAKASSAR, permissions=[Permission.READINESS_WRITE])
    assert (await download(hub, blind, link)).status_code == 403


async def test_what_is_no_file_of_ours_is_refused(hub: RunningHub, district: str) -> None:
    for content, name, told in (
        (b"MZ\x90\x00", "sk.pdf", "whatever its name says"),
        (b"<html>", "sk.pdf", "whatever its name says"),
        (b" %PDF-1.7", "sk.pdf", "whatever its name says"),
        (b"", "sk.pdf", "whatever its name says"),
    ):
        answer = await upload(hub, district, content, name)
        assert answer.status_code == 400
        assert told in answer.json()["errors"][0]["message"]
    assert (await upload(hub, district, field="berkas")).status_code == 400
    large = await upload(hub, district, PDF + bytes(MOST_BYTES))
    assert large.status_code == 413
    bearer = {"Authorization": f"Bearer {district}"}
    for content_type in (
        "application/pdf",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
    ):
        answer = await hub.http.post(
            WHERE, content=PDF, headers=bearer | {"Content-Type": content_type}
        )
        assert answer.status_code == 400, content_type
    two = [("file", ("a.pdf", PDF)), ("file", ("b.pdf", PDF))]
    assert (await hub.http.post(WHERE, files=two, headers=bearer)).status_code == 400
    for where in ("/readiness/73.71/surat/attachments", "/readiness/73.71/publicity/attachments"):
        assert (await upload(hub, district, where=where)).status_code == 404
    assert (await entry(hub, district))["attachments"] == []


@pytest.mark.parametrize(("limit", "most"), [("MOST_FILES", 2), ("MOST_BYTES", 3 * len(PDF) - 1)])
async def test_a_local_government_attaches_so_much_with_what_it_took_off(
    hub: RunningHub, district: str, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    monkeypatch.setattr(readiness, limit, most)
    first = (await upload(hub, district)).json()
    await hub.ask(district, REMOVE, id=first["id"])
    assert (await upload(hub, district)).status_code == 201
    refused = await upload(hub, district)
    assert refused.status_code == 409
    assert "that a local government attaches" in refused.json()["errors"][0]["message"]
    # Another one has its own.
    gowa = await hub.token(GOWA)
    await hub.ask(gowa, ENTER, region="73.06")
    assert (await upload(hub, gowa, where=WHERE.replace("73.71", "73.06"))).status_code == 201


async def test_what_comes_to_nothing_leaves_no_file(
    hub: RunningHub, district: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readiness, "MOST_CHANGES", 2)
    assert (await upload(hub, district)).status_code == 201
    refused = await upload(hub, district)
    assert refused.status_code == 409
    for name in ("files", "file_contents.files", "file_contents.chunks"):
        assert await database[name].count_documents({}) == 1, name


async def test_files_are_sealed_and_still_open_once_the_key_has_changed(
    hub: RunningHub, district: str, database: Database
) -> None:
    link = (await upload(hub, district)).json()["link"]
    chunks = await database["file_contents.chunks"].find().to_list()
    assert chunks
    assert not any(b"Keputusan" in chunk["data"] for chunk in chunks)
    before = await database["files"].find_one()
    renewed = Store(database, Vault(b"n" * 32, b"k" * 32))
    assert await renewed.reseal(lambda _: None) > 0
    assert await database["files"].find_one() != before
    later = Store(database, Vault(b"n" * 32)).reader(scope(MAKASSAR)).readiness
    found = await later.attachment(link.rpartition("/")[2])
    assert found and found[1] == PDF


def test_a_file_is_named_by_what_it_is() -> None:
    png = b"\x89PNG\r\n\x1a\n"
    assert checked("../../etc/sk.exe", png) == ("sk.exe.png", "image/png")
    assert checked("C:\\surat\\SK Wali Kota.PDF", PDF) == ("SK Wali Kota.pdf", "application/pdf")
    assert checked("", b"\xff\xd8\xff\xe0") == ("lampiran.jpg", "image/jpeg")
    assert checked("foto.jpeg", b"\xff\xd8\xff\xe0")[0] == "foto.jpeg"
    assert checked("sk\r\nSet-Cookie: a\u202efdp.exe", PDF)[0] == "skSet-Cookie: afdp.exe.pdf"
    assert len(checked("x" * 500, PDF)[0]) == len(checked("x" * 500 + ".pdf", PDF)[0]) == 100
