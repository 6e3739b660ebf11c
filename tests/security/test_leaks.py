"""Attempts to learn of another province by asking. docs/security.md lists each."""

from typing import Any

import pytest

from hub.domain.institutions import Institution
from hub.domain.scope import Grant, Permission, Role
from hub.store.connectors import Registration
from tests.commands import noted_commands
from tests.made import MOMENT, complaint, provenance, received
from tests.running_hub import RunningHub
from tests.security.conftest import HIDDEN, SULSEL, World
from tests.security.questions import (
    GROUPS,
    ROW,
    ROW_AND_ENTITY,
    ROWS,
    refused,
)


@pytest.mark.parametrize(
    "filter_",
    [
        {"province": {"eq": "74"}},
        {"district": {"in": ["74.71"]}},
        {"channel": {"eq": "sultra"}},
        {"number": {"gte": "K-74"}, "institution": {"eq": "Kota Kendari"}},
    ],
    ids=str,
)
async def test_counts_and_rows_of_another_province_are_none(
    world: World, filter_: dict[str, Any]
) -> None:
    told = await world.hub.ask(world.token, ROWS, filter=filter_)
    assert told["complaints"] == {"totalCount": 0, "nodes": []}
    groups = await world.hub.ask(world.token, GROUPS, by=["STATUS"], filter=filter_)
    assert groups == {"indicators": []}


@pytest.mark.parametrize(
    "filter_",
    [
        {"or": [{"province": {"eq": "74"}}, {"province": {"ne": "74"}}]},
        {"not": {"province": {"eq": "73"}, "number": {"eq": "none"}}},
        {"or": [{}]},
        {"not": {"or": []}},
        {"province": {"ne": "75"}},
        {"district": {"isNull": False}},
    ],
    ids=str,
)
async def test_no_filter_widens_the_scope(world: World, filter_: dict[str, Any]) -> None:
    told = await world.hub.ask(world.token, ROWS, filter=filter_)
    assert told["complaints"]["totalCount"] == len(told["complaints"]["nodes"]) == 3


@pytest.mark.parametrize(
    "by", [["PROVINCE"], ["DISTRICT", "MONTH"], ["CHANNEL"], ["DAY"], ["WEEK", "STATUS"], []]
)
async def test_groups_are_counted_within_the_scope(world: World, by: list[str]) -> None:
    told = await world.hub.ask(world.token, GROUPS, by=by)
    assert [row["received"] for row in told["indicators"]] == [3]
    assert not any(word in str(told) for word in HIDDEN)


async def test_an_id_of_another_province_is_one_that_does_not_exist(world: World) -> None:
    own = world.theirs.id
    for id_ in (world.foreign, f" {world.foreign}", f"complaint:{own}\u200b", f"Complaint:{own}"):
        told = await world.hub.ask(world.token, ROW, id=id_)
        assert told == {"complaint": None, "node": None}


