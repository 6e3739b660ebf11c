"""What every command does around its work: settings, the store, errors → message and exit code."""

import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from getpass import getuser
from typing import Annotated, NoReturn

import anyio
import orjson
import typer
from rich.console import Console

from hub.domain.deadlines import Rulebook
from hub.domain.working_days import Calendar, CalendarError, days_of_their_own
from hub.serving import PortTakenError, configure_logging, until_signal
from hub.settings import Settings, SettingsError, load_settings
from hub.store.mongo import Driver, StoreError, StoreUnavailableError
from hub.store.scope_monitor import ScopeMonitoring
from hub.store.store import Store, open_store
from hub.store.vault import VaultError

WRONG_INPUT, FAILED, INTERRUPTED = 2, 1, 130

out = Console()
err = Console(stderr=True, soft_wrap=True, highlight=False)


def fail(message: str, code: int) -> NoReturn:
    """Ends the command with a message on standard error."""
    err.print(message, style="red", markup=False)
    raise typer.Exit(code)


ConnectorName = Annotated[str, typer.Argument(help="The connector's name.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Print a line of JSON for each.")]


def print_json(*told: object) -> None:
    """A line of JSON for each, for a script."""
    for each in told:
        print(orjson.dumps(each).decode())  # noqa: T201 - not to be wrapped


def typed_by() -> str:
    """Who types a command, as it is kept with what they change."""
    return f"command line: {getuser()}"


def run(
    body: Callable[[Settings], Awaitable[None]],
    *,
    signal_is_failure: bool = True,
    with_parent: bool = False,
    log_level: int = logging.WARNING,
) -> None:
    """Runs a command's work. A signal ends it in order, with exit code 130 or, for what is meant
    to be ended so, 0; so does, where asked, the end of the parent. Commands that tell their own
    story log warnings only."""
    configure_logging(log_level)
    try:
        settings = load_settings()

        async def work() -> None:
            await body(settings)

        options = {"use_uvloop": sys.platform != "win32"}
        stopped = anyio.run(until_signal, work, with_parent, backend_options=options)
    except* _wrong_input() as group:
        fail(_message(group), WRONG_INPUT)
    except* _failures() as group:
        fail(_message(group), FAILED)
    except* StoreError as group:
        reason = _message(group).partition(", Topology Description")[0]
        fail(f"MongoDB stopped answering, or refused: {reason}", FAILED)
    except* typer.Exit as group:
        raise typer.Exit(_first(group).exit_code) from None  # type: ignore[attr-defined]
    if stopped and signal_is_failure:
        raise typer.Exit(INTERRUPTED)


def _wrong_input() -> tuple[type[Exception], ...]:
    """Imported once something went wrong: most commands need nothing of connectors."""
    from hub.connectors.vocabulary import ConfigError

    return ConfigError, SettingsError, VaultError


def _failures() -> tuple[type[Exception], ...]:
    from hub.connectors.base import ChannelError

    return StoreUnavailableError, ChannelError, PortTakenError


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _message(group: BaseExceptionGroup[BaseException]) -> str:
    return str(_first(group))


def rules_of(settings: Settings) -> Rulebook:
    """The rules that deadlines are reckoned by, with the days that the settings name. Raises
    SettingsError."""
    file = settings.office_days_file
    if file is None:
        return Rulebook()
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return Rulebook(Calendar(days_of_their_own(lines)))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"HUB_OFFICE_DAYS_FILE: can't be read: {error}") from None
    except CalendarError as error:
        raise SettingsError(f"HUB_OFFICE_DAYS_FILE: {error}") from None


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Store]:
    """The store that the settings name."""
    uri, key = settings.mongodb_uri, settings.encryption_key
    async with open_store(
        uri=uri.get_secret_value() if uri else None,
        data_dir=settings.data_dir,
        encryption_key=key.get_secret_value() if key else None,
        driver=Driver(settings.mongodb_driver),
        monitoring=ScopeMonitoring(settings.scope_monitor),
        rules=rules_of(settings),
    ) as store:
        yield store
