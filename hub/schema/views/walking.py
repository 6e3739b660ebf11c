"""A view's operation, asked page after page until there is no more."""

from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FieldNode,
    GraphQLSchema,
    IntValueNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableDefinitionNode,
    VariableNode,
    print_ast,
    separate_operations,
)

from hub.schema.compiled.documents import Operation
from hub.schema.compiled.selection import variables_in
from hub.schema.limits import LARGEST_PAGE, fragments_of
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
    fragments = fragments_of(operation.document).values()
    node = OperationDefinitionNode(
        operation=operation.node.operation,
        name=operation.node.name,
        selection_set=SelectionSetNode(selections=(field,)),
    )
    # With the fragments that it spreads, and those that these spread.
    (separate,) = separate_operations(DocumentNode(definitions=(node, *fragments))).values()
    used = variables_in(separate)
    declared = [
        d for d in operation.node.variable_definitions or () if d.variable.name.value in used
    ]
    after = VariableDefinitionNode(
        variable=VariableNode(name=_name(_AFTER)), type=NamedTypeNode(name=_name("String"))
    )
    _, *spread = separate.definitions
    node = replace(node, variable_definitions=(*declared, after))
    return DocumentNode(definitions=(node, *spread))


def _name(text: str) -> NameNode:
    return NameNode(value=text)


def _field(name: str) -> FieldNode:
    return FieldNode(name=_name(name))
