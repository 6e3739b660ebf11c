"""Kinds that other distributions bring, by the entry point group `hub.connectors`."""

import logging
from collections.abc import Container
from importlib.metadata import entry_points
from typing import Any

from hub.connectors.base import Connector

GROUP = "hub.connectors"
# Kinds are found before the hub's own log is set up; this reaches standard error at any time.
_log = logging.getLogger(__name__)


def installed_kinds(own: Container[str] = ()) -> dict[str, type[Connector[Any]]]:
    """The kinds of installed distributions by name, without those that the hub has of its `own`.

    One that can't be used is told by name and left out: it does not stop the hub.
    """
    found: dict[str, type[Connector[Any]]] = {}
    for each in entry_points(group=GROUP):
        if each.name in own or each.name in found:
            _log.warning("Kind %r of %s is left out: the name is taken.", each.name, each.value)
            continue
        try:
            kind = each.load()
        except Exception as error:  # whatever the code of others raises
            told = type(error).__name__
            _log.warning("Kind %r of %s is left out: %s.", each.name, each.value, told)
            continue
        if isinstance(kind, type) and issubclass(kind, Connector):
            found[each.name] = kind
        else:
            _log.warning("Kind %r of %s is left out: no Connector.", each.name, each.value)
    return found
