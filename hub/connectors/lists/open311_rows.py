"""Answers of GeoReport v2 → rows, of JSON and of XML."""

from collections.abc import Mapping

from defusedxml.ElementTree import ParseError, fromstring

from hub.connectors.base import ChannelError, Record, Undecodable
from hub.connectors.decode import decode_json, refuse_crowd, xml_record


def rows_of(format_: str, element: str, body: bytes) -> list[Record]:
    """The rows of an answer. Raises ChannelError for one that is not whole."""
    return _xml_rows(body, element) if format_ == "xml" else _json_rows(body)


def _json_rows(body: bytes) -> list[Record]:
    """The rows of a JSON answer; FixMyStreet wraps the list in one key."""
    document = decode_json(body)
    if isinstance(document, dict) and len(document) == 1:
        document = next(iter(document.values()))
    if not isinstance(document, list) or not all(isinstance(row, dict) for row in document):
        raise ChannelError("The answer is no list of GeoReport v2 objects.")
    return document


def _xml_rows(body: bytes, element: str) -> list[Record]:
    """The rows of an XML answer."""
    refuse_crowd(body, b"<")
    try:
        root = fromstring(body, forbid_dtd=True)
    except ParseError as error:
        raise ChannelError(f"The answer is not whole XML: {error}") from None
    except ValueError as error:  # defusedxml's own refusals
        raise ChannelError(f"The answer holds XML that is refused: {error!r}") from None
    if any(row.tag != element for row in root):
        raise ChannelError(
            f"The answer is no list of GeoReport v2: <{root.tag}> holds other things."
        )
    return [xml_record(row) for row in root]


def with_service(
    record: Record | Undecodable, services: Mapping[str, str | None]
) -> Record | Undecodable:
    """The record with the name of its service, where it has the code alone."""
    if isinstance(record, Undecodable) or record.get("service_name"):
        return record
    return {**record, "service_name": services.get(str(record.get("service_code")))}


def listed(rows: object) -> list[object]:
    """The rows of an answer that was read."""
    return list(rows) if isinstance(rows, list) else []
