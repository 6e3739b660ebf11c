"""Kinds that other distributions bring."""

from pathlib import Path

import pytest

from hub.connectors.installed import installed_kinds

ENTRIES = """[hub.connectors]
register_book = other_kinds:RegisterBook
filesystem = other_kinds:RegisterBook
function = other_kinds:function
missing = no_such_module:Kind
"""
MODULE = """
from hub.connectors.filesystem import FilesystemConnector

class RegisterBook(FilesystemConnector):
    pass

def function(): ...
"""


def test_a_distribution_brings_a_kind_and_a_broken_one_is_told_and_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    told = tmp_path / "other_kinds-1.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: other-kinds\nVersion: 1\n")
    (told / "entry_points.txt").write_text(ENTRIES)
    (tmp_path / "other_kinds.py").write_text(MODULE)
    monkeypatch.syspath_prepend(tmp_path)

    found = installed_kinds(own={"filesystem"})

    assert {name: kind.__name__ for name, kind in found.items()} == {
        "register_book": "RegisterBook"
    }
    assert [record.getMessage() for record in caplog.records] == [
        "Kind 'filesystem' of other_kinds:RegisterBook is left out: the name is taken.",
        "Kind 'function' of other_kinds:function is left out: no Connector.",
        "Kind 'missing' of no_such_module:Kind is left out: ModuleNotFoundError.",
    ]
