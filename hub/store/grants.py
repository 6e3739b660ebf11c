"""Grants as clients, users and tokens carry them."""

from collections.abc import Iterable

from hub.domain.scope import Grant, Role
from hub.store.mongo import Document


def grant_documents(grants: Iterable[Grant]) -> list[Document]:
    """Grants, to be stored or put into a token."""
    return [
        {"role": g.role.value, "regions": list(g.regions), "channels": list(g.channels)}
        for g in grants
    ]


def grants_in(documents: Iterable[Document]) -> tuple[Grant, ...]:
    """Grants, as they were stored or stand in a token. Raises ValueError, KeyError, TypeError."""
    return tuple(
        Grant(Role(g["role"]), tuple(g["regions"]), tuple(g["channels"])) for g in documents
    )
