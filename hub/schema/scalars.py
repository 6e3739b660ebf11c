"""Scalars as GraphQL knows them, and values that are none of theirs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from graphql import GraphQLEnumType, GraphQLError, GraphQLSchema
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.schema.types.base_scalars import DateDefinition, DateTimeDefinition
from strawberry.types.scalar import ScalarDefinition


def _told(moment: datetime) -> str:
    """ISO 8601. What the store reads quickly names no zone, and is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _reader(of: ScalarDefinition, example: str) -> Callable[[object], object]:
    """Reads a text as its scalar does, or says how it is to be written."""

    def read(value: object) -> object:
        try:
            return of.parse_value(value) if of.parse_value else value
        except StrawberryInputCoercionError:
            # GraphQL says of what, and where.
            raise ValueError(f"it is written as {example}") from None

    return read


DATE_TIME = replace(
    DateTimeDefinition,
    description="A moment, ISO 8601. Answers are in UTC; what you send must name its zone.",
    serialize=_told,
    parse_value=_reader(DateTimeDefinition, "2020-07-01T08:00:00+08:00"),
)
DATE = replace(
    DateDefinition,
    description="A day, ISO 8601: 2020-07-31.",
    parse_value=_reader(DateDefinition, "2020-07-31"),
)


def tell_values(schema: GraphQLSchema) -> None:
    """Lets errors about values of enumerations say which there are, unless suggestions are hidden:
    GraphQL itself names one that is spelt alike, if there is any."""
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLEnumType) and not kind.name.startswith("__"):
            for name in ("coerce_input_value", "coerce_input_literal"):
                setattr(kind, name, _telling(getattr(kind, name), ", ".join(kind.values)))


def _telling(coerce: Callable[..., Any], valid: str) -> Callable[..., Any]:
    def coerced(value: Any, hide_suggestions: bool = False) -> Any:
        try:
            return coerce(value, True)
        except GraphQLError as error:
            if hide_suggestions:
                raise
            told = f"{error.message.removesuffix('.')}; valid: {valid}"
            raise GraphQLError(told, error.nodes) from None

    return coerced
