"""An operation, ready to be answered: for each root field its resolver and its builder."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLField,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
)
from graphql.execution.values import VariableValues, get_argument_values
from strawberry import Schema
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from hub.schema.compiled.builder import Builder, Built
from hub.schema.compiled.selection import NotCompilableError, Selections, variables_in
from hub.schema.context import Context

_STRAWBERRY = "strawberry-definition"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a resolver is given in place of Strawberry's Info: the same context, and `needs`, the
    stored fields that the selection below it reads."""

    context: Context
    needs: frozenset[str]


@dataclass(frozen=True, slots=True)
class RootField:
    """A root field that is answered without the executor."""

    key: str
    node: FieldNode
    field: GraphQLField
    convert: Callable[[FieldNode, VariableValues | None], Mapping[str, Any]]
    resolver: Callable[..., Any]
    takes_info: bool
    built: Built
    needs: frozenset[str]
    fixed: Mapping[str, Any] | None

    @property
    def nullable(self) -> bool:
        """Whether null is an answer."""
        return not isinstance(self.field.type, GraphQLNonNull)

    def arguments(self, variables: VariableValues) -> Mapping[str, Any]:
        """The resolver's arguments. Raises GraphQLError."""
        return self.convert(self.node, variables) if self.fixed is None else self.fixed

    def resolve(self, arguments: Mapping[str, Any], context: Context) -> Any:
        """What the resolver gives, or an awaitable of it."""
        if self.takes_info:
            return self.resolver(None, info=Asked(context, self.needs), **arguments)
        return self.resolver(None, **arguments)


@dataclass(frozen=True, slots=True)
class Plan:
    """How an operation is answered: what is compiled, and a document of what is left over."""

    keys: tuple[str, ...]
    compiled: tuple[RootField, ...]
    left_over: DocumentNode | None


def compile_plan(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    true: set[str],
) -> Plan:
    """The plan of an operation, given the variables in its @skip and @include that are true."""
    if operation.operation is not OperationType.QUERY or schema.query_type is None:
        return Plan((), (), document)
    selections = Selections.of(schema, document, true)
    try:
        selected = selections.fields(schema.query_type, [operation.selection_set])
    except NotCompilableError:
        return Plan((), (), document)
    compiled: list[RootField] = []
    others: list[FieldNode] = []
    for key, nodes in selected.items():
        try:
            compiled.append(_root_field(schema, selections, key, nodes))
        except NotCompilableError:
            others += nodes
    return Plan(
        tuple(selected), tuple(compiled), _only(document, operation, others) if others else None
    )


def _root_field(
    schema: GraphQLSchema, selections: Selections, key: str, nodes: list[FieldNode]
) -> RootField:
    name = nodes[0].name.value
    field = schema.query_type.fields.get(name) if schema.query_type else None
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
        field=field,
        convert=convert,
        resolver=cast("Callable[..., Any]", definition.base_resolver.wrapped_func),
        takes_info=definition.base_resolver.info_parameter is not None,
        built=built,
        needs=frozenset(built.needs),
        fixed=fixed,
    )


def _nullable(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


def _arguments(
    schema: GraphQLSchema,
    definition: StrawberryField,
    field: GraphQLField,
    node: FieldNode,
    variables: VariableValues | None,
) -> Mapping[str, Any]:
    """The resolver's arguments, as Strawberry would convert them. Raises GraphQLError."""
    strawberry_schema: Schema = schema._strawberry_schema  # type: ignore[attr-defined]
    converter = strawberry_schema.schema_converter
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
