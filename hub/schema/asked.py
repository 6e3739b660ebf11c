"""What a request asks for: its parameters, and the document that they state or name."""

import re
from hashlib import sha256
from typing import Any, Final

from graphql import GraphQLError

from hub.auth.middleware import Viewer
from hub.store.mongo import StoreError
from hub.store.operations import Operations

Asked = dict[str, Any]
"""The parameters of a request."""

NAMES: Final = ("documentId", "doc_id", "id")
"""Where a registered operation is named: by the draft of persisted documents, and by Relay's
networks. Apollo's clients do so in `extensions.persistedQuery.sha256Hash`."""
_ID = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class BadRequestError(GraphQLError):
    """What is no GraphQL request, or none that may be made."""

    def __init__(self, message: str, status: int = 400, code: str = "BAD_REQUEST") -> None:
        super().__init__(message, extensions={"code": code})
        self.status = status
        self.code = code


def checked_parameters(asked: Any) -> Asked:
    """The parameters if they are some. Raises BadRequestError."""
    if not isinstance(asked, dict):
        raise BadRequestError("The request must be an object with `query`, a GraphQL document.")
    if not isinstance(asked.get("query"), str | None):
        raise BadRequestError("`query` must be a GraphQL document.")
    for name, kind in (("variables", dict), ("operationName", str), ("extensions", dict)):
        if asked.get(name) is not None and not isinstance(asked[name], kind):
            raise BadRequestError(f"`{name}` must be a {kind.__name__}, or left out.")
    if asked.get("query") is None:
        _named(asked)
    return asked


class Admission:
    """Which documents clients may have answered: any, or only those that were registered of them
    before."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def admitted(self, viewer: Viewer, asked: Asked) -> Asked:
        """What is asked, its `query` the document that was named. Raises BadRequestError."""
        try:
            return asked | {"query": await self._document(viewer.client_id, asked)}
        except StoreError:
            told = "The hub can't look up registered operations now. Try again."
            raise BadRequestError(told, 503, "UNAVAILABLE") from None

    async def _document(self, client_id: str | None, asked: Asked) -> str:
        text: str | None = asked.get("query")
        # Of a client that another issuer knows, nothing is registered here.
        only = client_id is not None and await self._operations.sends_no_other(client_id)
        if text is not None and not only:
            return text
        id_, by_apollo = (document_hash(text), False) if text is not None else _named(asked)
        found = await self._operations.document(client_id, id_) if client_id is not None else None
        if found is not None:
            return found
        if text is not None:
            raise BadRequestError(
                f"{client_id} may send registered operations only, and this one is not: its "
                f"SHA-256 is {id_}. Have the hub's operators register it.",
                code="PERSISTED_OPERATION_REQUIRED",
            )
        if by_apollo and not only:
            # At this code Apollo Client and urql go on with the documents themselves.
            raise BadRequestError(
                f"No operation {id_} is registered of this client, and none is by sending it. "
                "Send `query`.",
                code="PERSISTED_QUERY_NOT_SUPPORTED",
            )
        raise BadRequestError(
            f"No operation {id_} is registered of {client_id or 'this client'}. Have the hub's "
            f"operators register it{'' if only else ', or send `query`'}.",
            code="PERSISTED_OPERATION_NOT_FOUND",
        )


def document_hash(document: str) -> str:
    """The SHA-256 of a document in hexadecimal digits, by which it is known."""
    return sha256(document.encode()).hexdigest()


def _named(asked: Asked) -> tuple[str, bool]:
    """The id of the operation that is asked for, and whether it is named as Apollo's clients do.
    Raises BadRequestError."""
    persisted = (asked.get("extensions") or {}).get("persistedQuery")
    by_apollo = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    stated = next((asked[name] for name in NAMES if asked.get(name) is not None), None)
    id_ = by_apollo if stated is None else stated
    if id_ is None:
        told = "`query` must be a GraphQL document, or `documentId` the id of a registered one."
        raise BadRequestError(told)
    if not isinstance(id_, str) or not (found := _ID.fullmatch(id_)):
        told = "The id of a registered operation is the SHA-256 of its document: 64 of 0-9, a-f."
        raise BadRequestError(told)
    return found[1], stated is None
