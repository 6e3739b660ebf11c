"""`hub schema diff`."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli import app

SNAPSHOT = Path(__file__).parents[2] / "schema.graphql"


def diff(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["schema", "diff", *map(str, arguments)])


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The schema with something taken away, something added and a value more."""
    text = SNAPSHOT.read_text()
    for old, new in {
        "  externalId: String!": "  nomor: String!",
        "  ADMIN\n": "  ADMIN\n  AUDITOR\n",
    }.items():
        assert text.count(old) == 1
        text = text.replace(old, new)
    path = tmp_path / "changed.graphql"
    path.write_text(text)
    return path


def test_each_change_is_told_by_what_it_does_to_clients_the_worst_first(changed: Path) -> None:
    result = diff(SNAPSHOT, changed, "--json")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "change": "breaking",
            "type": "FIELD_REMOVED",
            "what": "Field Complaint.externalId was removed.",
        },
        {
            "change": "dangerous",
            "type": "VALUE_ADDED_TO_ENUM",
            "what": "Enum value Role.AUDITOR was added.",
        },
        {"change": "safe", "type": "FIELD_ADDED", "what": "Field Complaint.nomor was added."},
    ]
    assert result.exit_code == 1


def test_a_person_reads_a_table(changed: Path) -> None:
    result = diff(SNAPSHOT, changed)
    assert result.exit_code == 1
    assert "3 changes" in result.stdout
    assert "Field Complaint.externalId was removed." in result.stdout


def test_one_schema_alone_is_compared_with_the_one_that_is_served() -> None:
    result = diff(SNAPSHOT, "--json")
    assert (result.exit_code, result.stdout) == (0, "")


def test_what_breaks_no_client_is_no_failure(changed: Path, tmp_path: Path) -> None:
    more = tmp_path / "more.graphql"
    more.write_text(changed.read_text() + "\ntype Bidang { nama: String }\n")
    result = diff(changed, more)
    assert result.exit_code == 0
    assert "Bidang was added." in result.stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (None, "can't be read"),
        ("# Judul\nini bukan skema", "is not GraphQL"),
        ("type Query { a: Tidak }", "is no schema: Query fields cannot be resolved"),
    ],
)
def test_a_file_that_is_no_schema_is_named(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "old.graphql"
    if text is not None:
        path.write_text(text)
    result = diff(path)
    assert result.exit_code == 2
    assert f"{path} {told}" in result.stderr
