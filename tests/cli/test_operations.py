"""`hub client operations …`."""

import json
from hashlib import sha256
from pathlib import Path

from tests.cli.conftest import Run

VIEWER = "query Viewer { viewer { id } }"
ID = sha256(VIEWER.encode()).hexdigest()


def test_operations_are_registered_listed_and_removed(run: Run, tmp_path: Path) -> None:
    client = json.loads(run("client", "create", "Konsol", "--role", "ministry").stdout)["client_id"]
    file = tmp_path / "persisted-documents.json"
    file.write_text(json.dumps({ID: VIEWER}))

    def operations(*arguments: str) -> str:
        done = run("client", "operations", *arguments)
        assert done.exit_code == 0, done.output
        return done.stdout

    assert operations("add", client, str(file)) == "1 operations are new, 0 were there.\n"
    assert operations("add", client, str(file)) == "0 operations are new, 1 were there.\n"
    assert json.loads(operations("list", client, "--json")) == {"id": ID, "document": VIEWER}
    assert "send others too" in operations("list", client)
    operations("mode", client, "registered")
    assert "send no other" in (listed := operations("list", client))
    assert "query Viewer" in listed
    operations("mode", client, "any")
    assert "send others too" in operations("list", client)
    assert operations("remove", client, f"sha256:{ID}") == "1 operations are removed.\n"
    operations("add", client, str(file))
    assert operations("remove", client, "--all") == "1 operations are removed.\n"

    file.write_text(json.dumps({ID: VIEWER, "0" * 64: "{ nothing }"}))
    for arguments, code, told in (
        (("add", client, str(file)), 2, f"{'0' * 64}: is not the SHA-256"),
        (("add", client, str(tmp_path / "none.json")), 2, "can't be read"),
        (("remove", client, ID), 1, "not registered"),
        (("remove", client), 2, "--all"),
        (("mode", "nobody", "any"), 2, "nobody: there is no client"),
    ):
        done = run("client", "operations", *arguments)
        assert (done.exit_code, told in done.stderr) == (code, True), done.output
    file.write_text("{")
    assert "is not JSON" in run("client", "operations", "add", client, str(file)).stderr
    file.write_text(json.dumps({ID: VIEWER}))
    assert run("client", "operations", "add", "nobody", str(file)).exit_code == 2
