"""Open requests are asked for again by id: what changed long after receipt is seen."""

from collections.abc import AsyncGenerator, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import Batch, Between, ChannelError, State, Surroundings
from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError
from hub.domain.complaint import ComplaintStatus
from tests.connectors.channel import Serve, ids

KEY = "service_request_id"
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
YAML = f"""\
version: "1"
name: kota-a-open311
type: open311
client: {{base_url: "http://HOST/"}}
resources:
  - incremental: {{initial_value: "{(NOW - 5 * DAY).isoformat()}", lookback_window: P1D}}
    recheck: {{batch_size: 4, where: {{status: open}}, interval: PT6H}}
    status_mapping: {{open: in_progress, Acknowledged: in_progress, closed: closed}}
"""


class City:
    """A server that has these ids, and is asked for windows or for ids; `strict` ones answer 404
    where one of them is unknown."""

    def __init__(self, *known: str, strict: bool = False, deaf: bool = False) -> None:
        self.known = known
        self.strict, self.deaf = strict, deaf
        self.asked: list[list[str]] = []
        self.app = Starlette(
            routes=[Route("/requests.json", self.respond), Route("/services.json", self.services)]
        )

    async def services(self, _: Request) -> Response:
        return JSONResponse([])

    async def respond(self, request: Request) -> Response:
        wanted = request.query_params.get(KEY)
        if wanted is None:
            return JSONResponse([])
        assert "start_date" not in request.query_params
        self.asked.append(wanted.split(","))
        unknown = {*self.asked[-1]} - {*self.known}
        if unknown and self.strict:
            return Response(status_code=404)
        found = [id_ for id_ in self.known if self.deaf or id_ in self.asked[-1]]
        return JSONResponse([{KEY: id_, "status": "closed"} for id_ in found])


class Hub:
    """What a hub has: ids, a page at a time."""

    def __init__(self, *pages: list[str]) -> None:
        self.pages = pages
        self.asked: list[tuple[str, set[ComplaintStatus], datetime]] = []

    async def __call__(
        self, resource: str, statuses: Iterable[ComplaintStatus], before: datetime
    ) -> AsyncGenerator[list[str], None]:
        self.asked.append((resource, {*statuses}, before))
        for page in self.pages:
            yield page


async def read(
    host: str, hub: Hub | None, state: State | None = None, between: Between | None = None
) -> list[Batch]:
    around = Surroundings(Path(), {}, frozenset({host}))
    around = replace(around, stored=hub)
    channel: Any = load(YAML.replace("HOST", host), "c.yaml").connect(around)
    checkpoint = {"requests": state} if state else {}
    return [batch async for batch in channel.read(checkpoint, between)]


def gone(found: list[Batch]) -> list[str]:
    return [id_ for batch in found for id_ in batch.gone]


async def test_open_requests_from_before_the_windows_are_asked_for_by_id(serve: Serve) -> None:
    city, hub = City(*"abcdefghi"), Hub([*"abcdef"], [*"ghi"])
    until = (NOW - DAY).isoformat()
    found = await read(await serve(city.app), hub, {"until": until})
    assert city.asked == [[*"abcd"], [*"ef"], [*"ghi"]]
    assert ids(found, KEY) == [*"abcdefghi"]
    # Whatever shares a status with the label is asked for too: statuses are what is stored.
    assert hub.asked == [("requests", {ComplaintStatus.IN_PROGRESS}, NOW - 2 * DAY)]
    assert gone(found) == []


@pytest.mark.parametrize("strict", [True, False])
async def test_what_the_server_no_longer_has_is_told(serve: Serve, strict: bool) -> None:
    city, hub = City(*"acdeg", strict=strict), Hub([*"abcdefghi"])
    found = await read(await serve(city.app), hub)
    assert sorted(ids(found, KEY)) == [*"acdeg"]
    assert sorted(gone(found)) == [*"bfhi"]


async def test_a_round_begins_when_the_last_one_is_long_enough_ago(serve: Serve) -> None:
    city, hub = City("a"), Hub(["a"])
    host = await serve(city.app)
    state = (await read(host, hub))[-1].state or {}
    assert NOW - 10 * timedelta(seconds=1) <= datetime.fromisoformat(state["rechecked_at"])
    again = await read(host, hub, state)
    assert len(city.asked) == 1
    assert (again[-1].state or {})["rechecked_at"] == state["rechecked_at"]
    late = {**state, "rechecked_at": (NOW - timedelta(hours=6)).isoformat()}
    await read(host, hub, late)
    assert len(city.asked) == 2


async def test_a_round_that_fails_on_the_way_is_begun_again(serve: Serve) -> None:
    host = await serve(City(*"abc", deaf=True).app)
    found = []
    with pytest.raises(ChannelError, match="does not know `ids_param`"):
        around = Surroundings(Path(), {}, frozenset({host}), stored=Hub(["a"]))
        async for batch in load(YAML.replace("HOST", host), "c.yaml").connect(around).read({}):
            found.append(batch)
    assert [set(batch.state) for batch in found if batch.state] == [{"until"}]


async def test_nothing_is_asked_again_where_nothing_is_stored_or_a_stretch_is_read(
    serve: Serve,
) -> None:
    city, hub = City("a"), Hub(["a"])
    host = await serve(city.app)
    found = await read(host, None)
    assert all("rechecked_at" not in (batch.state or {}) for batch in found)
    await read(host, hub, between=Between(NOW - DAY, NOW))
    assert city.asked == []


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("status: open}", "status: opne}", "did you mean 'open'?"),
        ("status: open}", "status: []}", "at least 1 item"),
        ("  - incremental: ", "  - params: {}\n    x: ", "unknown key"),
        ("batch_size: 4", "batch_size: 0", "greater than or equal to 1"),
        (", interval: PT6H", "", "interval: Field required"),
    ],
)
def test_a_recheck_that_can_not_work_is_refused(before: str, after: str, told: str) -> None:
    assert before in YAML
    with pytest.raises(ConfigError) as failure:
        load(YAML.replace(before, after), "c.yaml")
    assert told in str(failure.value)


def test_a_recheck_needs_windows() -> None:
    lines = [line for line in YAML.splitlines() if "incremental" not in line]
    lines[5] = "  -" + lines[5][3:]
    with pytest.raises(ConfigError, match="without `incremental` all requests are read"):
        load("\n".join(lines), "c.yaml")
