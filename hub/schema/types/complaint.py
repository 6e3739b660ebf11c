"""A complaint as clients see it."""

from datetime import UTC, datetime

import strawberry

from hub.domain.complaint import OPEN_STATUSES, Classification, ComplaintStatus
from hub.domain.deadline_rules import DeadlineStage, standing_rules
from hub.domain.deadlines import is_late
from hub.domain.region import regions
from hub.domain.remaining import remaining
from hub.domain.working_days import Calendar
from hub.schema.context import Document
from hub.schema.source import derived, entity, joined, output, stored
from hub.schema.types.case import Case
from hub.schema.types.channel import Channel, channel_named
from hub.schema.types.node import Node, stored_id
from hub.schema.types.region import Region


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)  # as the store reads complaints


def _overdue(complaint: Document) -> bool:
    due = complaint["due_at"]
    return due is not None and due < _now() and complaint["status"] in OPEN_STATUSES


def _overdue_ever(complaint: Document) -> bool:
    return complaint.get("late") is True or _overdue(complaint)


def _late(deadline: Document) -> bool | None:
    return is_late(deadline["due_at"], deadline["ended_at"], deadline["pending"], _now())


_STAGES: dict[str | None, DeadlineStage] = {stage.value: stage for stage in DeadlineStage}


def _remaining(clock: Document | None, calendar: Calendar) -> int | None:
    if clock is None or clock.get("due_at") is None:
        return clock.get("left") if clock else None
    due_at = clock["due_at"].replace(tzinfo=UTC)
    return remaining(calendar.clock(clock["place"]), datetime.now(UTC), due_at)


def _source(rule: str | None) -> str | None:
    return next((each.source for each in standing_rules() if each.name == rule), None)


@output
class Location:
    """A point, WGS 84."""

    longitude: float = derived(lambda point: point["coordinates"][0], "Degrees east.")
    latitude: float = derived(lambda point: point["coordinates"][1], "Degrees north.")


@output
class Reporter:
    """Who reported: personal data."""

    name: str | None = derived(lambda reporter: reporter.name, "As the channel has it.")
    contact: str | None = derived(lambda reporter: reporter.contact, "Telephone or e-mail.")


@output
class StatusChange:
    """A step in the life of a complaint."""

    at: datetime = stored(
        "at", "When, as the channel says; else when the hub first saw the new status."
    )
    status: ComplaintStatus = stored("status", "The hub's status.", ComplaintStatus)
    status_source: str | None = stored("status_source", "The channel's label.")


@output
class Deadline:
    """By when something has to be done with a complaint, and what became of it."""

    stage: DeadlineStage = stored("stage", "What has to be done.", DeadlineStage)
    due_at: datetime | None = stored(
        "due_at",
        "Until when: the end of a working day in the district's zone. Null where no rule says, and "
        "while the clock stands still because the reporter is asked for more.",
    )
    ended_at: datetime | None = stored(
        "ended_at", "When it was done, or the complaint put aside; null where nobody says when."
    )
    pending: bool = stored("pending", "It is still to be done.")
    late: bool | None = derived(
        _late, "It was done, or is still to be done, after `dueAt`; null where that is not known."
    )
    rule: str | None = stored("rule", "Name of the rule; null for the channel's own deadline.")
    source: str | None = stored("rule", "The regulation that the rule stands in.", _source)


@output
class Provenance:
    """Which run of which configuration brought a complaint."""

    connector: str = stored("connector", "Name of the connector.")
    config_version: str = stored("config_version", "The configuration that mapped it.")
    run: strawberry.ID = stored("run", "The run that stored this content.")
    fetched_at: datetime = stored("fetched_at", "When this content was read from the channel.")
    hash: str = stored("hash", "Changes with the content.")


