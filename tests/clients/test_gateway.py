"""Apollo composes the hub with another graph, and its gateway asks across both by the caller's
token."""

import httpx2
import pytest

from tests.clients.conftest import Served, node


@pytest.fixture(scope="module")
def ids(served: Served) -> dict[str, str]:
    """Ids of all complaints by their numbers."""
    answer = httpx2.post(
        f"{served.url}/graphql",
        json={"query": "{ complaints { nodes { id number } } }"},
        headers={"Authorization": f"Bearer {served.token('--role', 'ministry')}"},
    )
    return {row["number"]: row["id"] for row in answer.json()["data"]["complaints"]["nodes"]}


def test_a_query_across_two_graphs_is_scoped_by_the_forwarded_token(
    province: dict[str, str], ids: dict[str, str]
) -> None:
    about = [ids["73-1"], ids["74-1"], "complaint:none"]
    told = node("gateway.mjs", province | {"ids": about})
    letters = told["theirs"]["data"]["letters"]
    assert letters == [
        {
            "subject": f"Perihal {about[0]}",
            "about": {"id": about[0], "number": "73-1", "province": {"code": "73"}},
        },
        {"subject": f"Perihal {about[1]}", "about": None},
        {"subject": f"Perihal {about[2]}", "about": None},
    ]
    assert told["ours"]["data"]["complaints"]["nodes"] == [
        {"number": "73-3", "letters": []},
        {"number": "73-2", "letters": []},
        {"number": "73-1", "letters": [{"subject": f"Perihal {about[0]}"}]},
    ]
