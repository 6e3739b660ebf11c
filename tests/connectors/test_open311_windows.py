"""A GeoReport v2 server read window by window: nothing of its time is left out."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import Between, ChannelError, Connector, State
from hub.connectors.lists.open311_windows import MOST_ROWS
from tests.connectors.channel import Serve, batches, connector, ids, states

YAML = """\
version: "1"
name: kota-a-open311
type: open311
client: {base_url: "http://HOST/"}
resources:
  - OPTIONS
"""
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
START = datetime.now(UTC).replace(microsecond=0) - 100 * DAY
WINDOWS = f"incremental: {{initial_value: '{START.isoformat()}', step: P30D, MORE}}"
KEY = "service_request_id"


async def no_services(request: Request) -> Response:
    return JSONResponse([])


class City:
    """A server that cuts each answer off at 1,000 rows; `closed_end` includes the end itself."""

    def __init__(self, moments: list[datetime], closed_end: bool = True, pages: int = 0) -> None:
        self.rows = [(moment, str(number)) for number, moment in enumerate(moments)]
        self.closed_end = closed_end
        self.page_size = pages
        self.asked: list[tuple[datetime, datetime]] = []
        self.app = Starlette(
            routes=[Route("/requests.json", self.respond), Route("/services.json", no_services)]
        )

    async def respond(self, request: Request) -> Response:
        query = request.query_params
        start, end = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        if not self.asked or self.asked[-1] != (start, end):
            self.asked.append((start, end))
        found = [
            {KEY: number, "requested_datetime": moment.isoformat()}
            for moment, number in self.rows
            if start <= moment < end or (self.closed_end and moment == end)
        ]
        if self.page_size:
            first = self.page_size * (int(query["page"]) - 1)
            return JSONResponse(found[first : first + self.page_size])
        return JSONResponse(found[:MOST_ROWS])

    @property
    def all(self) -> set[str]:
        return {number for _, number in self.rows}


def channel(
    host: str, options: str = WINDOWS, more: str = "lookback_window: P0D"
) -> Connector[Any]:
    return connector(YAML.replace("OPTIONS", options).replace("MORE", more), host)


def untils(found: list[State | None]) -> list[datetime]:
    return [datetime.fromisoformat(state["until"]) for state in found if state]


async def test_windows_cover_all_the_time_from_the_initial_value_to_now(serve: Serve) -> None:
    city = City([])
    before = datetime.now(UTC)
    found = await batches(channel(await serve(city.app)))
    starts, ends = zip(*city.asked, strict=True)
    assert starts == (START, *ends[:-1])
    assert [end - start for start, end in city.asked[:-1]] == [30 * DAY] * 3
    assert before - SECOND < ends[-1] <= datetime.now(UTC)
    assert [until.replace(microsecond=0) for until in untils(states(found))] == list(ends)


@pytest.mark.parametrize("closed_end", [True, False])
async def test_requests_are_counted_by_day(serve: Serve, closed_end: bool) -> None:
    first = START.replace(hour=0, minute=0, second=0)
    moments = [first + timedelta(minutes=n) for n in range(-60, 2 * 24 * 60)]
    city = City(moments, closed_end)
    counted = await channel(await serve(city.app)).counts(Between(first, first + 3 * DAY))
    assert [*counted.values()] == [1440, 1440, 0]


async def test_the_checkpoint_moves_after_the_records_of_each_window(serve: Serve) -> None:
    city = City([START + 10 * DAY, START + 40 * DAY, START + 95 * DAY])
    found = await batches(channel(await serve(city.app)))
    assert ids(found, KEY) == ["0", "1", "2"]
    assert all(batch.state is None for batch in found if batch.records)
    assert len(untils(states(found))) == 4


async def test_the_next_run_starts_at_the_checkpoint_less_the_lookback(serve: Serve) -> None:
    city = City([])
    read = channel(await serve(city.app), more="lookback_window: P2D")
    until = START + 90 * DAY
    await batches(read, {"requests": {"until": until.isoformat()}})
    assert city.asked[0][0] == until - 2 * DAY
    assert len(city.asked) == 1


async def test_a_run_that_fails_on_the_way_is_gone_on_with_from_the_last_whole_window(
    serve: Serve,
) -> None:
    city = City([START + 5 * DAY, START + 35 * DAY] + [START + 70 * DAY] * MOST_ROWS)
    host = await serve(city.app)
    kept = []
    with pytest.raises(ChannelError, match="cut it off"):
        async for batch in channel(host).read({}):
            kept.append(batch)
    assert ids(kept, KEY) == ["0", "1"]
    assert untils(states(kept)) == [START + 30 * DAY, START + 60 * DAY]
    city.rows = city.rows[:-1]
    again = await batches(channel(host), {"requests": kept[-1].state or {}})
    assert {*ids(kept, KEY), *ids(again, KEY)} == city.all


SPREAD = [START + number * timedelta(minutes=29, seconds=13) for number in range(4500)]
HEAPED = [START + 41 * DAY + number % 7 * SECOND for number in range(3000)]
EDGES = [START + number * 30 * DAY // 8 for number in range(20)]


@pytest.mark.parametrize("closed_end", [True, False])
@pytest.mark.parametrize("moments", [SPREAD, HEAPED, EDGES, HEAPED + SPREAD])
async def test_a_window_that_was_cut_off_is_halved_until_nothing_is_lost(
    serve: Serve, moments: list[datetime], closed_end: bool
) -> None:
    city = City(moments, closed_end)
    found = await batches(channel(await serve(city.app)))
    assert set(ids(found, KEY)) == city.all
    assert max(len(batch.records) for batch in found) < MOST_ROWS
    ends = [START, *untils(states(found))]
    assert [later - sooner for sooner, later in pairwise(ends)][:3] == [30 * DAY] * 3


@pytest.mark.parametrize(("rows", "fails"), [(MOST_ROWS - 1, False), (MOST_ROWS, True)])
async def test_more_in_one_second_than_an_answer_holds_is_an_error(
    serve: Serve, rows: int, fails: bool
) -> None:
    city = City([START + 3 * DAY] * rows)
    read = channel(await serve(city.app))
    if fails:
        with pytest.raises(ChannelError, match="some would be lost"):
            await batches(read)
        assert len(city.asked) < 100
    else:
        assert set(ids(await batches(read), KEY)) == city.all


async def test_a_server_with_pages_is_read_page_by_page_in_each_window(serve: Serve) -> None:
    city = City(SPREAD, pages=1000)
    options = "{paginator: {type: page_number}, " + WINDOWS + "}"
    found = await batches(channel(await serve(city.app), options))
    assert set(ids(found, KEY)) == city.all
    assert len(city.asked) == 4


@pytest.mark.parametrize("options", ["", "{" + WINDOWS + "}"], ids=["without", "windows"])
async def test_a_stretch_of_time_is_read_whole_and_moves_no_checkpoint(
    serve: Serve, options: str
) -> None:
    city = City(SPREAD)
    read = channel(await serve(city.app), *([options] if options else []))
    stretch = Between(START + 10 * DAY, START + 50 * DAY)
    found = [batch async for batch in read.read({}, stretch)]
    wanted = [n for n, at in enumerate(SPREAD) if stretch.start <= at < stretch.end]
    assert {str(number) for number in wanted} == set(ids(found, KEY))
    assert set(states(found)) == {None}
