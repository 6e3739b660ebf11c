"""Listening on a port, and ending in order when told to."""

import asyncio
import gc
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import anyio
import stamina
import structlog
import uvicorn
from starlette.types import ASGIApp


class PortTakenError(Exception):
    """Something else listens on the port already."""


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are for `until_signal`: uvicorn would end the process before the cleaning up."""
        yield


@asynccontextmanager
async def listening(app: ASGIApp, host: str, port: int) -> AsyncIterator[None]:
    """Serves an application on a port while the block runs. Raises PortTakenError."""
    async with listening_on(app, bound(host, port)):
        yield


@asynccontextmanager
async def listening_on(app: ASGIApp, listener: socket.socket) -> AsyncIterator[None]:
    """Serves an application on a bound socket while the block runs; then open requests end.

    `state.ending` of an application, if it has one, is set before, so that streams end too.
    """
    _spare_collections()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="auto",
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=_LONGEST_MESSAGE,
        ws_per_message_deflate=False,  # what is inflated would have no bound, and costs memory
    )
    config.timeout_graceful_shutdown = 10
    server = _Server(config)
    # Not in a task group: a cancelled block must still let the server end in order.
    serving = asyncio.create_task(server.serve([listener]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event
            await anyio.sleep(0.01)
        yield
    finally:
        if ending := getattr(getattr(app, "state", None), "ending", None):
            ending.set()
        server.should_exit = True
        with anyio.CancelScope(shield=True):
            await serving


_LONGEST_MESSAGE = 256 * 1024


def _spare_collections() -> None:
    """Lets the garbage collector run less often. An answer is many small objects that end with
    it and hold no circles; by default every 700 of them are looked through for some."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)


_OBJECTS_BETWEEN_COLLECTIONS = 50_000


def bound(host: str, port: int) -> socket.socket:
    """A socket bound to a port. Raises PortTakenError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named: otherwise an answer of
    # two writes on a connection that is kept waits 40 ms for the client's acknowledgement.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise PortTakenError(
            f"Port {port} of {host} can't be used: {error.strerror}. "
            "Stop what listens there, or choose another one with HUB_PORT."
        ) from None
    return listener


def free_port(preferred: int) -> int:
    """The preferred port of 127.0.0.1 if it is free, else any."""
    for candidate in (preferred, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise PortTakenError("No free port on 127.0.0.1.")


async def until_signal(body: Callable[[], Awaitable[None]], with_parent: bool = False) -> bool:
    """Runs until the body ends or SIGINT or SIGTERM comes; True if it was a signal.

    With a parent that holds the other end of standard input, its end is one too: whatever killed
    the parent could not tell its children.
    """
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    group.cancel_scope.cancel()

        async def watch_parent() -> None:
            await anyio.wait_readable(sys.stdin)
            group.cancel_scope.cancel()

        group.start_soon(watch)
        if with_parent:
            group.start_soon(watch_parent)
        await body()
        group.cancel_scope.cancel()
        return False
    return True


def configure_logging(level: int) -> None:
    """Lines of JSON on standard error, from a level of `logging` upwards.

    Tracebacks show no local variables: these may hold a citizen's words. Retries are told once
    they have failed, by the error that names the channel.
    """
    stamina.instrumentation.set_on_retry_hooks([])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