@entity
class Complaint(Node):
    """A report of a citizen. Times are UTC; what is unknown is null."""

    id: strawberry.ID = stored_id("complaint")
    number: str = stored("number", "The number that the reporter was given.")
    external_id: str = stored("external_id", "The channel's own id.")
    sp4n_id: str | None = derived(
        lambda complaint: complaint.get("sp4n_id"),
        "The id that the same report has in SP4N-LAPOR!, where its channel states it.",
        needs=("sp4n_id",),
    )
    classification: Classification = stored("classification", "Its kind.", Classification)
    category: str | None = stored("category", "The hub's category; null where none is mapped.")
    category_source: str | None = stored("category_source", "The channel's category.")
    programme: str | None = stored("programme", "A programme with rules of its own: COVID19.")
    status: ComplaintStatus = stored("status", "Where it stands.", ComplaintStatus)
    status_source: str = stored("status_source", "The channel's label for it.")
    title: str | None = stored("title", "Null where a secret complaint's words are not for you.")
    description: str | None = stored("description", "Null like `title`.")
    received_at: datetime = stored("received_at", "When the channel received it.")
    updated_at: datetime = stored(
        "updated_at", "When the channel last changed it, or the hub last saw a change."
    )
    handed_over_at: datetime | None = stored("handed_over_at", "Disposition to an institution.")
    followed_up_at: datetime | None = stored("followed_up_at", "First follow-up (tindak lanjut).")
    closed_at: datetime | None = stored("closed_at", "When it was closed.")
    due_at: datetime | None = stored(
        "due_at",
        "By when an answer is due: as the channel says, else by the rules in working days.",
    )
    overdue: bool = derived(_overdue, "Past `dueAt` and not answered.", needs=("due_at", "status"))
    overdue_ever: bool = derived(
        _overdue_ever,
        "Overdue now, or answered after `dueAt`.",
        needs=("late", "due_at", "status"),
    )
    remaining_working_days: int | None = joined(
        lambda context: context.calendar(),
        "clock",
        _remaining,
        "Working days of the district from today to `dueAt`: 0 on the last day, -1 or less once it "
        "is over. Null where nothing is due.",
    )
    stage: DeadlineStage | None = derived(
        lambda complaint: _STAGES.get(complaint.get("stage")),
        "What has to be done now; null where nothing has.",
        needs=("stage",),
    )
    stage_due_at: datetime | None = derived(
        lambda complaint: complaint.get("stage_due_at"),
        "By when that has to be done.",
        needs=("stage_due_at",),
    )
    deadlines: list[Deadline] = derived(
        lambda complaint: complaint.get("deadlines") or [],
        "By when it was or is to be verified, followed up and answered, and closed once it is "
        "answered. Empty for what an earlier version of the hub stored, until it is reckoned.",
        needs=("deadlines",),
    )
    reopened: bool = derived(
        lambda complaint: complaint.get("reopened") is True,
        "It was closed or put aside, and is or was open again.",
        needs=("reopened",),
    )
    province: Region | None = stored(
        "province", "Null if it could not be placed.", regions().get, constant=True
    )
    district: Region | None = stored(
        "district", "Null for a provincial matter.", regions().get, constant=True
    )
    address: str | None = stored("address", "Null like `title`.")
    location: Location | None = stored("location", "Null like `title`.")
    institution: str | None = stored("institution", "Who handles it.")
    anonymous: bool = stored("anonymous", "The reporter's name is hidden (anonim).")
    secret: bool = stored("secret", "The report is not public (rahasia).")
    reporter: Reporter | None = stored(
        "reporter", "Needs the OAuth scope complaints:pii; null for anonymous complaints."
    )
    timeline: list[StatusChange] = stored("timeline", "Its steps, the first being the receipt.")
    provenance: Provenance = stored("provenance", "Where it came from.")

    case: Case | None = joined(
        lambda context: context.cases(),
        "_id",
        lambda id_, cases: cases.load(id_),
        "What it is a report of, by itself or with the same report as it came by other channels; "
        "null for what is not stored.",
        awaited=True,
    )
    channel: Channel = joined(
        lambda context: context.channels_by_name(),
        "channel",
        lambda name, known: known.get(name) or channel_named(name),
        "The channel that it came by.",
    )

    @classmethod
    def is_type_of(cls, *_: object) -> bool:
        """Documents of complaints; nothing else is handed to this type."""
        return True
