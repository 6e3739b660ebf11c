"""Values of a database as JSON and checkpoints have them."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from hub.connectors.base import ChannelError, Record, Undecodable


def records(rows: list[Mapping[str, Any]]) -> list[Record | Undecodable]:
    """Rows as records."""
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


_KEPT = (str, int, float, bool, type(None), list, dict)


def _plain(value: Any) -> Any:
    """A value as JSON has it: times in ISO 8601, other things as text."""
    if isinstance(value, _KEPT):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)


_THAW: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "UUID": UUID,
}


def frozen(value: Any) -> Any:
    """A value for the checkpoint, to the microsecond. Raises ChannelError for a kind of value that
    can't be put in order again."""
    if isinstance(value, str | int | float | None):
        return value
    kind = type(value).__name__
    if kind not in _THAW:
        raise ChannelError(f"A column of {kind} can't be the cursor or the key.")
    return {kind: value.isoformat() if isinstance(value, date) else str(value)}


def thawed(value: Any) -> Any:
    """A value of a checkpoint as the database has it."""
    if isinstance(value, dict):
        ((kind, text),) = value.items()
        return _THAW[kind](text)
    return value
