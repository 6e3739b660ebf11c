"""Answers an operation by its plan; what the plan can't tell properly, by the plain executor."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from functools import partial
from inspect import isawaitable
from itertools import repeat
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    OperationType,
    execute,
    located_error,
    subscribe,
)
from prometheus_client import Counter

from hub.schema.compiled.builder import NullError, together
from hub.schema.compiled.documents import Documents, Operation, Planned
from hub.schema.compiled.plan import RootField
from hub.schema.compiled.stream import NotAStreamError, Stream
from hub.schema.context import Context
from hub.schema.limits import DEFAULTS, LimitError, Limits, TooSlowError

_ROOT_FIELDS = Counter(
    "hub_graphql_root_fields", "Root fields answered, by the way of answering.", ["way"]
)
_COMPILED, _PLAIN = _ROOT_FIELDS.labels("compiled"), _ROOT_FIELDS.labels("plain")
_COSTLY = Counter("hub_graphql_costly_operations", "Operations beyond the limit of cost.")
_DECLINED = _ROOT_FIELDS.labels("declined")


class Executor:
    """Answers operations over one schema. `compile_plans` is there for comparison in tests."""

    def __init__(
        self, schema: GraphQLSchema, limits: Limits = DEFAULTS, *, compile_plans: bool = True
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._documents = Documents(schema, introspection=limits.introspection)
        self._compile_plans = compile_plans

    def operation(self, text: str) -> Operation | None:
        """The only operation of a document; None where it is not valid."""
        found = self._documents.operation(text, None)
        return found if isinstance(found, Operation) else None

    async def execute(
        self, text: str, variables: dict[str, Any], name: str | None, context: Context
    ) -> ExecutionResult:
        """The answer. Data is None without errors that have a path where nothing was executed."""
        admitted = self._admitted(text, variables, name, context)
        if isinstance(admitted, ExecutionResult):
            return admitted
        operation, told = admitted
        if operation.node.operation is OperationType.SUBSCRIPTION:
            return ExecutionResult(None, [NotAStreamError()], told)
        if operation.node.operation is OperationType.QUERY:
            answer = await self._in_time(operation, variables, name, context)
        else:
            # What changes something is done once, in its order and to its end: it has no plan.
            answer = await self._plainly(operation.document, variables, name, context)
        return ExecutionResult(answer.data, answer.errors, told)

    def _admitted(
        self, text: str, variables: dict[str, Any], name: str | None, context: Context
    ) -> tuple[Operation, dict[str, Any]] | ExecutionResult:
        """An operation within the limits, and what is told beside its answer; or why it is none."""
        operation = self._documents.operation(text, name)
        if not isinstance(operation, Operation):
            return ExecutionResult(None, operation)
        cost = operation.cost.of(variables, context.reader.scope.counts)
        most = self._limits.cost
        told = {"cost": {"requested": cost, "limit": most}}
        if cost > most:
            _COSTLY.inc()
            if self._limits.enforce_cost:
                return ExecutionResult(None, [LimitError("cost", most, cost)], told)
        return operation, told

    def goes_on(self, text: str, name: str | None) -> bool:
        """Whether an operation is a subscription."""
        operation = self._documents.operation(text, name)
        subscription = OperationType.SUBSCRIPTION
        return isinstance(operation, Operation) and operation.node.operation is subscription

    async def subscribe(
        self, text: str, variables: dict[str, Any], name: str | None, context: Context
    ) -> AsyncIterator[ExecutionResult] | ExecutionResult:
        """What a subscription tells from now on; or why it tells nothing."""
        admitted = self._admitted(text, variables, name, context)
        if isinstance(admitted, ExecutionResult):
            return admitted
        operation, _ = admitted
        planned = operation.ask(self._schema, variables) if self._compile_plans else None
        if planned is None or planned[0].left_over or not planned[0].compiled:
            given = subscribe(
                self._schema,
                operation.document,
                context_value=context,
                variable_values=variables,
                operation_name=name,
                hide_suggestions=not self._limits.introspection,
            )
            return await given if isawaitable(given) else given
        root, arguments = planned[0].compiled[0], planned[1][0]
        try:
            events = await root.resolve(arguments, context)
        except Exception as error:
            return ExecutionResult(None, [located_error(error, [root.node], [root.key])])
        plainly = partial(self._plainly, operation.document, variables, name, context)
        return Stream(events, partial(_made, root, context=context), root.key, plainly)

    async def _in_time(
        self, operation: Operation, variables: dict[str, Any], name: str | None, context: Context
    ) -> ExecutionResult:
        """The answer to a query. One that takes too long is given up, and MongoDB, whose
        connection then closes, gives it up too."""
        try:
            async with asyncio.timeout(self._limits.seconds):
                if self._compile_plans:
                    planned = operation.ask(self._schema, variables)
                    data = await self._by_plan(planned, variables, context) if planned else None
                    if data is not None:
                        return ExecutionResult(data, None)
                return await self._plainly(operation.document, variables, name, context)
        except TimeoutError:
            return ExecutionResult(None, [TooSlowError(self._limits.seconds)])

    async def _by_plan(
        self, planned: Planned, variables: dict[str, Any], context: Context
    ) -> dict[str, Any] | None:
        """The data if all goes well; None where there is an error to be told."""
        plan, arguments = planned
        if not plan.compiled:
            return None
        answering: list[Any] = [*map(_answer, plan.compiled, arguments, repeat(context))]
        if plan.left_over:
            answering.append(self._plainly(plan.left_over, variables, None, context))
        try:
            answers = await together(answering) if answering[1:] else [await answering[0]]
        except Exception:  # whatever it is, the plain executor meets it again and tells it
            _DECLINED.inc(len(plan.compiled))
            return None
        _COMPILED.inc(len(plan.compiled))
        if not plan.left_over:
            return dict(zip(plan.keys, answers, strict=True))
        left_over = answers.pop()
        if left_over.errors:
            return None
        found = dict(zip((root.key for root in plan.compiled), answers, strict=True))
        found |= left_over.data or {}
        return {key: found[key] for key in plan.keys}

    async def _plainly(
        self,
        document: DocumentNode,
        variables: dict[str, Any],
        name: str | None,
        context: Context,
        root: object = None,
    ) -> ExecutionResult:
        result = execute(
            self._schema,
            document,
            root,
            context_value=context,
            variable_values=variables,
            operation_name=name,
            hide_suggestions=not self._limits.introspection,
        )
        answered = await result if isawaitable(result) else result
        _PLAIN.inc(len(answered.data or ()))
        return answered


async def _answer(root: RootField, arguments: Mapping[str, Any], context: Context) -> Any:
    """The value of one root field. Raises whatever is wrong with it."""
    found = root.resolve(arguments, context)
    if isawaitable(found):
        found = await found
    return await _made(root, found, context)


async def _made(root: RootField, found: Any, context: Context) -> Any:
    """What is told of what a root field found. Raises whatever is wrong with it."""
    if found is None:
        if root.nullable:
            return None
        raise NullError
    joined = tuple([await join(context) for join in root.built.joins])
    made = root.built.build(found, joined)
    return await made if root.built.is_async else made
