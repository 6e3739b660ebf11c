"""Attempts to learn of another province by references to entities. docs/security.md lists each."""

from typing import Any

from hub.domain.complaint import Reporter
from hub.domain.scope import Grant, Permission, Role
from tests.made import complaint, provenance, received
from tests.security.conftest import SULSEL, World
from tests.security.questions import (
    ENTITIES,
    NODE,
    ROLE_DEFAULTS,
    refused,
)


async def test_an_entity_of_another_province_is_one_that_does_not_exist(world: World) -> None:
    """What `node` says of an id, `_entities` says of a reference to it."""
    kinds = ("Complaint", "Channel", "Region")
    own = world.ours.id
    ids = [world.foreign, f"complaint:{own}", f"Complaint:{own}", "complaint:none", own, ""]
    ids += ["channel:lapor", "channel:sultra", "region:74", "region:99", "run:1"]
    references = [{"__typename": kind, "id": id_} for kind in kinds for id_ in ids]
    told = await world.hub.ask(world.token, ENTITIES, of=references)
    right = []
    for reference in references:
        node = (await world.hub.ask(world.token, NODE, id=reference["id"]))["node"]
        right.append(node if node and node["__typename"] == reference["__typename"] else None)
    assert told["_entities"] == right
    assert {row["id"] for row in right if row} == {f"complaint:{own}", "channel:lapor", "region:74"}


async def test_an_entity_is_not_built_from_what_the_caller_sent(world: World) -> None:
    mine = {"__typename": "Complaint", "id": f"complaint:{world.ours.id}"}
    wrong: list[Any] = [
        mine | {"number": "K-74-0"},
        mine | {"province": {"__typename": "Region", "id": "region:74"}},
        mine | {"info": None},
        mine | {"self": None},
        {"id": mine["id"]},
        {"__typename": "Complaint"},
        mine | {"__typename": "Run"},
        mine | {"__typename": ["Complaint"]},
        mine | {"id": {"$ne": None}},
        mine | {"id": [world.foreign]},
        "Complaint",
        [mine],
    ]
    for reference in wrong:
        assert await refused(world, ENTITIES, of=[mine, reference]) == "BAD_USER_INPUT", reference
    assert await refused(world, ENTITIES, of=[mine] * 201) == "BAD_USER_INPUT"
    assert len((await world.hub.ask(world.token, ENTITIES, of=[mine] * 200))["_entities"]) == 200


async def test_an_entity_shows_what_its_viewer_may_see(world: World) -> None:
    """Secret words are null to the ministry; a reporter is recorded where one was shown only."""
    secret = complaint(external_id="rahasia", secret=True, reporter=Reporter("Sitti", "0811"))
    await world.hub.store.writer.write(received(secret), provenance())
    reference = [{"__typename": "Complaint", "id": f"complaint:{secret.id}"}]
    words = """query ($of: [_Any!]!) {
      _entities(representations: $of) { ... on Complaint { title reporter { name } } } }"""
    ministry = await world.hub.token(Grant(Role.MINISTRY))
    told = await world.hub.ask(ministry, words, of=reference)
    assert told["_entities"] == [{"title": None, "reporter": None}]

    reading = [*ROLE_DEFAULTS, Permission.COMPLAINTS_PII]
    own = await world.hub.token(SULSEL, permissions=reading)
    audit = "{ audit { nodes { rows } } }"
    assert (await world.hub.ask(own, ENTITIES, of=reference))["_entities"][0]["id"]
    assert (await world.hub.ask(own, audit))["audit"]["nodes"] == []
    told = await world.hub.ask(own, words, of=reference)
    assert told["_entities"] == [{"title": secret.title, "reporter": {"name": "Sitti"}}]
    assert (await world.hub.ask(own, audit))["audit"]["nodes"] == [{"rows": 1}]


async def test_entities_need_what_complaints_need(world: World) -> None:
    token = await world.hub.token(SULSEL, permissions=[Permission.STATISTICS_READ])
    reference = {"__typename": "Complaint", "id": f"complaint:{world.ours.id}"}
    error = await world.hub.refused(token, ENTITIES, of=[reference])
    assert error["extensions"]["code"] == "INSUFFICIENT_SCOPE"
