"""A complaint as a channel handed it over, in the hub's words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b

import orjson


class Classification(StrEnum):
    """The kinds of report that SP4N-LAPOR! distinguishes, and none stated."""

    COMPLAINT_SUPERVISORY = "complaint_supervisory"
    COMPLAINT = "complaint"
    ASPIRATION = "aspiration"
    INFORMATION_REQUEST = "information_request"
    UNCLASSIFIED = "unclassified"


class ComplaintStatus(StrEnum):
    """Where a complaint stands."""

    RECEIVED = "received"
    VERIFIED = "verified"
    WAITING_REPORTER = "waiting_reporter"
    IN_PROGRESS = "in_progress"
    FOLLOWED_UP = "followed_up"
    CLOSED = "closed"
    ARCHIVED = "archived"
    REJECTED = "rejected"


OPEN_STATUSES = (
    ComplaintStatus.RECEIVED,
    ComplaintStatus.VERIFIED,
    ComplaintStatus.WAITING_REPORTER,
    ComplaintStatus.IN_PROGRESS,
)
"""Not yet answered: only these can be overdue."""

FOLLOWED_UP_STATUSES = (
    ComplaintStatus.IN_PROGRESS,
    ComplaintStatus.FOLLOWED_UP,
    ComplaintStatus.CLOSED,
)
"""Counted as followed up (tindak lanjut): being worked on, answered or done. Archived is not."""


@dataclass(frozen=True, slots=True)
class Location:
    """A point in degrees, WGS 84."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who reported. Personal data: sealed at rest, shown by scope."""

    name: str | None
    contact: str | None


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A change of status that the channel tells of; `at` is UTC, `source` the channel's label."""

    at: datetime
    status: ComplaintStatus
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """A report of a citizen. Times are UTC and aware; what is unknown is None, never a guess."""

    channel: str
    external_id: str
    number: str
    sp4n_id: str | None = None
    classification: Classification = Classification.UNCLASSIFIED
    category: str | None = None
    category_source: str | None = None
    programme: str | None = None
    status: ComplaintStatus
    status_source: str
    title: str | None = None
    description: str | None = None
    received_at: datetime
    updated_at: datetime | None = None
    handed_over_at: datetime | None = None
    followed_up_at: datetime | None = None
    closed_at: datetime | None = None
    due_at: datetime | None = None
    province: str | None = None
    district: str | None = None
    address: str | None = None
    location: Location | None = None
    institution: str | None = None
    anonymous: bool = False
    secret: bool = False
    reporter: Reporter | None = None
    history: tuple[StatusChange, ...] = ()

    @property
    def id(self) -> str:
        """The identity that the same report has on every replica and at every sync."""
        return derived_id(self.channel, self.external_id)

    def content_hash(self, key: bytes) -> str:
        """Changes when anything that the channel says changes.

        Keyed, since it covers personal data that could otherwise be tried out against it.
        """
        return blake2b(orjson.dumps(self), key=key, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Provenance:
    """Which run of which configuration brought a complaint, and from which of its resources;
    `fetched_at` is UTC."""

    connector: str
    config_version: str
    run: str
    fetched_at: datetime
    resource: str | None = None


def derived_id(*parts: str) -> str:
    """A short id that follows from the parts alone; their boundaries count."""
    digest = blake2b(digest_size=12)
    for part in parts:
        raw = part.encode()
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return digest.hexdigest()
