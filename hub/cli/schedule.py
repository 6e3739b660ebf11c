"""`hub schedule`."""

import logging
import os
from functools import partial
from typing import Annotated

import typer
from anyio import create_task_group

from hub.cli.consoles import for_consoles
from hub.cli.oversight import for_overseers
from hub.cli.running import err, opened, run
from hub.cli.sync import BESIDE_A_SERVER
from hub.ingest.daily import Daily
from hub.ingest.registered import registered
from hub.ingest.scheduler import Scheduler
from hub.settings import Settings


def schedule(
    beside_server: Annotated[bool, typer.Option("--beside-server", hidden=True)] = False,
) -> None:
    """Runs connectors by their schedules and when asked to, links duplicates, warns early, delivers
    to webhooks and makes exports, until Ctrl-C.

    `hub serve` starts one of its own. Any number may run on one database: one of them runs a
    connector at a time. When it is stopped, what is being stored is stored to its end.

    Example: hub schedule
    """
    os.nice(BESIDE_A_SERVER)

    async def body(settings: Settings) -> None:
        private_hosts = settings.callable_private_hosts
        async with opened(settings) as store:
            find = partial(
                registered,
                store=store,
                private_hosts=private_hosts,
                taps=settings.taps,
            )
            err.print("Running connectors by their schedules.")
            async with create_task_group() as group:
                group.start_soon(Daily(store, find).work)
                group.start_soon(store.principals.remembered.watch)
                for work in (*for_consoles(store, private_hosts), *for_overseers(store, settings)):
                    group.start_soon(work)
                await Scheduler(store, find).work()

    run(body, signal_is_failure=False, with_parent=beside_server, log_level=logging.INFO)
