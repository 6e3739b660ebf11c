"""An operator registers, changes, pauses, runs and mends connectors over the API."""

from dataclasses import replace

import pytest

from hub.domain.run import Rejection
from hub.domain.scope import Grant, Role
from hub.store.connectors import ManagedBy
from hub.store.dead_letters import Refused
from hub.store.mongo import Database
from hub.store.store import Store
from tests.connectors.test_submitted import REST
from tests.made import provenance
from tests.running_hub import RunningHub

OPERATOR = Grant(Role.OPERATOR, ("73",), ("sulsel",))
REGISTER = """mutation ($yaml: String!) { registerConnector(yaml: $yaml) {
  name kind channel state managedBy pause { reason by } versions { version by yaml }
  lastRun { id } nextRunAt failedRuns } }"""
UPDATE = """mutation ($yaml: String!) { updateConnector(name: "sulsel", yaml: $yaml) {
  versions { yaml } } }"""
REPLAY = """mutation ($ids: [ID!]) { replayDeadLetters(name: "sulsel", ids: $ids) {
  state ledger { read inserted deadLettered } } }"""


@pytest.fixture
async def token(hub: RunningHub) -> str:
    return await hub.token(OPERATOR)


async def test_a_connector_is_registered_and_changed(hub: RunningHub, token: str) -> None:
    told = (await hub.ask(token, REGISTER, yaml=REST))["registerConnector"]

    (version,) = told.pop("versions")
    assert told == {
        "name": "sulsel",
        "kind": "rest_api",
        "channel": "sulsel",
        "state": "ACTIVE",
        "managedBy": "OPERATOR",
        "pause": None,
        "lastRun": None,
        "nextRunAt": None,
        "failedRuns": 0,
    }
    assert version["yaml"] == REST
    again = await hub.refused(token, REGISTER, yaml=REST)
    assert "a connector of this name is registered already" in again["message"]
    changed = REST.replace("path: complaints", "path: laporan")
    told = await hub.ask(token, UPDATE, yaml=changed)
    assert [v["yaml"] for v in told["updateConnector"]["versions"]] == [changed, REST]
    log = await hub.store.changes.latest("sulsel", 9)
    assert [(c["what"], c["by"]) for c in log] == [
        ("updateConnector", version["by"]),
        ("registerConnector", version["by"]),
        ("registerConnector", version["by"]),
    ]
    assert log[1]["detail"] == version["version"]
    registered = await hub.store.connectors.get("sulsel")
    assert registered and registered.managed_by is ManagedBy.OPERATOR


async def test_what_is_wrong_in_a_yaml_is_told_by_line_and_key(hub: RunningHub, token: str) -> None:
    wrong = REST.replace("created,", "created, titel: judul,").replace("{path:", "{pathh:")
    error = await hub.refused(token, REGISTER, yaml=wrong)
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    told = {(p["line"], p["key"]): p["message"] for p in error["extensions"]["problems"]}
    assert told.keys() >= {(7, "resources.0.endpoint.pathh"), (8, "resources.0.select.titel")}
    assert "did you mean 'path'?" in told[7, "resources.0.endpoint.pathh"]
    assert await hub.store.connectors.get("sulsel") is None


async def test_a_connector_keeps_its_name_and_one_of_a_file_its_text(
    hub: RunningHub, token: str
) -> None:
    two = await hub.token(Grant(Role.OPERATOR, ("73",), ("sulsel", "makassar")))
    await hub.ask(two, REGISTER, yaml=REST)
    other = REST.replace("name: sulsel", "name: makassar")
    error = await hub.refused(two, UPDATE, yaml=other)
    assert error["message"] == "yaml: is of 'makassar'; a connector keeps its name"
    registered = await hub.store.connectors.get("sulsel")
    assert registered
    await hub.store.connectors.put(replace(registered, managed_by=ManagedBy.FILE), "a file")
    error = await hub.refused(two, UPDATE, yaml=REST)
    assert "is described by a file" in error["message"]


