"""What build tools write about a client's operations → documents by their ids."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLSchema

from hub.schema.asked import document_hash
from hub.schema.compiled.documents import Documents, Operation

LONGEST_DOCUMENT = 64 * 1024
"""Bytes."""
_MOST_PROBLEMS = 20


class ManifestError(Exception):
    """A manifest that can't be registered; the text says of each operation why."""


def documents_in(manifest: Any, schema: GraphQLSchema) -> dict[str, str]:
    """The documents of a manifest by their SHA-256. Raises ManifestError.

    It is an object of documents by their ids, as Relay's `persistConfig` and the client preset of
    graphql-codegen write it, or the manifest of Apollo's tools.
    """
    documents = Documents(schema)
    found, problems = {}, []
    for id_, text in _entries(manifest):
        if problem := _problem(id_, text, documents):
            problems.append(f"{id_}: {problem}")
        found[id_.removeprefix("sha256:")] = text
    if not found:
        raise ManifestError("there is no operation in it")
    if problems:
        more = len(problems) - _MOST_PROBLEMS
        rest = [f"and {more:,} more"] if more > 0 else []
        raise ManifestError("\n".join([*problems[:_MOST_PROBLEMS], *rest]))
    return found


def _entries(manifest: Any) -> Iterator[tuple[str, Any]]:
    """Each id with what it stands for."""
    if not isinstance(manifest, dict):
        raise ManifestError('write {"<SHA-256>": "<document>", …}, or the manifest of Apollo')
    if "operations" not in manifest:
        yield from manifest.items()
        return
    if not isinstance(manifest["operations"], list):
        raise ManifestError("`operations` has to be a list")
    for n, each in enumerate(manifest["operations"]):
        if not isinstance(each, dict) or not isinstance(each.get("id"), str):
            raise ManifestError(f"operations[{n}] has no `id`")
        yield each["id"], each.get("body")


def _problem(id_: str, text: Any, documents: Documents) -> str | None:
    """Why a document can't be registered under an id; None where it can."""
    if not isinstance(text, str):
        return "is no document"
    if len(text.encode()) > LONGEST_DOCUMENT:
        return f"has more than {LONGEST_DOCUMENT >> 10} KiB"
    if id_.removeprefix("sha256:") != document_hash(text):
        return (
            "is not the SHA-256 of its document (Relay: `persistConfig.algorithm: SHA256`, "
            "graphql-codegen: `persistedDocuments.hashAlgorithm: sha256`)"
        )
    operation = documents.operation(text, None)
    return None if isinstance(operation, Operation) else operation[0].message