async def test_what_is_forbidden_costs_what_does_not_exist_costs(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answer after the same commands to MongoDB, so that time tells nothing either."""
    commands = noted_commands(monkeypatch)

    async def asked(id_: str) -> tuple[str, list[Any]]:
        commands.clear()
        reference = {"__typename": "Complaint", "id": id_}
        answer = await world.hub.post(world.token, ROW_AND_ENTITY, id=id_, of=[reference])
        return answer.text, list(commands)

    await asked("complaint:warm")
    forbidden, missing = await asked(world.foreign), await asked("complaint:none-such")
    assert forbidden == missing
    assert [name for name, _ in forbidden[1]] == ["find", "find", "find"]


async def test_aliases_do_not_multiply_what_is_shown(world: World) -> None:
    fields = " ".join(f'a{n}: complaint(id: "{world.foreign}") {{ number }}' for n in range(30))
    told = await world.hub.ask(world.token, f"{{ {fields} }}")
    assert set(told.values()) == {None}


async def test_fragments_lead_nowhere_else(world: World) -> None:
    query = """query ($id: ID!) { node(id: $id) { ...A ... on Complaint { number } } }
      fragment A on Node { id ... on Complaint { ...B } }
      fragment B on Complaint { title institution channel { title } }"""
    assert await world.hub.ask(world.token, query, id=world.foreign) == {"node": None}


async def test_a_forged_cursor_is_refused(world: World) -> None:
    page = "query ($c: String) { complaints(first: 1, after: $c) { pageInfo { endCursor } } }"
    told = await world.hub.ask(world.token, page)
    cursor = told["complaints"]["pageInfo"]["endCursor"]
    for forged in (cursor[:-2], "A" + cursor[1:], cursor + "AAAA", "[null]", "é"):
        if forged != cursor:
            assert await refused(world, page, c=forged) == "BAD_USER_INPUT"


async def test_a_cursor_of_another_scope_is_refused(world: World) -> None:
    page = "query ($c: String) { complaints(first: 1, after: $c) { pageInfo { endCursor } } }"
    for grant in (Grant(Role.MINISTRY), Grant(Role.PROVINCE, ("74",))):
        told = await world.hub.ask(await world.hub.token(grant), page)
        cursor = told["complaints"]["pageInfo"]["endCursor"]
        assert await refused(world, page, c=cursor) == "BAD_USER_INPUT"


async def test_channels_of_another_province_are_unknown(world: World) -> None:
    query = '{ channels { name } node(id: "channel:sultra") { id } }'
    told = await world.hub.ask(world.token, query)
    assert told == {"channels": [{"name": "lapor"}], "node": None}


async def test_the_title_of_a_channel_comes_only_with_the_channel(world: World) -> None:
    """An operator's own complaint may have come by a channel that others share."""
    token = await world.hub.token(Grant(Role.DISTRICT, ("74.71",)))
    told = await world.hub.ask(token, "{ complaints { nodes { channel { name title } } } }")
    titles = {node["channel"]["title"] for node in told["complaints"]["nodes"]}
    assert titles == {"sultra"}  # its name: the channel was never seen in this district


ACTIVITY = """query ($of: Members!, $province: String) {
  activity(of: $of, province: $province) { total connected active unlisted
    members { name district { name } channels received } } }"""


async def with_institutions(world: World) -> None:
    """Lists an institution of each of the two provinces, and its governments."""
    await world.hub.store.institutions.replace(
        [
            Institution("Kota Makassar", "73", "73.71"),
            Institution("Kota Kendari", "74", "74.71"),
            Institution("Pemerintah Provinsi Sultra, theirs", "74"),
        ]
    )


@pytest.mark.parametrize("members", ["INSTITUTION", "DISTRICT"])
async def test_institutions_of_another_province_and_what_they_did_are_unknown(
    world: World, members: str
) -> None:
    await with_institutions(world)
    told = await world.hub.ask(world.token, ACTIVITY, of=members, province="74")
    nothing = {"total": 0, "connected": 0, "active": 0, "unlisted": 0, "members": []}
    assert told == {"activity": nothing}
    answer = await world.hub.post(world.token, ACTIVITY, of=members)
    assert not any(word in answer.text for word in HIDDEN)
    unlisted = 3 if members == "INSTITUTION" else 0
    assert answer.json()["data"]["activity"]["unlisted"] == unlisted


async def test_who_may_count_and_not_read_is_told_of_no_institution(world: World) -> None:
    """That one is active says what became of its only complaint."""
    await with_institutions(world)
    for grant in (Grant(Role.STATISTICS), SULSEL):
        token = await world.hub.token(grant, permissions=[Permission.STATISTICS_READ])
        error = await world.hub.refused(token, ACTIVITY, of="INSTITUTION")
        assert error["extensions"] == {"code": "INSUFFICIENT_SCOPE", "scope": "complaints:read"}
        error = await world.hub.refused(token, GROUPS, by=["INSTITUTION"])
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "groupBy"}


async def test_the_activity_of_a_district_beside_figures_of_the_nation(world: World) -> None:
    """What may be read bounds it, and not what may be counted."""
    await with_institutions(world)
    token = await world.hub.token(SULSEL, Grant(Role.STATISTICS))
    answer = await world.hub.post(token, ACTIVITY, of="INSTITUTION")
    assert answer.json()["data"]["activity"]["total"] == 1
    assert not any(word in answer.text for word in HIDDEN)


