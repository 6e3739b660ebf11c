"""The official audit of GraphQL over HTTP, of npm's graphql-http."""

from tests.clients.conftest import Served, node


def test_all_that_a_server_must_and_should_do(served: Served) -> None:
    token = served.token("--role", "ministry")
    told = node("audit.mjs", {"url": served.url, "token": token})
    assert len(told) > 60
    failed = [each for each in told if each["status"] != "ok"]
    # What a server MAY do is a notice where it does not: no document is taken by GET, since a link
    # on any page could send one.
    assert [each for each in failed if each["status"] != "notice"] == []
    assert [each for each in failed if "GET" not in each["name"]] == []
