"""The types of the plain Strawberry peer."""

from datetime import datetime
from enum import Enum
from typing import Any, Self

import strawberry

from hub.domain.complaint import Classification, ComplaintStatus

strawberry.enum(Classification)
strawberry.enum(ComplaintStatus)


@strawberry.enum
class Dimension(Enum):
    """What figures can be grouped by."""

    DISTRICT = "DISTRICT"
    STATUS = "STATUS"
    CATEGORY = "CATEGORY"
    MONTH = "MONTH"


@strawberry.type
class Location:
    """A point."""

    longitude: float
    latitude: float


@strawberry.type
class StatusChange:
    """A step."""

    at: datetime
    status: ComplaintStatus
    status_source: str | None


@strawberry.type
class Complaint:
    """A complaint."""

    document: strawberry.Private[dict[str, Any]]
    id: strawberry.ID
    number: str
    external_id: str
    classification: Classification
    category: str | None
    category_source: str | None
    status: ComplaintStatus
    status_source: str
    title: str | None
    description: str | None
    received_at: datetime
    updated_at: datetime
    due_at: datetime | None
    institution: str | None

    @classmethod
    def of(cls, d: dict[str, Any]) -> Self:
        """From a document."""
        return cls(
            document=d,
            id=strawberry.ID("complaint:" + d["_id"]),
            number=d["number"],
            external_id=d["external_id"],
            classification=Classification(d["classification"]),
            category=d["category"],
            category_source=d["category_source"],
            status=ComplaintStatus(d["status"]),
            status_source=d["status_source"],
            title=d["title"],
            description=d["description"],
            received_at=d["received_at"],
            updated_at=d["updated_at"],
            due_at=d["due_at"],
            institution=d["institution"],
        )

    @strawberry.field
    def location(self) -> Location | None:
        """Where."""
        at = self.document["location"]
        return (
            Location(longitude=at["coordinates"][0], latitude=at["coordinates"][1]) if at else None
        )

    @strawberry.field
    def timeline(self) -> list[StatusChange]:
        """Its steps."""
        return [
            StatusChange(
                at=s["at"], status=ComplaintStatus(s["status"]), status_source=s["status_source"]
            )
            for s in self.document["timeline"]
        ]


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class ComplaintConnection:
    """A page."""

    nodes: list[Complaint]
    page_info: PageInfo


@strawberry.type
class KeyValue:
    """A key of a group."""

    key: Dimension
    value: str | None


@strawberry.type
class IndicatorRow:
    """Figures of a group."""

    keys: list[KeyValue]
    received: int
    followed_up: int
    overdue: int


@strawberry.type
class Channel:
    """A channel."""

    name: str
    title: str


@strawberry.input
class StringFilter:
    """A condition on a text."""

    eq: str | None = None


@strawberry.input
class ComplaintFilter:
    """Conditions."""

    province: StringFilter | None = None
    district: StringFilter | None = None
