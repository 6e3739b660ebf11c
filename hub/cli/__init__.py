"""`hub …`: the command line."""

import typer

from hub.cli import (
    backfill,
    client,
    connector,
    deadletters,
    deadlines,
    demo,
    host,
    keys,
    privacy,
    rederive,
    region,
    registered,
    rollups,
    runs,
    schedule,
    schema,
    secret,
    serve,
    sync,
    user,
)

app = typer.Typer(
    help="The complaint hub: federates complaint channels, and answers each viewer within their "
    "scope. Settings are HUB_* environment variables.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("schedule")(schedule.schedule)
app.command("sync")(sync.sync)
app.command("runs")(runs.runs)
app.command("backfill")(backfill.backfill)
connector.app.command("completeness")(backfill.completeness)
connector.app.add_typer(secret.app, name="secret")
connector.app.command("pause")(registered.pause)
connector.app.command("resume")(registered.resume)
connector.app.command("changes")(registered.changes)
connector.app.command("diff")(rederive.diff)
connector.app.command("rederive")(rederive.rederive)
app.add_typer(connector.app, name="connector")
app.add_typer(host.app, name="host")
app.add_typer(deadletters.app, name="deadletters")
app.add_typer(deadlines.app, name="deadlines")
app.add_typer(client.app, name="client")
app.add_typer(user.app, name="user")
app.add_typer(keys.app, name="keys")
app.add_typer(privacy.app, name="privacy")
app.add_typer(region.app, name="region")
app.add_typer(rollups.app, name="rollups")
app.add_typer(schema.app, name="schema")


def main() -> None:
    """The `hub` command."""
    app()
