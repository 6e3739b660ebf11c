"""Operations that are asked for by their ids, and clients that may send no others."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import anyio
import httpx2
import pytest

from hub.domain.scope import Grant, Role
from hub.store import operations
from hub.store.mongo import Database
from hub.store.operations import TooManyOperationsError
from hub.store.principals import UnknownPrincipalError
from hub.store.store import Store
from hub.store.vault import Vault
from tests.auth.test_current_grants import stated
from tests.listener import CHANGED, events, listening
from tests.made import complaint, provenance, received
from tests.remembering import until_live
from tests.running_hub import RunningHub

SULSEL, SULTRA = Grant(Role.PROVINCE, ("73",)), Grant(Role.PROVINCE, ("74",))
ROWS = "query Rows($first: Int = 5) { complaints(first: $first) { nodes { number } } }"
OTHER = "{ complaints { totalCount } }"
SAVE = 'mutation { saveView(name: "rows", document: "{ complaints { totalCount } }") { name } }'


def id_of(document: str) -> str:
    return sha256(document.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Console:
    """A client, its token, and the hub that it asks."""

    hub: RunningHub
    id: str
    token: str

    async def register(self, *documents: str) -> None:
        await self.hub.store.operations.add(self.id, {id_of(each): each for each in documents})

    async def only(self, only: bool = True) -> None:
        await self.hub.store.principals.set_registered_only(self.id, only)

    async def post(self, **body: Any) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return await self.hub.http.post("/graphql", json=body, headers=headers)

    async def code(self, **body: Any) -> str:
        """The code of the one error that a request gets."""
        answer = await self.post(**body)
        (error,) = answer.json()["errors"]
        assert answer.status_code == 400
        return str(error["extensions"]["code"])


async def console(hub: RunningHub, grant: Grant = SULSEL) -> Console:
    token = await hub.token(grant)
    return Console(hub, stated(token)["client_id"], token)


@pytest.fixture
async def ours(hub: RunningHub) -> AsyncIterator[Console]:
    """A client that registered ROWS and CHANGED, with a complaint of its province stored."""
    await hub.store.writer.write(received(complaint(number="7")), provenance())
    ours = await console(hub)
    await ours.register(ROWS, CHANGED)
    yield ours


def by_id(document: str) -> list[dict[str, Any]]:
    """All ways to name an operation."""
    id_ = id_of(document)
    by_apollo = {"persistedQuery": {"version": 1, "sha256Hash": id_}}
    named = ({"documentId": id_}, {"documentId": f"sha256:{id_}"}, {"doc_id": id_}, {"id": id_})
    return [*named, {"extensions": by_apollo}]


async def test_a_registered_operation_is_asked_for_by_its_id(ours: Console) -> None:
    for named in by_id(ROWS):
        answer = (await ours.post(**named, operationName="Rows", variables={"first": 1})).json()
        assert answer["data"] == {"complaints": {"nodes": [{"number": "7"}]}}
        assert (await ours.post(**named, query=None)).json()["data"] == answer["data"]
        assert (await ours.post(**named, query=OTHER)).json()["data"]["complaints"] == {
            "totalCount": 1
        }
    wrong = await ours.post(documentId=id_of(ROWS), variables={"first": "many"})
    assert wrong.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_it_is_its_clients_alone(hub: RunningHub, ours: Console) -> None:
    other = await console(hub)
    assert await other.code(documentId=id_of(ROWS)) == "PERSISTED_OPERATION_NOT_FOUND"
    abroad = await console(hub, SULTRA)
    await abroad.register(ROWS)
    told = await abroad.post(documentId=id_of(ROWS))
    assert told.json()["data"] == {"complaints": {"nodes": []}}  # within its own scope


async def test_sending_an_operation_registers_nothing(hub: RunningHub, ours: Console) -> None:
    by_apollo = by_id(OTHER)[-1]
    assert (await ours.post(**by_apollo, query=OTHER)).status_code == 200
    assert await ours.code(**by_apollo) == "PERSISTED_QUERY_NOT_SUPPORTED"
    assert len(await hub.store.operations.all(ours.id)) == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"documentId": 5},
        {"documentId": ""},
        {"documentId": id_of(ROWS).upper()},
        {"documentId": f"md5:{id_of(ROWS)}"},
        {"id": "d41d8cd98f00b204e9800998ecf8427e"},
        {"extensions": {"persistedQuery": {"version": 1}}},
        {"extensions": {"persistedQuery": id_of(ROWS)}},
        {"query": 5, "documentId": id_of(ROWS)},
    ],
)
async def test_what_is_no_id_is_refused(ours: Console, body: dict[str, Any]) -> None:
    assert await ours.code(**body) == "BAD_REQUEST"


async def test_a_client_may_be_held_to_what_it_registered(ours: Console) -> None:
    assert (await ours.post(query=OTHER)).status_code == 200
    await ours.only()
    for named in by_id(ROWS):
        assert (await ours.post(**named)).status_code == 200
    assert (await ours.post(query=ROWS)).status_code == 200
    for text in (OTHER, f"{ROWS} ", "{ nothing }", "{"):
        assert await ours.code(query=text) == "PERSISTED_OPERATION_REQUIRED"
        assert await ours.code(query=text, **by_id(ROWS)[0]) == "PERSISTED_OPERATION_REQUIRED"
    for named in by_id(OTHER):
        assert await ours.code(**named) == "PERSISTED_OPERATION_NOT_FOUND"
    await ours.only(False)
    assert (await ours.post(query=OTHER)).status_code == 200


async def test_streams_are_held_to_it_as_well(hub: RunningHub, ours: Console) -> None:
    await ours.only()
    async with listening(hub, ours.token) as listener:
        await listener.send("subscribe", id="1", payload={"documentId": id_of(ROWS)})
        assert await listener.told() == {"complaints": {"nodes": [{"number": "7"}]}}
        assert (await listener.next())["type"] == "complete"
        for id_, payload, code in (
            ("2", {"query": OTHER}, "PERSISTED_OPERATION_REQUIRED"),
            ("3", {"documentId": id_of(OTHER)}, "PERSISTED_OPERATION_NOT_FOUND"),
        ):
            await listener.send("subscribe", id=id_, payload=payload)
            refused = await listener.next()
            assert (refused["type"], refused["id"]) == ("error", id_)
            assert refused["payload"][0]["extensions"]["code"] == code
        await listener.send("subscribe", id="4", payload={"documentId": id_of(CHANGED)})
        await listener.live()
    async with events(hub, ours.token, CHANGED) as told:
        assert (await told.next())[0] == ":"
    async with events(hub, ours.token, OTHER) as told:
        assert told.answer.status_code == 400


async def test_views_are_operations_too(hub: RunningHub, ours: Console) -> None:
    author = await console(hub)
    assert (await author.post(query=SAVE)).json()["data"]
    headers = {"Authorization": f"Bearer {ours.token}"}
    assert (await hub.http.get("/views/rows", headers=headers)).status_code == 200
    await ours.only()
    refused = await hub.http.get("/views/rows", headers=headers)
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["extensions"]["code"] == "PERSISTED_OPERATION_REQUIRED"
    await ours.register(OTHER)
    assert (await hub.http.get("/views/rows", headers=headers)).status_code == 200


async def test_a_stream_ends_when_its_operation_is_removed(hub: RunningHub, ours: Console) -> None:
    await ours.only()
    async with listening(hub, ours.token) as listener, events(hub, ours.token, CHANGED) as told:
        await listener.send("subscribe", id="1", payload={"documentId": id_of(CHANGED)})
        await listener.live()
        assert (await told.next())[0] == ":"
        await hub.store.operations.remove(ours.id, [id_of(CHANGED)])
        await hub.store.writer.write(received(complaint(external_id="new")), provenance())
        refused = await listener.next()
        assert refused["type"] == "error"
        assert refused["payload"][0]["extensions"]["code"] == "PERSISTED_OPERATION_REQUIRED"
        name, body = await told.next()
        assert (name, body["errors"]) == ("next", refused["payload"])
        assert await told.next() == ("complete", None)


async def test_known_operations_are_not_asked_of_mongodb(
    hub: RunningHub, ours: Console, database: Database
) -> None:
    await until_live(hub.store.principals.remembered)
    await ours.only()
    await ours.post(documentId=id_of(ROWS))
    await database.command("profile", 2)
    try:
        for _ in range(3):
            assert (await ours.post(documentId=id_of(ROWS))).status_code == 200
            assert (await ours.post(query=ROWS)).status_code == 200
        profile = database["system.profile"]
        asked = {"ns": {"$in": [f"{database.name}.{each}" for each in ("operations", "clients")]}}
        assert await profile.count_documents({**asked, "op": "query"}) == 0
    finally:
        await database.command("profile", 0)
        await database["system.profile"].drop()


async def test_what_another_process_changes_holds_within_seconds(
    hub: RunningHub, ours: Console, database: Database, vault: Vault
) -> None:
    await until_live(hub.store.principals.remembered)
    elsewhere = Store(database, vault)
    await elsewhere.principals.set_registered_only(ours.id, True)
    body = {"documentId": id_of(ROWS)}
    for change, status in (
        (elsewhere.operations.remove(ours.id), 400),
        (elsewhere.operations.add(ours.id, {id_of(ROWS): ROWS}), 200),
    ):
        await ours.post(**body)
        await change
        with anyio.fail_after(5):
            while (await ours.post(**body)).status_code != status:
                pass


async def test_a_client_registers_a_limited_number(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "MOST_OF_ONE", 2)
    client = await console(hub)
    await client.register(ROWS, OTHER)
    await client.register(ROWS, OTHER)  # as they were
    with pytest.raises(TooManyOperationsError, match="3 operations"):
        await client.register(CHANGED)
    assert len(await hub.store.operations.all(client.id)) == 2
    for unknown in ("nobody", "user:siti"):
        with pytest.raises(UnknownPrincipalError):
            await hub.store.operations.add(unknown, {id_of(ROWS): ROWS})
        with pytest.raises(UnknownPrincipalError):
            await hub.store.principals.set_registered_only(unknown, True)
