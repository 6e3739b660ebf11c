"""The hub and another graph, composed by Apollo's tools: gateways ask across both by the caller's
token."""

from typing import Any

import httpx2
import pytest

from tests.clients.conftest import Served, node


@pytest.fixture(scope="module")
def about(served: Served) -> list[str]:
    """Ids of a complaint of province 73, one of 74, and one that does not exist."""
    answer = httpx2.post(
        f"{served.url}/graphql",
        json={"query": "{ complaints { nodes { id number } } }"},
        headers={"Authorization": f"Bearer {served.token('--role', 'ministry')}"},
    )
    rows = answer.json()["data"]["complaints"]["nodes"]
    ids = {row["number"]: row["id"] for row in rows}
    return [ids["73-1"], ids["74-1"], "complaint:none"]


def check_province_73(theirs: Any, ours: Any, about: list[str]) -> None:
    """The data of both questions are what a viewer of province 73 may see."""
    subjects = [f"Perihal {each}" for each in about]
    seen = {"id": about[0], "number": "73-1", "province": {"code": "73"}}
    assert theirs["memos"] == [
        {"subject": subject, "about": each}
        for subject, each in zip(subjects, (seen, None, None), strict=True)
    ]
    assert ours["complaints"]["nodes"] == [
        {"number": "73-3", "memos": []},
        {"number": "73-2", "memos": []},
        {"number": "73-1", "memos": [{"subject": subjects[0]}]},
    ]


def test_apollos_gateway_answers_within_the_scope_of_the_forwarded_token(
    served: Served, province: dict[str, str], about: list[str]
) -> None:
    """It knows no directives of authorization, so it is composed without."""
    sdl = served.done("schema", "print", "--federation", "--no-authorization")
    told = node("gateway.mjs", province | {"sdl": sdl, "ids": about})
    check_province_73(told["theirs"]["data"], told["ours"]["data"], about)


def test_a_gateway_on_http_answers_so_too_and_refuses_early(
    served: Served, province: dict[str, str], about: list[str]
) -> None:
    counter = ("--role", "province", "--region", "73", "--scope", "statistics:read")
    tokens = {"reader": province["token"], "counter": served.token(*counter)}
    told = node("hive.mjs", {"url": served.url, "tokens": tokens, "ids": about})
    check_province_73(told["theirs"]["data"], told["ours"]["data"], about)
    few = {"data": {"indicators": []}, "codes": [], "hub": True}  # three are too few to be told
    assert told["counts"] == few
    for refused in (told["counter"], told["nobody"]):
        assert not refused["hub"]
        assert refused["codes"]
        assert not (refused["data"] or {}).get("complaints")
