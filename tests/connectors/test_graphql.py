"""A GraphQL service whose connections are read page by page, and its many ways not to answer."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Connector
from hub.connectors.graphql import GraphqlEndpoint
from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, batches, connector, ids, states

YAML = """\
version: "1"
name: kota-c-graph
type: graphql
client: {base_url: "http://HOST/api/", auth: {type: bearer, token: "${env.TOKEN}"}}
error_handler:
  response_filters: [{error_message_contains: THROTTLED, action: RATE_LIMITED}]
resources:
  - name: reports
    endpoint:
      query: |
        query ($n: Int!, $after: String, $since: Time, $open: Boolean, $near: Float) {
          city { reports(n: $n, after: $after, since: $since, open: $open, near: $near) {
            pageInfo { hasNextPage endCursor } nodes { id } } }
        }
      variables: {n: 3, open: true, near: 1.5, since: "{incremental.start_value}"}
      connection: city.reports
      incremental: {cursor_path: changed, initial_value: "2024-01-01T00:00:00Z", row_order: asc}
    select: {external_id: id, status: state, received_at: changed}
"""
ROWS = [{"id": str(n), "changed": f"2024-02-01T00:00:{n:02}Z"} for n in range(10)]


class Channel:
    """A service that answers with a function of each question's variables."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[dict[str, Any]] = []
        self.headers: list[Any] = []
        self.app = Starlette(routes=[Route("/api/graphql", self.respond, methods=["POST"])])

    async def respond(self, request: Request) -> Response:
        variables = (await request.json())["variables"]
        self.asked.append(variables)
        self.headers.append(request.headers)
        answer = self.answer(variables)
        return answer if isinstance(answer, Response) else JSONResponse(answer)


def connection(**parts: Any) -> Any:
    return {"data": {"city": {"reports": parts}}}


def paged(variables: dict[str, Any]) -> Any:
    start = int(variables.get("after", 0))
    end = start + variables["n"]
    more = end < len(ROWS)
    info = {"hasNextPage": more, "endCursor": str(end)}
    return connection(nodes=ROWS[start:end], pageInfo=info, totalCount=len(ROWS))


def in_edges(variables: dict[str, Any]) -> Any:
    page = paged(variables)
    found = page["data"]["city"]["reports"]
    found["edges"] = [{"node": node} for node in found.pop("nodes")]
    del found["totalCount"]
    return page


def service(host: str) -> Connector[Any]:
    return connector(YAML, host, environment={"TOKEN": "s3cret"})


async def failure(serve: Serve, answer: Any) -> str:
    with pytest.raises(ChannelError) as failed:
        await batches(service(await serve(Channel(answer).app)))
    return str(failed.value)


@pytest.mark.parametrize(("answer", "declared"), [(paged, len(ROWS)), (in_edges, None)])
async def test_every_record_of_every_page_is_read_once(
    serve: Serve, answer: Any, declared: int | None
) -> None:
    channel = Channel(answer)
    found = await batches(service(await serve(channel.app)))
    assert ids(found) == [row["id"] for row in ROWS]
    assert [batch.declared for batch in found] == [*[declared] * 4, None]
    assert {headers["authorization"] for headers in channel.headers} == {"Bearer s3cret"}


async def test_variables_are_sent_as_json_has_them(serve: Serve) -> None:
    channel = Channel(paged)
    found = await batches(service(await serve(channel.app)))
    stated = {"n": 3, "open": True, "near": 1.5, "since": "2024-01-01T00:00:00+00:00"}
    after = [{}, {"after": "3"}, {"after": "6"}, {"after": "9"}]
    assert channel.asked == [stated | each for each in after]
    last = states(found)[0]
    assert last == {"last_value": "2024-02-01T00:00:02+00:00"}
    await batches(service(await serve(channel.app)), {"reports": last})
    assert channel.asked[4]["since"] == last["last_value"]


