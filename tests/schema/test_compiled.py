"""What the compiled way answers, what it leaves over, and what it fetches."""

from typing import Any

import pytest

from hub.domain.scope import Grant, Role
from hub.schema.compiled.documents import REMEMBERED, Documents, Operation
from hub.schema.compiled.plan import Plan
from hub.schema.schema import core_schema
from hub.store.cases import Case, ScopedCases
from tests.made import complaint, provenance, received
from tests.running_hub import RunningHub

PAGE = """query ($first: Int, $filter: ComplaintFilter) {
  complaints(first: $first, filter: $filter) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { cursor node { ...Row channel { name } province { name } timeline { at status } } } } }
fragment Row on Complaint { id number status receivedAt location { latitude } overdue }"""


def plan(text: str, **variables: Any) -> Plan:
    operation = Documents(core_schema).operation(text, None)
    assert isinstance(operation, Operation)
    return operation.plan(core_schema, variables)


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        '{ complaint(id: "complaint:1") { title reporter { name } provenance { run } } }',
        "{ indicators(groupBy: [MONTH]) { keys { key value label } received followUpRate } }",
        "{ viewer { id grants { role regions { name } } scopes } }",
        "{ regions { code parent { name } } channels { name lastSyncedAt } connectors { name } }",
        "{ runs { edges { cursor node { id ledger { read } unmapped { value } } } } }",
        "{ complaints { edges { node { case { id reports { number } links { how } } } } } }",
        "{ deadLetters { nodes { reason state } pageInfo { endCursor } } }",
    ],
)
def test_the_usual_questions_are_compiled_whole(text: str) -> None:
    assert plan(text).left_over is None


def test_what_is_not_compiled_is_left_to_the_executor_by_root_field() -> None:
    mixed = plan(
        '{ __typename regions { code } node(id: "region:73") { id } __schema { types { name } } }'
    )
    assert [root.key for root in mixed.compiled] == ["regions"]
    assert mixed.left_over is not None
    assert mixed.keys == ("__typename", "regions", "node", "__schema")


def test_skip_and_include_make_a_plan_for_each_truth_of_their_variables() -> None:
    operation = Documents(core_schema).operation(
        "query ($a: Boolean!) { viewer { id scopes @include(if: $a) } }", None
    )
    assert isinstance(operation, Operation)
    plans = [operation.plan(core_schema, {"a": truth}) for truth in (True, False, True)]
    assert plans[0] is plans[2]
    assert plans[0] is not plans[1]


def test_the_cache_of_documents_is_bounded() -> None:
    documents = Documents(core_schema)
    for n in range(REMEMBERED + 50):
        documents.operation(f"{{ a{n}: viewer {{ id }} }}", None)
    assert len(documents._known) == REMEMBERED


def test_only_what_is_asked_for_is_fetched() -> None:
    (root,) = plan(PAGE).compiled
    assert root.built.needs == {
        "_id",
        "number",
        "status",
        "received_at",
        "location",
        "due_at",
        "channel",
        "province",
        "timeline",
    }


async def test_the_ways_of_answering_are_counted(hub: RunningHub) -> None:
    async def counts() -> tuple[float, float]:
        lines = (await hub.http.get("/metrics")).text.splitlines()
        name = "hub_graphql_root_fields_total"
        found = {line.split()[0]: float(line.split()[1]) for line in lines if line.startswith(name)}
        return found[f'{name}{{way="compiled"}}'], found[f'{name}{{way="plain"}}']

    token = await hub.token(Grant(Role.MINISTRY))
    compiled, plain = await counts()
    await hub.ask(token, '{ viewer { id } regions { code } node(id: "region:73") { id } }')
    assert await counts() == (compiled + 2, plain + 1)


def test_a_mutation_is_not_kept_with_what_is_written_into_it() -> None:
    documents = Documents(core_schema)
    query = "{ viewer { id } }"
    assert documents.operation(query, None) is documents.operation(query, None)
    for field in ("rotateSecret", "rotateSecre"):
        text = f'mutation {{ {field}(connector: "a", name: "T", value: "rahasia") {{ name }} }}'
        assert documents.operation(text, None) is not documents.operation(text, None)


async def test_what_has_to_be_waited_for_is_asked_for_all_of_a_page_at_once(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [complaint(external_id=str(n)) for n in range(20)]
    await hub.store.writer.write(received(*made), provenance())
    asked: list[int] = []
    of = ScopedCases.of

    async def noting(cases: ScopedCases, ids: list[str]) -> dict[str, Case]:
        asked.append(len(ids))
        return await of(cases, ids)

    monkeypatch.setattr(ScopedCases, "of", noting)
    query = "{ complaints { nodes { number case { id reports { number } } } } }"
    nodes = (await hub.ask(await hub.token(Grant(Role.MINISTRY)), query))["complaints"]["nodes"]
    assert all(node["case"]["reports"] == [{"number": node["number"]}] for node in nodes)
    assert asked == [20]
