"""Early warning in a terminal."""

import asyncio
import json
from datetime import timedelta

from hub.auth.clients import create_client
from hub.cli.running import opened
from hub.domain.clock import utc_now
from hub.domain.scope import Grant, Role, Scope
from hub.domain.warning import WarningKind, WarningRule
from hub.oversight.early_warning import EarlyWarning
from hub.settings import load_settings
from tests.cli.conftest import Run
from tests.made import complaint, provenance, received
from tests.oversight.watching import OVERSEEING, SULSEL


async def _warned() -> None:
    """A rule of a province that holds, and one of an owner who has lost it."""
    async with opened(load_settings()) as store:
        long_ago = utc_now() - timedelta(days=60)
        await store.writer.write(received(complaint(received_at=long_ago)), provenance())
        for name in ("Kanal diam", "Hilang"):
            owner, _ = await create_client(store.clients, name, SULSEL, [*OVERSEEING])
            rules = store.reader(Scope(owner, (SULSEL,), OVERSEEING)).warning_rules
            kind, mail_to = WarningKind.CHANNEL_SILENT, ("a@sulsel.example.go.id",)
            await rules.add(WarningRule("", "", name, kind, "73", 7, mail_to=mail_to))
        await store.principals.set_grants(owner, [Grant(Role.PROVINCE, ("74",))], OVERSEEING)
        await EarlyWarning(store).once()


def test_warnings_and_rules_are_listed_and_acknowledged(run: Run) -> None:
    asyncio.run(_warned())
    shown = run("warnings", "list", "--state", "open").stdout
    assert "1 warnings" in shown
    assert "lapor, Sulawesi Selatan: The channel has brought no complaint for 7 days." in shown
    listed = run("warnings", "list", "--json").stdout
    assert "@" not in listed
    warning = json.loads(listed)
    assert (warning["channel"], warning["state"]) == ("lapor", "open")
    rules = [json.loads(line) for line in run("warnings", "rules", "--json").stdout.splitlines()]
    assert [(each["name"], each["evaluated_at"] is None) for each in rules] == [
        ("Kanal diam", False),
        ("Hilang", True),
    ]
    assert "may no longer see all of its region" in run("warnings", "rules").stdout
    missing = run("warnings", "acknowledge", "none", "--note", "x")
    assert missing.exit_code == 2
    assert "there is no open warning of this id" in missing.stderr
    empty = run("warnings", "acknowledge", warning["id"], "--note", "")
    assert (empty.exit_code, "say why" in empty.stderr) == (2, True)
    done = run("warnings", "acknowledge", warning["id"], "--note", "the channel moves")
    assert done.exit_code == 0
    (told,) = map(json.loads, run("warnings", "list", "--json").stdout.splitlines())
    assert (told["state"], told["acknowledged"]["note"]) == ("acknowledged", "the channel moves")
