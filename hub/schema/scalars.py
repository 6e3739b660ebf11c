"""Scalars as GraphQL knows them."""

from dataclasses import replace
from datetime import UTC, datetime

from strawberry.schema.types.base_scalars import DateTimeDefinition


def _told(moment: datetime) -> str:
    """ISO 8601. What the store reads quickly names no zone, and is UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


DATE_TIME = replace(
    DateTimeDefinition,
    description="A moment, ISO 8601. Answers are in UTC; what you send must name its zone.",
    serialize=_told,
)
