"""Asking a JSON service only for what is new, without ever skipping what is not yet read."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import Between, ChannelError, Connector, State
from tests.connectors.channel import Serve, batches, connector, ids, states

YAML = """\
version: "1"
name: prov-b-hotline
type: rest_api
client: {base_url: "http://HOST/"}
resources:
  - name: complaints
    endpoint:
      path: complaints
      params: {since: "{incremental.start_value}"}
      data_selector: $.data[*]
      paginator: {type: page_number, base_page: 0}
      incremental:
        {cursor_path: changed, initial_value: "2024-01-01T00:00:00+07:00", OPTIONS}
    select: {external_id: id, status: state, received_at: changed}
"""
DAY = timedelta(days=1)
JUNE = datetime(2024, 6, 1, tzinfo=UTC)


class Channel:
    """A service with pages of two records, in the order that they were given."""

    def __init__(self, *times: str | None, fails_at: int | None = None) -> None:
        self.rows = [{"id": n, "changed": time} for n, time in enumerate(times)]
        self.fails_at = fails_at
        self.asked: list[str] = []
        self.app = Starlette(routes=[Route("/complaints", self.respond)])

    async def respond(self, request: Request) -> Response:
        self.asked.append(request.query_params["since"])
        page = int(request.query_params["page"])
        if page == self.fails_at:
            return Response(status_code=404)
        return JSONResponse({"data": self.rows[2 * page : 2 * page + 2]})


def service(host: str, options: str = "") -> Connector[Any]:
    return connector(YAML.replace("OPTIONS", options), host)


def days(*numbers: int) -> list[str]:
    return [(JUNE + number * DAY).isoformat() for number in numbers]


def last(state: State | None) -> str | None:
    return str(state["last_value"]) if state else None


async def test_the_first_run_asks_from_the_initial_value_the_next_from_the_checkpoint(
    serve: Serve,
) -> None:
    channel = Channel(*days(1, 2, 3))
    host = await serve(channel.app)
    found = await batches(service(host))
    checkpoint = {"complaints": found[-1].state or {}}
    assert set(channel.asked) == {"2024-01-01T00:00:00+07:00"}
    channel.asked.clear()
    await batches(service(host), checkpoint)
    assert set(channel.asked) == {"2024-06-04T00:00:00+00:00"}


async def test_the_lookback_is_taken_off_the_checkpoint_and_a_format_is_kept(serve: Serve) -> None:
    channel = Channel(*days(1))
    options = "lookback_window: PT36H, datetime_format: '%d/%m/%Y %H.%M'"
    read = service(await serve(channel.app), options)
    await batches(read, {"complaints": {"last_value": days(10)[0]}})
    assert set(channel.asked) == {"09/06/2024 12.00"}


async def test_in_ascending_order_the_checkpoint_moves_with_each_page(serve: Serve) -> None:
    channel = Channel(*days(1, 2, 3, 4, 5))
    found = await batches(service(await serve(channel.app), "row_order: asc"))
    assert [last(state) for state in states(found)] == days(2, 4, 5, 5)


async def test_in_any_other_order_the_checkpoint_moves_only_at_the_end(serve: Serve) -> None:
    channel = Channel(*days(5, 1, 4, 2, 3))
    found = await batches(service(await serve(channel.app)))
    assert [last(state) for state in states(found)] == [None, None, None, *days(5)]


@pytest.mark.parametrize(("options", "kept"), [("row_order: asc", days(2)), ("", [None])])
async def test_a_run_that_fails_on_the_way_keeps_no_checkpoint_past_what_it_read(
    serve: Serve, options: str, kept: list[str | None]
) -> None:
    channel = Channel(*days(1, 2, 3, 4), fails_at=1)
    found = []
    with pytest.raises(ChannelError):
        async for batch in service(await serve(channel.app), options).read({}):
            found.append(batch)
    assert [last(batch.state) for batch in found] == kept


@pytest.mark.parametrize("options", ["row_order: asc", ""])
async def test_a_record_dated_in_the_future_moves_no_checkpoint_past_the_runs_beginning(
    serve: Serve, options: str
) -> None:
    channel = Channel(*days(1), "2099-01-01T00:00:00Z", "2099-01-02T00:00:00Z")
    before = datetime.now(UTC)
    found = await batches(service(await serve(channel.app), options))
    reached = [datetime.fromisoformat(value) for state in states(found) if (value := last(state))]
    assert reached
    assert all(before <= moment <= datetime.now(UTC) for moment in reached)


@pytest.mark.parametrize(
    ("timezone", "expected"),
    [
        ("", "2024-05-31T15:00:00+00:00"),
        ("timezone: Asia/Makassar", "2024-05-31T16:00:00+00:00"),
        ("timezone: Asia/Jakarta", "2024-05-31T17:00:00+00:00"),
    ],
)
async def test_a_time_without_a_zone_is_taken_for_the_earliest_that_it_can_mean(
    serve: Serve, timezone: str, expected: str
) -> None:
    text = YAML.replace("OPTIONS", "row_order: asc") + f"    {timezone}\n"
    channel = Channel("2024-06-01 00:00:00")
    found = await batches(connector(text, await serve(channel.app)))
    assert last(found[-1].state) == expected


async def test_a_value_that_is_no_time_moves_nothing_and_its_record_is_read(serve: Serve) -> None:
    channel = Channel(None, "kemarin", *days(3), None)
    found = await batches(service(await serve(channel.app), "row_order: asc"))
    assert ids(found) == ["0", "1", "2", "3"]
    assert [last(state) for state in states(found)] == [None, *days(3, 3)]


async def test_nothing_new_leaves_the_checkpoint_where_it_is(serve: Serve) -> None:
    host = await serve(Channel().app)
    assert last((await batches(service(host)))[-1].state) is None
    again = await batches(service(host), {"complaints": {"last_value": days(1)[0]}})
    assert last(again[-1].state) == days(1)[0]


async def test_a_stretch_of_time_is_asked_for_by_both_its_ends(serve: Serve) -> None:
    channel = Channel("2024-02-01T00:00:00Z")
    text = YAML.replace('.start_value}"}', '.start_value}/{incremental.end_value}"}')
    read = connector(text.replace(", OPTIONS", ""), await serve(channel.app))
    found = [batch async for batch in read.read({}, Between(JUNE, JUNE + DAY))]
    assert ids(found) == ["0"]
    assert set(channel.asked) == {"2024-06-01T00:00:00+00:00/2024-06-02T00:00:00+00:00"}
    assert states(found) == [None]


async def test_a_service_that_takes_no_end_is_not_asked_for_a_stretch_of_time(
    serve: Serve,
) -> None:
    channel = Channel()
    read = connector(YAML.replace(", OPTIONS", ""), await serve(channel.app))
    with pytest.raises(ChannelError, match=r"state .*end_value\} in its params"):
        [batch async for batch in read.read({}, Between(JUNE, JUNE + DAY))]
    assert not channel.asked
