"""`hub institution load`: refuses a file before it opens the store, and replaces the whole list."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli import app
from tests.cli.conftest import Run

HEAD = b"name,region,decree,also\n"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "No such file"),
        (b"\xff\xfe", "is no text in UTF-8"),
        (b"nama,wilayah\n", "line 1: write the columns as name,region,decree,also"),
        (HEAD + b"Dinas PU,73.99,,\n", "line 2: '73.99' is no region"),
        (HEAD + b"Dinas PU,73\n", "line 2: write 4 values"),
        (HEAD + b" ,73,,\n", "line 2: name is empty"),
        (HEAD + b"Dinas PU,73,,\nDPU,73,,dinas  pu\n", "as the one of line 2 is; name each once"),
    ],
)
def test_what_can_not_be_used_is_told(tmp_path: Path, content: bytes | None, told: str) -> None:
    file = tmp_path / "institutions.csv"
    if content is not None:
        file.write_bytes(content)
    result = CliRunner().invoke(app, ["institution", "load", str(file)])
    assert result.exit_code == 2
    assert told in result.stderr.replace("\n", " ")


def test_a_list_is_loaded(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "institutions.csv"
    file.write_bytes(b"\xef\xbb\xbf" + HEAD + b"Dinas PU,73,,DPU|Dinas Pekerjaan Umum\nDPU,74,,\n")
    loaded = run("institution", "load", str(file))
    assert (loaded.exit_code, loaded.stdout) == (0, "Loaded 2 institutions.\n")
