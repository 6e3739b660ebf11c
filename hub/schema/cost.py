"""What an operation may cost at most, told from its text: how many values its answer can hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNonNull,
    GraphQLSchema,
    IntValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_named_type,
    is_list_type,
    visit,
)

from hub.schema.limits import LARGEST_PAGE, USUAL_PAGE, fragments_of
from hub.schema.source import SIZE, WEIGHT

USUAL_LIST = 10
"""How many entries a list is taken to have where its field states nothing (`size` in source.py)."""
INTROSPECTION = 1_000
_PAGE_SIZES = ("first", "last")
_PAGED = "pageInfo"
"""A type with this field is a page: its lists are as long as was asked for."""

Sizes = Mapping[str, int]


class Cost:
    """The cost of an operation. It depends on variables only where they are sizes of pages."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, node: OperationDefinitionNode
    ) -> None:
        self._schema = schema
        self._fragments = fragments_of(document)
        self._node = node
        self._variables = sorted(_size_variables(document))
        self._defaults = {
            definition.variable.name.value: int(definition.default_value.value)
            for definition in node.variable_definitions or ()
            if isinstance(definition.default_value, IntValueNode)
        }
        self._known: dict[tuple[int, ...], int] = {}

    def of(self, variables: Mapping[str, Any]) -> int:
        """How many values an answer can hold at most, given these variables."""
        sizes = tuple(_size(variables.get(n, self._defaults.get(n))) for n in self._variables)
        known = self._known.get(sizes)
        if known is None:
            given = dict(zip(self._variables, sizes, strict=True))
            walk = _Walk(self._schema, self._fragments, given)
            root = self._schema.get_root_type(self._node.operation)
            known = walk.selection(root, self._node.selection_set, None) if root else 0
            if len(self._known) > LARGEST_PAGE:
                self._known.clear()
            self._known[sizes] = known
        return known


@dataclass(frozen=True, slots=True)
class _Walk:
    """Adds fields up, each fragment once for each type and page that it stands in."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    sizes: Sizes
    known: dict[tuple[str, str, int | None], int] = field(default_factory=dict)

    def selection(
        self,
        parent: Any,
        selection_set: SelectionSetNode,
        page: int | None,
    ) -> int:
        """The values of a selection of a type; `page` is how many entries its page has."""
        total = 0
        for node in selection_set.selections:
            if isinstance(node, FieldNode):
                total += self._field(parent, node, page)
            elif isinstance(node, FragmentSpreadNode):
                key = node.name.value, parent.name, page
                if key not in self.known:
                    self.known[key] = self._fragment(parent, self.fragments[key[0]], page)
                total += self.known[key]
            else:
                total += self._fragment(parent, node, page)
        return total

    def _fragment(self, parent: Any, node: Any, page: int | None) -> int:
        condition = node.type_condition
        kind = self.schema.type_map[condition.name.value] if condition else parent
        return self.selection(kind, node.selection_set, page)

    def _field(self, parent: Any, node: FieldNode, page: int | None) -> int:
        name = node.name.value
        if name.startswith("__"):
            return INTROSPECTION if node.selection_set else 0
        of = parent.fields[name]
        stated = getattr(of.extensions.get("strawberry-definition"), "metadata", {})
        kind = of.type.of_type if isinstance(of.type, GraphQLNonNull) else of.type
        size: int = 1
        if is_list_type(kind):
            usual = stated.get(SIZE, USUAL_LIST)
            size = page if page is not None and _PAGED in parent.fields else usual
        below = 0
        if node.selection_set:
            paged = self._page(node) if _PAGE_SIZES[0] in of.args else None
            below = self.selection(get_named_type(of.type), node.selection_set, paged)
        return int(stated.get(WEIGHT, 0)) + size * (1 + below)

    def _page(self, node: FieldNode) -> int:
        """How many entries are asked for. More than may be is refused by the field itself."""
        for argument in node.arguments or ():
            if argument.name.value in _PAGE_SIZES:
                value = argument.value
                if isinstance(value, VariableNode):
                    return self.sizes[value.name.value]
                if isinstance(value, IntValueNode):
                    return _size(int(value.value))
        return USUAL_PAGE


def _size(stated: object) -> int:
    return max(0, min(stated, LARGEST_PAGE)) if isinstance(stated, int) else USUAL_PAGE


def _size_variables(document: DocumentNode) -> set[str]:
    """The variables that are the size of a page anywhere in a document."""
    found: set[str] = set()

    class Sizes(Visitor):
        def enter_argument(self, node: Any, *_: object) -> None:
            if node.name.value in _PAGE_SIZES and isinstance(node.value, VariableNode):
                found.add(node.value.name.value)

    visit(document, Sizes())
    return found
