"""The bytes of an event stream, read as the HTML standard says (9.2.5 and 9.2.6)."""

import re
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.scope import Grant, Role
from hub.schema.streams.sse import event
from tests.listener import CHANGED
from tests.made import complaint, provenance, received
from tests.running_hub import RunningHub

SULSEL = Grant(Role.PROVINCE, ("73",))


def dispatched(stream: bytes) -> list[tuple[str, str]]:
    """What a browser's EventSource is told: the type of each event, and its data."""
    found = []
    type_, data = "", ""
    *lines, unfinished = re.split("\r\n|\n|\r", stream.decode().removeprefix("\ufeff"))
    assert not unfinished
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                found.append((type_ or "message", data.removesuffix("\n")))
            type_, data = "", ""
        elif field == "event":
            type_ = value
        elif field == "data":
            data += f"{value}\n"
    return found


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.dictionaries(st.text(), BODIES, max_size=3))
def test_a_result_is_one_event_whatever_citizens_write(body: dict[str, Any]) -> None:
    ((type_, data),) = dispatched(event(orjson.dumps(body).decode()))
    assert type_ == "next"
    assert orjson.loads(data) == body


async def stream_of(hub: RunningHub, token: str, query: str, **variables: Any) -> bytes:
    """All that a document gets, to the end."""
    answer = await hub.http.post(
        "/graphql",
        json={"query": query, "variables": variables},
        headers={"Authorization": f"Bearer {token}", "Accept": "text/event-stream"},
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    return answer.content


async def test_what_ends_says_so_by_an_event_that_browsers_hear_of(hub: RunningHub) -> None:
    """An event without data would not be dispatched."""
    token = await hub.token(SULSEL)
    words = "Jalan rusak\r\nevent: complete\n\ndata: {}\u2028"
    await hub.store.writer.write(received(complaint(title=words)), provenance())
    query = "{ complaints { nodes { title } } }"
    (type_, data), last = dispatched(await stream_of(hub, token, query))
    assert (type_, last) == ("next", ("complete", ""))
    assert orjson.loads(data)["data"] == {"complaints": {"nodes": [{"title": words}]}}


async def test_errors_before_execution_come_over_an_accepted_stream(hub: RunningHub) -> None:
    token = await hub.token(SULSEL)
    for query, variables in (
        ("subscription {", {}),
        ("subscription { nothing }", {}),
        (CHANGED, {"filter": {"district": {"eq": "nowhere"}}}),
        ("{ nothing }", {}),
    ):
        (type_, data), last = dispatched(await stream_of(hub, token, query, **variables))
        assert (type_, last) == ("next", ("complete", ""))
        assert orjson.loads(data)["errors"]
