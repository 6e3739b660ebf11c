"""What the hub asks of MongoDB, for tests of what its time tells."""

from collections.abc import Mapping
from typing import Any

import pytest

from hub.store.scope_monitor import ScopeMonitor

Commands = list[tuple[str, list[str]]]


def noted_commands(monkeypatch: pytest.MonkeyPatch) -> Commands:
    """The commands that are sent from now on, each by its name and its keys."""
    commands: Commands = []
    look_at = ScopeMonitor.look_at

    def noting(monitor: ScopeMonitor, name: str, command: Mapping[str, Any]) -> None:
        commands.append((name, sorted(command)))
        look_at(monitor, name, command)

    monkeypatch.setattr(ScopeMonitor, "look_at", noting)
    return commands
