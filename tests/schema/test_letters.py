"""Letters of a province to the ministry: frozen, numbered, kept in versions, sent once."""

import asyncio
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import httpx2
import orjson
import pytest

from hub.domain.complaint import ComplaintStatus
from hub.domain.region import RegionLevel, regions
from hub.domain.scope import Grant, Permission, Role
from hub.oversight.letters.page import page_of
from hub.oversight.letters.typesetting import compiled, typeset
from hub.schema.compiled.execution import Executor
from hub.schema.letters import FIGURES_WEIGHT
from hub.schema.limits import DEFAULTS
from hub.schema.schema import core_schema
from hub.store.mongo import Database
from tests.made import complaint, provenance, received, scope
from tests.oversight.letter_pages import text_of
from tests.running_hub import RunningHub
from tests.schema.test_readiness import ENTER, GOWA, MAKASSAR, MINISTRY, SULSEL, SULTRA

QUESTION = files("hub.oversight.letters") / "question.graphql"
CREATE = """mutation ($province: String! = "73", $wording: LetterWording,
  $period: Period! = {from: "2020-07-01", to: "2020-08-31"}) {
  createLetter(province: $province, period: $period, wording: $wording) {
    id number year state link versions { version } } }"""
REVISE = """mutation ($id: ID!, $version: Int! = 1, $wording: LetterWording) {
  reviseLetter(id: $id, version: $version, wording: $wording) { versions { version } } }"""
SIGNED = {"signerTitle": "Sekretaris Daerah,", "signer": "Andi", "signerId": "1970"}
SEND = """mutation ($id: ID!, $version: Int! = 1) {
  sendLetter(id: $id, version: $version) { id state sentBy sentAt } }"""
LETTER = "query ($id: ID!) { letter(id: $id) { id state versions { version } } }"
LETTERS = "{ letters { nodes { id state versions { version } } } }"
FIGURES = """query ($id: ID!, $version: Int) { letterFigures(id: $id, version: $version) {
  version frozenAt question variables data } }"""


@pytest.fixture
async def hub(hub: RunningHub) -> RunningHub:
    """Ten complaints of the province in July 2020, one of June, and six of its neighbour."""
    july = [
        complaint(
            external_id=f"ours-{n}",
            district="73.71" if n < 6 else "73.06",
            category="Jalan" if n % 2 else None,
            programme="COVID19" if n < 3 else None,
            status=ComplaintStatus.FOLLOWED_UP if n < 4 else ComplaintStatus.RECEIVED,
            followed_up_at=datetime(2020, 7, 3, 3, tzinfo=UTC) if n < 4 else None,
        )
        for n in range(10)
    ]
    june = complaint(external_id="june", received_at=datetime(2020, 6, 3, 3, tzinfo=UTC))
    theirs = [
        complaint(external_id=f"theirs-{n}", province="74", district="74.71") for n in range(6)
    ]
    await hub.store.writer.write(received(*july, june, *theirs), provenance())
    return hub


@pytest.fixture
async def province(hub: RunningHub) -> str:
    return await hub.token(SULSEL)


async def pdf(hub: RunningHub, token: str, path: str) -> httpx2.Response:
    return await hub.http.get(path, headers={"Authorization": f"Bearer {token}"})


async def begun(
    hub: RunningHub, token: str, *, wording: dict[str, Any] | None = None, **variables: Any
) -> dict[str, Any]:
    """A draft that somebody signs."""
    said = SIGNED | (wording or {})
    letter: dict[str, Any] = (await hub.ask(token, CREATE, wording=said, **variables))[
        "createLetter"
    ]
    return letter


