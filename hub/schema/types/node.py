"""Things that have an id of their own, and ids themselves."""

from typing import Any

import strawberry

from hub.domain.region import Region
from hub.schema.context import Document
from hub.schema.source import derived


def node_id(node: Any) -> str:
    """The id that clients hold of a region or of a stored document."""
    if isinstance(node, Region):
        return f"region:{node.code}"
    return f"{'complaint' if 'external_id' in node else 'channel'}:{node['_id']}"


def local_id(id_: str, kind: str) -> str | None:
    """What follows the kind in an id; None for an id of another kind, which finds nothing."""
    prefix, _, rest = id_.partition(":")
    return rest if prefix == kind else None


@strawberry.interface(description="A thing that has an id of its own.")
class Node:
    """A thing that has an id of its own."""

    id: strawberry.ID = derived(node_id, "Opaque; the same for as long as the thing exists.")

    @classmethod
    def resolve_type(cls, node: Region | Document, *_: Any) -> str:
        """Which type of node this is."""
        return node_id(node).partition(":")[0].capitalize()