PAGE = {"nodes": ROWS[:3], "pageInfo": {"hasNextPage": False, "endCursor": None}}
ENDLESS = {"hasNextPage": True, "endCursor": "x"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (connection(**PAGE) | {"errors": [{"message": "late\n table"}]}, "errors: late table"),
        ({"errors": [{"message": "x" * 9000}], "data": None}, "errors: " + "x" * 200),
        ({"errors": [{"message": "a"}] * 5}, "errors: a; a; a; and 2 more"),
        ({"errors": "down"}, "errors: (no message)"),
        (JSONResponse({"errors": [{"message": "no field"}]}, 400), "errors: no field"),
        (Response("<html>", 400), "not whole JSON"),
        (Response("", 403), "answered 403"),
        (Response("", 500), "answered 500"),
        ([], "answered with no GraphQL result"),
        ({"message": "hello"}, "answered with no GraphQL result"),
        ({"data": None}, "connection: there is none at city.reports"),
        ({"data": {"city": None}}, "connection: there is none at city.reports"),
        (connection(pageInfo=PAGE["pageInfo"]), "no list of objects"),
        (connection(**PAGE | {"nodes": [None]}), "no list of objects"),
        (connection(edges=[{"node": None}], pageInfo=PAGE["pageInfo"]), "no list of objects"),
        (connection(nodes=ROWS), "ask for its pageInfo"),
        (connection(nodes=ROWS, pageInfo={"hasNextPage": True}), "ask for its pageInfo"),
        (connection(nodes=ROWS, pageInfo=ENDLESS), "names the cursor 'x' twice"),
    ],
)
async def test_what_is_no_page_fails_the_run_with_what_the_service_said(
    serve: Serve, answer: Any, told: str
) -> None:
    found = await failure(serve, lambda _: answer)
    assert told in found
    assert len(found) < 1000


async def test_an_answer_that_says_slow_down_is_asked_for_again(serve: Serve) -> None:
    slow = iter([True, True, False, True, False])

    def answer(variables: dict[str, Any]) -> Any:
        throttled = {"errors": [{"message": "wait", "extensions": {"code": "THROTTLED"}}]}
        return throttled if next(slow, False) else paged(variables)

    found = await batches(service(await serve(Channel(answer).app)))
    assert ids(found) == [row["id"] for row in ROWS]


QUERY = "query ($after: String) { a }"


@pytest.mark.parametrize(
    ("query", "variables", "told"),
    [
        ("query {", "{}", "query: line 1: Syntax Error: Expected Name, found <EOF>"),
        ("query { a }", "{}", "query: takes no $after"),
        ("mutation ($after: String) { a }", "{}", "has to be one query"),
        (f"{QUERY} {QUERY}", "{}", "has to be one query"),
        ("fragment f on A { a }", "{}", "has to be one query"),
        ("{a" * 900 + "}" * 900, "{}", "Document is nested too deeply"),
        ("query {" + "a " * 4000 + "}", "{}", "more than 4000 tokens"),
        (QUERY, "{frist: 3}", "variables.frist: no such variable"),
        ("query ($first: Int, $after: String) { a }", "{frist: 3}", "did you mean 'first'?"),
        ("query ($s: Time, $after: ID) { a }", "{s: '{incremental.begin}'}", "unknown placeholder"),
        (
            "query ($s: Time, $after: ID) { a }",
            "{s: '{incremental.start_value}'}",
            "needs `incremental`",
        ),
    ],
)
def test_a_query_that_can_t_be_asked_is_told_before_it_is(
    query: str, variables: str, told: str
) -> None:
    text = f"""\
version: "1"
name: graph
type: graphql
client: {{base_url: "https://api.example.go.id/"}}
resources:
  - name: reports
    endpoint: {{query: "{query}", variables: {variables}, connection: a}}
    select: {{external_id: id, status: state, received_at: changed}}
"""
    with pytest.raises(ConfigError, match=r"^graph\.yaml:7: ") as refused:
        load(text, "graph.yaml")
    assert told in str(refused.value)


@given(st.text(alphabet='{}()$:!query aftr"#\\', max_size=60))
def test_any_text_is_a_query_or_refused(query: str) -> None:
    with suppress(ValidationError):
        GraphqlEndpoint(query=query, connection="a")
