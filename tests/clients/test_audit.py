"""The official audit of GraphQL over HTTP, of npm's graphql-http."""

import json
import subprocess
from pathlib import Path

from tests.clients.conftest import Served

_AUDIT = Path(__file__).parent / "audit.mjs"


def test_all_that_a_server_must_and_should_do(served: Served) -> None:
    token = served.token("--role", "ministry")
    process = subprocess.run(
        ["node", _AUDIT],
        input=json.dumps({"url": served.url, "token": token}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    told = json.loads(process.stdout)
    assert len(told) > 60
    failed = [each for each in told if each["status"] != "ok"]
    # What a server MAY do is a notice where it does not: no document is taken by GET, since a link
    # on any page could send one.
    assert [each for each in failed if each["status"] != "notice"] == []
    assert [each for each in failed if "GET" not in each["name"]] == []
