"""What a request may be: a hostile one is refused before MongoDB is asked."""

import os
import re
import signal
from collections.abc import AsyncIterator
from typing import Any

import anyio
import pytest
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    parse,
)
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.scope import Grant, Role
from hub.schema.cost import INTROSPECTION, Cost
from hub.schema.limits import LARGEST_PAGE, MOST, LimitError, Limits, check_size
from hub.schema.rate import RateLimit
from hub.schema.schema import core_schema
from hub.store.mongo import Database
from hub.store.store import Store
from hub.store.vault import Vault
from tests.auth.test_current_grants import stated
from tests.listener import events
from tests.running_hub import RunningHub, running_hub

BOMB = "{ complaints { nodes { ...F0 } } }" + "".join(
    f" fragment F{n} on Complaint {{ ...F{n + 1} ...F{n + 1} }}" for n in range(28)
)
BOMB += " fragment F28 on Complaint { number }"

HOSTILE = {
    "depth": "{ complaints { nodes { district { code } } " + "a { " * 20 + "b" + " }" * 20 + " } }",
    "fields": BOMB,
    "root fields": "{" + " ".join(f"a{n}: complaints {{ totalCount }}" for n in range(31)) + "}",
    "aliases": "{ complaints { nodes {" + " ".join(f"a{n}: number" for n in range(301)) + "} } }",
    "directives": "{ complaints { nodes { number " + "@include(if: true) " * 201 + "} } }",
    "repeats": "{ complaints { nodes {" + "number " * 202 + "} } }",
    "cost": "{" + " ".join(f"a{n}: regions {{ code name }}" for n in range(20)) + "}",
}
ASKED = ("complaints", "rollups", "channels", "connectors", "runs", "dead_letters")


async def commands(database: Database) -> int:
    """How often MongoDB was asked for anything that a document may ask."""
    asked = {"ns": {"$in": [f"{database.name}.{name}" for name in ASKED]}}
    return await database["system.profile"].count_documents(asked)


@pytest.fixture
async def profiled(database: Database) -> AsyncIterator[Database]:
    await database.command("profile", 2)
    yield database
    await database.command("profile", 0)
    await database["system.profile"].drop()


async def test_a_hostile_document_of_each_kind_is_refused_before_mongodb_is_asked(
    hub: RunningHub, profiled: Database
) -> None:
    token = await hub.token(Grant(Role.MINISTRY))
    for limit, document in HOSTILE.items():
        error = await hub.refused(token, document)
        assert error["extensions"]["code"] == "LIMIT_EXCEEDED", limit
        assert error["extensions"]["limit"] == limit
        assert error["extensions"]["found"] > error["extensions"]["most"]
    for name, document in {
        "tokens": "{ complaints { nodes {" + "number " * 4_000 + "} } }",
        "nesting": "{ a" * 2_000 + "}" * 2_000,
        "nested values": "{ complaints(filter: "
        + "{not: " * 500
        + "}" * 500
        + ") { totalCount } }",
    }.items():
        error = await hub.refused(token, document)
        assert error["extensions"]["code"] == "GRAPHQL_PARSE_FAILED", name
    deep = b'{"query": "{ complaints { totalCount } }", "variables": {"x": ' + b"[" * 60_000
    large = b'{"query": "{ complaints { totalCount } }", "variables": {"x": "' + b"x" * 300_000
    for body, status in ((deep, 400), (large, 413)):
        answer = await hub.http.post(
            "/graphql",
            content=body,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        assert answer.status_code == status
    assert await commands(profiled) == 0
    await hub.ask(token, "{ complaints { totalCount } }")
    assert await commands(profiled) > 0


async def test_so_it_is_over_a_stream(hub: RunningHub, profiled: Database) -> None:
    token = await hub.token(Grant(Role.MINISTRY))
    aliases = " ".join(f"a{n}: number" for n in range(301))
    watching = f"subscription {{ complaintChanged {{ complaint {{ {aliases} }} }} }}"
    for limit, document in [*HOSTILE.items(), ("aliases", watching)]:
        async with events(hub, token, document) as told:
            _, body = await told.next()
            assert body["errors"][0]["extensions"]["limit"] == limit
    assert await commands(profiled) == 0


async def test_who_may_not_ask_this_or_now_is_refused_before_mongodb_is_asked(
    hub_within: Any, profiled: Database
) -> None:
    document = "{ complaints { totalCount } }"
    async with hub_within(requests_per_second=1, introspection=False) as hub:
        token = await hub.token(Grant(Role.MINISTRY))
        told = (await hub.post(token, "{ __schema { types { name } } }")).json()["errors"][0]
        assert told["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        held = await hub.token(Grant(Role.MINISTRY))
        await hub.store.principals.set_registered_only(stated(held)["client_id"], True)
        told = await hub.refused(held, document)
        assert told["extensions"]["code"] == "PERSISTED_OPERATION_REQUIRED"
        assert await commands(profiled) == 0
        statuses = []
        while 429 not in statuses:
            before = await commands(profiled)
            statuses.append((await hub.post(token, document)).status_code)
        assert await commands(profiled) == before


def spread_out(document: DocumentNode) -> dict[str, int]:
    """The same measure by walking every path."""
    fragments = {
        d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)
    }
    found = dict.fromkeys(("depth", "fields", "root_fields", "aliases"), 0)

    def walk(selection_set: SelectionSetNode, depth: int) -> None:
        for node in selection_set.selections:
            if isinstance(node, FragmentSpreadNode):
                walk(fragments[node.name.value].selection_set, depth)
            elif isinstance(node, FieldNode):
                found["depth"] = max(found["depth"], depth)
                found["fields"] += 1
                found["root_fields"] += depth == 1
                found["aliases"] += node.alias is not None
                if node.selection_set:
                    walk(node.selection_set, depth + 1)

    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    walk(operation.selection_set, 1)
    return found


@given(st.data())
def test_fragments_count_for_what_they_stand_for(data: st.DataObject) -> None:
    names = [f"F{n}" for n in range(data.draw(st.integers(1, 5)))]

    def selection(at: int, depth: int) -> str:
        parts = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=3))
        return "{" + " ".join(part(each, at, depth) for each in parts) + "}"

    def part(kind: int, at: int, depth: int) -> str:
        later = names[at:]
        if kind == 0 and later:
            return f"...{data.draw(st.sampled_from(later))}"
        if kind == 1 and depth < 3:
            return f"x {selection(at, depth + 1)}"
        return "y: z" if kind == 2 else "z"

    text = selection(0, 1) + "".join(
        f" fragment {name} on T {selection(n + 1, 1)}" for n, name in enumerate(names)
    )
    document = parse(text)
    expected = spread_out(document)
    beyond = {name for name, found in expected.items() if found > getattr(MOST, name)}
    try:
        check_size(document)
    except LimitError as error:
        assert error.extensions
        limit = error.extensions["limit"].replace(" ", "_")
        assert limit not in expected or limit in beyond
        assert error.extensions["found"] == expected.get(limit, error.extensions["found"])
    else:
        assert not beyond


