"""`hub deadlines …`."""

import typer

from hub.cli.running import Json, opened, out, print_json, run
from hub.settings import Settings

app = typer.Typer(help="By when complaints have to be dealt with.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `recompute` a command of its own."""


@app.command()
def recompute(json: Json = False) -> None:
    """Reckons the deadlines of complaints anew, after a rule or a holiday has changed.

    A serving hub does so by itself when it starts, and once a day. What is closed or put aside
    keeps the deadlines that it had.

    Example: hub deadlines recompute
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            complaints = await store.deadlines.recompute()
        if json:
            print_json({"recomputed": complaints})
        else:
            out.print(f"Reckoned {complaints} complaints anew.")

    run(body)
