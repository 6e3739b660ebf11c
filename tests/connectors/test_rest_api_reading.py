"""Which records of a service count, where it can't be asked for exactly what is new."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import Batch, Between, ChannelError, Connector, State
from hub.connectors.lists.incremental import windows
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, batches, connector, ids, states

YAML = """\
version: "1"
name: channel
type: rest_api
client: {base_url: "http://HOST/"}
resources:
  - name: complaints
    endpoint:
      path: complaints
      params: {since: "{incremental.start_value}"WINDOW}
      data_selector: $.data[*]TOTAL
      paginator: {type: page_number, base_page: 0}
      incremental:
        {cursor_path: changed, initial_value: "2024-01-01T00:00:00Z", OPTIONS}
    select: {external_id: id, status: state, received_at: changed}
"""
BOTH = ', until: "{incremental.end_value}"'
DAY = timedelta(days=1)
JUNE = datetime(2024, 6, 1, tzinfo=UTC)
DESC = "row_order: desc"
FEED = f"{DESC}, is_data_feed: true"
OWN = "is_client_side_incremental: true"


def day(number: float) -> str:
    return (JUNE + number * DAY).isoformat()


class Channel:
    """Pages of two records in the order that they were given; minds `until` if it is asked to."""

    def __init__(self, *times: str | None, fails_after: int | None = None) -> None:
        self.rows = [{"id": n, "changed": time} for n, time in enumerate(times)]
        self.asked: list[dict[str, str]] = []
        self.fails_after = fails_after
        self.app = Starlette(routes=[Route("/complaints", self.respond)])

    async def respond(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.asked.append(query)
        if self.fails_after is not None and len(self.asked) > self.fails_after:
            return Response(status_code=404)
        rows = self.rows
        if until := query.get("until"):
            rows = [row for row in rows if query["since"] <= str(row["changed"]) <= until]
        page = 2 * int(query["page"])
        return JSONResponse({"data": rows[page : page + 2], "total": len(rows)})


def service(host: str, options: str, window: str = "", total: str = "") -> Connector[Any]:
    text = YAML.replace("OPTIONS", options).replace("WINDOW", window)
    return connector(text.replace("TOTAL", total and f"\n      total_selector: {total}"), host)


def at(number: float) -> dict[str, State]:
    return {"complaints": {"last_value": day(number)}}


def lasts(found: list[Batch]) -> list[str | None]:
    return [str(state["last_value"]) if state else None for state in states(found)]


async def kept_until_it_fails(read: Connector[Any], checkpoint: dict[str, State]) -> list[Batch]:
    found = []
    with pytest.raises(ChannelError):
        async for batch in read.read(checkpoint):
            found.append(batch)
    return found


@pytest.mark.parametrize(
    ("word", "expected"), [("", "0123"), ("include", "0123"), ("exclude", "03")]
)
async def test_a_record_without_a_time_is_read_unless_it_is_to_be_left_out(
    serve: Serve, word: str, expected: str
) -> None:
    channel = Channel(day(1), None, "kemarin", day(2))
    options = f"on_cursor_value_missing: {word}" if word else ""
    found = await batches(service(await serve(channel.app), options, total="total"))
    assert ids(found) == [*expected]
    # What is left out on purpose is no hole in the account.
    assert found[-2].declared == len(expected)


@pytest.mark.parametrize(("time", "told"), [(None, "none"), ("kemarin", "one that can't be read")])
async def test_a_record_without_a_time_fails_the_run_where_it_must_have_one(
    serve: Serve, time: str | None, told: str
) -> None:
    host = await serve(Channel(day(1), time).app)
    with pytest.raises(ChannelError, match=f"a time at changed, and has {told}"):
        await batches(service(host, "on_cursor_value_missing: raise"))


async def test_a_feed_is_read_to_the_first_page_with_an_older_record(serve: Serve) -> None:
    channel = Channel(*map(day, (9, 8, 7, 6, 5, 4, 3, 2, 1, 0)))
    host = await serve(channel.app)
    found = await batches(service(host, FEED, total="total"), at(5.5))
    assert ids(found) == [*"012345"]
    assert {batch.declared for batch in found} == {None}
    assert len(channel.asked) == 3
    assert lasts(found) == [None, None, None, day(9)]


async def test_a_feed_is_read_on_through_records_as_old_as_the_checkpoint(serve: Serve) -> None:
    channel = Channel(*map(day, (6, 5, 5, 5, 5, 5, 5, 4)))
    found = await batches(service(await serve(channel.app), f"{FEED}, {OWN}"), at(5))
    assert ids(found) == [*"0123456"]


async def test_a_feed_that_fails_on_the_way_is_read_from_its_beginning_again(
    serve: Serve,
) -> None:
    channel = Channel(*map(day, (9, 8, 7, 6, 5)), fails_after=1)
    host = await serve(channel.app)
    kept = await kept_until_it_fails(service(host, FEED), at(6))
    assert lasts(kept) == [None]


@pytest.mark.parametrize("order", ["", f"{DESC}, "])
async def test_older_records_are_dropped_where_the_service_sends_them_all(
    serve: Serve, order: str
) -> None:
    channel = Channel(*map(day, (9, 7, 5, 3, 1)))
    read = service(await serve(channel.app), f"{order}{OWN}, lookback_window: P1D", total="total")
    found = await batches(read, at(6))
    assert ids(found) == ["0", "1", "2"]
    assert [batch.declared for batch in found] == [5, 4, 3, None]
    assert lasts(found)[-1] == day(9)


async def test_records_at_the_checkpoint_are_neither_dropped_nor_asked_for_in_vain(
    serve: Serve,
) -> None:
    channel = Channel(*map(day, (5, 5, 5)))
    host = await serve(channel.app)
    found = await batches(service(host, f"row_order: asc, {OWN}"), at(5))
    assert ids(found) == ["0", "1", "2"]


async def test_records_that_do_not_ascend_move_the_checkpoint_only_at_the_end(
    serve: Serve,
) -> None:
    channel = Channel(*map(day, (1, 2, 5, 3, 4, 6)))
    found = await batches(service(await serve(channel.app), "row_order: asc"))
    assert lasts(found) == [day(2), None, None, day(6)]


async def test_a_feed_that_does_not_descend_is_read_to_its_end(serve: Serve) -> None:
    channel = Channel(*map(day, (1, 9, 8, 7, 2, 6)))
    found = await batches(service(await serve(channel.app), FEED), at(5))
    assert ids(found) == [*"012345"]


@given(st.integers(0, 10**7), st.integers(60, 10**6) | st.none())
def test_windows_follow_each_other_without_a_gap(length: int, step: int | None) -> None:
    end = JUNE + timedelta(seconds=length)
    stride = timedelta(seconds=step) if step else None
    found = [*windows(JUNE, end, stride)]
    assert [start for start, _ in found] == [JUNE, *(until for _, until in found)][: len(found)]
    assert (found[-1][1] if found else JUNE) == end
    assert all(not stride or until - start <= stride for start, until in found)
    assert len(found) == (-(-length // step) if step else min(length, 1))


LENGTH = 12
SPREAD = [
    (datetime.now(UTC) - n * DAY + DAY / 24).replace(microsecond=0).isoformat()
    for n in range(LENGTH, 0, -1)
]


@pytest.mark.parametrize("options", ["step: P3D", "step: P3D, row_order: asc"])
async def test_windows_read_everything_and_their_checkpoint_follows_them(
    serve: Serve, options: str
) -> None:
    channel = Channel(*SPREAD)
    read = service(await serve(channel.app), options, BOTH, total="total")
    start = datetime.fromisoformat(SPREAD[0])
    found = await batches(read, {"complaints": {"last_value": SPREAD[0]}})
    assert {*ids(found)} == {str(number) for number in range(LENGTH)}
    ends = [datetime.fromisoformat(last) for last in lasts(found) if last]
    assert ends == sorted(ends)
    assert {start + n * 3 * DAY for n in range(1, 4)} <= {*ends}
    assert ends[-1] == datetime.fromisoformat(SPREAD[-1])
    declared = [batch.declared for batch in found if batch.declared]
    assert declared[-1] == len(ids(found))


@pytest.mark.parametrize("fails_after", [1, 4, 7])
@pytest.mark.parametrize("options", ["step: P3D", "step: P3D, row_order: asc"])
async def test_a_run_that_fails_in_a_window_goes_on_from_it(
    serve: Serve, options: str, fails_after: int
) -> None:
    channel = Channel(*SPREAD, fails_after=fails_after)
    read = service(await serve(channel.app), f"{options}, lookback_window: P4D", BOTH)
    kept = await kept_until_it_fails(read, {"complaints": {"last_value": SPREAD[5]}})
    # What is asked for again does not take the checkpoint back.
    assert all(last >= SPREAD[5] for last in lasts(kept) if last)
    reached = max([SPREAD[5], *(last for last in lasts(kept) if last)])
    channel.fails_after = None
    again = await batches(read, {"complaints": {"last_value": reached}})
    assert {*ids(kept), *ids(again)} == {str(number) for number in range(1, LENGTH)}


async def test_a_stretch_of_time_is_read_in_windows_too(serve: Serve) -> None:
    channel = Channel(*map(day, range(10)))
    read = service(await serve(channel.app), "step: P2D", BOTH, total="total")
    found = [batch async for batch in read.read({}, Between(JUNE, JUNE + 5 * DAY))]
    assert {*ids(found)} == {*"012345"}
    assert {query["since"] for query in channel.asked} == {day(0), day(2), day(4)}
    assert found[-1].declared == len(ids(found))
    assert set(states(found)) == {None}


async def test_a_check_asks_for_the_first_window_alone(serve: Serve) -> None:
    channel = Channel("2024-01-02T00:00:00+00:00")
    host = await serve(channel.app)
    told = await service(host, "step: P2D", BOTH).check()
    assert told == "complaints: 1 records on the first page"
    assert [query["until"] for query in channel.asked] == ["2024-01-03T00:00:00+00:00"]


@pytest.mark.parametrize(
    ("options", "window", "told"),
    [
        ("is_data_feed: true", "", "is_data_feed needs `row_order: desc`"),
        (f"{FEED}, step: P1D", BOTH, "is_data_feed has no `step`"),
        ("step: P1D", "", r"incremental.step needs .*end_value\} in the question"),
        ("step: PT1S", BOTH, "greater than or equal to"),
        ("step: 30", BOTH, "ISO 8601 duration"),
        ("row_order: up", "", "'asc' or 'desc'"),
        ("on_cursor_value_missing: skip", "", "'raise', 'include' or 'exclude'"),
    ],
)
def test_words_that_do_not_go_together_are_refused(options: str, window: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        service("h", options, window)
