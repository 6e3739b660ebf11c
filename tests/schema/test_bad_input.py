"""What makes no sense is answered with a code, the argument and what is valid."""

from typing import Any

import orjson
import pytest

from hub.domain.scope import Grant, Role
from tests.running_hub import RunningHub


async def refused_argument(hub: RunningHub, field: str, **variables: Any) -> tuple[str, str]:
    token = await hub.token(Grant(Role.MINISTRY))
    error = await hub.refused(token, field, **variables)
    assert error["extensions"]["code"] == "BAD_USER_INPUT", error
    return error["extensions"].get("argument", ""), error["message"]


@pytest.mark.parametrize(
    ("field", "argument", "told"),
    [
        ('complaints(filter: {province: {eq: "99"}})', "filter.province.eq", "'73'"),
        ('complaints(filter: {province: {eq: "73.71"}})', "filter.province.eq", "province"),
        ('complaints(filter: {district: {in: ["73.71", "73"]}})', "filter.district.in", "73.71"),
        ("complaints(filter: {province: null})", "filter.province", "isNull"),
        ("complaints(filter: {province: {eq: null}})", "filter.province.eq", "isNull"),
        ("complaints(filter: {province: {}})", "filter.province", "no condition"),
        ("complaints(filter: {and: [{number: {}}]})", "filter.and.0.number", "no condition"),
        (
            'complaints(filter: {receivedAt: {gt: "2020-02-01T00:00:00Z", '
            'lt: "2020-01-01T00:00:00Z"}})',
            "filter.receivedAt",
            "above",
        ),
        (
            'complaints(filter: {receivedAt: {gt: "2020-02-01T00:00:00"}})',
            "filter.receivedAt.gt",
            "time zone",
        ),
        ('complaints(filter: {search: "di, yang!"})', "filter.search", "no word"),
        (
            f'complaints(filter: {{search: "{" ".join(map(str, range(21)))}"}})',
            "filter.search",
            "20",
        ),
        ("complaints(filter: {search: null})", "filter.search", "null"),
        (
            "complaints(filter: {near: {longitude: 119, latitude: -95, metres: 1}})",
            "filter.near.latitude",
            "-90",
        ),
        (
            "complaints(filter: {near: {longitude: 119, latitude: -5, metres: 1e7}})",
            "filter.near.metres",
            "1000000",
        ),
        (
            "complaints(filter: {within: {west: 120, south: -5, east: 119, north: -4}})",
            "filter.within.east",
            "beyond 120",
        ),
        (
            "complaints(filter: {within: {west: 0, south: -5, east: 91, north: -4}})",
            "filter.within.east",
            "90 degrees",
        ),
        (
            'complaints(filter: {id: {eq: "region:73"}})',
            "filter.id.eq",
            "not the id of a complaint",
        ),
        ("complaints(filter: {id: {}})", "filter.id", "no condition"),
        ("complaints(filter: {deadlines: {}})", "filter.deadlines", "no condition"),
        ("complaints(filter: {timeline: {status: {}}})", "filter.timeline.status", "no condition"),
        (
            'complaints(filter: {timeline: {at: {gt: "2020-02-01T00:00:00"}}})',
            "filter.timeline.at.gt",
            "time zone",
        ),
        ("complaints(filter: {provenance: {run: null}})", "filter.provenance.run", "null"),
        ("complaints(first: 201)", "first", "200"),
        ("complaints(first: -1)", "first", "200"),
        ("complaints(first: 1, last: 1)", "last", "not both"),
        ("complaints(orderBy: [{field: DUE_AT}, {field: DUE_AT}])", "orderBy", "twice"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_named(
    hub: RunningHub, field: str, argument: str, told: str
) -> None:
    named, message = await refused_argument(hub, f"{{ {field} {{ totalCount }} }}")
    assert named == argument
    assert told in message
    assert argument in message


@pytest.mark.parametrize(
    ("field", "argument"),
    [
        ('indicators(period: {from: "2020-02-01", to: "2020-01-01"}) { received }', "period"),
        ("indicators(groupBy: [MONTH, MONTH]) { received }", "groupBy"),
        ('indicators(asOf: "2999-01-01T00:00:00Z") { received }', "asOf"),
        (
            'indicators(asOf: "2020-01-01T00:00:00Z", filter: {overdue: {eq: true}}) { received }',
            "filter",
        ),
        ('activity(asOf: "2020-07-15T00:00:00") { total }', "asOf"),
        ('activity(asOf: "0001-01-01T00:00:00+08:00") { total }', "asOf"),
        ('activity(period: {from: "2020-07-02"}) { total }', "period"),
        ('activity(province: "73.71") { total }', "province"),
        ("ranking(channels: []) { asOf }", "channels"),
        ('ranking(channels: ["a"], leastCoverage: 1.5) { asOf }', "leastCoverage"),
        ('ranking(channels: ["a"], asOf: "2999-01-01T00:00:00Z") { asOf }', "asOf"),
        ('regions(parent: "99") { code }', "parent"),
    ],
)
async def test_other_arguments_are_named_too(hub: RunningHub, field: str, argument: str) -> None:
    assert (await refused_argument(hub, f"{{ {field} }}"))[0] == argument


async def test_a_filter_nested_without_end_is_refused(hub: RunningHub) -> None:
    deep: dict[str, Any] = {"number": {"eq": "1"}}
    for _ in range(12):
        deep = {"not": deep}
    query = "query ($f: ComplaintFilter) { complaints(filter: $f) { totalCount } }"
    _, message = await refused_argument(hub, query, f=deep)
    assert "nested" in message


@pytest.mark.parametrize("argument", ["after", "before"])
async def test_a_cursor_that_is_none_is_refused(hub: RunningHub, argument: str) -> None:
    named, message = await refused_argument(
        hub, f'{{ complaints({argument}: "abc") {{ totalCount }} }}'
    )
    assert named == argument
    assert message.startswith(f"{argument}: not a cursor")


FILTERED = "query ($filter: ComplaintFilter) { complaints(filter: $filter) { totalCount } }"


@pytest.mark.parametrize(
    ("name", "operator", "value", "told"),
    [
        ("status", "eq", "OPEN", "valid: RECEIVED, VERIFIED, WAITING_REPORTER, "),
        ("status", "in", ["CLOSD"], "valid: RECEIVED, VERIFIED, WAITING_REPORTER, "),
        ("status", "eq", 3, "valid: RECEIVED, VERIFIED, WAITING_REPORTER, "),
        ("receivedAt", "gte", "yesterday", "it is written as 2020-07-01T08:00:00+08:00"),
        ("receivedAt", "gte", 2020, "it is written as 2020-07-01T08:00:00+08:00"),
        ("receivedAt", "lt", "2020-13-01T00:00:00Z", "it is written as 2020-07-01T08:00:00+08:00"),
    ],
)
async def test_a_value_that_is_none_is_told_with_what_is_valid_and_where(
    hub: RunningHub, name: str, operator: str, value: Any, told: str
) -> None:
    token = await hub.token(Grant(Role.MINISTRY))
    error = await hub.refused(token, FILTERED, filter={name: {operator: value}})
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert told in error["message"]
    assert f"at .{name}.{operator}" in error["message"]
    literal = orjson.dumps(value).decode()
    stated = f"{{ complaints(filter: {{{name}: {{{operator}: {literal}}}}}) {{ totalCount }} }}"
    error = await hub.refused(token, stated)
    assert told in error["message"]
    assert error["locations"] == [{"line": 1, "column": stated.index(literal.strip("[]")) + 1}]


async def test_a_day_that_is_none_is_told_how_days_are_written(hub: RunningHub) -> None:
    token = await hub.token(Grant(Role.MINISTRY))
    for day in ("31/12/2020", "2020-02-30"):
        error = await hub.refused(
            token, f'{{ indicators(period: {{from: "{day}"}}) {{ received }} }}'
        )
        assert "it is written as 2020-07-31" in error["message"]


async def test_a_moment_beyond_the_ends_of_time_is_named(hub: RunningHub) -> None:
    token = await hub.token(Grant(Role.MINISTRY))
    for at in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"):
        argument, message = await refused_argument(
            hub, FILTERED, filter={"receivedAt": {"gte": at}}
        )
        assert argument == "filter.receivedAt.gte"
        assert "1 to 9999" in message
    for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"):
        await hub.ask(token, FILTERED, filter={"receivedAt": {"gte": at}})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("search", "air"),
        ("near", {"longitude": 119, "latitude": -5, "metres": 9}),
        ("within", {"west": 119, "south": -6, "east": 120, "north": -5}),
        ("location", {"isNull": True}),
        *((each, {"eq": "x"}) for each in ("title", "description", "address")),
        ("timeline", {"status": {"eq": "CLOSED"}}),
        ("deadlines", {"pending": {"eq": True}}),
        ("remainingWorkingDays", {"lt": 0}),
        ("provenance", {"run": {"eq": "x"}}),
    ],
)
async def test_what_can_not_be_watched_is_named(hub: RunningHub, name: str, value: Any) -> None:
    query = """mutation ($filter: ComplaintFilter) {
      createWebhook(url: "https://console.example/", filter: $filter) { secret } }"""
    argument, message = await refused_argument(hub, query, filter={"not": {name: value}})
    assert argument == "filter"
    assert name in message.partition("can't be watched")[0]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        (
            '{ complaints(filter: {status: {eq: "OPEN"}}) { totalCount } }',
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("{ " + "viewer { id } " * 2_000 + "}", "GRAPHQL_PARSE_FAILED"),
    ],
)
async def test_documents_that_are_wrong_are_not_executed(
    hub: RunningHub, query: str, code: str
) -> None:
    token = await hub.token(Grant(Role.MINISTRY))
    answer = await hub.post(token, query)
    assert answer.status_code == 200
    assert "data" not in answer.json()
    assert [e["extensions"]["code"] for e in answer.json()["errors"]] == [code]
    draft = await hub.http.post(
        "/graphql",
        json={"query": query},
        headers={
            "Authorization": f"Bearer {token}",
            "Accept": "application/graphql-response+json",
        },
    )
    assert draft.status_code == 400
    assert draft.headers["content-type"].startswith("application/graphql-response+json")


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"query": 1}', "application/json", 400),
        (b'{"query": "{ viewer { id } }", "variables": []}', "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b'{"query": "' + b"x" * 300_000 + b'"}', "application/json", 413),
        (b'{"query": "{ viewer { id } }"}', "text/plain", 415),
    ],
)
async def test_requests_that_are_no_graphql_are_refused(
    hub: RunningHub, body: bytes, content_type: str, status: int
) -> None:
    answer = await hub.http.post(
        "/graphql",
        content=body,
        headers={
            "Authorization": f"Bearer {await hub.token(Grant(Role.MINISTRY))}",
            "Content-Type": content_type,
        },
    )
    assert answer.status_code == status
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_a_failure_inside_is_told_by_reference_only(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    token = await hub.token(Grant(Role.MINISTRY))

    async def broken(_: object) -> None:
        raise RuntimeError("mongodb://hub:password@host")

    monkeypatch.setattr("hub.store.channels.ScopedChannels.all", broken)
    error = await hub.refused(token, "{ channels { name } }")
    assert error["extensions"] == {"code": "INTERNAL_ERROR"}
    assert "password" not in str(error)
    reference = error["message"].rpartition(" ")[2]
    assert reference in capsys.readouterr().out
