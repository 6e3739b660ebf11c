"""What is done with connectors that are registered."""

import json
from getpass import getuser
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.test_commands import write_yaml


def test_a_connector_is_paused_with_a_reason_and_resumed(run: Run, tmp_path: Path) -> None:
    assert run("connector", "register", str(write_yaml(tmp_path))).exit_code == 0

    first = run("connector", "pause", "ekspor", "--reason", "Pindah server")
    again = run("connector", "pause", "ekspor", "--reason", "Lain")

    assert first.exit_code == again.exit_code == 0
    assert f"by command line: {getuser()}: Pindah server" in first.stdout
    assert again.stdout == first.stdout  # the first reason stays
    assert run("connector", "resume", "ekspor").exit_code == 0
    assert "Lain" in run("connector", "pause", "ekspor", "--reason", "Lain").stdout
    log = [json.loads(line) for line in run("connector", "changes", "--json").stdout.splitlines()]
    assert [each["what"] for each in log] == ["pause", "resume", "pause", "pause"]
    assert "Pindah server" in run("connector", "changes", "ekspor").stdout
    for unknown in (("pause", "nobody", "--reason", "x"), ("resume", "nobody")):
        told = run("connector", *unknown)
        assert (told.exit_code, "nobody: no connector" in told.stderr) == (2, True)
    assert run("connector", "pause", "ekspor", "--reason", " ").exit_code == 2


def test_hosts_are_approved_listed_and_revoked(run: Run) -> None:
    assert run("host", "approve", "API.Sulsel.example", "--connector", "sulsel").exit_code == 0
    assert run("host", "approve", "peta.example").exit_code == 0
    listed = [json.loads(line) for line in run("host", "list", "--json").stdout.splitlines()]
    assert [(each["host"], each["connector"]) for each in listed] == [
        ("api.sulsel.example", "sulsel"),
        ("peta.example", None),
    ]
    assert "every one" in run("host", "list").stdout
    assert run("host", "revoke", "peta.example").exit_code == 0
    assert run("host", "revoke", "peta.example").exit_code == 1
    wrong = run("host", "approve", "https://a.example")
    assert (wrong.exit_code, "is no host" in wrong.stderr) == (2, True)
