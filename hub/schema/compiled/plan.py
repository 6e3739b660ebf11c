"""An operation, ready to be answered: for each root field its resolver and its builder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLID,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    VariableNode,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from hub.schema.compiled.builder import Builder, Built
from hub.schema.compiled.selection import (
    NotCompilableError,
    Selections,
    conditional_variables,
    variables_in,
)
from hub.schema.context import Context

_STRAWBERRY = "strawberry-definition"


@dataclass(frozen=True, slots=True)
class ResolverInfo:
    """What a resolver is given in place of Strawberry's Info: the same context, and `needs`, the
    stored fields that the selection below it reads."""

    context: Context
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class RootField:
    """A root field that is answered without the executor.

    `strings` are the variables that are passed to the resolver as they are, by the names of its
    parameters.
    """

    key: str
    node: FieldNode
    convert: Callable[[FieldNode, VariableValues | None], Mapping[str, Any]]
    resolver: Callable[..., Any]
    takes_info: bool
    nullable: bool
    built: Built
    fixed: Mapping[str, Any] | None
    strings: Mapping[str, str]

    def arguments(self, variables: VariableValues) -> Mapping[str, Any]:
        """The resolver's arguments. Raises GraphQLError."""
        return self.convert(self.node, variables) if self.fixed is None else self.fixed

    def with_strings(
        self, arguments: Mapping[str, Any], strings: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """The same arguments with other strings, by the names of their variables."""
        named = self.strings.items()
        return {**arguments, **{p: strings[v] for p, v in named if v in strings}}

    def resolve(self, arguments: Mapping[str, Any], context: Context) -> Any:
        """What the resolver gives, or an awaitable of it."""
        if self.takes_info:
            return self.resolver(None, info=ResolverInfo(context, self.built.needs), **arguments)
        return self.resolver(None, **arguments)


@dataclass(frozen=True, slots=True)
class Plan:
    """How an operation is answered: what is compiled, and a document of what is left over.

    `strings` are the variables that do nothing but be passed on, such as cursors and ids: other
    values of them change nothing in the plan and in the other arguments.
    """

    keys: tuple[str, ...]
    compiled: tuple[RootField, ...]
    left_over: DocumentNode | None
    strings: frozenset[str] = frozenset()


def compile_plan(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    true: set[str],
) -> Plan:
    """The plan of an operation, given the variables in its @skip and @include that are true."""
    root = schema.get_root_type(operation.operation)
    if operation.operation is OperationType.MUTATION or root is None:
        return Plan((), (), document)
    selections = Selections.of(schema, document, true)
    try:
        selected = selections.fields(root, [operation.selection_set])
    except NotCompilableError:
        return Plan((), (), document)
    compiled: list[RootField] = []
    others: list[FieldNode] = []
    for key, nodes in selected.items():
        try:
            compiled.append(_root_field(schema, root, selections, key, nodes))
        except NotCompilableError:
            others += nodes
    if others:
        return Plan(tuple(selected), tuple(compiled), _only(document, operation, others))
    return Plan(tuple(selected), tuple(compiled), None, _strings(document, operation, compiled))


def _strings(
    document: DocumentNode, operation: OperationDefinitionNode, compiled: list[RootField]
) -> frozenset[str]:
    passed = {variable for root in compiled for variable in root.strings.values()}
    plain = {
        definition.variable.name.value
        for definition in operation.variable_definitions or ()
        if definition.default_value is None
    }
    looked_at = set(conditional_variables(document))
    for root in compiled:
        for argument in root.node.arguments or ():
            if not isinstance(argument.value, VariableNode):
                looked_at |= variables_in(argument)
    return frozenset((passed & plain) - looked_at)


def _root_field(
    schema: GraphQLSchema,
    parent: GraphQLObjectType,
    selections: Selections,
    key: str,
    nodes: list[FieldNode],
) -> RootField:
    name = nodes[0].name.value
    field = parent.fields.get(name)
    definition = field.extensions.get(_STRAWBERRY) if field else None
    if field is None or not isinstance(definition, StrawberryField):
        raise NotCompilableError(name)
    if definition.base_resolver is None:
        raise NotCompilableError(name)
    below = [node.selection_set for node in nodes if node.selection_set]
    built = Builder(selections).root(_nullable(field.type), below)
    convert = partial(_arguments, schema, definition, field)
    fixed = None
    if not any(variables_in(argument) for argument in nodes[0].arguments or ()):
        try:
            fixed = convert(nodes[0], None)
        except Exception as error:  # told by the executor, in its own words
            raise NotCompilableError(name) from error
    return RootField(
        key=key,
        node=nodes[0],
        convert=convert,
        resolver=cast("Callable[..., Any]", definition.base_resolver.wrapped_func),
        takes_info=definition.base_resolver.info_parameter is not None,
        nullable=not isinstance(field.type, GraphQLNonNull),
        built=built,
        fixed=fixed,
        strings=_passed_strings(schema, definition, field, nodes[0]),
    )


def _passed_strings(
    schema: GraphQLSchema, definition: StrawberryField, field: GraphQLField, node: FieldNode
) -> Mapping[str, str]:
    """The resolver's parameters that get a variable which is a string, with its name."""
    named = _described_by(schema).config.name_converter.from_argument
    parameters = {named(a): a.python_name for a in definition.arguments}
    return {
        parameters[argument.name.value]: argument.value.name.value
        for argument in node.arguments or ()
        if isinstance(argument.value, VariableNode)
        and _nullable(field.args[argument.name.value].type) in _STRINGS
    }


_STRINGS = (GraphQLString, GraphQLID)


def _nullable(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def _described_by(schema: GraphQLSchema) -> Schema:
    """Strawberry's schema, from which this one was made."""
    found: Schema = schema._strawberry_schema  # type: ignore[attr-defined]
    return found


def _arguments(
    schema: GraphQLSchema,
    definition: StrawberryField,
    field: GraphQLField,
    node: FieldNode,
    variables: VariableValues | None,
) -> Mapping[str, Any]:
    """The resolver's arguments, as Strawberry would convert them. Raises GraphQLError."""
    converter = _described_by(schema).schema_converter
    values = get_argument_values(field, node, variables)
    return convert_arguments(
        values, definition.arguments, converter.scalar_registry, converter.config
    )


def _only(
    document: DocumentNode, operation: OperationDefinitionNode, nodes: list[FieldNode]
) -> DocumentNode:
    """The document with one operation and of that only some root fields, at their own places."""
    selection_set = SelectionSetNode(selections=tuple(nodes))
    reduced = OperationDefinitionNode(
        operation=operation.operation,
        name=operation.name,
        variable_definitions=operation.variable_definitions,
        directives=operation.directives,
        selection_set=selection_set,
        loc=operation.loc,
    )
    others = [d for d in document.definitions if not isinstance(d, OperationDefinitionNode)]
    return DocumentNode(definitions=(reduced, *others))
