"""The words of a connector's YAML (docs/connectors.md) that all kinds share."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from hub.connectors.vocabulary import Vocabulary, is_reference, suggest
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


def _secret(text: str) -> str:
    if not is_reference(text):
        raise ValueError("write no secret here; name a variable that holds it: ${env.NAME}")
    return text


_INDONESIAN_ZONES = {"Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura"}

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,62}$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$")]
Programme = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]*$")]
Text = Annotated[str, StringConstraints(min_length=1)]
ZoneName = Annotated[str, AfterValidator(_zone)]
ProvinceCode = Annotated[str, AfterValidator(_province)]
DistrictCode = Annotated[str, AfterValidator(_district)]
Secret = Annotated[str, AfterValidator(_secret)]


class Flag(Vocabulary):
    """True where the text at `path`, a list parted by `|`, has this word."""

    path: Text
    has: Text


Path = Text | Annotated[list[Text], Field(min_length=1)]
"""A dotted name or JSONPath (`$…`); of several the values are joined by a space."""


class Select(Vocabulary):
    """Where in a record each of the hub's fields is. The names are those of the API."""

    external_id: Text
    number: Text | None = None
    classification: Text | None = None
    category: Text | None = None
    status: Text
    title: Text | None = None
    description: Text | None = None
    received_at: Path
    updated_at: Path | None = None
    handed_over_at: Path | None = None
    followed_up_at: Path | None = None
    closed_at: Path | None = None
    due_at: Path | None = None
    province: Text | None = None
    district: Text | None = None
    address: Text | None = None
    longitude: Text | None = None
    latitude: Text | None = None
    institution: Text | None = None
    anonymous: Text | Flag | None = None
    secret: Text | Flag | None = None
    reporter_name: Text | None = None
    reporter_contact: Text | None = None


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


class BearerAuth(Vocabulary):
    """`Authorization: Bearer …`."""

    type: Literal["bearer"]
    token: Secret


class ApiKeyAuth(Vocabulary):
    """A key in a header or in the query."""

    type: Literal["api_key"]
    name: Text
    api_key: Secret
    location: Literal["header", "query"] = "header"


class SinglePage(Vocabulary):
    """All records come in one answer."""

    type: Literal["single_page"]


class PageNumber(Vocabulary):
    """Pages counted by the client, to the first empty one."""

    type: Literal["page_number"]
    base_page: int = 1
    page_param: Text = "page"


class Cursor(Vocabulary):
    """Each answer names the next one."""

    type: Literal["cursor"]
    cursor_path: Text
    cursor_param: Text = "cursor"


Paginator = Annotated[SinglePage | PageNumber | Cursor, Field(discriminator="type")]


class Incremental(Vocabulary):
    """Asking only for what is new since the checkpoint, by a time in the record."""

    cursor_path: Text
    initial_value: AwareDatetime
    lookback_window: timedelta = timedelta(0)
    row_order: Literal["asc"] | None = None
    datetime_format: Text | None = None

    def start_value(self, last_value: str | None) -> datetime:
        """From when to ask: the checkpoint less the lookback, or the initial value."""
        if last_value is None:
            return self.initial_value
        return datetime.fromisoformat(last_value) - self.lookback_window


class HttpClient(Vocabulary):
    """How to reach a channel over HTTP."""

    base_url: Text
    headers: dict[str, str] = {}
    auth: Annotated[BearerAuth | ApiKeyAuth, Field(discriminator="type")] | None = None


class ConnectorConfig(Vocabulary):
    """What every connector says of itself."""

    version: Literal["1"]
    name: Slug
    type: Text
    title: Text | None = None
    documentation_url: Text | None = None

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The resources of the channel."""
        raise NotImplementedError

    @property
    def channel(self) -> str:
        """The channel that complaints are filed under; the connector's name unless stamped."""
        return self.mapped[0].permission.set.channel or self.name
