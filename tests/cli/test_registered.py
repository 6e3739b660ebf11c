"""What is done with connectors that are registered."""

import json
from getpass import getuser
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_commands import YAML, write_yaml
from tests.connectors.test_submitted import REST


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


def test_connectors_are_listed_with_how_they_stand_and_removed(run: Run, tmp_path: Path) -> None:
    assert (
        run(
            "connector", "register", str(write_yaml(tmp_path, YAML.replace("ekspor", "pindahan")))
        ).exit_code
        == 0
    )
    run("connector", "secret", "set", "pindahan", "TOKEN", stdin="x")
    assert "when asked" in run("connector", "list").stdout
    assert run("sync", "pindahan").exit_code == 1
    listed = run("connector", "list").stdout
    assert "failed" in listed
    assert "No file matches" in listed
    run("connector", "pause", "pindahan", "--reason", "Pindah server")
    assert "Pindah server" in run("connector", "list").stdout
    told = [json.loads(line) for line in run("connector", "list", "--json").stdout.splitlines()]
    found = next(each for each in told if each["_id"] == "pindahan")
    assert found["last_run"]["state"] == "failed"
    assert "config" not in found

    assert run("connector", "remove", "pindahan").exit_code == 0
    assert run("connector", "remove", "pindahan").exit_code == 2
    assert "0 secrets" in run("connector", "secret", "list", "pindahan").stdout
    assert "pindahan" not in run("connector", "list").stdout


def test_one_of_a_file_is_removed_by_taking_the_file_away(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_CONNECTORS_DIR", str(tmp_path))
    file = write_yaml(tmp_path)
    assert run("connector", "register", str(file)).exit_code == 0
    refused = run("connector", "remove", "ekspor")
    assert (refused.exit_code, "take that away first" in refused.stderr) == (1, True)
    file.unlink()
    assert run("connector", "remove", "ekspor").exit_code == 0


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


def test_secrets_are_set_from_standard_input_listed_and_removed(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "sulsel.yaml"
    client = '{base_url: https://a.example/, auth: {type: bearer, token: "${secret.TOKEN}"}}'
    file.write_text(REST.replace("{base_url: https://api.sulsel.example/}", client))
    assert "It needs the secrets TOKEN." in run("connector", "validate", str(file)).stdout
    value = "sangat-rahasia-81f3"
    stored = run("connector", "secret", "set", "sulsel", "TOKEN", stdin=f"{value}\n")
    assert (stored.exit_code, stored.stdout) == (0, "TOKEN of sulsel is stored.\n")
    assert "No connector named sulsel is registered yet." in stored.stderr
    listed = run("connector", "secret", "list", "sulsel", "--json")
    assert json.loads(listed.stdout)["name"] == "TOKEN"
    assert value not in stored.output + listed.output + run("connector", "changes").output
    assert run("connector", "secret", "remove", "sulsel", "TOKEN").exit_code == 0
    assert run("connector", "secret", "remove", "sulsel", "TOKEN").exit_code == 1
    for name, given in (("token", value), ("TOKEN", "")):
        wrong = run("connector", "secret", "set", "sulsel", name, stdin=given)
        assert wrong.exit_code == 2
        assert value not in wrong.output
    told = run("connector", "check", str(file))
    assert (told.exit_code, "no secret TOKEN is stored" in told.stderr) == (2, True)
