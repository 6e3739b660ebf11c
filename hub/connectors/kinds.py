"""The registry of kinds: a new kind is one file and one line here; others are installed."""

from typing import Any

from hub.connectors.base import Connector
from hub.connectors.filesystem import FilesystemConnector
from hub.connectors.graphql import GraphqlConnector
from hub.connectors.installed import installed_kinds
from hub.connectors.open311 import Open311Connector
from hub.connectors.rest_api import RestApiConnector
from hub.connectors.singer import SingerConnector
from hub.connectors.sql import SqlConnector
from hub.connectors.webhook import WebhookConnector

KINDS: dict[str, type[Connector[Any]]] = {
    "filesystem": FilesystemConnector,
    "graphql": GraphqlConnector,
    "open311": Open311Connector,
    "rest_api": RestApiConnector,
    "singer": SingerConnector,
    "sql": SqlConnector,
    "webhook": WebhookConnector,
}
KINDS |= installed_kinds(own=KINDS)
