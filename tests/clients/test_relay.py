"""Relay compiles its documents against schema.graphql, pages and asks again for one node."""

from typing import Any

import pytest

from tests.clients.conftest import FOLDER, node, npm

PROJECT = FOLDER / "relay"


@pytest.fixture(scope="module")
def compiled() -> None:
    (PROJECT / "__generated__").mkdir(exist_ok=True)
    npm("relay-compiler", folder=PROJECT)


@pytest.mark.usefixtures("compiled")
def test_a_connection_pages_and_a_row_is_asked_for_again(province: dict[str, str]) -> None:
    told: dict[str, Any] = node("relay/complaints.js", province)
    assert told["held"] == [2, 3]
    assert [(row["number"], row["status"]) for row in told["rows"]] == [
        ("73-3", "CLOSED"),
        ("73-2", "RECEIVED"),
        ("73-1", "RECEIVED"),
    ]
    assert {row["province"]["code"] for row in told["rows"]} == {"73"}
    assert told["again"] == told["rows"][0]
