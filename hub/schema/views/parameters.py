"""The query of an address → the variables of an operation."""

from collections.abc import Iterable, Mapping
from typing import Any

import orjson
from graphql import (
    GraphQLInputType,
    GraphQLSchema,
    OperationDefinitionNode,
    get_nullable_type,
    is_enum_type,
    is_list_type,
    type_from_ast,
)

_TEXTS = {"String", "ID", "DateTime", "Date"}
_TRUTH = {"true": True, "false": False}


class ParameterError(Exception):
    """A parameter that can't be meant so; `name` is its name."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


def variables_of(
    schema: GraphQLSchema, operation: OperationDefinitionNode, pairs: Iterable[tuple[str, str]]
) -> dict[str, Any]:
    """The variables that parameters state. A list is stated by its entries, one by one; numbers
    and objects are JSON. Raises ParameterError; what does not fit the type is told by GraphQL."""
    kinds: Mapping[str, Any] = {
        definition.variable.name.value: type_from_ast(schema, definition.type)
        for definition in operation.variable_definitions or ()
    }
    found: dict[str, Any] = {}
    for name, text in pairs:
        if name not in kinds:
            valid = ", ".join(sorted(kinds)) or "none"
            raise ParameterError(name, f"is no parameter of this view; valid: {valid}, format")
        kind: Any = get_nullable_type(kinds[name])
        if is_list_type(kind):
            found.setdefault(name, []).append(_value(name, get_nullable_type(kind.of_type), text))
        elif name in found:
            raise ParameterError(name, "is given twice")
        else:
            found[name] = _value(name, kind, text)
    return found


def _value(name: str, kind: GraphQLInputType, text: str) -> Any:
    if is_enum_type(kind) or getattr(kind, "name", "") in _TEXTS:
        return text
    if getattr(kind, "name", "") == "Boolean":
        return _TRUTH.get(text, text)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise ParameterError(
            name, f"is no {kind}; numbers and objects are written as JSON"
        ) from None
