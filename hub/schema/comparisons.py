"""What a field can be compared with, as clients write it."""

from datetime import datetime
from typing import Any, Generic, TypeVar

import strawberry
from strawberry import UNSET

from hub.domain.complaint import Classification, ComplaintStatus
from hub.domain.deadline_rules import DeadlineStage
from hub.schema.source import input_object


def unset(description: str, name: str | None = None) -> Any:
    """A field of an input that may be left out, which is not the same as null."""
    return strawberry.field(default=UNSET, description=description, name=name)


T = TypeVar("T")


@strawberry.input
class _Equality(Generic[T]):
    eq: T | None = unset("Is this.")
    ne: T | None = unset("Is not this; unknown is not this either.")
    in_: list[T] | None = unset("Is one of these.", "in")
    is_null: bool | None = unset("Is unknown, or is known.")


@strawberry.input
class _Range(_Equality[T]):
    gt: T | None = unset("Is more than this.")
    gte: T | None = unset("Is this or more.")
    lt: T | None = unset("Is less than this.")
    lte: T | None = unset("Is this or less.")


@input_object
class StringFilter(_Range[str]):
    """A condition on a text, compared by its characters."""


@input_object
class DateTimeFilter(_Range[datetime]):
    """A condition on a time."""


@input_object
class IdFilter:
    """A condition on an id, as fields of this API give it."""

    eq: strawberry.ID | None = unset("Is this.")
    ne: strawberry.ID | None = unset("Is not this.")
    in_: list[strawberry.ID] | None = unset("Is one of these.", "in")


@input_object
class RegionFilter(_Equality[str]):
    """A condition on a region, by Kemendagri code."""


@input_object
class StatusFilter(_Equality[ComplaintStatus]):
    """A condition on a status."""


@input_object
class ClassificationFilter(_Equality[Classification]):
    """A condition on a classification."""


@input_object
class StageFilter(_Equality[DeadlineStage]):
    """A condition on what has to be done."""


@input_object
class DaysFilter:
    """A condition on a number of days."""

    eq: int | None = unset("Are so many.")
    ne: int | None = unset("Are not so many; unknown are not so many either.")
    gt: int | None = unset("Are more.")
    gte: int | None = unset("Are so many or more.")
    lt: int | None = unset("Are fewer.")
    lte: int | None = unset("Are so many or fewer.")
    is_null: bool | None = unset("Are unknown, or are known.")


@input_object
class BooleanFilter:
    """A condition on a yes or no."""

    eq: bool | None = unset("Is this.")
    ne: bool | None = unset("Is not this.")


@input_object
class TruthFilter(_Equality[bool]):
    """A condition on a yes or no that may be unknown."""


@input_object
class KnownFilter:
    """Whether something is known."""

    is_null: bool | None = unset("Is unknown, or is known.")


@input_object
class StatusChangeFilter:
    """All that is given holds of one step."""

    at: DateTimeFilter | None = unset("When.")
    status: StatusFilter | None = unset("The hub's status.")
    status_source: StringFilter | None = unset("The channel's label.")


@input_object
class DeadlineFilter:
    """All that is given holds of one deadline."""

    stage: StageFilter | None = unset("What has to be done.")
    due_at: DateTimeFilter | None = unset("Until when.")
    ended_at: DateTimeFilter | None = unset("When it was done, or the complaint put aside.")
    pending: BooleanFilter | None = unset("It is still to be done.")
    late: TruthFilter | None = unset("It was done, or is still to be done, after that.")
    rule: StringFilter | None = unset("Name of the rule.")


@input_object
class ProvenanceFilter:
    """Where a complaint came from."""

    connector: StringFilter | None = unset("Name of the connector.")
    config_version: StringFilter | None = unset("The configuration that mapped it.")
    run: StringFilter | None = unset("The run that stored this content.")
    fetched_at: DateTimeFilter | None = unset("When this content was read from the channel.")
    hash: StringFilter | None = unset("Changes with the content.")
