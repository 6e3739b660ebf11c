"""`POST /webhooks/{connector}`: what channels push. Who signed it is who may; no token is asked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import anyio
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hub.auth.requests import BodyTooLargeError, body_within
from hub.connectors.webhook import Delivery, TooManyError
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.ingest.receive import receive
from hub.ingest.receivers import Find, Receiver, Receivers
from hub.store.mongo import StoreError
from hub.store.scope_monitor import unscoped
from hub.store.store import Store

MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 10.0
STORE_SECONDS = 25.0
READ_AT_ONCE, STORED_AT_ONCE = 32, 4
"""Bodies that are held in memory, and deliveries that are stored, by one process."""
PLACE_SECONDS = 5.0
"""How long a delivery waits for its turn before it is sent away to come again."""
_RETRY_SECONDS = "5"

_log = structlog.get_logger()


class _BusyError(Exception):
    """There are too many deliveries at once."""


class Webhooks:
    """Answers 204 once a delivery is stored, durably. Of every answer that is not 2xx the sender
    tries again."""

    def __init__(self, store: Store, find: Find, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store = store
        self._clock = clock
        self._receivers = Receivers(store, find, clock)
        self._reading = anyio.CapacityLimiter(READ_AT_ONCE)
        self._storing = anyio.CapacityLimiter(STORED_AT_ONCE)

    @property
    def route(self) -> Route:
        """Where it stands."""
        return Route("/webhooks/{connector}", self.answer, methods=["POST"])

    async def answer(self, request: Request) -> Response:
        """Answers one delivery."""
        if refused := _refused(request):
            return refused
        with unscoped("a delivery is stored, and nothing that is read for it is answered"):
            try:
                async with _place(self._reading):
                    return await self._read(request)
            except _BusyError:
                return _later("The hub has too much to do now.")
            except (TimeoutError, ClientDisconnect):
                return _told("The body did not come to its end in time.", 408)
            except BodyTooLargeError:
                return _too_large()
            except StoreError as error:
                _log.error("webhook.not_stored", error=type(error).__name__)
                return _later("The hub can't store it now.")

    async def _read(self, request: Request) -> Response:
        """Raises BodyTooLargeError, TimeoutError, StoreError and _BusyError."""
        receiver = await self._receivers.get(request.path_params["connector"])
        with anyio.fail_after(BODY_SECONDS):
            body = bytes(await body_within(request, MAX_BODY_BYTES))
        config = receiver.connector.config if receiver else None
        delivery = Delivery.of(request.headers, config.header_prefix if config else "webhook", body)
        keys = receiver.keys if receiver else []
        tolerance = config.tolerance if config else timedelta()
        if not delivery.signed_by(keys, tolerance, self._clock.now()) or receiver is None:
            return _unknown()
        if receiver.paused:
            return _later("The connector is paused.")
        async with _place(self._storing):
            return await self._stored(receiver, delivery)

    async def _stored(self, receiver: Receiver, delivery: Delivery) -> Response:
        try:
            with anyio.move_on_after(STORE_SECONDS):
                await receive(receiver, delivery, self._store, self._clock)
                return Response(status_code=204)
        except TooManyError as error:
            return _told(str(error), 413)
        return _later("The hub was too slow to store it.")


def _refused(request: Request) -> Response | None:
    """What can be told from the headers alone, whoever is asked for."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        return _told("Push JSON: application/json, or a type that ends in +json.", 415)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        return _told("Push it without a content-encoding.", 415)
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
        return _too_large()
    return None


@asynccontextmanager
async def _place(limiter: anyio.CapacityLimiter) -> AsyncIterator[None]:
    """A place among those that are allowed. Raises _BusyError where none gets free in time."""
    try:
        with anyio.fail_after(PLACE_SECONDS):
            await limiter.acquire()
    except TimeoutError:
        raise _BusyError from None
    try:
        yield
    finally:
        limiter.release()


def _unknown() -> Response:
    told = "No such webhook, or the signature is missing, wrong, or of another time."
    return _told(told, 401, {"WWW-Authenticate": "Signature"})


def _later(message: str) -> Response:
    return _told(message, 503, {"Retry-After": _RETRY_SECONDS})


def _too_large() -> Response:
    return _told(f"A delivery may have {MAX_BODY_BYTES >> 10} KiB.", 413)


def _told(message: str, status: int, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": message}, status, headers)
