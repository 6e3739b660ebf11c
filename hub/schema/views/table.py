"""An answer as a table: the entries of its first list, a column for each value of the selection."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import (
    FieldNode,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from hub.schema.compiled.documents import Operation
from hub.schema.compiled.selection import Selections

Path = tuple[str, ...]
_LISTS = ("nodes", "edges")
"""What a page has its entries in."""


@dataclass(frozen=True, slots=True)
class Table:
    """Names of columns, and rows of text, numbers, truths and None."""

    columns: list[str]
    rows: list[list[Any]]


class NoTableError(Exception):
    """An operation whose answer is no table."""


def table_of(schema: GraphQLSchema, operation: Operation, data: dict[str, Any]) -> Table:
    """The table of an answer. Lists inside an entry are JSON in one cell. Raises NoTableError for
    an operation with several root fields, or of abstract types."""
    selections = Selections.of(schema, operation.document, set())
    root = schema.query_type
    fields = selections.fields(root, [operation.node.selection_set]) if root else {}
    if root is None or len(fields) != 1:
        raise NoTableError("A table is made of one root field; this operation has several.")
    ((key, nodes),) = fields.items()
    kind = root.fields[nodes[0].name.value].type
    found = data[key]
    while True:
        of = get_named_type(kind)
        if not isinstance(of, GraphQLObjectType):
            raise NoTableError(f"{key} is of an abstract type, whose entries are not alike.")
        below = _below(selections, of, nodes)
        if is_list_type(get_nullable_type(kind)):
            entries = found or []
            break
        lists = [name for name, each in below.items() if each[0].name.value in _LISTS]
        if not lists:
            entries = [] if found is None else [found]
            break
        nodes, found = below[lists[0]], (found or {}).get(lists[0])
        kind = of.fields[nodes[0].name.value].type
    paths = [*_columns(selections, of, below)]
    rows = [[_cell(_at(entry, path)) for path in paths] for entry in entries]
    return Table([".".join(path) for path in paths], rows)


def _below(
    selections: Selections, of: GraphQLObjectType, nodes: list[FieldNode]
) -> dict[str, list[FieldNode]]:
    return selections.fields(of, [node.selection_set for node in nodes if node.selection_set])


def _columns(
    selections: Selections, of: GraphQLObjectType, fields: dict[str, list[FieldNode]]
) -> Iterator[Path]:
    for key, nodes in fields.items():
        name = nodes[0].name.value
        kind = of.fields[name].type if name in of.fields else None
        inner = get_named_type(kind)
        if isinstance(inner, GraphQLObjectType) and not is_list_type(get_nullable_type(kind)):
            below = _below(selections, inner, nodes)
            yield from ((key, *path) for path in _columns(selections, inner, below))
        else:
            yield (key,)


def _at(entry: Any, path: Path) -> Any:
    for key in path:
        entry = entry.get(key) if isinstance(entry, dict) else None
    return entry


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return orjson.dumps(value, option=orjson.OPT_NAIVE_UTC).decode()
    return value
