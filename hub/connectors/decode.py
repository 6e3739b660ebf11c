"""Bytes that a channel answered → a document, bounded."""

import orjson

from hub.connectors.base import ChannelError

MOST_VALUES = 2_000_000


def refuse_crowd(body: bytes, mark: bytes) -> None:
    """Raises ChannelError for an answer of so many parts, each begun or ended by `mark`, that they
    would take far more memory than the answer itself."""
    if body.count(mark) > MOST_VALUES:
        raise ChannelError(f"The answer holds more than {MOST_VALUES:,} values; ask for less.")


def decode_json(body: bytes) -> object:
    """A JSON answer. Raises ChannelError for one that broke off, is none, or holds
    or nests too much (orjson follows 1,024 levels)."""
    refuse_crowd(body, b",")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ChannelError(f"The answer is not whole JSON: {error}") from None
