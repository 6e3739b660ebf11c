"""The words of a connector's YAML (docs/connectors.md) that all kinds share."""

from datetime import timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from hub.connectors.mapping.paths import getter, selector
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


def _selector(path: str) -> str:
    selector(path)
    return path


_INDONESIAN_ZONES = {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]
Programme = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
ZoneName = Annotated[str, AfterValidator(_zone)]
ProvinceCode = Annotated[
    str,
    AfterValidator(_province),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\d\d$"}),
]
DistrictCode = Annotated[
    str,
    AfterValidator(_district),
    WithJsonSchema({"type": ["string", "number"], "pattern": r"^\d\d\.\d\d$"}),
]
Where = Annotated[Text, AfterValidator(_where)]
Selector = Annotated[Text, AfterValidator(_selector)]


class Flag(Vocabulary):
    """True where the text at `path`, a list parted by `|`, has this word."""

    path: Where
    """Where the text is."""
    has: Text
    """The word that makes it true."""


Path = Where | Annotated[list[Where], Field(min_length=1)]
"""A dotted name or JSONPath (`$…`); of several the values are joined by a space."""


class Select(Vocabulary):
    """Where in a record each of the hub's fields is. The names are those of the API."""

    external_id: Where
    """The channel's own id of the record."""
    number: Where | None = None
    """What the reporter was given; the external id if left out."""
    sp4n_id: Where | None = None
    """The id that the same report has in SP4N-LAPOR!; of that channel itself its own."""
    classification: Where | None = None
    """The label that `classification_mapping` reads."""
    category: Where | None = None
    """The label that `category_mapping` reads."""
    status: Where
    """The label that `status_mapping` reads."""
    title: Where | None = None
    """A short text."""
    description: Where | None = None
    """What the citizen wrote."""
    received_at: Path
    """When the channel received it."""
    updated_at: Path | None = None
    """When it last changed."""
    handed_over_at: Path | None = None
    """When it was handed to the office in charge."""
    followed_up_at: Path | None = None
    """When that office first answered."""
    closed_at: Path | None = None
    """When it was closed."""
    due_at: Path | None = None
    """Until when it has to be followed up."""
    province: Where | None = None
    """Name or code of the province."""
    district: Where | None = None
    """Name or code of the kabupaten or kota."""
    address: Where | None = None
    """Where it is, in words."""
    longitude: Where | None = None
    """Degrees east, WGS 84."""
    latitude: Where | None = None
    """Degrees north, WGS 84."""
    institution: Where | None = None
    """The office in charge."""
    anonymous: Where | Flag | None = None
    """Whether the reporter's name is to be withheld."""
    secret: Where | Flag | None = None
    """Whether the words are for the offices concerned only."""
    reporter_name: Where | None = None
    """Personal data: sealed."""
    reporter_contact: Where | None = None
    """Personal data: sealed."""


class Stamp(Vocabulary):
    """What every complaint of this resource gets, whatever the record says."""

    channel: Slug | None = None
    """The channel's name; the connector's if left out."""
    province: ProvinceCode | None = None
    """Kemendagri code: '73'."""
    district: DistrictCode | None = None
    """Kemendagri code: '73.71'."""


class ProvinceIn(Vocabulary):
    """One of these provinces."""

    in_: list[ProvinceCode] = Field(alias="_in")
    """Kemendagri codes: ['73']."""


class DistrictIn(Vocabulary):
    """One of these districts."""

    in_: list[DistrictCode] = Field(alias="_in")
    """Kemendagri codes: ['73.71']."""


class Check(Vocabulary):
    """Where this connector may write; a record from elsewhere is a dead letter."""

    province: ProvinceIn | None = None
    """The province has to be one of these."""
    district: DistrictIn | None = None
    """The district has to be one of these."""


class PermissionRule(Vocabulary):
    """What is stamped on a record, and what is verified of it."""

    set: Stamp = Stamp()
    """Stamped on each complaint."""
    check: Check = Check()
    """Verified of each complaint."""


class Timeline(Vocabulary):
    """A list in the record that tells how its status changed."""

    path: Selector
    """JSONPath of its entries: $.replies[*]."""
    at: Where
    """Where in an entry its time is."""
    status: Where
    """Where in an entry the label that `status_mapping` reads is; without one it is no change."""


class Resource(Vocabulary):
    """One list of records of a channel, and how a record becomes a complaint."""

    name: Slug
    """The checkpoint is kept under it."""
    select: Select
    """Where in a record each field is."""
    timeline: Timeline | None = None
    """Where the record tells how its status changed; else the hub notes what it sees."""
    classification_mapping: dict[str, Classification] = {}
    """Label → the hub's classification."""
    category_mapping: dict[str, Word] = {}
    """Label → the hub's category, lower case with dots: roads.lighting."""
    programme_mapping: dict[str, Programme] = {}
    """Label of the category → a programme: COVID19."""
    status_mapping: dict[str, ComplaintStatus] = {s.value: s for s in ComplaintStatus}
    """Label → the hub's status. An unknown label is a dead letter."""
    region_codes: RegionCodes | None = None
    """The system of codes without a dot."""
    timezone: ZoneName | None = None
    """Zone of times that name none; the district's if left out."""
    datetime_format: Text | None = None
    """`strptime` pattern of all times in the record; ISO 8601 if left out."""
    permission: PermissionRule = PermissionRule()
    """Where this resource may write."""

    @property
    def zone(self) -> ZoneInfo | None:
        """The zone of times that name none, where the operator states it."""
        return ZoneInfo(self.timezone) if self.timezone else None


class DeadLetters(Vocabulary):
    """How long dead letters are kept after a run last met their record."""

    retention: Annotated[Duration, Field(ge=timedelta(days=1))]
    """How long: P90D, at least P1D."""


class ConnectorConfig(Vocabulary):
    """What every connector says of itself."""

    version: Literal["1"]
    """Version of this vocabulary."""
    name: Slug
    """The connector's name: what `hub sync` takes."""
    type: Text
    """The kind of channel."""
    title: Text | None = None
    """The channel's name as clients read it."""
    documentation_url: Text | None = None
    """Where the channel is described, for whoever reads the file."""
    schedule: Schedule | None = None
    """When the hub runs the connector by itself."""
    dead_letter: DeadLetters | None = None
    """How long dead letters are kept."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The resources of the channel."""
        raise NotImplementedError

    @property
    def open_to_operators(self) -> bool:
        """Whether an operator may register it over the API; else only a file describes it."""
        return False

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