def cost(text: str, **variables: Any) -> int:
    document = parse(text)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return Cost(core_schema, document, operation).of(variables)


@given(st.integers(0, LARGEST_PAGE))
def test_a_page_costs_what_it_can_hold(size: int) -> None:
    literal = cost(f"{{ complaints(first: {size}) {{ nodes {{ number title }} }} }}")
    assert literal == 1 + size * 3
    by_variable = "query ($n: Int) { complaints(last: $n) { ...P } } fragment P on "
    by_variable += "ComplaintConnection { edges { cursor node { number title } } }"
    assert cost(by_variable, n=size) == 1 + size * 5


def test_what_is_not_stated_is_taken_at_its_usual_size() -> None:
    assert cost("query ($n: Int = 7) { complaints(first: $n) { nodes { number } } }") == 15
    assert cost("query ($n: Int) { complaints(first: $n) { nodes { number } } }") == 41
    assert cost("{ complaints(first: 100000) { nodes { number } } }") == 1 + 2 * LARGEST_PAGE
    assert cost("{ regions { code } }") == 552 * 2
    assert cost(get_introspection_query()) == INTROSPECTION
    once, twice = "{ viewer { id } }", "{ viewer { ... { id } ... { id } } }"
    assert cost(twice) > cost(once)


@pytest.fixture
async def hub_within(store: Store) -> Any:
    return lambda **limits: running_hub(store, limits=Limits(**limits))


async def test_costly_requests_are_only_counted_where_that_is_wanted(hub_within: Any) -> None:
    document = "{ regions { code } }"
    async with hub_within(cost=500) as hub:
        answer = await hub.post(await hub.token(Grant(Role.MINISTRY)), document)
        assert answer.json()["errors"][0]["extensions"]["code"] == "LIMIT_EXCEEDED"
        assert answer.json()["extensions"]["cost"] == {"requested": 1104, "limit": 500}
    async with hub_within(cost=500, enforce_cost=False) as hub:
        answer = await hub.post(await hub.token(Grant(Role.MINISTRY)), document)
        assert len(answer.json()["data"]["regions"]) == 552
        assert answer.json()["extensions"]["cost"] == {"requested": 1104, "limit": 500}


