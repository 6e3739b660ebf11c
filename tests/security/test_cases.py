"""Attempts to learn of another province by cases, or to say what is not one's to say.
docs/security.md lists each."""

from dataclasses import replace
from typing import Any

import pytest

from hub.domain.complaint import Complaint, Location
from hub.domain.scope import Grant, Permission, Role
from hub.oversight.linking import Linker
from hub.store.mongo import Database
from tests.commands import noted_commands
from tests.domain.test_likeness import TEXT
from tests.made import complaint, provenance, received, scope
from tests.running_hub import RunningHub
from tests.security.conftest import SULSEL

SULTRA = Grant(Role.PROVINCE, ("74",))
MINISTRY = Grant(Role.MINISTRY)
OVERSEEING = [Permission.COMPLAINTS_READ, Permission.OVERSIGHT_WRITE]
SEEN = """query ($id: ID!) { cases { received cases } complaint(id: $id) { case {
  id reports { id number channel status receivedAt } links { complaints how score by note } } } }"""
LINK = 'mutation ($ids: [ID!]!) { linkComplaints(ids: $ids, note: "x") }'
UNLINK = 'mutation ($id: ID!) { unlinkComplaint(id: $id, note: "x") }'

OURS = complaint(sp4n_id="5200077", description=TEXT, location=Location(119.42, -5.14))
SAME = replace(OURS, channel="sulsel", sp4n_id=None)
THEIRS = complaint(
    channel="sultra", number="K-74", province="74", district="74.71", sp4n_id="5200077"
)


def id_of(one: Complaint) -> str:
    return f"complaint:{one.id}"


async def linked(hub: RunningHub, *complaints: Complaint) -> None:
    await hub.store.writer.write(received(*complaints), provenance())
    await Linker(hub.store).look([each.id for each in complaints])


async def seen(hub: RunningHub, token: str, one: Complaint) -> Any:
    return await hub.ask(token, SEEN, id=id_of(one))


def reports(told: Any) -> set[str]:
    return {report["id"] for report in told["complaint"]["case"]["reports"]}


async def test_a_case_tells_of_nobody_outside_the_scope(hub: RunningHub) -> None:
    """Not by a member, a link, a count or the id, nor where the other alone would join two."""
    between = replace(OURS, channel="makassar", sp4n_id="5200078")
    beyond = replace(THEIRS, sp4n_id="5200078", channel="kendari")
    far = complaint(channel="kendari", sp4n_id="5200077", external_id="far")
    await linked(hub, OURS, SAME, far)
    token = await hub.token(SULSEL)
    before = [await seen(hub, token, each) for each in (OURS, SAME, far)]
    assert len(before[0]["complaint"]["case"]["links"]) == 2
    await linked(hub, THEIRS, beyond)
    assert [await seen(hub, token, each) for each in (OURS, SAME, far)] == before
    ministry = await seen(hub, await hub.token(MINISTRY), OURS)
    assert reports(ministry) == {id_of(each) for each in (OURS, SAME, far, THEIRS)}
    assert ministry["cases"] == {"received": 5, "cases": 2}
    await linked(hub, between)
    assert len(reports(await seen(hub, token, OURS))) == 4
    told = await seen(hub, await hub.token(SULTRA), THEIRS)
    assert reports(told) == {id_of(THEIRS)}
    assert told["cases"] == {"received": 2, "cases": 2}


@pytest.mark.parametrize("hidden_first", [False, True])
@pytest.mark.parametrize(("written", "together"), [("5200009", 2), ("9", 1)])
async def test_who_else_carries_an_id_neither_parts_nor_makes_a_case(
    hub: RunningHub, written: str, together: int, *, hidden_first: bool
) -> None:
    """However many complaints of another province do, before or after, and looked at again."""
    ours = [complaint(channel=channel, sp4n_id=written) for channel in ("lapor", "sulsel")]
    hidden = [replace(THEIRS, external_id=f"{n}", sp4n_id=written) for n in range(30)]
    token = await hub.token(SULSEL)
    for batch in (hidden, ours) if hidden_first else (ours, hidden):
        await linked(hub, *batch)
    for _ in range(2):
        told = [await seen(hub, token, each) for each in ours]
        assert {len(reports(each)) for each in told} == {together}
        assert {each["cases"]["cases"] for each in told} == {3 - together}
        again = [replace(each, title="Sampah") for each in (*ours, *hidden)]
        await linked(hub, *again)


async def test_two_that_only_a_hidden_one_joins_are_two(hub: RunningHub) -> None:
    other = complaint(external_id="2", channel="sulsel", title="Sampah")
    await linked(hub, OURS, other, THEIRS)
    people = hub.store.holdings(scope(MINISTRY)).cases
    await people.link([THEIRS.id, other.id], "x")
    told = await seen(hub, await hub.token(SULSEL), OURS)
    assert reports(told) == {id_of(OURS)}
    assert told["cases"] == {"received": 2, "cases": 2}
    assert len(reports(await seen(hub, await hub.token(MINISTRY), OURS))) == 3