async def test_a_letter_tells_the_figures_of_its_province_and_period(
    hub: RunningHub, province: str
) -> None:
    await hub.ask(await hub.token(MAKASSAR), ENTER)
    letter = await begun(hub, province)
    year = letter["year"]
    assert letter == {
        "id": f"73-{year}-1",
        "number": 1,
        "year": year,
        "state": "DRAFT",
        "link": f"/letters/73-{year}-1.pdf",
        "versions": [{"version": 1}],
    }
    told = (await hub.ask(province, FIGURES, id=letter["id"]))["letterFigures"]
    data = told["data"]
    (total,), (covid,) = data["total"], data["covid"]
    assert (total["received"], total["followedUp"], total["followUpRate"]) == (10, 4, 0.4)
    assert (covid["received"], covid["followedUp"]) == (3, 3)
    by_district = {row["keys"][0]["value"]: row["received"] for row in data["districts"]}
    assert by_district == {"73.71": 6, "73.06": 4}
    assert len(data["readiness"]) == 25
    # Whoever may count there asks the same question again.
    ministry = await hub.token(MINISTRY)
    again = await hub.ask(ministry, told["question"], **told["variables"])
    for row in [*again["total"], *data["total"]]:
        del row["asOf"]
    assert again["total"] == data["total"]
    # And as it was then, without a change to the question.
    then = told["variables"] | {"asOf": told["frozenAt"]}
    assert told["variables"]["asOf"] is None
    past = await hub.ask(ministry, told["question"], **then)
    assert (past["total"][0]["received"], past["total"][0]["followedUp"]) == (10, 4)
    assert past["total"][0]["asOf"] == told["frozenAt"]
    answer = await pdf(hub, province, letter["link"])
    assert answer.headers["content-type"] == "application/pdf"
    said = text_of(answer.content)
    assert "PEMERINTAH PROVINSI SULAWESI SELATAN" in said
    assert f"Nomor : 1/SP4N/{year}" in said
    assert "KONSEP" in said
    assert "Dari 3 laporan Covid-19, 3 atau 100,0% ditindaklanjuti" in said
    assert "Laporan diterima 10 11" in said  # since 1 January there is June's
    assert "Ditindaklanjuti 4 (40,0%) 4 (36,4%)" in said
    assert "1 Kota Makassar 6 4 66,7%" in said
    assert "2 Kabupaten Gowa 4 0 0,0% –" in said
    assert "Pemerintah Provinsi Sulawesi Selatan belum belum belum belum" in said
    assert "Kota Makassar diisi belum belum belum" in said


async def test_figures_stay_as_they_were_and_a_revision_has_those_of_now(
    hub: RunningHub, province: str
) -> None:
    letter = await begun(hub, province)
    id_ = letter["id"]
    first = (await pdf(hub, province, letter["link"])).content
    await hub.store.writer.write(received(complaint(external_id="late")), provenance())
    assert (await pdf(hub, province, letter["link"])).content == first
    wording = {"signer": "Baso", "copies": ["Gubernur"]}
    await hub.ask(province, REVISE, id=id_, wording=wording)
    revised = await hub.ask(province, REVISE, id=id_, version=2)
    assert revised["reviseLetter"]["versions"] == [{"version": n} for n in (1, 2, 3)]
    received_ = [
        (await hub.ask(province, FIGURES, id=id_, version=n))["letterFigures"]["data"]["total"][0]
        for n in (1, 2, 3)
    ]
    assert [row["received"] for row in received_] == [10, 11, 11]
    assert (await pdf(hub, province, f"{letter['link']}?version=1")).content == first
    latest = await hub.store.reader(scope(SULSEL)).letters.get(id_)
    assert latest
    assert [each["wording"]["signer"] for each in latest["versions"]] == ["Andi", "Baso", "Baso"]
    stale = await hub.refused(province, REVISE, id=id_, version=1)
    assert stale["extensions"]["argument"] == "version"


async def test_what_was_sent_is_the_ministrys_and_does_not_change(
    hub: RunningHub, province: str
) -> None:
    ministry = await hub.token(MINISTRY)
    letter = await begun(hub, province)
    id_ = letter["id"]
    await hub.ask(province, REVISE, id=id_)
    draft = (await pdf(hub, province, letter["link"])).content
    assert await hub.ask(ministry, LETTERS) == {"letters": {"nodes": []}}
    assert await hub.ask(ministry, LETTER, id=id_) == {"letter": None}
    stale = await hub.refused(province, SEND, id=id_, version=1)
    assert stale["extensions"]["argument"] == "version"
    sent = (await hub.ask(province, SEND, id=id_, version=2))["sendLetter"]
    assert sent["state"] == "SENT"
    assert sent["sentAt"].endswith("+00:00")
    # Of how it came to be the ministry sees nothing.
    seen = {"id": id_, "state": "SENT", "versions": [{"version": 2}]}
    assert await hub.ask(ministry, LETTER, id=id_) == {"letter": seen}
    assert await hub.ask(ministry, LETTERS) == {"letters": {"nodes": [seen]}}
    assert await hub.ask(ministry, FIGURES, id=id_, version=1) == {"letterFigures": None}
    assert (await pdf(hub, ministry, f"{letter['link']}?version=1")).status_code == 404
    final = (await pdf(hub, ministry, letter["link"])).content
    assert "KONSEP" in text_of(draft)
    assert "KONSEP" not in text_of(final)
    assert final == (await pdf(hub, province, letter["link"])).content
    for query in (REVISE, SEND):
        refused = await hub.refused(province, query, id=id_, version=2)
        assert "was sent" in refused["message"]