async def test_a_query_that_takes_too_long_is_given_up(hub_within: Any, database: Database) -> None:
    document = "{ complaints { totalCount } }"
    mongod = (await database.command("serverStatus"))["pid"]
    async with hub_within(seconds=0.4) as hub:
        token = await hub.token(Grant(Role.MINISTRY))
        await hub.ask(token, document)
        os.kill(mongod, signal.SIGSTOP)
        try:
            answer = await hub.http.post(
                "/graphql",
                json={"query": document},
                headers={
                    "Authorization": f"Bearer {token}",
                    "Accept": "application/graphql-response+json",
                },
            )
        finally:
            os.kill(mongod, signal.SIGCONT)
        assert answer.status_code == 503, answer.text
        assert answer.json()["errors"][0]["extensions"]["code"] == "TIMEOUT"
        await hub.ask(token, document)


SLOW = {"$function": {"body": "function() { sleep(20); return false; }", "args": [], "lang": "js"}}


async def test_what_is_given_up_mongodb_gives_up_too(database: Database, vault: Vault) -> None:
    """MongoDB's view stands where saved ones do, and takes its time for each of many rows."""
    slow = database.client["slow"]
    await slow["rows"].insert_many([{} for _ in range(2_000)])
    await slow.create_collection("views", viewOn="rows", pipeline=[{"$match": {"$expr": SLOW}}])
    await slow.command("profile", 2)
    try:
        async with running_hub(Store(slow, vault), limits=Limits(seconds=0.5)) as hub:
            error = await hub.refused(await hub.token(Grant(Role.MINISTRY)), "{ views { name } }")
            assert error["extensions"]["code"] == "TIMEOUT"
            asked = {"ns": {"$in": ["slow.views", "slow.rows"]}}
            ended = None
            with anyio.fail_after(30):
                while ended is None:
                    ended = await slow["system.profile"].find_one(asked)
        assert ended["errName"] == "ClientDisconnect"
    finally:
        await database.client.drop_database("slow")


HINT = re.compile("Did you mean|valid:")


async def test_without_introspection_errors_tell_nothing_of_the_schema(hub_within: Any) -> None:
    async with hub_within(introspection=False) as hub:
        token = await hub.token(Grant(Role.MINISTRY))
        for document in (
            "{ __schema { types { name } } }",
            '{ __type(name: "Complaint") { name } }',
            "{ _service { sdl } }",
            "{ s: _service { ... on _Service { sdl } } }",
            "{ complaint { id } }",
            "{ complaintz { id } }",
            "{ complaints(frist: 1) { totalCount } }",
            "{ complaints(filter: {provins: {eq: 1}}) { totalCount } }",
            "{ complaints(filter: {status: {eq: CLOSD}}) { totalCount } }",
            "{ node(id: 1) { ... on Complain { id } } }",
            "query ($f: ComplaintFiltr) { complaints(filter: $f) { totalCount } }",
        ):
            errors = (await hub.post(token, document)).json()["errors"]
            assert not any(HINT.search(error["message"]) for error in errors), errors
        wrong = {"filter": {"status": {"eq": "CLOSD"}}}
        query = "query ($filter: ComplaintFilter) { complaints(filter: $filter) { totalCount } }"
        errors = (await hub.post(token, query, **wrong)).json()["errors"]
        assert not any(HINT.search(error["message"]) for error in errors), errors
        assert (await hub.ask(token, "{ __typename }")) == {"__typename": "Query"}


async def test_a_client_in_a_hurry_waits_and_others_do_not(hub_within: Any) -> None:
    async with hub_within(requests_per_second=1) as hub:
        hasty, other = [await hub.token(Grant(Role.MINISTRY)) for _ in range(2)]
        answers = [await hub.post(hasty, "{ __typename }") for _ in range(4)]
        late = answers[-1]
        assert [answer.status_code for answer in answers[:2]] == [200, 200]
        assert (late.status_code, late.headers["Retry-After"]) == (429, "1")
        assert late.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        assert (await hub.post(other, "{ __typename }")).status_code == 200


@given(
    st.integers(1, 20),
    st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 2)), min_size=1, max_size=200),
)
def test_no_stretch_of_time_sees_more_of_a_client_than_it_may(
    per_second: int, asked: list[tuple[str, float]]
) -> None:
    now = 0.0
    rate = RateLimit(per_second, lambda: now)
    passed: dict[str, list[float]] = {"a": [], "b": []}
    for client, pause in asked:
        now += pause
        wait = rate.wait_of(client)
        if wait:
            now += wait + 1e-6
            assert rate.wait_of(client) == 0
        passed[client].append(now)
    for moments in passed.values():
        for first, start in enumerate(moments):
            for last, end in enumerate(moments[first:], first):
                assert last - first < 2 * per_second + (end - start) * per_second + 1e-3 + 1
