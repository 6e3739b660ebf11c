"""What is told of runs and of the records that they could not store."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.test_commands import write_export, write_yaml


@pytest.fixture
def synced(run: Run, tmp_path: Path) -> Run:
    """A connector that ran once, over 20 records of which two have no place."""
    write_export(tmp_path, 20)
    assert run("connector", "register", str(write_yaml(tmp_path))).exit_code == 0
    assert run("sync", "ekspor").exit_code == 0
    return run


def test_runs_are_listed_with_their_ledgers(synced: Run) -> None:
    (told,) = [json.loads(line) for line in synced("runs", "ekspor", "--json").stdout.splitlines()]
    assert (told["state"], told["ledger"]["read"]) == ("succeeded", 20)
    shown = synced("runs", "--limit", "1").stdout
    assert "ekspor" in shown
    assert "succeeded" in shown
    assert "0 runs" in synced("runs", "nobody").stdout


def test_the_record_of_a_dead_letter_is_shown(synced: Run) -> None:
    first, *_ = synced("deadletters", "list", "ekspor", "--json").stdout.splitlines()
    letter = json.loads(first)
    record = json.loads(synced("deadletters", "show", letter["_id"]).stdout_bytes)
    assert letter["value"] in record.values()
    unknown = synced("deadletters", "show", "nothing")
    assert (unknown.exit_code, "no dead letter" in unknown.stderr) == (2, True)
