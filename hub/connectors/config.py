"""The words of a connector's YAML (docs/connectors.md) that all kinds share."""

from datetime import timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from hub.connectors.paths import getter
from hub.connectors.schedule import Duration, Schedule
from hub.connectors.vocabulary import Vocabulary, suggest
from hub.domain.complaint import Classification, ComplaintStatus
from hub.domain.region import RegionCodes, regions


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"unknown time zone; {suggest(name, sorted(_INDONESIAN_ZONES))}, …")
    return name


def _province(code: str) -> str:
    if len(code) != 2 or not regions().get(code):  # noqa: PLR2004
        raise ValueError(f"{code!r} is not the code of a province, such as '73'")
    return code


def _district(code: str) -> str:
    if "." not in code or not regions().get(code):
        raise ValueError(f"{code!r} is not the code of a district, such as '73.71'")
    return code


def _where(path: str) -> str:
    getter(path)
    return path


_INDONESIAN_ZONES = {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]
Programme = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
ZoneName = Annotated[str, AfterValidator(_zone)]
ProvinceCode = Annotated[str, AfterValidator(_province)]
DistrictCode = Annotated[str, AfterValidator(_district)]
Where = Annotated[Text, AfterValidator(_where)]


class Flag(Vocabulary):
    """True where the text at `path`, a list parted by `|`, has this word."""

    path: Where
    has: Text


Path = Where | Annotated[list[Where], Field(min_length=1)]
"""A dotted name or JSONPath (`$…`); of several the values are joined by a space."""


class Select(Vocabulary):
    """Where in a record each of the hub's fields is. The names are those of the API."""

    external_id: Where
    number: Where | None = None
    classification: Where | None = None
    category: Where | None = None
    status: Where
    title: Where | None = None
    description: Where | None = None
    received_at: Path
    updated_at: Path | None = None
    handed_over_at: Path | None = None
    followed_up_at: Path | None = None
    closed_at: Path | None = None
    due_at: Path | None = None
    province: Where | None = None
    district: Where | None = None
    address: Where | None = None
    longitude: Where | None = None
    latitude: Where | None = None
    institution: Where | None = None
    anonymous: Where | Flag | None = None
    secret: Where | Flag | None = None
    reporter_name: Where | None = None
    reporter_contact: Where | None = None


class Stamp(Vocabulary):
    """What every complaint of this resource gets, whatever the record says."""

    channel: Slug | None = None
    province: ProvinceCode | None = None
    district: DistrictCode | None = None


class ProvinceIn(Vocabulary):
    """One of these provinces."""

    in_: list[ProvinceCode] = Field(alias="_in")


class DistrictIn(Vocabulary):
    """One of these districts."""

    in_: list[DistrictCode] = Field(alias="_in")


class Check(Vocabulary):
    """Where this connector may write; a record from elsewhere is a dead letter."""

    province: ProvinceIn | None = None
    district: DistrictIn | None = None


class PermissionRule(Vocabulary):
    """What is stamped on a record, and what is verified of it."""

    set: Stamp = Stamp()
    check: Check = Check()


class Resource(Vocabulary):
    """One list of records of a channel, and how a record becomes a complaint."""

    name: Slug
    select: Select
    classification_mapping: dict[str, Classification] = {}
    category_mapping: dict[str, Word] = {}
    programme_mapping: dict[str, Programme] = {}
    status_mapping: dict[str, ComplaintStatus] = {s.value: s for s in ComplaintStatus}
    region_codes: RegionCodes | None = None
    timezone: ZoneName | None = None
    datetime_format: Text | None = None
    permission: PermissionRule = PermissionRule()

    @property
    def zone(self) -> ZoneInfo | None:
        """The zone of times that name none, where the operator states it."""
        return ZoneInfo(self.timezone) if self.timezone else None


class DeadLetters(Vocabulary):
    """How long dead letters are kept after a run last met their record."""

    retention: Annotated[Duration, Field(ge=timedelta(days=1))]


class ConnectorConfig(Vocabulary):
    """What every connector says of itself."""

    version: Literal["1"]
    name: Slug
    type: Text
    title: Text | None = None
    documentation_url: Text | None = None
    schedule: Schedule | None = None
    dead_letter: DeadLetters | None = None

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The resources of the channel."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _one_channel(self) -> Self:
        names = [resource.name for resource in self.mapped]
        if len(set(names)) < len(names):
            raise ValueError(f"resources need names of their own, not {', '.join(names)}")
        if len({resource.permission.set.channel for resource in self.mapped}) > 1:
            raise ValueError("all resources have to set the same channel; a channel is a connector")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The zone of its hours and days: the first that a resource states, else that of the
        capital."""
        stated = (resource.zone for resource in self.mapped if resource.zone)
        return next(stated, ZoneInfo("Asia/Jakarta"))

    @property
    def channel(self) -> str:
        """The channel that complaints are filed under; the connector's name unless stamped."""
        return self.mapped[0].permission.set.channel or self.name