@pytest.mark.parametrize("field", ["runs", "deadLetters"])
async def test_ledgers_of_other_channels_are_not_shown(world: World, field: str) -> None:
    query = f"{{ {field} {{ nodes {{ channel }} }} }}"
    assert await refused(world, query) == "INSUFFICIENT_SCOPE"
    token = await world.hub.token(Grant(Role.OPERATOR, channels=("lapor",)))
    told = await world.hub.ask(token, query)
    assert told == {field: {"nodes": [{"channel": "lapor"}]}}
    asked_for = f'{{ {field}(connector: "sultra") {{ nodes {{ channel }} }} }}'
    assert await world.hub.ask(token, asked_for) == {field: {"nodes": []}}


async def test_the_counts_of_another_channel_are_not_shown(world: World) -> None:
    """Neither beside its connector nor beside one of the viewer's that was of that channel."""
    store = world.hub.store
    day = {"day": "2020-07-01", "source": 9, "stored": 6, "missing": 3}
    for name, counted in (("lapor", "lapor"), ("moved", "sultra"), ("sultra", "sultra")):
        channel = "lapor" if name == "moved" else counted
        registration = Registration(name, "rest_api", channel, "", "v1", "")
        await store.connectors.put(registration, "someone")
        await store.completeness.put(name, counted, MOMENT, [day])
    query = "{ connectors { name completeness { days { day source stored missing } } } }"
    token = await world.hub.token(Grant(Role.OPERATOR, channels=("lapor",)))
    assert await world.hub.ask(token, query) == {
        "connectors": [
            {"name": "lapor", "completeness": {"days": [day]}},
            {"name": "moved", "completeness": None},
        ]
    }
    assert await refused(world, query) == "INSUFFICIENT_SCOPE"


async def test_nothing_kept_for_one_viewer_is_shown_to_another(world: World) -> None:
    """Documents, plans, answers of figures and readers are kept, and asked for in turn."""
    query = """{ complaints { totalCount nodes { number } }
      indicators(groupBy: [PROVINCE]) { keys { value } received } }"""
    viewers = {
        await world.hub.token(Grant(Role.MINISTRY)): {"73": 3, "74": 6},
        world.token: {"73": 3},
        await world.hub.token(Grant(Role.PROVINCE, ("74",))): {"74": 6},
        await world.hub.token(Grant(Role.DISTRICT, ("73.06",))): {},
    }
    for _ in range(2):
        for token, right in viewers.items():
            told = await world.hub.ask(token, query)
            rows = {row["keys"][0]["value"]: row["received"] for row in told["indicators"]}
            assert rows == right
            assert told["complaints"]["totalCount"] == sum(right.values())


async def test_grants_add_up_and_to_no_more(world: World) -> None:
    await world.hub.store.writer.write(
        received(complaint(external_id="third", number="P-76", province="76", district="76.04")),
        provenance(),
    )
    operator = Grant(Role.OPERATOR, channels=("sultra",))
    told = await world.hub.ask(await world.hub.token(SULSEL, operator), ROWS)
    assert {node["number"][0] for node in told["complaints"]["nodes"]} == {"M", "K"}
    counting = await world.hub.token(SULSEL, Grant(Role.STATISTICS))
    assert (await world.hub.ask(counting, ROWS))["complaints"]["totalCount"] == 3


async def test_a_grant_without_the_permission_reads_nothing(world: World) -> None:
    token = await world.hub.token(SULSEL, permissions=[Permission.STATISTICS_READ])
    error = await world.hub.refused(token, ROWS)
    assert error["extensions"]["code"] == "INSUFFICIENT_SCOPE"


async def test_a_channel_can_not_overwrite_the_complaint_of_another(hub: RunningHub) -> None:
    one = complaint(channel="lapor", external_id="1", number="first")
    other = complaint(
        channel="sultra", external_id="1", number="second", province="74", district="74.71"
    )
    await hub.store.writer.write(received(one), provenance())
    await hub.store.writer.write(received(other), provenance())
    told = await hub.ask(await hub.token(SULSEL), ROWS)
    assert [node["number"] for node in told["complaints"]["nodes"]] == ["first"]
