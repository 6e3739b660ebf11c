"""Bytes that a channel answered → a document, bounded."""

from xml.etree.ElementTree import Element

import orjson

from hub.connectors.base import ChannelError, Record

MOST_VALUES = 2_000_000


def refuse_crowd(body: bytes, mark: bytes) -> None:
    """Raises ChannelError for an answer of so many parts, each begun or ended by `mark`, that they
    would take far more memory than the answer itself."""
    if body.count(mark) > MOST_VALUES:
        raise ChannelError(f"The answer holds more than {MOST_VALUES:,} values; ask for less.")


def xml_record(row: Element) -> Record:
    """A row of GeoReport XML; what is empty or `xsi:nil` is None."""
    return {child.tag: (child.text or "").strip() or None for child in row}


def decode_json(body: bytes) -> object:
    """A JSON answer. Raises ChannelError for one that broke off, is none, or holds
    or nests too much (orjson follows 1,024 levels)."""
    refuse_crowd(body, b",")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ChannelError(f"The answer is not whole JSON: {error}") from None