async def test_the_same_figures_make_the_same_bytes(
    hub: RunningHub, province: str, database: Database
) -> None:
    letter = await begun(hub, province, wording={"remarks": "Catatan.\n\nLagi."})
    await hub.ask(province, SEND, id=letter["id"])
    sent = (await pdf(hub, province, letter["link"])).content
    stored = await database["letters"].find_one()
    assert stored
    (version,) = stored["versions"]
    for _ in range(2):
        compiled.cache_clear()
        again = await typeset(version["template"], page_of(stored, version, draft=False))
        assert again == sent
    altered = orjson.loads(version["figures"])
    altered["data"]["total"][0]["received"] = 11
    version["figures"] = orjson.dumps(altered)
    assert await typeset(version["template"], page_of(stored, version, draft=False)) != sent


async def test_a_draft_is_set_once_until_it_changes(hub: RunningHub, province: str) -> None:
    letter = await begun(hub, province, wording={"remarks": "Sekali saja."})
    before = compiled.cache_info().misses
    first, again = [(await pdf(hub, province, letter["link"])).content for _ in range(2)]
    assert first == again
    assert compiled.cache_info().misses == before
    await hub.ask(province, REVISE, id=letter["id"], wording={"remarks": "Lagi."})
    assert (await pdf(hub, province, letter["link"])).content != first
    assert compiled.cache_info().misses == before + 1


