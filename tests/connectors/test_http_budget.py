"""However a run asks, no stretch of time sees more requests than the channel allows."""

import asyncio
import time
from datetime import timedelta
from itertools import pairwise

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.http.budget import Budget, Rate
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, batches, connector, ids

YAML = """\
version: "1"
name: channel
type: rest_api
client:
  base_url: http://HOST/
  auth:
    type: oauth2_client_credentials
    access_token_url: http://HOST/token
    client_id: hub
    client_secret: ${env.S}
api_budget: {rates: [RATES]}
resources:
  - name: complaints
    endpoint: {path: list, paginator: {type: page_number}}
    select: {external_id: id, status: state, received_at: created}
"""
RATES = st.lists(
    st.builds(
        Rate,
        limit=st.integers(1, 6),
        interval=st.integers(1, 5000).map(lambda ms: timedelta(milliseconds=ms)),
    ),
    min_size=1,
    max_size=4,
)
# What comes next: (how long nobody asks, how many then ask at once), in milliseconds.
BURSTS = st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 8)), max_size=8)


class Clock:
    """Time that passes only where somebody sleeps; sleep may end late."""

    def __init__(self, late: float) -> None:
        self.now = 0.0
        self.late = late

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds + self.late


@given(RATES, BURSTS, st.sampled_from([0.0, 0.0004, 0.3]))
def test_no_stretch_of_time_holds_more_than_any_rate_allows(
    rates: list[Rate], bursts: list[tuple[int, int]], late: float
) -> None:
    clock = Clock(late)
    gone: list[float] = []

    async def ask(budget: Budget) -> None:
        await budget.spend()
        gone.append(clock.now)

    async def run() -> None:
        budget = Budget(rates, lambda: clock.now, clock.sleep)
        for pause, many in bursts:
            clock.now += pause / 1000
            async with anyio.create_task_group() as tasks:
                for _ in range(many):
                    tasks.start_soon(ask, budget)

    asyncio.run(run())
    assert len(gone) == sum(many for _, many in bursts)
    for rate in rates:
        seconds = rate.interval.total_seconds()
        for first, too_many in zip(gone, gone[rate.limit :], strict=False):
            assert too_many - first > seconds - 1e-6


@given(st.integers(1, 6), st.integers(1, 5000), st.integers(1, 30))
def test_nothing_waits_longer_than_it_has_to(limit: int, ms: int, many: int) -> None:
    clock = Clock(0)
    rate = Rate(limit=limit, interval=timedelta(milliseconds=ms))

    async def run() -> None:
        budget = Budget([rate], lambda: clock.now, clock.sleep)
        for _ in range(many):
            await budget.spend()

    asyncio.run(run())
    assert clock.now == pytest.approx((many - 1) // limit * ms / 1000)


async def test_pages_tries_and_tokens_are_all_paid_for(serve: Serve) -> None:
    times: list[float] = []

    async def token(_: Request) -> Response:
        times.append(time.monotonic())
        return JSONResponse({"access_token": "t"})

    async def page(request: Request) -> Response:
        times.append(time.monotonic())
        if len(times) == 3:
            return Response(status_code=503)
        number = int(request.query_params["page"])
        return JSONResponse([{"id": number}] if number < 5 else [])

    app = Starlette(routes=[Route("/token", token, methods=["POST"]), Route("/list", page)])
    rates = "{limit: 3, interval: PT0.3S}, {limit: 100, interval: PT1M}"
    read = connector(YAML.replace("RATES", rates), await serve(app), environment={"S": "s"})
    assert ids(await batches(read)) == ["1", "2", "3", "4"]
    assert len(times) == 7  # a token, five pages, one of them twice
    # The server sees a request a little after it went: the first, which connects, most of all.
    assert all(later - first > 0.25 for first, later in zip(times, times[3:], strict=False))
    assert any(later - first < 0.1 for first, later in pairwise(times))


@pytest.mark.parametrize(
    ("rates", "told"),
    [
        ("", "at least 1 item"),
        ("{limit: 0, interval: PT1M}", "greater than or equal to 1"),
        ("{limit: 1, interval: PT2H}", "less than or equal to 1 hour"),
        ("{limit: 1, interval: PT0S}", "greater than 0 seconds"),
        ("{limit: 1, interval: 60}", "duration, such as PT"),
        ("{limit: 1}", "Field required"),
    ],
)
def test_a_budget_that_can_not_be_kept_is_refused(rates: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        connector(YAML.replace("RATES", rates), "h")
