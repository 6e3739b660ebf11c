"""What a server tells of updates is asked for again by id: changes are seen whenever they come."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import Between, ChannelError, State
from hub.connectors.lists.open311_windows import MOST_ROWS
from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, batches, connector, ids

KEY = "service_request_id"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
YAML = f"""\
version: "1"
name: kota-a-open311
type: open311
client: {{base_url: "http://HOST/"}}
resources:
  - format: FORMAT
    incremental:
      {{initial_value: "{(NOW - 50 * DAY).isoformat()}", step: P10D, lookback_window: P1D}}
    updates: {{batch_size: 3}}
"""
LATER: Mapping[str, State] = {"requests": {"until": (NOW - 5 * DAY).isoformat()}}


class City:
    """A server whose requests were updated at these moments."""

    def __init__(self, *updated: tuple[str, datetime]) -> None:
        self.updated = updated
        self.by_id: list[list[str]] = []
        self.asked: list[tuple[datetime, datetime]] = []
        self.app = Starlette(
            routes=[
                Route("/requests.{format}", self.requests),
                Route("/servicerequestupdates.{format}", self.updates),
                Route("/services.{format}", self.services),
            ]
        )

    async def services(self, request: Request) -> Response:
        return told(request, "services", "service", [])

    async def requests(self, request: Request) -> Response:
        wanted = request.query_params.get(KEY)
        if wanted is None:
            return told(request, "service_requests", "request", [])
        self.by_id.append(wanted.split(","))
        rows = [{KEY: id_, "status": "closed"} for id_ in self.by_id[-1]]
        return told(request, "service_requests", "request", rows)

    async def updates(self, request: Request) -> Response:
        query = request.query_params
        start, end = (datetime.fromisoformat(query[name]) for name in ("start_date", "end_date"))
        self.asked.append((start, end))
        found = [(id_, at) for id_, at in self.updated if start <= at <= end][:MOST_ROWS]
        rows = [
            {"update_id": str(n), KEY: id_, "status": "closed", "updated_datetime": at.isoformat()}
            for n, (id_, at) in enumerate(found)
        ]
        return told(request, "service_request_updates", "request_update", rows)


def told(request: Request, root: str, element: str, rows: list[dict[str, str]]) -> Response:
    """As FixMyStreet wraps it."""
    if request.path_params["format"] == "json":
        return JSONResponse({root: rows})
    inner = "".join(
        f"<{element}>{''.join(f'<{k}>{v}</{k}>' for k, v in row.items())}</{element}>"
        for row in rows
    )
    return Response(f"<{root}>{inner}</{root}>", media_type="text/xml")


def yaml(format_: str = "json") -> str:
    return YAML.replace("FORMAT", format_)


@pytest.mark.parametrize("format_", ["json", "xml"])
async def test_what_was_updated_is_asked_for_by_id_each_once(serve: Serve, format_: str) -> None:
    late = NOW - 2 * DAY
    city = City(*[(id_, late) for id_ in "abcab"], ("d", late), ("old", NOW - 20 * DAY))
    found = await batches(connector(yaml(format_), await serve(city.app)), LATER)
    assert city.by_id == [["a", "b", "c"], ["d"]]
    assert ids(found, KEY) == ["a", "b", "c", "d"]
    # From before the checkpoint, by the lookback, to now.
    assert city.asked[0][0] == NOW - 6 * DAY
    assert city.asked[-1][1] >= NOW


async def test_all_updates_are_met_where_an_answer_is_cut_off(serve: Serve) -> None:
    minutes = [NOW - 3 * DAY + n * timedelta(minutes=2) for n in range(1_500)]
    city = City(*[(str(n), at) for n, at in enumerate(minutes)])
    found = await batches(
        connector(yaml().replace("batch_size: 3", "batch_size: 200"), await serve(city.app)), LATER
    )
    assert {*ids(found, KEY)} == {str(n) for n in range(1_500)}


async def test_the_first_run_and_a_stretch_of_time_need_no_updates(serve: Serve) -> None:
    city = City(("a", NOW - DAY))
    channel = connector(yaml(), await serve(city.app))
    await batches(channel, {})
    assert [b async for b in channel.read(LATER, Between(NOW - 9 * DAY, NOW))]
    assert city.asked == []


async def test_an_update_of_no_request_fails_the_run(serve: Serve) -> None:
    city = City(("", NOW - DAY))
    with pytest.raises(ChannelError, match="an update without a service_request_id"):
        await batches(connector(yaml(), await serve(city.app)), LATER)


def test_without_windows_there_is_nothing_to_ask_updates_since() -> None:
    whole = "version: '1'\nname: a\ntype: open311\nclient: {base_url: 'http://a.example'}\n"
    with pytest.raises(ConfigError, match="updates: without `incremental`"):
        load(f"{whole}resources:\n  - updates: {{}}\n", "c.yaml")