async def test_a_connector_is_paused_asked_to_run_and_resumed(
    hub: RunningHub, token: str, database: Database
) -> None:
    await hub.ask(token, REGISTER, yaml=REST)
    pause = """mutation ($reason: String!) {
      pauseConnector(name: "sulsel", reason: $reason) { state pause { reason by at } } }"""
    sync = 'mutation { syncNow(name: "sulsel") { name } }'
    told = (await hub.ask(token, pause, reason=" Pindah server "))["pauseConnector"]
    assert (told["state"], told["pause"]["reason"]) == ("PAUSED", "Pindah server")
    assert (await hub.ask(token, "{ viewer { id } }"))["viewer"]["id"] == told["pause"]["by"]
    assert "is paused (Pindah server)" in (await hub.refused(token, sync))["message"]
    for words in ("", "x" * 501):
        error = await hub.refused(token, pause, reason=words)
        assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "reason"}
    resume = 'mutation { resumeConnector(name: "sulsel") { state pause { by } } }'
    assert (await hub.ask(token, resume))["resumeConnector"] == {"state": "ACTIVE", "pause": None}
    await hub.ask(token, sync)
    (standing,) = await hub.store.schedules.all()
    assert standing.requested and standing.requested["by"] == told["pause"]["by"]


async def test_dead_letters_are_mapped_again_and_settled(
    hub: RunningHub, token: str, store: Store, database: Database
) -> None:
    await hub.ask(token, REGISTER, yaml=REST)
    for id_, status in (("1", "received"), ("2", "?"), ("3", "?")):
        record = b'{"id": "%s", "status": "%s", "created": "2020-07-01T00:00:00Z"}'
        raw = record % (id_.encode(), status.encode())
        refused = Refused(Rejection("status", "?", "unknown status", id_), raw, "complaints")
        await store.dead_letters.put("sulsel", [refused], provenance())
    waiting = "{ deadLetters(state: OPEN) { nodes { id externalId } } }"
    letters = (await hub.ask(token, waiting))["deadLetters"]["nodes"]
    ids = {letter["externalId"]: letter["id"] for letter in letters}

    one = (await hub.ask(token, REPLAY, ids=[ids["2"]]))["replayDeadLetters"]
    none = (await hub.ask(token, REPLAY, ids=[]))["replayDeadLetters"]
    rest = (await hub.ask(token, REPLAY))["replayDeadLetters"]

    assert one["ledger"] == {"read": 1, "inserted": 0, "deadLettered": 1}
    assert none["ledger"]["read"] == 0
    assert rest["state"] == "SUCCEEDED"
    assert rest["ledger"] == {"read": 3, "inserted": 1, "deadLettered": 2}
    settle = 'mutation ($id: ID!) { acknowledgeDeadLetter(id: $id, note: "Uji coba") }'
    assert await hub.ask(token, settle, id=ids["2"]) == {"acknowledgeDeadLetter": ids["2"]}
    told = """{ deadLetters(state: ACKNOWLEDGED) {
      nodes { stage errorCode acknowledgement { note by } } } }"""
    (settled,) = (await hub.ask(token, told))["deadLetters"]["nodes"]
    assert (settled["stage"], settled["errorCode"]) == ("CONTRACT", "UNMAPPED")
    left = (await hub.ask(token, waiting))["deadLetters"]["nodes"]
    assert [letter["externalId"] for letter in left] == ["3"]
    error = await hub.refused(token, settle, id=ids["2"])
    assert error["message"] == "id: there is no open dead letter of this id"
    found = await database["dead_letters"].find_one({"_id": ids["2"]})
    assert found
    by = found["acknowledged"]["by"]
    assert settled["acknowledgement"] == {"note": "Uji coba", "by": by}


async def test_a_connector_that_is_running_is_not_replayed(hub: RunningHub, token: str) -> None:
    await hub.ask(token, REGISTER, yaml=REST)
    await hub.store.runs.start("sulsel", "sulsel", "v1")
    error = await hub.refused(token, REPLAY)
    assert error["message"].endswith("is under way. Try again once it has ended.")
