"""What a service says that it has of each day, asked for day by day."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from hub.connectors.base import Between, ChannelError, Connector
from hub.domain.run import CountedBy
from tests.connectors.channel import Serve, connector

REST = """
version: "1"
name: sulsel
type: rest_api
client: {base_url: "http://HOST/"}
resources:
  - name: complaints
    endpoint:
      path: list
      params: {since: "{incremental.start_value}", until: "{incremental.end_value}"}
      data_selector: $.items[*]
      total_selector: total
      paginator: {type: page_number}
      incremental: {cursor_path: changed, initial_value: "2024-01-01T00:00:00Z"}
    select: {external_id: id, status: state, received_at: created, updated_at: changed}
"""
GRAPHQL = """
version: "1"
name: sulsel
type: graphql
client: {base_url: "http://HOST/"}
resources:
  - name: complaints
    endpoint:
      query: >-
        query ($after: String, $since: DateTime, $until: DateTime) {
        complaints(after: $after, since: $since, until: $until) {
        totalCount nodes { id } pageInfo { hasNextPage endCursor } } }
      variables: {since: "{incremental.start_value}", until: "{incremental.end_value}"}
      connection: complaints
      incremental: {cursor_path: changed, initial_value: "2024-01-01T00:00:00Z"}
    select: {external_id: id, status: state, received_at: changed}
"""
BEGIN = datetime(2024, 6, 1, tzinfo=UTC)
HOURS = [BEGIN + timedelta(hours=n) for n in range(-30, 60)]
DAYS = Between(BEGIN, BEGIN + timedelta(days=4))
EXPECTED = Counter(each.date() for each in HOURS if each >= BEGIN)


def service(*, counts_its_end_in: bool) -> Starlette:
    def total(words: dict[str, Any]) -> int:
        since, until = (datetime.fromisoformat(words[name]) for name in ("since", "until"))
        return sum(since <= at < until or (counts_its_end_in and at == until) for at in HOURS)

    async def rest(request: Request) -> JSONResponse:
        found = total(dict(request.query_params))
        return JSONResponse({"items": [{"id": 1}] if found else [], "total": found})

    async def graphql(request: Request) -> JSONResponse:
        asked = await request.json()
        counted = (
            {"totalCount": total(asked["variables"])} if "totalCount" in asked["query"] else {}
        )
        page = {"nodes": [], "pageInfo": {"hasNextPage": False}, **counted}
        return JSONResponse({"data": {"complaints": page}})

    routes = [Route("/list", rest), Route("/graphql", graphql, methods=["POST"])]
    return Starlette(routes=routes)


async def counted(channel: Connector[Any]) -> dict[date, int]:
    return {day: n for day, n in (await channel.counts(DAYS)).items() if n}


@pytest.mark.parametrize("counts_its_end_in", [True, False])
@pytest.mark.parametrize(
    ("text", "by"), [(REST, CountedBy.UPDATED_AT), (GRAPHQL, CountedBy.RECEIVED_AT)]
)
async def test_each_day_is_counted_once(
    serve: Serve, text: str, by: CountedBy, counts_its_end_in: bool
) -> None:
    channel = connector(text, await serve(service(counts_its_end_in=counts_its_end_in)))
    assert await counted(channel) == EXPECTED
    assert channel.counted_by is by


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (REST.replace("      total_selector: total\n", ""), "state total_selector"),
        (REST.replace(', until: "{incremental.end_value}"', ""), "can't be asked for a stretch"),
        (GRAPHQL.replace("totalCount ", ""), "ask for totalCount"),
    ],
)
async def test_what_a_service_does_not_say_is_told(serve: Serve, text: str, told: str) -> None:
    host = await serve(service(counts_its_end_in=True))
    with pytest.raises(ChannelError, match=told):
        await counted(connector(text, host))


def test_a_cursor_that_the_hub_does_not_keep_can_not_be_compared() -> None:
    other = REST.replace("cursor_path: changed", "cursor_path: touched")
    with pytest.raises(ChannelError, match="neither as received_at nor as updated_at"):
        _ = connector(other, "127.0.0.1:1").counted_by
