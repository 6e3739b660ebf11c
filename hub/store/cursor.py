"""Opaque cursors: a place in an order, signed and bound to the scope that was shown it."""

import base64
import hmac
from dataclasses import dataclass
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


def _milliseconds(moment: datetime) -> int:
    """Since 1970; a moment that names no zone is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MILLISECOND


@dataclass(frozen=True, slots=True)
class BoundCursors:
    """Cursors of one list in one order, for one viewer."""

    key: bytes
    binding: bytes

    def write(self, place: Place) -> str:
        """The cursor of a place."""
        values = [None if v is None else _milliseconds(v) for v in place.values]
        payload = orjson.dumps([*values, place.id])
        return base64.urlsafe_b64encode(self._mac(payload) + payload).rstrip(b"=").decode()

    def read(self, cursor: str) -> Place:
        """The place that a cursor stands for. Raises InvalidCursorError."""
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raise InvalidCursorError from None
        mac, payload = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not hmac.compare_digest(mac, self._mac(payload)):
            raise InvalidCursorError
        *values, id_ = orjson.loads(payload)
        times = (None if v is None else _EPOCH + v * _MILLISECOND for v in values)
        return Place(tuple(times), id_)

    def _mac(self, payload: bytes) -> bytes:
        return blake2b(self.binding + payload, key=self.key, digest_size=_MAC_BYTES).digest()


class Cursors:
    """Makes cursors with the hub's own key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def bind(self, scope: Scope, order: object) -> BoundCursors:
        """The cursors of a list in an order (anything that JSON can hold), for a viewer."""
        grants = [[g.role, g.regions, g.channels, sorted(g.only or ())] for g in scope.grants]
        binding = orjson.dumps([grants, sorted(scope.permissions), order])
        return BoundCursors(self._key, binding)
