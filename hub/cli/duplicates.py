"""`hub duplicates …`."""

import typer
from rich.progress import Progress

from hub.cli.running import Json, err, opened, out, print_json, run
from hub.oversight.linking import Linker
from hub.settings import Settings

app = typer.Typer(help="The same report in several channels.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `find` a command of its own."""


@app.command()
def find(json: Json = False) -> None:
    """Looks at every complaint for the same report in other channels, and links what it finds.

    `hub schedule` does so by itself with whatever is new or changes. What a person linked or
    parted stays.

    Example: hub duplicates find --json
    """

    async def body(settings: Settings) -> None:
        async with opened(settings) as store:
            with Progress(console=err, transient=True) as bar:
                task = bar.add_task("looking at complaints", total=None)
                looked = await Linker(store).look_at_all(lambda n: bar.update(task, completed=n))
            links = await store.links.count()
        if json:
            print_json({"complaints": looked, "links": links})
        else:
            out.print(f"Looked at {looked} complaints; {links} links between them hold.")

    run(body)
