"""Which fields an operation asks for, its fragments and @skip/@include resolved."""

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    is_abstract_type,
    visit,
)

from hub.schema.limits import fragments_of

Selected = dict[str, list[FieldNode]]
"""Response key → the field's nodes, which are merged; in the order of the answer."""


class NotCompilableError(Exception):
    """Something that only Strawberry's executor answers."""


@dataclass(frozen=True, slots=True)
class Selections:
    """Resolves selections for one truth of the variables in @skip and @include."""

    schema: GraphQLSchema
    fragments: Mapping[str, FragmentDefinitionNode]
    true: set[str]

    @classmethod
    def of(cls, schema: GraphQLSchema, document: DocumentNode, true: set[str]) -> "Selections":
        """For a document."""
        return cls(schema, fragments_of(document), true)

    def fields(self, parent: GraphQLObjectType, selection_sets: list[SelectionSetNode]) -> Selected:
        """The fields of a type that are asked for. Raises NotCompilableError."""
        found: Selected = {}
        visited: set[str] = set()
        for selection_set in selection_sets:
            self._collect(parent, selection_set, found, visited)
        return found

    def _collect(
        self,
        parent: GraphQLObjectType,
        selection_set: SelectionSetNode,
        found: Selected,
        visited: set[str],
    ) -> None:
        for node in selection_set.selections:
            if not self._included(node.directives):
                continue
            if isinstance(node, FieldNode):
                key = node.alias.value if node.alias else node.name.value
                found.setdefault(key, []).append(node)
            elif isinstance(node, FragmentSpreadNode):
                name = node.name.value
                if name not in visited:
                    visited.add(name)
                    fragment = self.fragments[name]
                    if self._applies(fragment.type_condition.name.value, parent):
                        self._collect(parent, fragment.selection_set, found, visited)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                if condition is None or self._applies(condition.name.value, parent):
                    self._collect(parent, node.selection_set, found, visited)

    def _applies(self, condition: str, parent: GraphQLObjectType) -> bool:
        if condition == parent.name:
            return True
        kind = self.schema.type_map[condition]
        return is_abstract_type(kind) and self.schema.is_sub_type(kind, parent)

    def _included(self, directives: tuple[DirectiveNode, ...] | None) -> bool:
        for directive in directives or ():
            name = directive.name.value
            if name not in {"skip", "include"}:
                raise NotCompilableError(f"@{name}")
            value = (directive.arguments or ())[0].value
            if isinstance(value, VariableNode):
                holds = value.name.value in self.true
            else:
                holds = isinstance(value, BooleanValueNode) and value.value
            if holds is (name == "skip"):
                return False
        return True


def conditional_variables(document: DocumentNode) -> tuple[str, ...]:
    """The variables that decide what @skip and @include leave, by name."""
    found: set[str] = set()
    pending: list[SelectionSetNode] = [
        definition.selection_set
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    while pending:
        for node in pending.pop().selections:
            for directive in node.directives or ():
                for argument in directive.arguments or ():
                    found |= variables_in(argument.value)
            below = getattr(node, "selection_set", None)
            if below:
                pending.append(below)
    return tuple(sorted(found))


def variables_in(node: Node) -> set[str]:
    """The names of all variables that occur in a value or an argument."""
    found: set[str] = set()

    class Names(Visitor):
        def enter_variable(self, variable: VariableNode, *_: object) -> None:
            found.add(variable.name.value)

    visit(node, Names())
    return found