async def test_a_case_does_not_tell_the_words_of_a_secret_complaint(hub: RunningHub) -> None:
    """That it is the same report as one whose words are shown would."""
    await linked(hub, OURS, replace(SAME, secret=True))
    without = [Permission.COMPLAINTS_READ]
    operator = Grant(Role.OPERATOR, channels=("lapor", "sulsel"))
    for grant in (MINISTRY, operator):
        token = await hub.token(grant, permissions=without)
        for one in (OURS, SAME):
            told = await seen(hub, token, one)
            assert reports(told) == {id_of(one)}
            assert told["complaint"]["case"]["links"] == []
            assert told["cases"] == {"received": 2, "cases": 2}
    told = await seen(hub, await hub.token(SULSEL), OURS)
    assert reports(told) == {id_of(OURS), id_of(SAME)}
    assert told["cases"] == {"received": 2, "cases": 1}


async def test_a_hidden_member_costs_what_none_costs(
    hub: RunningHub, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same commands to MongoDB whether the other end of a link is hidden or there is none."""
    alone = replace(SAME, description="Sampah", external_id="alone")
    await linked(hub, OURS, alone, THEIRS)
    assert await database["links"].count_documents({}) == 1
    token = await hub.token(SULSEL)
    commands = noted_commands(monkeypatch)

    async def asked(one: Complaint) -> list[Any]:
        commands.clear()
        query = "query ($id: ID!) { complaint(id: $id) { case { id } } }"
        await hub.ask(token, query, id=id_of(one))
        return list(commands)

    await asked(OURS)
    assert await asked(OURS) == await asked(alone)
    # Nor does a secret complaint tell so that it is the same report as one that is shown.
    secret = replace(SAME, secret=True)
    alone = replace(alone, secret=True)
    await linked(hub, secret, alone)
    assert await database["links"].count_documents({"members": secret.id}) == 1
    token = await hub.token(MINISTRY, permissions=[Permission.COMPLAINTS_READ])
    await asked(secret)
    assert await asked(secret) == await asked(alone)


async def test_nobody_links_or_parts_what_they_do_not_oversee(
    hub: RunningHub, database: Database
) -> None:
    """What is another's is what does not exist, and nothing is changed or written down."""
    await linked(hub, OURS, SAME, THEIRS)
    before = await database["links"].find().to_list()
    token = await hub.token(SULSEL, permissions=OVERSEEING)
    for own in (THEIRS.id, "none"):
        error = await hub.refused(token, LINK, ids=[id_of(OURS), f"complaint:{own}"])
        assert error["message"] == "ids: there is no such complaint for you to link"
        error = await hub.refused(token, UNLINK, id=f"complaint:{own}")
        assert error["message"] == "id: there is no such complaint for you to link"
    district = Grant(Role.DISTRICT, ("73.71",))
    operator = Grant(Role.OPERATOR, channels=("lapor", "sulsel", "sultra"))
    for grant in (district, operator):
        token = await hub.token(SULTRA, grant, permissions=OVERSEEING)
        error = await hub.refused(token, UNLINK, id=id_of(OURS))
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
    for missing in OVERSEEING:
        token = await hub.token(MINISTRY, permissions=[p for p in OVERSEEING if p is not missing])
        error = await hub.refused(token, UNLINK, id=id_of(OURS))
        assert error["extensions"]["scope"] == missing
    assert await database["links"].find().to_list() == before
    assert await hub.store.changes.latest(None, 9) == []


async def test_who_parts_a_complaint_parts_it_as_far_as_they_oversee(hub: RunningHub) -> None:
    await linked(hub, OURS, SAME, THEIRS)
    token = await hub.token(SULSEL, permissions=OVERSEEING)
    assert await hub.ask(token, UNLINK, id=id_of(OURS)) == {"unlinkComplaint": id_of(OURS)}
    await Linker(hub.store).look_at_all()
    assert reports(await seen(hub, token, OURS)) == {id_of(OURS)}
    ministry = await hub.token(MINISTRY)
    assert reports(await seen(hub, ministry, OURS)) == {id_of(OURS), id_of(THEIRS)}
    assert await hub.ask(token, LINK, ids=[id_of(OURS), id_of(SAME)])
    told = await seen(hub, token, OURS)
    (link,) = told["complaint"]["case"]["links"]
    assert (link["how"], link["score"], link["note"]) == ("PERSON", None, "x")
    done = [(each["what"], each["detail"]) for each in await hub.store.changes.latest(None, 9)]
    assert done == [("linkComplaints", f"{OURS.id} {SAME.id}"), ("unlinkComplaint", OURS.id)]
