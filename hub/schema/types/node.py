"""Things that have an id of their own, and ids themselves."""

from functools import partial
from typing import Any

import strawberry

from hub.domain.region import Region
from hub.schema.context import Document
from hub.schema.source import derived, stored

ID_DESCRIPTION = "Opaque; the same for as long as the thing exists."


def global_id(kind: str, own: str) -> str:
    """The id that clients know a stored document by."""
    return f"{kind}:{own}"


def stored_id(kind: str) -> Any:
    """The id field of a stored document."""
    return stored("_id", ID_DESCRIPTION, partial(global_id, kind))


def local_id(id_: str, kind: str) -> str | None:
    """What follows the kind in an id; None for an id of another kind, which finds nothing."""
    prefix, _, rest = id_.partition(":")
    return rest if prefix == kind else None


def kind_of(node: Region | Document) -> str:
    """The name of the type of a node."""
    if isinstance(node, Region):
        return "Region"
    return "Complaint" if "external_id" in node else "Channel"


@strawberry.interface(description="A thing that has an id of its own.")
class Node:
    """A thing that has an id of its own."""

    id: strawberry.ID = derived(lambda node: node["_id"], ID_DESCRIPTION)

    @classmethod
    def resolve_type(cls, node: Region | Document, *_: Any) -> str:
        """Which type of node this is."""
        return kind_of(node)
