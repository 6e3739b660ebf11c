"""The API as its clients meet it, over HTTP."""

from datetime import timedelta
from typing import Any

import pytest

from hub.domain.complaint import Complaint, ComplaintStatus, Location, Reporter
from hub.domain.run import Ledger, Rejection, RunState
from hub.domain.scope import Grant, Permission, Role
from hub.store.dead_letters import Refused
from hub.store.mongo import Database
from tests.made import MOMENT, complaint, provenance, received
from tests.refusing import accepting_only
from tests.running_hub import RunningHub

MINISTRY = Grant(Role.MINISTRY)
SULSEL = Grant(Role.PROVINCE, ("73",))


async def fill(hub: RunningHub, *complaints: Complaint) -> None:
    await hub.store.channels.add("lapor", "SP4N-LAPOR!")
    await hub.store.channels.saw("lapor", ["73", "74"], ["73.71"])
    await hub.store.writer.write(received(*complaints), provenance())


async def test_a_complaint_is_told_whole(hub: RunningHub) -> None:
    one = complaint(
        number="LP-1",
        status=ComplaintStatus.IN_PROGRESS,
        status_source="Proses",
        title="Jalan rusak",
        category="roads",
        category_source="Infrastruktur Jalan",
        location=Location(119.4, -5.1),
        due_at=MOMENT + timedelta(days=1),
        updated_at=MOMENT + timedelta(hours=5),
        reporter=Reporter("Sitti", "0811"),
        institution="Pemerintah Kota Makassar",
    )
    await fill(hub, one)
    query = """query ($id: ID!) { complaint(id: $id) {
      __typename id number externalId classification category categorySource programme status
      statusSource title description receivedAt updatedAt handedOverAt followedUpAt closedAt dueAt
      overdue province { code name level } district { code name timeZone parent { code } }
      address location { longitude latitude } institution anonymous secret reporter { name contact }
      channel { id name title } timeline { at status statusSource } provenance { connector run }
    } }"""
    token = await hub.token(
        SULSEL, permissions=[Permission.COMPLAINTS_READ, Permission.COMPLAINTS_PII]
    )
    told = (await hub.ask(token, query, id=f"complaint:{one.id}"))["complaint"]
    assert told == {
        "__typename": "Complaint",
        "id": f"complaint:{one.id}",
        "number": "LP-1",
        "externalId": "1",
        "classification": "UNCLASSIFIED",
        "category": "roads",
        "categorySource": "Infrastruktur Jalan",
        "programme": None,
        "status": "IN_PROGRESS",
        "statusSource": "Proses",
        "title": "Jalan rusak",
        "description": None,
        "receivedAt": "2020-07-01T03:00:00+00:00",
        "updatedAt": "2020-07-01T08:00:00+00:00",
        "handedOverAt": None,
        "followedUpAt": None,
        "closedAt": None,
        "dueAt": "2020-07-02T03:00:00+00:00",
        "overdue": True,
        "province": {"code": "73", "name": "Sulawesi Selatan", "level": "PROVINCE"},
        "district": {
            "code": "73.71",
            "name": "Kota Makassar",
            "timeZone": "Asia/Makassar",
            "parent": {"code": "73"},
        },
        "address": None,
        "location": {"longitude": 119.4, "latitude": -5.1},
        "institution": "Pemerintah Kota Makassar",
        "anonymous": False,
        "secret": False,
        "reporter": {"name": "Sitti", "contact": "0811"},
        "channel": {"id": "channel:lapor", "name": "lapor", "title": "SP4N-LAPOR!"},
        "timeline": [
            {"at": "2020-07-01T03:00:00+00:00", "status": "RECEIVED", "statusSource": None},
            {"at": "2020-07-01T08:00:00+00:00", "status": "IN_PROGRESS", "statusSource": "Proses"},
        ],
        "provenance": {"connector": "connector", "run": "run"},
    }


async def test_what_lies_outside_the_scope_does_not_exist(hub: RunningHub) -> None:
    ours, theirs = complaint(), complaint(external_id="2", province="74", district=None)
    await fill(hub, ours, theirs)
    token = await hub.token(SULSEL)
    query = """query ($id: ID!) { complaint(id: $id) { id } node(id: $id) { id } }"""
    assert await hub.ask(token, query, id=f"complaint:{theirs.id}") == await hub.ask(
        token, query, id="complaint:none-such"
    )
    assert (await hub.ask(token, query, id=f"complaint:{ours.id}"))["node"] is not None
    listed = await hub.ask(
        token,
        '{ complaints(filter: {or: [{province: {eq: "74"}}, {not: {province: {eq: "74"}}}]})'
        " { totalCount nodes { id } } }",
    )
    assert listed["complaints"] == {"totalCount": 1, "nodes": [{"id": f"complaint:{ours.id}"}]}


