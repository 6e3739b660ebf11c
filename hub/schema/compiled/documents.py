"""Documents, parsed and validated once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    ValidationRule,
    get_named_type,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.values import get_variable_values

from hub.domain.bounded import Bounded
from hub.schema.compiled.plan import Plan, compile_plan
from hub.schema.compiled.selection import conditional_variables
from hub.schema.cost import Cost
from hub.schema.limits import MAX_ERRORS, MAX_TOKENS, check_size

# Together they bound what one caller can make a hub keep, to some 200 MB.
REMEMBERED = 500
LONGEST_REMEMBERED = 4_096
VARIABLES_REMEMBERED = 16
LONGEST_VARIABLES_REMEMBERED = 2_048

Planned = tuple[Plan, tuple[Mapping[str, Any], ...]]
"""A plan, and for each of its compiled root fields the resolver's arguments."""


@dataclass(slots=True)
class Operation:
    """One operation of a valid document, with the plans made for it.

    A plan holds for one truth of the variables that its @skip and @include depend on.
    """

    document: DocumentNode
    node: OperationDefinitionNode
    conditions: tuple[str, ...]
    cost: Cost
    plans: dict[tuple[bool, ...], Plan] = field(default_factory=dict)
    planned: Bounded[bytes, Planned] = field(default_factory=lambda: Bounded(VARIABLES_REMEMBERED))

    def ask(self, schema: GraphQLSchema, variables: dict[str, object]) -> Planned | None:
        """The plan for these variables and the arguments that they make; remembered, since
        clients ask the same again and again, or the same but for a cursor or an id. None where a
        variable or an argument is wrong."""
        plan = self.plan(schema, variables)
        strings = {n: v for n, v in variables.items() if n in plan.strings and isinstance(v, str)}
        others = {n: v for n, v in variables.items() if n not in strings}
        key = orjson.dumps([[*strings], others])
        known = self.planned.get(key)
        if known is None:
            return self._planned(schema, plan, variables, key)
        if not strings:
            return known
        roots = zip(plan.compiled, known[1], strict=True)
        return plan, tuple(root.with_strings(arguments, strings) for root, arguments in roots)

    def _planned(
        self, schema: GraphQLSchema, plan: Plan, variables: dict[str, object], key: bytes
    ) -> Planned | None:
        definitions = self.node.variable_definitions or ()
        values = get_variable_values(schema, definitions, variables)
        if isinstance(values, list):
            return None
        try:
            planned = plan, tuple(root.arguments(values) for root in plan.compiled)
        except Exception:  # told by the plain executor, in its own words
            return None
        if len(key) > LONGEST_VARIABLES_REMEMBERED:
            return planned
        return self.planned.remember(key, planned)

    def plan(self, schema: GraphQLSchema, variables: dict[str, object]) -> Plan:
        """The plan for these variables."""
        truth = tuple(variables.get(name) is True for name in self.conditions)
        if truth not in self.plans:
            true = {name for name, holds in zip(self.conditions, truth, strict=True) if holds}
            self.plans[truth] = compile_plan(schema, self.document, self.node, true)
        return self.plans[truth]


class Documents:
    """What clients have asked lately, ready to be answered."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool = True) -> None:
        self._schema = schema
        self._introspection = introspection
        hidden = [] if introspection else [NoSchemaIntrospectionCustomRule, _NoServiceRule]
        self._rules = [*specified_rules, *hidden]
        self._known: Bounded[tuple[str, str | None], Operation | list[GraphQLError]]
        self._known = Bounded(REMEMBERED)

    def operation(self, text: str, name: str | None) -> Operation | list[GraphQLError]:
        """The operation of this name, or why the document can't be executed."""
        key = text, name
        known = self._known.get(key)
        if known is not None:
            return known
        prepared = self._prepare(text, name)
        # A mutation may have a secret written into it, which is not to stay.
        if len(text) <= LONGEST_REMEMBERED and "mutation" not in text:
            self._known.remember(key, prepared)
        return prepared

    def _prepare(self, text: str, name: str | None) -> Operation | list[GraphQLError]:
        try:
            document = parse(text, max_tokens=MAX_TOKENS)
            check_size(document)
        except GraphQLError as error:
            return [error]
        errors = validate(
            self._schema,
            document,
            self._rules,
            MAX_ERRORS,
            hide_suggestions=not self._introspection,
            allow_empty_selection_sets=False,
        )
        if errors:
            return errors
        node = get_operation_ast(document, name)
        if node is None:
            known = f"no operation {name!r}" if name else "several operations; name one"
            return [GraphQLError(f"operationName: the document has {known}")]
        cost = Cost(self._schema, document, node)
        return Operation(document, node, conditional_variables(document), cost)


class _NoServiceRule(ValidationRule):
    """Refuses `_service`, which tells the schema as introspection does."""

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Called for each field of a document."""
        kind = self.context.get_type()
        if kind and get_named_type(kind).name == "_Service":
            told = f"The schema is not told, but the query contained {node.name.value}."
            self.report_error(GraphQLError(told, node))
