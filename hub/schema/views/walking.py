"""A view's operation, asked page after page until there is no more."""

from dataclasses import dataclass
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    IntValueNode,
    NamedTypeNode,
    NameNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    print_ast,
    visit,
)

from hub.schema.compiled.documents import Operation
from hub.schema.compiled.selection import variables_in
from hub.schema.limits import LARGEST_PAGE
from hub.schema.views.table import Layout

_AFTER = "hubExportAfter"
_PAGE = "hubExportPage"
_PAGED = {"first", "after", "last", "before"}


@dataclass(frozen=True, slots=True)
class Walk:
    """The document of one page, and what of the view's variables it takes."""

    document: str
    variables: dict[str, Any]
    layout: Layout
    paged: bool

    @classmethod
    def of(cls, schema: GraphQLSchema, operation: Operation, variables: dict[str, Any]) -> "Walk":
        """For a view. Raises NoTableError."""
        layout = Layout.of(schema, operation, variables)
        if layout.page is None:
            return cls(print_ast(operation.document), variables, layout, paged=False)
        document = _document(operation, layout.root, layout.page)
        used = variables_in(document)
        kept = {name: value for name, value in variables.items() if name in used}
        return cls(print_ast(document), kept, layout, paged=True)

    def asked(self, after: str | None) -> dict[str, Any]:
        """The variables of the page that follows a cursor."""
        return {**self.variables, _AFTER: after} if self.paged else self.variables

    def next(self, data: dict[str, Any]) -> str | None:
        """The cursor that the next page follows; None after the last one."""
        if not self.paged:
            return None
        page = (data[self.layout.steps[0]] or {}).get(_PAGE) or {}
        return page.get("endCursor") if page.get("hasNextPage") else None


def _document(
    operation: Operation, root: FieldNode, entries: tuple[FieldNode, ...]
) -> DocumentNode:
    """The operation, of whose one list it asks the largest page after a cursor."""
    arguments = [a for a in root.arguments or () if a.name.value not in _PAGED]
    arguments += [
        ArgumentNode(name=_name("first"), value=IntValueNode(value=str(LARGEST_PAGE))),
        ArgumentNode(name=_name("after"), value=VariableNode(name=_name(_AFTER))),
    ]
    ends = SelectionSetNode(selections=(_field("hasNextPage"), _field("endCursor")))
    page = FieldNode(alias=_name(_PAGE), name=_name("pageInfo"), selection_set=ends)
    field = FieldNode(
        alias=root.alias,
        name=root.name,
        arguments=tuple(arguments),
        selection_set=SelectionSetNode(selections=(*entries, page)),
    )
    known = {
        d.name.value: d
        for d in operation.document.definitions
        if isinstance(d, FragmentDefinitionNode)
    }
    fragments = _fragments(field, known)
    used = variables_in(field).union(*map(variables_in, fragments))
    declared = [
        d for d in operation.node.variable_definitions or () if d.variable.name.value in used
    ]
    after = VariableDefinitionNode(
        variable=VariableNode(name=_name(_AFTER)), type=NamedTypeNode(name=_name("String"))
    )
    node = OperationDefinitionNode(
        operation=operation.node.operation,
        name=operation.node.name,
        variable_definitions=(*declared, after),
        selection_set=SelectionSetNode(selections=(field,)),
    )
    return DocumentNode(definitions=(node, *fragments))


def _fragments(
    node: Node, known: dict[str, FragmentDefinitionNode]
) -> list[FragmentDefinitionNode]:
    """The fragments that a node spreads, and those that these spread."""
    found: dict[str, FragmentDefinitionNode] = {}

    class Spreads(Visitor):
        def enter_fragment_spread(self, spread: FragmentSpreadNode, *_: object) -> None:
            name = spread.name.value
            if name not in found:
                found[name] = known[name]
                visit(known[name], self)

    visit(node, Spreads())
    return [*found.values()]


def _name(text: str) -> NameNode:
    return NameNode(value=text)


def _field(name: str) -> FieldNode:
    return FieldNode(name=_name(name))
