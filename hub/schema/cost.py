"""What an operation may cost at most, told from its text: how many values its answer can hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableNode,
    Visitor,
    get_named_type,
    is_list_type,
    value_from_ast_untyped,
    visit,
)

from hub.domain.scope import Reach
from hub.schema.limits import LARGEST_PAGE, USUAL_PAGE, fragments_of
from hub.schema.source import SIZE, WEIGHT

USUAL_LIST = 10
"""How many entries a list is taken to have where its field states nothing (`size` in source.py)."""
INTROSPECTION = 1_000
_PAGE_SIZES = ("first", "last")
_LONGEST_KEY = 1_024

_NATION = Reach(nation=True)


class Cost:
    """The cost of an operation. It depends on variables only where sizes and weights do."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._fragments = fragments_of(document)
        self._node = node
        info = TypeInfo(schema)
        sizes = _SizeVariables(info)
        visit(document, TypeInfoVisitor(info, sizes))
        self._variables = sorted(sizes.found)
        self._defaults = {
            definition.variable.name.value: value_from_ast_untyped(definition.default_value)
            for definition in node.variable_definitions or ()
            if definition.default_value
        }
        self._known: dict[tuple[bytes, Reach], int] = {}

    def of(self, variables: Mapping[str, Any], counts: Reach = _NATION) -> int:
        """How many values an answer can hold at most, given these variables, for a viewer who may
        count so much."""
        given = {name: variables.get(name, self._defaults.get(name)) for name in self._variables}
        key = orjson.dumps(given), counts
        known = self._known.get(key)
        if known is None:
            walk = _Walk(self._schema, self._fragments, given, counts)
            root = self._schema.get_root_type(self._node.operation)
            known = walk.selection(root, self._node.selection_set, None) if root else 0
            if len(self._known) > LARGEST_PAGE:
                self._known.clear()
            if len(key[0]) <= _LONGEST_KEY:
                self._known[key] = known
        return known


@dataclass(frozen=True, slots=True)
class _Walk:
    """Adds fields up, each fragment once for each type and length of lists that it stands in."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    variables: Mapping[str, Any]
    counts: Reach
    known: dict[tuple[str, str, int | None], int] = field(default_factory=dict)

    def selection(
        self,
        parent: Any,
        selection_set: SelectionSetNode,
        entries: int | None,
    ) -> int:
        """The values of a selection of a type; `entries` is how many its lists have, where that
        is known."""
        total = 0
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                total += self._field(parent, node, entries)
            elif isinstance(node, FragmentSpreadNode):
                key = node.name.value, parent.name, entries
                if key not in self.known:
                    self.known[key] = self._fragment(parent, self.fragments[key[0]], entries)
                total += self.known[key]
            else:
                total += self._fragment(parent, node, entries)
        return total

    def _fragment(self, parent: Any, node: Any, entries: int | None) -> int:
        condition = node.type_condition
        kind = self.schema.type_map[condition.name.value] if condition else parent
        return self.selection(kind, node.selection_set, entries)

    def _field(self, parent: Any, node: FieldNode, entries: int | None) -> int:
        name = node.name.value
        if name.startswith("__"):
            return INTROSPECTION if node.selection_set else 0
        of = parent.fields[name]
        stated = getattr(of.extensions.get("strawberry-definition"), "metadata", {})
        kind = of.type.of_type if isinstance(of.type, GraphQLNonNull) else of.type
        size, inside = 1, self._page(node) if _PAGE_SIZES[0] in of.args else None
        if is_list_type(kind):
            usual = stated.get(SIZE, USUAL_LIST)
            if callable(usual):
                size, inside = usual(self._arguments(node), self.counts)
            else:
                size = usual if entries is None else entries
        below = 0
        if node.selection_set:
            below = self.selection(get_named_type(of.type), node.selection_set, inside)
        weight = stated.get(WEIGHT, 0)
        if callable(weight):
            weight = weight(self._arguments(node))
        return int(weight) + size * (1 + below)

    def _arguments(self, node: FieldNode) -> dict[str, Any]:
        """What is sent as the arguments of a field."""
        return {
            argument.name.value: value_from_ast_untyped(argument.value, {**self.variables})
            for argument in node.arguments or ()
        }

    def _page(self, node: FieldNode) -> int:
        """How many entries are asked for. More than may be is refused by the field itself."""
        stated = self._arguments(node)
        return next((_size(stated[name]) for name in _PAGE_SIZES if name in stated), USUAL_PAGE)


def _size(stated: object) -> int:
    return max(0, min(stated, LARGEST_PAGE)) if isinstance(stated, int) else USUAL_PAGE


class _SizeVariables(Visitor):
    """Finds the variables that say how large something is: a page, or a field that tells its size
    or its weight from its arguments."""

    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._info = info

    def enter_argument(self, node: ArgumentNode, *_: object) -> None:
        field = self._info.get_field_def()
        definition = field.extensions.get("strawberry-definition") if field else None
        stated = getattr(definition, "metadata", {})
        told = callable(stated.get(SIZE)) or callable(stated.get(WEIGHT))
        if told or node.name.value in _PAGE_SIZES:
            visit(node.value, _Variables(self.found))


class _Variables(Visitor):
    def __init__(self, found: set[str]) -> None:
        super().__init__()
        self._found = found

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self._found.add(node.name.value)
