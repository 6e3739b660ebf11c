"""An answer that the service itself calls a failure is no page, whatever its status."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.connectors.base import ChannelError, Connector
from hub.connectors.vocabulary import ConfigError
from tests.connectors.channel import Serve, batches, connector, ids

YAML = """\
version: "1"
name: channel
type: rest_api
client: {base_url: "http://HOST/"}
HANDLER
resources:
  - name: complaints
    endpoint:
      path: list
      params: {q: x}
      data_selector: $.data[*]
      is_success: "$.status == 'ok'"
      paginator: {type: page_number}
    select: {external_id: id, status: state, received_at: created}
"""
GOOD = {"status": "ok", "data": [{"id": 1}]}
LAST = {"status": "ok", "data": []}
BAD = {"status": "maintenance", "data": [], "caller": {"name": "Ibu Sari"}}


class Channel:
    """Gives one answer after another."""

    def __init__(self, *answers: Any) -> None:
        self.answers = [*answers]
        self.asked = 0
        self.app = Starlette(routes=[Route("/list", self.list)])

    async def list(self, _: Request) -> Response:
        self.asked += 1
        return JSONResponse(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])


def service(host: str, handler: str = "") -> Connector[Any]:
    return connector(YAML.replace("HANDLER", handler), host)


async def test_an_answer_that_is_no_page_is_asked_for_again(serve: Serve) -> None:
    channel = Channel(BAD, GOOD, BAD, BAD, LAST)
    assert ids(await batches(service(await serve(channel.app)))) == ["1"]
    assert channel.asked == 5


async def test_an_empty_page_of_a_failure_is_not_the_end(serve: Serve) -> None:
    channel = Channel(GOOD, BAD)
    found = []
    with pytest.raises(ChannelError) as failure:
        async for batch in service(await serve(channel.app)).read({}):
            found.append(batch)
    assert ids(found) == ["1"]
    assert channel.asked == 5
    assert str(failure.value) == (
        'list: the answer is no page, since is_success does not hold: $.status is "maintenance"; '
        "its keys are status, data, caller."
    )


@pytest.mark.parametrize(
    ("action", "asked", "told"),
    [("FAIL", 1, "answered 200"), ("RATE_LIMITED", 4, "answered 200"), ("IGNORE", 1, None)],
)
async def test_a_filter_that_fits_decides_before_it(
    serve: Serve, action: str, asked: int, told: str | None
) -> None:
    channel = Channel(BAD)
    handler = (
        "error_handler: {response_filters: "
        f"[{{error_message_contains: maintenance, action: {action}}}]}}"
    )
    read = service(await serve(channel.app), handler)
    if told is None:
        assert await batches(read) == []
    else:
        with pytest.raises(ChannelError, match=told):
            await batches(read)
    assert channel.asked == asked


def test_a_condition_that_is_none_is_told_with_line_key_and_column() -> None:
    with pytest.raises(ConfigError) as failure:
        connector(YAML.replace("== 'ok'", "= 'ok'").replace("HANDLER", ""), "h")
    assert str(failure.value) == (
        "channel.yaml:12: resources.0.endpoint.is_success: column 10: '=' is not understood here"
    )
