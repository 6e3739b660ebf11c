"""GraphiQL in a real browser, which reaches nothing but the hub."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.clients.conftest import Served, node


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    return served.token("--role", "ministry")


@pytest.fixture(scope="module")
def seen(served: Served, token: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a person saw who logged in, asked, watched, and came again with a token."""
    pictures = Path(os.environ.get("PICTURES", tmp_path_factory.mktemp("pictures")))
    told = {
        "url": served.url,
        "user": served.made("user", "create", "andi", "--role", "province", "--region", "73"),
        "token": token,
        "profile": str(tmp_path_factory.mktemp("profile")),
        "pictures": str(pictures),
    }
    found: dict[str, Any] = node("graphiql.mjs", told)
    return found


def test_a_person_logs_in_asks_and_watches(served: Served, seen: dict[str, Any]) -> None:
    assert seen["address"] == f"{served.url}/graphiql"  # with no code in it any more
    assert "province Sulawesi Selatan" in seen["who"]
    assert [n for n in ("73-1", "73-2", "73-3", "74-1") if n in seen["answer"]] == [
        "73-1",
        "73-2",
        "73-3",
    ]
    assert '"received": 3' in seen["event"]
    assert seen["refused"]
    assert "ministry" in seen["pasted"]


def test_no_request_leaves_the_machine(seen: dict[str, Any]) -> None:
    hosts = {urlsplit(each).hostname for each in seen["requests"] if "://" in each}
    assert hosts == {"127.0.0.1"}
    assert any(each.startswith("ws://") for each in seen["requests"])
    assert {each[:200] for each in seen["complaints"] if "401" not in each} == set()


def test_no_token_is_kept(seen: dict[str, Any], token: str) -> None:
    assert "eyJ" not in seen["kept"]
    assert token not in seen["kept"]
