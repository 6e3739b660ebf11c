"""An answer as a table: the entries of its first list, a column for each value of the selection."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
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
_MOMENT = "DateTime"


@dataclass(frozen=True, slots=True)
class Table:
    """Names of columns, and rows of text, numbers, truths, moments and None."""

    columns: list[str]
    rows: list[list[Any]]


class NoTableError(Exception):
    """An operation whose answer is no table."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How answers of an operation are a table: the entries of their first list, at `steps` inside
    the answer, and a column for each value of the selection, at a path inside an entry."""

    root: FieldNode
    kind: GraphQLObjectType
    steps: Path
    lists: bool
    paths: tuple[Path, ...]
    moments: frozenset[int]
    """The columns that hold moments."""
    page: tuple[FieldNode, ...] | None
    """What of a page, if there are pages, holds the entries."""

    @classmethod
    def of(
        cls, schema: GraphQLSchema, operation: Operation, variables: Mapping[str, Any]
    ) -> "Layout":
        """Raises NoTableError for an operation with several root fields, or of abstract types."""
        true = {name for name, value in variables.items() if value is True}
        selections = Selections.of(schema, operation.document, true)
        root = schema.query_type
        fields = selections.fields(root, [operation.node.selection_set]) if root else {}
        if root is None or len(fields) != 1:
            raise NoTableError("A table is made of one root field; this operation has several.")
        ((key, nodes),) = fields.items()
        first, steps, page = nodes[0], [key], None
        kind = root.fields[first.name.value].type
        while True:
            of = get_named_type(kind)
            if not isinstance(of, GraphQLObjectType):
                raise NoTableError(f"{key} is of an abstract type, whose entries are not alike.")
            below = _below(selections, of, nodes)
            lists = [name for name, each in below.items() if each[0].name.value in _LISTS]
            is_list = is_list_type(get_nullable_type(kind))
            if is_list or not lists:
                break
            nodes = below[lists[0]]
            if "pageInfo" in of.fields and len(steps) == 1:
                page = tuple(nodes)
            steps.append(lists[0])
            kind = of.fields[nodes[0].name.value].type
        columns = [*_columns(selections, of, below)]
        moments = frozenset(n for n, (_, scalar) in enumerate(columns) if scalar == _MOMENT)
        paths = tuple(path for path, _ in columns)
        return cls(first, of, tuple(steps), is_list, paths, moments, page)

    @property
    def columns(self) -> list[str]:
        """Their names."""
        return [".".join(path) for path in self.paths]

    def entries(self, data: dict[str, Any]) -> list[Any]:
        """The entries of an answer."""
        found: Any = data
        for name in self.steps:
            found = (found or {}).get(name)
        return [] if found is None else found if self.lists else [found]

    def rows(self, entries: Iterable[Any]) -> list[list[Any]]:
        """A row for each entry. Lists inside one are JSON in one cell."""
        return [[_cell(_at(entry, path)) for path in self.paths] for entry in entries]

    def rows_of_json(self, entries: Iterable[Any]) -> list[list[Any]]:
        """The same of entries that were JSON, where moments are text."""
        rows = self.rows(entries)
        for row in rows:
            for n in self.moments:
                row[n] = row[n] and datetime.fromisoformat(row[n])
        return rows


def table_of(layout: Layout, data: dict[str, Any]) -> Table:
    """The table of an answer."""
    return Table(layout.columns, layout.rows(layout.entries(data)))


def _below(
    selections: Selections, of: GraphQLObjectType, nodes: list[FieldNode]
) -> dict[str, list[FieldNode]]:
    return selections.fields(of, [node.selection_set for node in nodes if node.selection_set])


def _columns(
    selections: Selections, of: GraphQLObjectType, fields: dict[str, list[FieldNode]]
) -> Iterator[tuple[Path, str]]:
    """The path of each column, and the name of the type at its end."""
    for key, nodes in fields.items():
        name = nodes[0].name.value
        kind = of.fields[name].type if name in of.fields else None
        inner, is_list = get_named_type(kind), is_list_type(get_nullable_type(kind))
        if isinstance(inner, GraphQLObjectType) and not is_list:
            below = _below(selections, inner, nodes)
            for path, scalar in _columns(selections, inner, below):
                yield (key, *path), scalar
        else:
            yield (key,), "" if inner is None or is_list else inner.name


def _at(entry: Any, path: Path) -> Any:
    for key in path:
        entry = entry.get(key) if isinstance(entry, dict) else None
    return entry


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return orjson.dumps(value, option=orjson.OPT_NAIVE_UTC).decode()
    return value