async def test_nodes_are_complaints_regions_and_channels(hub: RunningHub) -> None:
    await fill(hub, complaint())
    query = """query ($id: ID!) { node(id: $id) { __typename id ... on Region { name }
      ... on Channel { title } ... on Complaint { number } } }"""
    token = await hub.token(MINISTRY)
    for id_, told in {
        "region:73.71": {"__typename": "Region", "id": "region:73.71", "name": "Kota Makassar"},
        "channel:lapor": {"__typename": "Channel", "id": "channel:lapor", "title": "SP4N-LAPOR!"},
        f"complaint:{complaint().id}": {
            "__typename": "Complaint",
            "id": f"complaint:{complaint().id}",
            "number": "1",
        },
        "region:99": None,
        "channel:none": None,
        "nonsense": None,
    }.items():
        assert (await hub.ask(token, query, id=id_))["node"] == told


async def test_pages_by_cursor_forward_and_back(hub: RunningHub) -> None:
    await fill(
        hub,
        *(complaint(external_id=str(n), received_at=MOMENT + timedelta(days=n)) for n in range(5)),
    )
    query = """query ($first: Int, $after: String, $last: Int, $before: String) {
      complaints(first: $first, after: $after, last: $last, before: $before,
                 orderBy: [{field: RECEIVED_AT, direction: ASC}]) {
        edges { cursor node { externalId } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""
    token = await hub.token(MINISTRY)

    async def page(**arguments: Any) -> tuple[list[str], Any]:
        found = (await hub.ask(token, query, **arguments))["complaints"]
        assert found["pageInfo"]["endCursor"] == found["edges"][-1]["cursor"]
        return [edge["node"]["externalId"] for edge in found["edges"]], found["pageInfo"]

    first, info = await page(first=2)
    assert (first, info["hasNextPage"], info["hasPreviousPage"]) == (["0", "1"], True, False)
    second, info = await page(first=2, after=info["endCursor"])
    assert (second, info["hasNextPage"], info["hasPreviousPage"]) == (["2", "3"], True, True)
    back, info = await page(last=2, before=info["startCursor"])
    assert (back, info["hasNextPage"], info["hasPreviousPage"]) == (["0", "1"], True, False)
    end, info = await page(last=1)
    assert (end, info["hasNextPage"], info["hasPreviousPage"]) == (["4"], False, True)


async def test_indicators_state_what_they_rest_on(hub: RunningHub) -> None:
    await fill(
        hub,
        complaint(status=ComplaintStatus.CLOSED, followed_up_at=MOMENT + timedelta(days=2)),
        complaint(external_id="2"),
        complaint(external_id="3", province="74", district=None),
    )
    token = await hub.token(SULSEL)
    asked = await hub.ask(
        token,
        "{ indicators(groupBy: [DISTRICT, MONTH]) { keys { key value label } received followedUp"
        " followUpRate overdue timed medianDaysToFollowUp changedAt } }",
    )
    assert asked["indicators"] == [
        {
            "keys": [
                {"key": "DISTRICT", "value": "73.71", "label": "Kota Makassar"},
                {"key": "MONTH", "value": "2020-07", "label": "2020-07"},
            ],
            "received": 2,
            "followedUp": 1,
            "followUpRate": 0.5,
            "overdue": 0,
            "timed": 1,
            "medianDaysToFollowUp": 2.0,
            "changedAt": "2020-07-01T03:00:00+00:00",
        }
    ]
    query = "query ($p: Period) { indicators(period: $p) { received followUpRate } }"
    for period, received_then in (
        ({"from": "2020-07-01", "to": "2020-07-01"}, 2),
        ({"from": "2020-07-02"}, 0),
        ({"to": "2020-06-30"}, 0),
    ):
        (row,) = (await hub.ask(token, query, p=period))["indicators"]
        assert row["received"] == received_then
        assert (row["followUpRate"] is None) is (received_then == 0)


async def test_regions_are_the_whole_table_for_everyone(hub: RunningHub) -> None:
    token = await hub.token(Grant(Role.STATISTICS))
    told = await hub.ask(
        token,
        """{ all: regions { code } provinces: regions(level: PROVINCE) { code }
        sulsel: regions(parent: "73") { name } }""",
    )
    assert {name: len(found) for name, found in told.items()} == {
        "all": 552,
        "provinces": 38,
        "sulsel": 24,
    }


async def test_an_operator_sees_how_their_channel_comes_in(hub: RunningHub) -> None:
    await fill(hub, complaint())
    run = await hub.store.runs.start("lapor", "lapor", "v1")
    label = {"field": "category", "value": "Lainnya", "count": 3}
    ledger = Ledger(read=4, inserted=3, dead_lettered=1)
    await hub.store.runs.finish(run, RunState.SUCCEEDED, ledger, [label])
    rejection = Rejection("district", "Kab. Antah", "unknown district", "9")
    await hub.store.dead_letters.put("lapor", [Refused(rejection, b"{}")], provenance())
    query = """{ runs { nodes { id state ledger { read inserted updated unchanged deadLettered }
      unmapped { field value count } error } }
      deadLetters(state: OPEN) { nodes { field value reason externalId attempts } }
      channels { name } connectors { name } }"""
    told = await hub.ask(await hub.token(Grant(Role.OPERATOR, channels=("lapor",))), query)
    assert told["runs"]["nodes"] == [
        {
            "id": run.id,
            "state": "SUCCEEDED",
            "ledger": {
                "read": 4,
                "inserted": 3,
                "updated": 0,
                "unchanged": 0,
                "deadLettered": 1,
            },
            "unmapped": [label],
            "error": None,
        }
    ]
    assert told["deadLetters"]["nodes"] == [
        {
            "field": "district",
            "value": "Kab. Antah",
            "reason": "unknown district",
            "externalId": "9",
            "attempts": 1,
        }
    ]
    other = await hub.ask(await hub.token(Grant(Role.OPERATOR, channels=("x",))), query)
    assert other == {
        "runs": {"nodes": []},
        "deadLetters": {"nodes": []},
        "channels": [],
        "connectors": [],
    }


async def test_the_viewer_is_told_who_they_are(hub: RunningHub) -> None:
    token = await hub.token(SULSEL, Grant(Role.OPERATOR, channels=("lapor",)))
    told = await hub.ask(
        token,
        """{ viewer { grants { role regions { name } channels } scopes
        read: can(action: "complaints:read") pii: can(action: "complaints:pii") } }""",
    )
    assert told["viewer"] == {
        "grants": [
            {"role": "PROVINCE", "regions": [{"name": "Sulawesi Selatan"}], "channels": []},
            {"role": "OPERATOR", "regions": [], "channels": ["lapor"]},
        ],
        "scopes": ["complaints:read", "letters:write", "readiness:write", "statistics:read"],
        "read": True,
        "pii": False,
    }


@pytest.mark.parametrize(
    ("field", "scope"),
    [
        ("complaints { totalCount }", "complaints:read"),
        ('complaint(id: "complaint:1") { id }', "complaints:read"),
        ('node(id: "complaint:1") { id }', "complaints:read"),
        ("indicators { received }", "statistics:read"),
        ("activity { total }", "statistics:read"),
        ('ranking(channels: ["lapor"]) { asOf }', "statistics:read"),
        ("connectors { name }", "connectors:read"),
        ("runs { nodes { id } }", "connectors:read"),
        ("deadLetters { nodes { id } }", "connectors:read"),
    ],
)
async def test_a_missing_oauth_scope_is_named(hub: RunningHub, field: str, scope: str) -> None:
    token = await hub.token(MINISTRY, permissions=[Permission.AUDIT_READ])
    error = await hub.refused(token, f"{{ {field} }}")
    assert error["extensions"] == {"code": "INSUFFICIENT_SCOPE", "scope": scope}


async def test_a_ranking_of_institutions_is_for_who_reads_complaints(hub: RunningHub) -> None:
    query = '{ ranking(channels: ["lapor"], of: INSTITUTION) { asOf } }'
    token = await hub.token(MINISTRY, permissions=[Permission.STATISTICS_READ])
    error = await hub.refused(token, query)
    assert error["extensions"]["scope"] == "complaints:read"


async def test_statistics_gets_the_counts_and_no_row(hub: RunningHub) -> None:
    for province, number in (("73", 6), ("74", 4), ("76", 9)):
        await fill(
            hub,
            *(
                complaint(external_id=f"{province}-{n}", province=province, district=None)
                for n in range(number)
            ),
        )
    token = await hub.token(Grant(Role.STATISTICS))
    # Aliases ask two questions at once: four of 74 are too few to be told, and 73 goes with them,
    # so that the total does not give them away.
    told = await hub.ask(
        token,
        """{ groups: indicators(groupBy: [PROVINCE]) { keys { value } received }
        all: indicators { received }
        others: indicators(filter: {province: {in: ["73", "76"]}}) { received }
        one: indicators(filter: {province: {eq: "76"}}) { received } }""",
    )
    assert told == {
        "groups": [{"keys": [{"value": "76"}], "received": 9}],
        "all": [{"received": 19}],
        "others": [],
        "one": [{"received": 9}],
    }


@pytest.mark.parametrize(
    ("arguments", "argument", "named"),
    [
        ('filter: {number: {eq: "1"}}', "filter", "number"),
        ('filter: {receivedAt: {gt: "2020-07-01T00:00:00Z"}}', "filter", "received_at"),
        ('filter: {province: {ne: "73"}}', "filter", "eq, in and isNull"),
        ("groupBy: [DAY]", "groupBy", "by month"),
        ("groupBy: [STATUS, CATEGORY]", "groupBy", "one of"),
        ('period: {from: "2020-07-02"}', "period", "whole months"),
    ],
)
async def test_statistics_is_told_which_argument_asks_for_too_much(
    hub: RunningHub, arguments: str, argument: str, named: str
) -> None:
    token = await hub.token(Grant(Role.STATISTICS))
    error = await hub.refused(token, f"{{ indicators({arguments}) {{ received }} }}")
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": argument}
    assert named in error["message"]


READ_AND_PII = [Permission.COMPLAINTS_READ, Permission.COMPLAINTS_PII]
REPORTERS = "query Pelapor { complaints { nodes { id title reporter { name } } } }"


async def test_what_is_hidden_is_told_with_its_reason(hub: RunningHub) -> None:
    secret = complaint(secret=True, title="Pungutan", reporter=Reporter("Sitti", None))
    unknown = complaint(external_id="2", title=None)
    await fill(hub, secret, unknown)
    ministry = await hub.token(Grant(Role.MINISTRY))
    ids = [f"complaint:{each.id}" for each in (secret, unknown)]
    body = (await hub.post(ministry, REPORTERS)).json()
    masked = {m["reason"]: (m["fields"], {*m["complaints"]}) for m in body["extensions"]["masked"]}
    assert masked == {
        "SECRET": (["title"], {ids[0]}),
        "NOT_PERMITTED": (["reporter"], {*ids}),
    }
    district = await hub.token(Grant(Role.DISTRICT, ("73.71",)), permissions=READ_AND_PII)
    assert "masked" not in (await hub.post(district, REPORTERS)).json()["extensions"]


async def test_each_read_of_a_reporter_is_recorded_within_its_scope(hub: RunningHub) -> None:
    await fill(
        hub,
        complaint(reporter=Reporter("Sitti", None)),
        complaint(external_id="2", reporter=Reporter("Wati", None)),
        complaint(external_id="3", reporter=Reporter("Budi", None), anonymous=True),
        complaint(external_id="4", province="74", district=None, reporter=Reporter("Ani", None)),
    )
    reader = await hub.token(Grant(Role.MINISTRY), permissions=READ_AND_PII)
    await hub.ask(reader, REPORTERS)
    await hub.ask(reader, "{ complaints { nodes { title } } }")
    audit = "{ audit { nodes { subject operation province { code } district { code } rows } } }"
    sulsel = await hub.token(SULSEL, permissions=[Permission.AUDIT_READ])
    (seen,) = (await hub.ask(sulsel, audit))["audit"]["nodes"]
    assert seen.pop("subject").startswith("t-")
    assert seen == {
        "operation": None,
        "province": {"code": "73"},
        "district": {"code": "73.71"},
        "rows": 2,
    }
    everything = await hub.token(Grant(Role.MINISTRY))
    assert len((await hub.ask(everything, audit))["audit"]["nodes"]) == 2
    assert (await hub.refused(reader, audit))["extensions"]["code"] == "INSUFFICIENT_SCOPE"


async def test_what_cannot_be_recorded_is_not_shown(hub: RunningHub, database: Database) -> None:
    await fill(hub, complaint(reporter=Reporter("Sitti", None)))
    reader = await hub.token(SULSEL, permissions=READ_AND_PII)
    async with accepting_only(database, "audit", {"never": {"$exists": True}}):
        answer = await hub.post(reader, REPORTERS)
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_ERROR"
    assert "Sitti" not in answer.text
