"""`hub serve`."""

import logging
import socket
import subprocess
import sys
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import anyio
import typer

from hub.cli.running import err, opened, run
from hub.connectors.load import Loaded
from hub.ingest.folder import load_folder, register
from hub.ingest.upkeep import upkeep
from hub.serving import bound, listening_on
from hub.settings import Settings
from hub.store.embedded import sole_hub

if TYPE_CHECKING:
    from hub.auth.external import ExternalTokens

_RESTART_SECONDS = 1.0


def serve(
    workers: Annotated[int, typer.Option(min=1, max=64, help="How many processes answer.")] = 1,
    schedule: Annotated[
        bool, typer.Option(help="Run connectors by their schedules, in a process beside it.")
    ] = True,
    inherited: Annotated[int | None, typer.Option("--socket", hidden=True)] = None,
) -> None:
    """Serves the hub alone, from HUB_* settings, until Ctrl-C.

    Example: HUB_PORT=9000 hub serve --workers 2
    """
    if inherited is not None:
        run(
            lambda settings: _work(settings, inherited),
            signal_is_failure=False,
            with_parent=True,
            log_level=logging.INFO,
        )
        return

    async def body(settings: Settings) -> None:
        known = await load_folder(settings.connectors_dir)
        external = await _external(settings)
        alone = nullcontext() if settings.mongodb_uri else sole_hub(settings.data_dir)
        with alone:
            await _serve(settings, known, external, workers, schedule)

    run(body, signal_is_failure=False, log_level=logging.INFO)


async def _external(settings: Settings) -> "list[ExternalTokens]":
    """The external issuers that the settings name."""
    from hub.auth.external import load_issuers

    return await load_issuers(
        settings.external_issuers_file, settings.issuer, settings.callable_private_hosts
    )


async def _serve(
    settings: Settings,
    known: list[Loaded],
    external: "list[ExternalTokens]",
    workers: int,
    schedule: bool,
) -> None:
    """Registers the connectors and answers, by itself or by processes that it looks after."""
    from hub.app import app_of

    async with opened(settings) as store:
        for each in known:
            await register(each, settings.connectors_dir, store.connectors)
        told = f"Serving {settings.issuer}/graphql; connectors: {len(known)}."
        listener = bound(settings.host, settings.port)
        async with upkeep(store), anyio.create_task_group() as group:
            if schedule:
                group.start_soon(_look_after, ["schedule", "--beside-server"])
            if workers == 1:
                app = await app_of(settings, store, external)
                async with listening_on(app, listener):
                    err.print(told)
                    await anyio.sleep_forever()
            for _ in range(workers):
                group.start_soon(
                    _look_after, ["serve", "--socket", str(listener.fileno())], listener.fileno()
                )
            err.print(f"{told} Processes: {workers}.")


async def _look_after(command: list[str], *shared: int) -> None:
    """Runs a command of the hub, and again whenever it ends; what is shared stays open to it.

    Its standard input is a pipe that ends with this process, however that ends.
    """
    while True:
        process = await anyio.open_process(
            [sys.executable, "-m", "hub", *command],
            stdin=subprocess.PIPE,
            stdout=None,
            stderr=None,
            pass_fds=shared,
        )
        try:
            code = await process.wait()
        except BaseException:
            process.terminate()
            with anyio.CancelScope(shield=True):
                await process.wait()
            raise
        err.print(f"hub {command[0]} ended with {code}; another one takes its place.")
        await anyio.sleep(_RESTART_SECONDS)


async def _work(settings: Settings, descriptor: int) -> None:
    """Answers on the socket of the process that started this one."""
    from hub.app import app_of

    external = await _external(settings)
    async with opened(settings) as store:
        app = await app_of(settings, store, external)
        async with listening_on(app, socket.socket(fileno=descriptor)):
            await anyio.sleep_forever()
