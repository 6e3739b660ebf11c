"""How patient the client is, and what it takes for an answer."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.http.client import ChannelClient
from hub.connectors.http.config import HttpClient
from hub.connectors.http.errors import (
    MOST_WAIT_SECONDS,
    ErrorHandler,
    IgnoredError,
    PassingError,
    RefusedError,
    seconds_to_wait,
)
from tests.connectors.channel import Serve, batches, connector, ids

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def handler(**words: object) -> ErrorHandler:
    return ErrorHandler.model_validate(words)


async def get(host: str, error_handler: ErrorHandler) -> bytes:
    config = HttpClient(base_url=f"http://{host}/")
    surroundings = Surroundings(Path(), {}, frozenset({host}))
    async with ChannelClient(config, [], surroundings, error_handler) as client:
        return await client.get("list", {})


def failing(asked: list[Request], answer: Response) -> Starlette:
    async def endpoint(request: Request) -> Response:
        asked.append(request)
        return answer

    return Starlette(routes=[Route("/list", endpoint)])


@given(st.integers(0, 10**9))
def test_a_wait_in_seconds_and_as_a_date_is_the_same(seconds: int) -> None:
    assert seconds_to_wait(str(seconds), NOW) == seconds
    if seconds < 10**8:
        date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
        assert seconds_to_wait(date, NOW) == seconds


@given(st.text())
def test_any_text_is_a_wait_or_none(text: str) -> None:
    wait = seconds_to_wait(text, NOW)
    assert wait is None or wait >= 0


@pytest.mark.parametrize("text", ["", "soon", "-5", "1.5", "٣"])
def test_what_is_no_wait_is_none(text: str) -> None:
    assert seconds_to_wait(text, NOW) is None


def test_a_date_that_has_passed_is_no_wait() -> None:
    assert seconds_to_wait("Tue, 24 Nov 2026 09:00:00 GMT", NOW) == 0


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7),
        ({"X-Wait": "3", "Retry-After": "7"}, 3),
        ({"X-Wait": "later", "Retry-After": "7"}, 7),
    ],
)
def test_the_channel_says_how_long_to_wait(headers: dict[str, str], wait: float | None) -> None:
    patience = handler(backoff_strategies=[{"type": "wait_time_from_header", "header": "X-Wait"}])
    with pytest.raises(PassingError) as failure:
        patience.judge("GET x", 429, headers, b"")
    assert failure.value.wait == wait


async def test_a_channel_that_asks_for_too_long_a_wait_fails_at_once(serve: Serve) -> None:
    asked: list[Request] = []
    seconds = str(int(MOST_WAIT_SECONDS) + 1)
    host = await serve(failing(asked, Response(status_code=503, headers={"Retry-After": seconds})))
    with pytest.raises(ChannelError, match="asks to wait 121 s, longer than the 120 s"):
        await get(host, ErrorHandler())
    assert len(asked) == 1


@pytest.mark.parametrize("retries", [0, 2])
async def test_it_is_tried_again_as_often_as_stated(serve: Serve, retries: int) -> None:
    asked: list[Request] = []
    host = await serve(failing(asked, Response(status_code=500)))
    with pytest.raises(ChannelError, match=r"answered 500\.$"):
        await get(host, handler(max_retries=retries))
    assert len(asked) == retries + 1


@pytest.mark.parametrize(
    ("strategies", "waits"),
    [
        ([], (0.2, 5.0)),
        ([{"type": "exponential", "factor": 5}], (5.0, MOST_WAIT_SECONDS)),
        ([{"type": "constant", "backoff_time_in_seconds": 9}], (9.0, 9.0)),
    ],
)
def test_how_long_to_wait_where_the_channel_does_not_say(
    strategies: list[object], waits: tuple[float, float]
) -> None:
    assert handler(backoff_strategies=strategies).waits == waits


FILTERS = handler(
    response_filters=[
        {"http_codes": ["404"], "action": "IGNORE"},
        {"error_message_contains": "maintenance", "action": "RATE_LIMITED"},
        {"http_codes": ["401", "403"], "action": "FAIL", "failure_type": "config_error"},
        {"http_codes": ["206"], "action": "SUCCESS"},
    ]
)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (404, b"", IgnoredError),
        (200, b"down for maintenance", PassingError),
        (400, b"down for maintenance", PassingError),
        (403, b"", RefusedError),
        (400, b"", RefusedError),
        (500, b"", PassingError),
    ],
)
def test_the_first_filter_that_fits_decides(
    status: int, body: bytes, error: type[ChannelError]
) -> None:
    with pytest.raises(error) as failure:
        FILTERS.judge("GET x", status, {}, body)
    assert str(failure.value).startswith(f"GET x answered {status}.")
    assert ("Mend the connector's" in str(failure.value)) is (status == 403)


async def test_an_answer_that_a_filter_takes_for_one_is_used(serve: Serve) -> None:
    host = await serve(failing([], PlainTextResponse("here", 206)))
    assert await get(host, FILTERS) == b"here"


def test_a_filter_without_a_condition_is_refused() -> None:
    with pytest.raises(ValidationError, match="state http_codes or error_message_contains"):
        handler(response_filters=[{"action": "FAIL"}])


async def test_a_page_that_is_ignored_ends_the_list(serve: Serve) -> None:
    async def endpoint(request: Request) -> Response:
        page = int(request.query_params["page"])
        return PlainTextResponse(f'[{{"id": {page}}}]', 200 if page < 3 else 404)

    host = await serve(Starlette(routes=[Route("/list", endpoint)]))
    text = """
version: "1"
name: channel
type: rest_api
client: {base_url: http://HOST/}
error_handler: {response_filters: [{http_codes: [404], action: IGNORE}]}
resources:
  - name: complaints
    endpoint: {path: list, paginator: {type: page_number}}
    select: {external_id: id, status: status, received_at: at}
"""
    assert ids(await batches(connector(text, host))) == ["1", "2"]
