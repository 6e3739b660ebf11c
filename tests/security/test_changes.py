"""Attempts to change, or to learn by trying to change, what is of another channel."""

from typing import Any

import pytest

from hub.domain.scope import Grant, Permission, Role
from hub.schema.compiled.execution import _COMPILED
from hub.store.connectors import ManagedBy, Registration
from hub.store.mongo import Database
from tests.commands import noted_commands
from tests.connectors.test_submitted import REST
from tests.security.conftest import HIDDEN, World

OPERATOR = Grant(Role.OPERATOR, ("73",), ("lapor",))
OURS = REST.replace("sulsel", "lapor")
FOREIGN, MISSING = "sultra", "tiada1"

ATTEMPTS: dict[str, tuple[str, dict[str, str]]] = {
    "registerConnector": (
        "mutation ($yaml: String!) { registerConnector(yaml: $yaml) { name } }",
        {"yaml": OURS.replace("name: lapor", "name: NAME")},
    ),
    "updateConnector": (
        "mutation ($name: String!, $yaml: String!) "
        "{ updateConnector(name: $name, yaml: $yaml) { name versions { yaml } } }",
        {"name": "NAME", "yaml": OURS},
    ),
    "pauseConnector": (
        'mutation ($name: String!) { pauseConnector(name: $name, reason: "x") { pause { by } } }',
        {"name": "NAME"},
    ),
    "resumeConnector": (
        "mutation ($name: String!) { resumeConnector(name: $name) { lastRun { id } } }",
        {"name": "NAME"},
    ),
    "syncNow": ("mutation ($name: String!) { syncNow(name: $name) { name } }", {"name": "NAME"}),
    "replayDeadLetters": (
        "mutation ($name: String!, $ids: [ID!]) "
        "{ replayDeadLetters(name: $name, ids: $ids) { id } }",
        {"name": "NAME"},
    ),
    "acknowledgeDeadLetter": (
        'mutation ($id: ID!) { acknowledgeDeadLetter(id: $id, note: "x") }',
        {"id": "LETTER"},
    ),
    "rotateSecret": (
        "mutation ($name: String!) "
        '{ rotateSecret(connector: $name, name: "TOKEN", value: "x") { name } }',
        {"name": "NAME"},
    ),
    "checkConnector": (
        "mutation ($name: String!) { checkConnector(name: $name) }",
        {"name": "NAME"},
    ),
    "previewConnector": (
        "mutation ($yaml: String!) { previewConnector(yaml: $yaml) { refused } }",
        {"yaml": REST.replace("sulsel", "NAME")},
    ),
}
"""For each mutation what an operator of `lapor` sends about something of another channel."""
FOR_ADMINS = {
    "approveHost": 'mutation { approveHost(host: "a.example", connector: "lapor") { host } }',
    "revokeHost": 'mutation { revokeHost(host: "a.example") }',
}


@pytest.fixture
async def operator(world: World) -> str:
    for name in ("lapor", FOREIGN):
        text = REST.replace("sulsel", name)
        registration = Registration(
            name, "rest_api", name, text, f"version of {name}", "", ManagedBy.OPERATOR
        )
        await world.hub.store.connectors.add(registration, f"operator of {name}")
    return await world.hub.token(OPERATOR)


async def letter_of(world: World, channel: str) -> str:
    (letter,) = await world.hub.store.dead_letters.listed(channel, 5)
    return str(letter["_id"])


async def lying(database: Database) -> dict[str, Any]:
    """All that lies in the database, but for the log of changes."""
    names = set(await database.list_collection_names()) - {"changes"}
    return {name: await database[name].find().sort("_id", 1).to_list() for name in names}


