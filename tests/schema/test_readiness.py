"""The readiness register: entered by the district, judged by its province, seen by the ministry."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from hub.domain.scope import Grant, Permission, Role
from tests.made import scope
from tests.running_hub import RunningHub

MAKASSAR, GOWA = Grant(Role.DISTRICT, ("73.71",)), Grant(Role.DISTRICT, ("73.06",))
SULSEL, SULTRA = Grant(Role.PROVINCE, ("73",)), Grant(Role.PROVINCE, ("74",))
MINISTRY = Grant(Role.MINISTRY)

ENTER = """mutation ($region: String! = "73.71", $item: ReadinessItem! = DECREE,
  $statement: ReadinessStatement! =
    {number: "188/1", signedOn: "2020-06-01", signer: "Wali Kota"}) {
  enterReadiness(region: $region, item: $item, statement: $statement) {
    item version state number signedOn signer region { code } } }"""
CONFIRM = """mutation ($region: String! = "73.71", $item: ReadinessItem! = DECREE,
  $version: Int! = 1) {
  confirmReadiness(region: $region, item: $item, version: $version) { version state } }"""
RETURN = """mutation ($version: Int! = 1, $note: String! = "SK tidak terbaca") {
  returnReadiness(region: "73.71", item: DECREE, version: $version, note: $note) {
    version state note } }"""
READ = """query ($region: String) { readiness(region: $region) { region { code }
  entries { item version state number note by history { version state note by at number } } } }"""


async def entries(hub: RunningHub, token: str, region: str | None = "73") -> dict[str, Any]:
    """What a viewer sees of local governments with entries."""
    found = (await hub.ask(token, READ, region=region))["readiness"]
    return {each["region"]["code"]: each["entries"] for each in found if each["entries"]}


async def test_what_a_district_enters_its_province_confirms_and_the_ministry_sees(
    hub: RunningHub,
) -> None:
    district, province = await hub.token(MAKASSAR), await hub.token(SULSEL)
    ministry = await hub.token(MINISTRY)
    entered = await hub.ask(district, ENTER)
    assert entered["enterReadiness"] == {
        "item": "DECREE",
        "version": 1,
        "state": "ENTERED",
        "number": "188/1",
        "signedOn": "2020-06-01",
        "signer": "Wali Kota",
        "region": {"code": "73.71"},
    }
    returned = await hub.ask(province, RETURN)
    assert returned["returnReadiness"]["note"] == "SK tidak terbaca"
    statement = {"number": "188/2", "signedOn": "2020-06-02", "signer": "Wali Kota"}
    await hub.ask(district, ENTER, statement=statement)
    confirmed = await hub.ask(province, CONFIRM, version=3)
    assert confirmed == {"confirmReadiness": {"version": 4, "state": "CONFIRMED"}}
    for viewer in (district, province, ministry):
        ((entry,),) = (await entries(hub, viewer)).values()
        assert (entry["state"], entry["number"], entry["version"]) == ("CONFIRMED", "188/2", 4)
        history = [(each["state"], each["number"], each["note"]) for each in entry["history"]]
        assert history == [
            ("ENTERED", "188/1", None),
            ("RETURNED", "188/1", "SK tidak terbaca"),
            ("ENTERED", "188/2", None),
            ("CONFIRMED", "188/2", None),
        ]
        assert all(each["at"].endswith("+00:00") for each in entry["history"])
        assert entry["history"][0]["by"] != entry["history"][1]["by"]
    await hub.ask(district, ENTER)
    ((entry,),) = (await entries(hub, ministry)).values()
    assert entry["state"] == "ENTERED"


async def test_each_sees_the_local_governments_of_their_scope(hub: RunningHub) -> None:
    async def codes(*grants: Grant, region: str | None = None) -> set[str]:
        query = "query ($region: String) { readiness(region: $region) { region { code } } }"
        found = await hub.ask(await hub.token(*grants), query, region=region)
        return {each["region"]["code"] for each in found["readiness"]}

    assert await codes(MAKASSAR) == {"73.71"}
    assert len(await codes(SULSEL)) == 25
    assert len(await codes(MINISTRY)) == 552
    assert await codes(MINISTRY, region="73.71") == {"73.71"}
    assert await codes(SULSEL, region="74") == set()
    assert await codes(Grant(Role.STATISTICS)) == set()
    assert await codes(Grant(Role.OPERATOR, ("73",), ("lapor",))) == set()


@pytest.fixture
async def entered(hub: RunningHub) -> None:
    for grant, region in ((MAKASSAR, "73.71"), (GOWA, "73.06"), (SULSEL, "73"), (SULTRA, "74")):
        await hub.ask(await hub.token(grant), ENTER, region=region)


async def test_nobody_enters_or_judges_what_is_not_theirs(hub: RunningHub, entered: None) -> None:
    """The same answer as for what does not exist, and nothing is changed."""
    ministry = await hub.token(MINISTRY)
    before = await entries(hub, ministry)
    for grants, query, foreign, missing in (
        ([MAKASSAR], ENTER, "73.06", "73.99"),
        ([MAKASSAR], ENTER, "73", "99"),
        ([SULSEL], ENTER, "73.71", "73.99"),
        ([MINISTRY], ENTER, "73", "99"),
        ([MAKASSAR], CONFIRM, "73.71", "73.99"),
        ([SULSEL], CONFIRM, "73", "99"),
        ([SULTRA], CONFIRM, "73.71", "73.99"),
        ([MINISTRY], CONFIRM, "73.71", "73.99"),
        ([MAKASSAR, SULTRA], CONFIRM, "73.71", "73.99"),
    ):
        token = await hub.token(
            *grants, permissions=[Permission.STATISTICS_READ, Permission.READINESS_WRITE]
        )
        refused = await hub.refused(token, query, region=foreign)
        assert refused["extensions"] == {"code": "BAD_USER_INPUT", "argument": "region"}
        assert refused == await hub.refused(token, query, region=missing), (grants, foreign)
    assert await entries(hub, ministry) == before


async def test_the_ministry_confirms_what_provinces_enter(hub: RunningHub, entered: None) -> None:
    may = [Permission.STATISTICS_READ, Permission.READINESS_WRITE]
    ministry = await hub.token(MINISTRY, permissions=may)
    told = await hub.ask(ministry, CONFIRM, region="73")
    assert told["confirmReadiness"]["state"] == "CONFIRMED"
    refused = await hub.refused(await hub.token(MINISTRY), CONFIRM, region="74")
    assert refused["extensions"]["scope"] == "readiness:write"


async def test_another_provinces_readiness_is_not_seen(hub: RunningHub, entered: None) -> None:
    assert (await entries(hub, await hub.token(SULSEL))).keys() == {"73", "73.06", "73.71"}
    assert (await entries(hub, await hub.token(MAKASSAR))).keys() == {"73.71"}
    assert await entries(hub, await hub.token(MAKASSAR), "73.06") == {}
    assert await entries(hub, await hub.token(SULSEL), "74") == {}
    for grant, seen in (
        (SULTRA, {"74"}),
        (GOWA, {"73.06"}),
        (MINISTRY, {"73", "73.06", "73.71", "74"}),
        (Grant(Role.STATISTICS), set()),
    ):
        found = await hub.store.reader(scope(grant)).readiness.all()
        assert {entry.region for entry in found} == seen


async def test_what_changed_since_it_was_read_is_not_judged(hub: RunningHub, entered: None) -> None:
    province, district = await hub.token(SULSEL), await hub.token(MAKASSAR)
    await hub.ask(district, ENTER)
    refused = await hub.refused(province, CONFIRM, version=1)
    assert refused["extensions"]["argument"] == "version"
    answers = await asyncio.gather(
        *(hub.post(province, CONFIRM, version=2) for _ in range(4)),
        *(hub.post(province, RETURN, version=2) for _ in range(4)),
    )
    assert sum("errors" not in answer.json() for answer in answers) == 1
    ((entry,),) = (await entries(hub, district)).values()
    assert [each["version"] for each in entry["history"]] == [1, 2, 3]


async def test_what_is_missing_or_too_long_is_named(hub: RunningHub) -> None:
    district = await hub.token(MAKASSAR)
    for item, statement, argument in (
        ("DECREE", {"number": "1", "signer": "x"}, "signedOn"),
        ("DECREE", {"number": "x" * 201, "signedOn": "2020-01-01", "signer": "x"}, "number"),
        ("ACTION_PLAN", {}, "description"),
        ("PUBLICITY", {"description": "x" * 2_001}, "description"),
        ("CHANNELS", {"channels": []}, "channels"),
        ("CHANNELS", {"channels": [""]}, "channels"),
        ("CHANNELS", {"channels": ["x"] * 51}, "channels"),
        ("CHANNELS", {"channels": [" "]}, "channels"),
        ("DECREE", {"number": "   ", "signedOn": "2020-01-01", "signer": "x"}, "number"),
        ("DECREE", {"number": "1", "signedOn": "2020-01-01", "signer": "\0"}, "signer"),
        ("DECREE", {"number": "1", "signedOn": "2020-01-01", "signer": "a\nb"}, "signer"),
        ("DECREE", {"number": "\u202e1", "signedOn": "2020-01-01", "signer": "x"}, "number"),
        ("DECREE", {"number": "1", "signedOn": "2999-06-01", "signer": "x"}, "signedOn"),
        ("PUBLICITY", {"description": "\n \n"}, "description"),
    ):
        refused = await hub.refused(district, ENTER, item=item, statement=statement)
        assert refused["extensions"]["argument"] == f"statement.{argument}", statement
    assert await entries(hub, district) == {}
    await hub.ask(district, ENTER)
    for note in (" ", "SK\u202e"):
        refused = await hub.refused(await hub.token(SULSEL), RETURN, note=note)
        assert refused["extensions"]["argument"] == "note"


async def test_what_is_blank_around_a_statement_is_left_out(hub: RunningHub) -> None:
    district = await hub.token(MAKASSAR)
    statement = {"number": " 188/1 ", "signedOn": "2020-06-01", "signer": "Wali Kota\n"}
    entered = (await hub.ask(district, ENTER, statement=statement))["enterReadiness"]
    assert (entered["number"], entered["signer"]) == ("188/1", "Wali Kota")


async def test_a_decree_may_be_signed_today_by_the_clock_of_the_place(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 17.00 UTC it is the next day in Makassar."""
    now = datetime(2026, 11, 29, 17, tzinfo=UTC)
    monkeypatch.setattr("hub.schema.readiness.utc_now", lambda: now)
    district = await hub.token(MAKASSAR)
    today = {"number": "1", "signedOn": "2026-11-30", "signer": "Wali Kota"}
    await hub.ask(district, ENTER, statement=today)
    refused = await hub.refused(district, ENTER, statement=today | {"signedOn": "2026-12-01"})
    assert refused["extensions"]["argument"] == "statement.signedOn"


async def test_to_judge_again_uses_up_no_version(
    hub: RunningHub, entered: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does whoever judges lock out whoever enters."""
    province, district = await hub.token(SULSEL), await hub.token(MAKASSAR)
    for version in (1, 2, 2):
        told = await hub.ask(province, CONFIRM, version=version)
        assert told["confirmReadiness"] == {"version": 2, "state": "CONFIRMED"}
    for version in (2, 3, 3):
        told = await hub.ask(province, RETURN, version=version)
        assert told["returnReadiness"]["version"] == 3
    assert (await hub.ask(province, RETURN, version=3, note="Lagi"))["returnReadiness"] == {
        "version": 4,
        "state": "RETURNED",
        "note": "Lagi",
    }
    monkeypatch.setattr("hub.store.readiness.MOST_JUDGEMENTS", 3)
    refused = await hub.refused(province, CONFIRM, version=4)
    assert "judged 3 times" in refused["message"]
    assert (await hub.ask(district, ENTER))["enterReadiness"]["version"] == 5
