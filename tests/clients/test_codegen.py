"""TypeScript that is typed from schema.graphql by graphql-codegen, and urql that asks with it."""

import shutil
from pathlib import Path

import pytest

from tests.clients.conftest import FOLDER, Served, node, npm

PROJECT = FOLDER / "codegen"


@pytest.fixture(scope="module")
def compiled() -> None:
    npm("graphql-codegen", "--config", "codegen.json", folder=PROJECT)
    npm("tsc", "--project", ".", folder=PROJECT)


@pytest.mark.usefixtures("compiled")
def test_urql_is_answered_within_the_scope_and_told_what_is_wrong(province: dict[str, str]) -> None:
    told = node("codegen/out/complaints.js", province)
    row = {"status": "RECEIVED", "province": "73"}
    assert told == {
        "total": 2,
        "rows": [
            row | {"number": "73-1", "receivedAt": "2020-07-01T00:00:00+00:00"},
            row | {"number": "73-2", "receivedAt": "2020-07-02T00:00:00+00:00"},
        ],
        "refused": {"code": "BAD_USER_INPUT", "argument": "filter.province.eq"},
    }


@pytest.mark.usefixtures("compiled")
def test_a_client_that_is_held_to_what_its_build_registered_sends_hashes(served: Served) -> None:
    client = served.client("--role", "province", "--region", "73")
    told = {"url": served.url, "token": served.token_of(client), "registered": True}
    id_ = client["client_id"]
    manifest = str(PROJECT / "generated" / "persisted-documents.json")
    served.done("client", "operations", "mode", id_, "registered")
    assert "PERSISTED_OPERATION_NOT_FOUND" in node("codegen/out/complaints.js", told)["error"]
    served.done("client", "operations", "add", id_, manifest)
    assert node("codegen/out/complaints.js", told)["total"] == 2
    refused = node("codegen/out/complaints.js", told | {"registered": False})
    assert "registered operations only" in refused["error"]


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("province?.code", "province?.kode"),
        ("province?.code", "province.code"),
        ("'RECEIVED'", "'DITERIMA'"),
    ],
)
def test_what_the_schema_does_not_have_is_no_typescript(
    right: str, wrong: str, tmp_path: Path
) -> None:
    """A field that is not there, a null that is not thought of, an unknown value."""
    shutil.copytree(PROJECT, tmp_path, dirs_exist_ok=True)
    (tmp_path / "node_modules").symlink_to(FOLDER / "node_modules")
    source = tmp_path / "complaints.ts"
    text = source.read_text()
    assert right in text
    source.write_text(text.replace(right, wrong))
    with pytest.raises(AssertionError, match="error TS"):
        npm("tsc", "--project", ".", folder=tmp_path)