async def test_what_is_of_another_channel_is_what_does_not_exist(
    world: World, operator: str, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same answer after the same commands to MongoDB, and nothing is changed."""
    commands = noted_commands(monkeypatch)

    async def tried(field: str, name: str, letter: str) -> tuple[str, list[Any]]:
        query, variables = ATTEMPTS[field]
        said = {
            key: text.replace("NAME", name).replace("LETTER", letter)
            for key, text in variables.items()
        }
        commands.clear()
        answer = await world.hub.post(operator, query, **said)
        assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert answer.json()["data"] is None
        sent = [each for each in commands if each[0] != "getMore"]  # of who watches for clients
        return answer.text.replace(name, "NAME"), sent

    foreign = await letter_of(world, FOREIGN)
    before = await lying(database)
    for field in ATTEMPTS:
        await tried(field, MISSING, "none-such")  # whatever is made at the first use is made
        forbidden = await tried(field, FOREIGN, foreign)
        assert forbidden == await tried(field, MISSING, "none-such"), field
        assert not any(word in forbidden[0] for word in HIDDEN), field
    assert await lying(database) == before


async def test_letters_of_another_channel_are_not_replayed(
    world: World, operator: str, database: Database
) -> None:
    query, _ = ATTEMPTS["replayDeadLetters"]
    foreign = await letter_of(world, FOREIGN)
    before = await database["dead_letters"].find_one({"_id": foreign})
    query = query.replace("{ id }", "{ ledger { read } }")
    told = await world.hub.ask(operator, query, name="lapor", ids=[foreign])
    assert told == {"replayDeadLetters": {"ledger": {"read": 0}}}
    assert await database["dead_letters"].find_one({"_id": foreign}) == before


async def test_a_connector_of_another_channel_is_not_seen(world: World, operator: str) -> None:
    query = (
        "{ connectors { name state managedBy pause { by } versions { yaml by } lastRun { id } } }"
    )
    told = (await world.hub.ask(operator, query))["connectors"]
    assert [each["name"] for each in told] == ["lapor"]
    assert not any(word in str(told) for word in HIDDEN)


async def test_who_may_not_change_connectors_changes_nothing(world: World, operator: str) -> None:
    viewers: list[tuple[Grant, list[Permission] | None]] = [
        (Grant(Role.MINISTRY), None),
        (Grant(Role.PROVINCE, ("73",)), None),
        (Grant(Role.STATISTICS), None),
        (OPERATOR, [Permission.CONNECTORS_READ]),
        (OPERATOR, [Permission.CONNECTORS_WRITE]),
        (Grant(Role.ADMIN), [Permission.CONNECTORS_READ, Permission.CLIENTS_WRITE]),
    ]
    for grant, permissions in viewers:
        token = await world.hub.token(grant, permissions=permissions)
        for field, query in FOR_ADMINS.items():
            error = await world.hub.refused(token, query)
            assert error["extensions"]["code"] == "INSUFFICIENT_SCOPE", (grant, field)
        for field, (query, variables) in ATTEMPTS.items():
            said = {key: text.replace("NAME", "lapor") for key, text in variables.items()}
            error = await world.hub.refused(token, query, **said)
            assert error["extensions"]["code"] == "INSUFFICIENT_SCOPE", (grant, field)
    assert await world.hub.store.changes.latest(None, 5) == []


async def test_hosts_are_approved_by_admins_alone(world: World, operator: str) -> None:
    """Not by the ministry either."""
    ministry = await world.hub.token(OPERATOR, Grant(Role.MINISTRY))
    for query in FOR_ADMINS.values():
        for token in (operator, ministry):
            error = await world.hub.refused(token, query)
            assert error["extensions"]["code"] == "FORBIDDEN"
    assert await world.hub.store.hosts.all() == []
    assert await world.hub.store.changes.latest(None, 5) == []


async def test_an_admin_changes_every_channel_and_sees_no_letter(
    world: World, operator: str, database: Database
) -> None:
    admin = await world.hub.token(Grant(Role.ADMIN))
    letter = await letter_of(world, FOREIGN)
    query = """mutation ($letter: ID!) {
      pauseConnector(name: "sultra", reason: "Perbaikan") { name versions { yaml } }
      acknowledgeDeadLetter(id: $letter, note: "x") }"""
    told = await world.hub.ask(admin, query, letter=letter)
    assert told["pauseConnector"]["versions"] == [{"yaml": REST.replace("sulsel", "sultra")}]
    assert told["acknowledgeDeadLetter"] == letter
    found = await database["dead_letters"].find_one({"_id": letter})
    assert found and found["state"] == "acknowledged"
    for hidden in ("{ deadLetters { nodes { id } } }", "{ complaints { nodes { id } } }"):
        answer = (await world.hub.post(admin, hidden)).json()
        assert answer.get("errors") or answer["data"]["deadLetters"]["nodes"] == []


async def test_what_an_administrator_paused_no_operator_resumes(
    world: World, operator: str
) -> None:
    admin = await world.hub.token(Grant(Role.ADMIN))
    pause = 'mutation { pauseConnector(name: "lapor", reason: "Dicabut") { state } }'
    resume = 'mutation { resumeConnector(name: "lapor") { state } }'
    await world.hub.ask(operator, pause)
    assert await world.hub.ask(operator, resume) == {"resumeConnector": {"state": "ACTIVE"}}
    await world.hub.ask(operator, pause.replace("Dicabut", "Libur"))
    await world.hub.ask(admin, pause)
    error = await world.hub.refused(operator, resume)
    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "(Dicabut)" in error["message"]
    assert await world.hub.ask(admin, resume) == {"resumeConnector": {"state": "ACTIVE"}}


async def test_a_mutation_is_done_once_and_by_no_plan(
    world: World, operator: str, database: Database
) -> None:
    """Also one that shares its document with a query, and one that fails."""
    compiled = _COMPILED._value.get()
    both = """query Q { connectors { name } }
      mutation M { a: pauseConnector(name: "lapor", reason: "satu") { name }
        b: resumeConnector(name: "lapor") { name }
        c: pauseConnector(name: "lapor", reason: "dua") { pause { reason } }
        d: pauseConnector(name: "none", reason: "tiga") { name } }"""
    answer = await world.hub.http.post(
        "/graphql",
        json={"query": both, "operationName": "M"},
        headers={"Authorization": f"Bearer {operator}"},
    )
    assert [e["path"] for e in answer.json()["errors"]] == [["d"]]
    done = [c["what"] for c in await world.hub.store.changes.latest(None, 9)]
    assert done == ["pauseConnector", "resumeConnector", "pauseConnector"]
    found = await database["connectors"].find_one({"_id": "lapor"})
    assert found and found["paused"]["reason"] == "dua"
    assert _COMPILED._value.get() == compiled


async def test_a_query_changes_nothing_nor_does_any_other_method(
    world: World, operator: str
) -> None:
    for query in (
        'query { pauseConnector(name: "lapor", reason: "x") { name } }',
        'subscription { pauseConnector(name: "lapor", reason: "x") { name } }',
    ):
        error = await world.hub.refused(operator, query)
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    mutation = 'mutation { pauseConnector(name: "lapor", reason: "x") { name } }'
    for method in ("GET", "HEAD", "PUT", "QUERY"):
        answer = await world.hub.http.request(
            method,
            "/graphql",
            params={"query": mutation},
            headers={"Authorization": f"Bearer {operator}"},
        )
        assert answer.status_code == 405
    assert await world.hub.store.changes.latest(None, 9) == []


async def test_a_request_makes_a_limited_number_of_changes(world: World, operator: str) -> None:
    fields = " ".join(f'a{n}: resumeConnector(name: "lapor") {{ name }}' for n in range(21))
    error = await world.hub.refused(operator, f"mutation {{ {fields} }}")
    assert error["message"] == "A request makes 20 changes at most."
    assert len(await world.hub.store.changes.latest(None, 50)) == 20
