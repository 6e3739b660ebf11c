"""Opaque cursors: a place in an order, signed and bound to the scope that was shown it."""

import base64
import hmac
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import orjson

from hub.domain.question import Place
from hub.domain.scope import Scope

_MAC_BYTES = 12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class InvalidCursorError(Exception):
    """Not a cursor of this hub, of this order, or of this viewer's scope."""


class Cursors:
    """Writes and reads cursors with the hub's own key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def write(self, scope: Scope, order: object, place: Place) -> str:
        """The cursor of a place, for this viewer and this order (anything that JSON can hold)."""
        values = [None if v is None else (v - _EPOCH) // _MILLISECOND for v in place.values]
        payload = orjson.dumps([*values, place.id])
        mac = self._mac(scope, order, payload)
        return base64.urlsafe_b64encode(mac + payload).rstrip(b"=").decode()

    def read(self, scope: Scope, order: object, cursor: str) -> Place:
        """The place that a cursor stands for. Raises InvalidCursorError."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raise InvalidCursorError from None
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(scope, order, payload)):
            raise InvalidCursorError
        *values, id_ = orjson.loads(payload)
        times = (None if v is None else _EPOCH + v * _MILLISECOND for v in values)
        return Place(tuple(times), id_)

    def _mac(self, scope: Scope, order: object, payload: bytes) -> bytes:
        grants = [[g.role, g.regions, g.channels] for g in scope.grants]
        bound = orjson.dumps([grants, sorted(scope.permissions), order])
        return blake2b(bound + payload, key=self._key, digest_size=_MAC_BYTES).digest()