async def test_a_province_that_has_drafts_enough_sends_one_first(
    hub: RunningHub, province: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.store.letters.MOST_DRAFTS", 2)
    begun_ = [await begun(hub, province) for _ in range(2)]
    refused = await hub.refused(province, CREATE)
    assert refused["extensions"]["argument"] == "province"
    assert "send some of them" in refused["message"]
    assert await begun(hub, await hub.token(SULTRA), province="74")
    await hub.ask(province, SEND, id=begun_[0]["id"])
    assert (await begun(hub, province))["number"] == 3


async def test_numbers_have_no_gap_and_no_double(hub: RunningHub, province: str) -> None:
    other = await hub.token(SULTRA)
    wanted = [(province, "73")] * 3 + [(other, "74")]
    begun_ = await asyncio.gather(*(begun(hub, t, province=code) for t, code in wanted))
    ids = {each["id"] for each in begun_}
    year = begun_[0]["year"]
    assert ids == {f"73-{year}-{n}" for n in (1, 2, 3)} | {f"74-{year}-1"}
    refused = await hub.refused(province, CREATE, wording={"code": "satu dua"})
    assert refused["extensions"]["argument"] == "wording.code"
    assert (await begun(hub, province))["number"] == 4


async def test_another_provinces_letter_is_one_that_does_not_exist(
    hub: RunningHub, province: str
) -> None:
    letter = await begun(hub, province)
    id_, none = letter["id"], letter["id"][:-1] + "9"
    strangers = [SULTRA, GOWA, Grant(Role.STATISTICS), Grant(Role.ADMIN)]
    for sent in (False, True):
        if sent:
            await hub.ask(province, SEND, id=id_)
        for grant in strangers:
            token = await hub.token(grant)
            answers = [await hub.post(token, LETTER, id=each) for each in (id_, none)]
            assert answers[0].json() == answers[1].json()
            files = [await pdf(hub, token, f"/letters/{each}.pdf") for each in (id_, none)]
            assert [each.status_code in {403, 404} for each in files] == [True, True]
            assert files[0].text == files[1].text
        other = await hub.token(SULTRA)
        seen = (await hub.ask(other, LETTERS))["letters"]["nodes"]
        assert [each["id"] for each in seen if not each["id"].startswith("74-")] == []
        assert await hub.ask(other, FIGURES, id=id_) == {"letterFigures": None}
        for query in (REVISE, SEND):
            told = [await hub.refused(other, query, id=each) for each in (id_, none)]
            assert told[0] == told[1]
        foreign = [await hub.refused(other, CREATE, province=code) for code in ("73", "76")]
        assert foreign[0] == foreign[1]
        # Numbers of another province are not told by one's own.
        assert (await begun(hub, other, province="74"))["number"] == 1 + sent
    assert (await hub.http.get(letter["link"])).status_code == 401


async def test_who_may_not_write_letters_changes_nothing(
    hub: RunningHub, province: str, database: Database
) -> None:
    id_ = (await begun(hub, province))["id"]
    before = await database["letters"].find().to_list()
    needed = {Permission.STATISTICS_READ, Permission.COMPLAINTS_READ, Permission.LETTERS_WRITE}
    for missing in needed:
        token = await hub.token(SULSEL, permissions=[*needed - {missing}])
        for query in (CREATE, REVISE, SEND):
            refused = await hub.refused(token, query, id=id_)
            assert refused["extensions"]["code"] == "INSUFFICIENT_SCOPE"
            assert refused["extensions"]["scope"] == missing
    for grant in (MINISTRY, MAKASSAR):
        token = await hub.token(grant, SULTRA, permissions=[Permission.COMPLAINTS_READ])
        assert (await hub.refused(token, CREATE))["extensions"]["code"] == "INSUFFICIENT_SCOPE"
    assert await database["letters"].find().to_list() == before


async def test_who_may_count_and_not_read_sees_no_letter(hub: RunningHub, province: str) -> None:
    """Its figures leave no small group out."""
    letter = await begun(hub, province)
    await hub.ask(province, SEND, id=letter["id"])
    for grant in (SULSEL, MINISTRY):
        token = await hub.token(grant, permissions=[Permission.STATISTICS_READ])
        for query in (LETTER, LETTERS, FIGURES):
            refused = await hub.refused(token, query, id=letter["id"])
            assert refused["extensions"]["scope"] == Permission.COMPLAINTS_READ
        assert (await pdf(hub, token, letter["link"])).status_code == 403


async def test_a_letter_costs_what_its_figures_do(hub: RunningHub, province: str) -> None:
    begin = 'createLetter(province: "73", period: {from: "2020-07-01", to: "2020-07-31"}) { id }'
    many = "mutation {" + " ".join(f"a{n}: {begin}" for n in range(4)) + "}"
    refused = await hub.refused(province, many)
    assert refused["extensions"]["limit"] == "cost"
    assert await hub.ask(province, LETTERS) == {"letters": {"nodes": []}}


def test_a_letter_is_charged_with_the_costliest_figures() -> None:
    """Of the province with most districts, over parts of thirteen months."""
    operation = Executor(core_schema, DEFAULTS).operation(QUESTION.read_text(encoding="utf-8"))
    assert operation
    periods = {name: {"from": "2019-06-15", "to": "2020-06-14"} for name in ("period", "year")}
    costs = [
        operation.cost.of(
            {"province": region.code, "wholeMonths": True, **periods},
            scope(Grant(Role.PROVINCE, (region.code,))).counts,
        )
        for region in regions()
        if region.level is RegionLevel.PROVINCE
    ]
    assert FIGURES_WEIGHT * 0.9 < max(costs) <= FIGURES_WEIGHT < DEFAULTS.cost


async def test_grants_of_elsewhere_add_nothing_to_a_letter(hub: RunningHub) -> None:
    """The figures are those of the province, whatever else its writer may count."""
    token = await hub.token(SULSEL, SULTRA)
    letter = await begun(hub, token)
    told = (await hub.ask(token, FIGURES, id=letter["id"]))["letterFigures"]["data"]
    assert told["total"][0]["received"] == 10


async def test_texts_are_texts_and_never_markup(hub: RunningHub, province: str) -> None:
    hostile = '#panic(1) #read("/etc/passwd") $x$ *b* `c` <a> @b \\ #import "@preview/x:1.0.0"'
    wording = dict.fromkeys(
        ("office", "address", "place", "signerTitle", "signer", "signerRank", "signerId"),
        hostile[:200],
    )
    letter = await begun(
        hub, province, wording=wording | {"remarks": hostile, "copies": [hostile[:200]]}
    )
    answer = await pdf(hub, province, letter["link"])
    assert answer.status_code == 200
    said = text_of(answer.content)
    assert said.count('#read("/etc/passwd") $x$ *b* `c` <a> @b') >= 8
    assert "root:" not in said


async def test_what_can_not_stand_in_a_letter_is_named(hub: RunningHub, province: str) -> None:
    for variables, argument in (
        ({"province": "73.71"}, "province"),
        ({"province": "99"}, "province"),
        ({"period": {"from": "2020-07-01"}}, "period"),
        ({"period": {"from": "2020-08-01", "to": "2020-07-01"}}, "period"),
        ({"period": {"from": "2019-12-31", "to": "2020-12-31"}}, "period"),
        ({"period": {"from": "2999-01-01", "to": "2999-02-28"}}, "period"),
        ({"period": {"from": "9999-12-01", "to": "9999-12-31"}}, "period"),
        ({"period": {"from": "0001-01-01", "to": "0001-01-31"}}, "period"),
        ({"wording": {"signerTitle": "x" * 201}}, "wording.signerTitle"),
        ({"wording": {"remarks": "x" * 4_001}}, "wording.remarks"),
        ({"wording": {"copies": ["x"] * 21}}, "wording.copies"),
        ({"wording": {"copies": [""]}}, "wording.copies"),
        ({"wording": {"copies": ["a\u2066"]}}, "wording.copies"),
        ({"wording": {"remarks": "Terima kasih 🙏"}}, "wording.remarks"),
        ({"wording": {"copies": ["Gubernur", "路"]}}, "wording.copies"),
        ({"wording": {"signer": "A\x00B"}}, "wording.signer"),
        ({"wording": {"signer": "Andi\u202e"}}, "wording.signer"),
        ({"wording": {"office": "Sekretariat\nDaerah"}}, "wording.office"),
    ):
        refused = await hub.refused(province, CREATE, **variables)
        assert refused["extensions"]["argument"] == argument, variables
    for stated in ("x", "9" * 9, "-1"):
        answer = await pdf(hub, province, f"/letters/73-2020-1.pdf?version={stated}")
        assert answer.status_code == 400


async def test_a_letter_of_nothing_is_a_letter(hub: RunningHub, province: str) -> None:
    letter = await begun(hub, province, period={"from": "2019-01-01", "to": "2019-01-01"})
    said = text_of((await pdf(hub, province, letter["link"])).content)
    assert "Pada periode ini tidak ada laporan yang diterima." in said


async def test_what_channels_call_things_keeps_no_letter_from_being_made(
    hub: RunningHub, province: str
) -> None:
    strange = [
        complaint(external_id=f"strange-{n}", district="73.71", category=name)
        for n, name in enumerate(("Jalan 路", "路路 🙏", "e\u0301\u20f0"))
    ]
    await hub.store.writer.write(received(*strange), provenance())
    letter = await begun(hub, province)
    said = text_of((await pdf(hub, province, letter["link"])).content)
    assert "Jalan □" in said
    assert "□□ □" in said
    told = (await hub.ask(province, FIGURES, id=letter["id"]))["letterFigures"]["data"]
    assert "Jalan 路" in {row["keys"][0]["label"] for row in told["categories"]}


async def test_what_nobody_signs_is_not_sent(hub: RunningHub, province: str) -> None:
    """Nor what nobody's name, number or office stands in."""
    letter = (await hub.ask(province, CREATE))["createLetter"]
    for version, name in enumerate(SIGNED, start=1):
        refused = await hub.refused(province, SEND, id=letter["id"], version=version)
        assert refused["extensions"] == {"code": "BAD_USER_INPUT", "argument": f"wording.{name}"}
        stated = dict([*SIGNED.items()][:version])
        await hub.ask(province, REVISE, id=letter["id"], version=version, wording=stated)
    await hub.ask(province, SEND, id=letter["id"], version=4)


async def test_a_period_is_over_by_the_clock_of_the_province_before_its_letter_is_sent(
    hub: RunningHub, province: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until 16.00 UTC of the last day it is not."""

    def clock(hour: int, minute: int) -> None:
        now = datetime(2026, 10, 31, hour, minute, tzinfo=UTC)
        monkeypatch.setattr("hub.oversight.letters.desk.utc_now", lambda: now)

    clock(15, 59)
    letter = await begun(hub, province, period={"from": "2026-10-01", "to": "2026-10-31"})
    refused = await hub.refused(province, SEND, id=letter["id"])
    assert refused["extensions"]["argument"] == "period"
    refused = await hub.refused(province, CREATE, period={"from": "2026-11-01", "to": "2026-11-30"})
    assert refused["extensions"]["argument"] == "period"
    clock(16, 0)
    await begun(hub, province, period={"from": "2026-11-01", "to": "2026-11-30"})
    await hub.ask(province, SEND, id=letter["id"])
