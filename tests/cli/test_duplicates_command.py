"""Looking for duplicates by hand, and what sends warnings by e-mail."""

import json
from pathlib import Path

import pytest

from hub.cli.oversight import for_overseers
from hub.settings import SettingsError, load_settings
from hub.store.store import Store
from tests.cli.conftest import Run
from tests.cli.test_commands import write_export, write_yaml


def test_every_complaint_is_looked_at(run: Run, tmp_path: Path) -> None:
    write_export(tmp_path, 20)
    assert run("connector", "register", str(write_yaml(tmp_path))).exit_code == 0
    assert run("sync", "ekspor").exit_code == 0
    told = json.loads(run("duplicates", "find", "--json").stdout)
    assert told == {"complaints": told["complaints"], "links": 0}
    assert told["complaints"] >= 18
    assert "0 links between them hold" in run("duplicates", "find").stdout


async def test_a_mail_server_needs_a_sender(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(for_overseers(store, load_settings())) == 2
    monkeypatch.setenv("HUB_SMTP_HOST", "mail.example.go.id")
    with pytest.raises(SettingsError, match="set HUB_SMTP_FROM"):
        load_settings()
    monkeypatch.setenv("HUB_SMTP_FROM", "hub@example.go.id")
    assert load_settings().mail_domains == {"example.go.id"}
    assert len(for_overseers(store, load_settings())) == 3
    monkeypatch.setenv("HUB_SMTP_DOMAINS", "Sulselprov.go.id, a.id")
    assert load_settings().mail_domains == {"sulselprov.go.id", "a.id"}
