"""Record → complaint. What can't be mapped is refused with the field and the value."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from hub.connectors.base import Record
from hub.connectors.config import Flag, Resource
from hub.connectors.mapping.paths import selector, text_reader
from hub.connectors.mapping.times import time_reader
from hub.domain.complaint import (
    Classification,
    Complaint,
    ComplaintStatus,
    Location,
    Reporter,
    StatusChange,
)
from hub.domain.region import Region, Resolution, regions
from hub.domain.run import ErrorCode, Rejection

_TRUE = {"true", "t", "1", "yes", "y", "ya"}
_FALSE = {"false", "f", "0", "no", "n", "tidak", ""}
_MAX_CACHED_PLACES = 10_000
_MAX_LABELS = 10_000
T = TypeVar("T")


class Districts(Protocol):
    """Outlines of districts; `version` changes with them."""

    version: str

    def at(self, longitude: float, latitude: float) -> list[str]:
        """The codes of all districts that have this point."""


class Mapper:
    """Maps the records of one resource.

    `unmapped` counts labels that the mapping does not know and the complaint went on without:
    (field, label) → records, for the first 10,000 labels; `missed` counts them all.
    """

    def __init__(
        self, resource: Resource, channel: str, districts: Districts | None = None
    ) -> None:
        self.unmapped: Counter[tuple[str, str]] = Counter()
        self.missed = 0
        self._resource = resource
        self._channel = channel
        self._districts = districts
        # Each field has a reader, also those that are not selected: theirs reads nothing.
        self._read = {name: text_reader(_paths(value)) for name, value in resource.select}
        self._flags = {n: f.has.casefold() for n, f in resource.select if isinstance(f, Flag)}
        self._parse = time_reader(resource.datetime_format)
        self._zone = resource.zone
        self._statuses = _labels(resource.status_mapping)
        self._classifications = _labels(resource.classification_mapping)
        self._categories = _labels(resource.category_mapping)
        self._programmes = _labels(resource.programme_mapping)
        told = resource.timeline
        self._entries = selector(told.path) if told else _no_entries
        self._entry_at = text_reader([told.at] if told else [])
        self._entry_status = text_reader([told.status] if told else [])
        self._places: dict[tuple[str | None, str | None], tuple[Region | None, Region | None]] = {}

    def external_id(self, record: Record) -> str | None:
        """The id that the channel gives a record, or None."""
        return self._read["external_id"](record)

    def status(self, label: str) -> ComplaintStatus | None:
        """What a label of the status is mapped to, or None."""
        return self._statuses.get(label.casefold())

    def map(self, record: Record) -> Complaint:
        """The complaint that a record tells of. Raises Rejection."""
        external_id = self.external_id(record)
        if external_id is None:
            raise Rejection("external_id", None, "the record has no id", code=ErrorCode.MISSING)
        try:
            return self._map(record, external_id)
        except Rejection as rejection:
            rejection.external_id = external_id
            raise

    def _map(self, record: Record, external_id: str) -> Complaint:
        location = self._location(record)
        province, district = self._place(record, location)
        place = district or province
        zone = self._zone or (place.zone if place else None)
        received_at = self._time(record, "received_at", zone)
        if received_at is None:
            raise Rejection("received_at", None, "the record has no date", code=ErrorCode.MISSING)
        status_source = self._read["status"](record) or ""
        status = self.status(status_source)
        if status is None:
            raise Rejection(
                "status",
                status_source or None,
                "unknown status; see status_mapping",
                code=ErrorCode.UNMAPPED,
            )
        category_source = self._read["category"](record)
        return Complaint(
            channel=self._channel,
            external_id=external_id,
            number=self._read["number"](record) or external_id,
            sp4n_id=self._sp4n_id(record),
            classification=self._label(record, "classification", self._classifications)
            or Classification.UNCLASSIFIED,
            category=self._label(record, "category", self._categories),
            category_source=category_source,
            programme=self._programmes.get((category_source or "").casefold()),
            status=status,
            status_source=status_source,
            title=self._read["title"](record),
            description=self._read["description"](record),
            received_at=received_at,
            updated_at=self._time(record, "updated_at", zone),
            handed_over_at=self._time(record, "handed_over_at", zone),
            followed_up_at=self._time(record, "followed_up_at", zone),
            closed_at=self._time(record, "closed_at", zone),
            due_at=self._time(record, "due_at", zone),
            province=province.code if province else None,
            district=district.code if district else None,
            address=self._read["address"](record),
            location=location,
            institution=self._read["institution"](record),
            anonymous=self._flag(record, "anonymous"),
            secret=self._flag(record, "secret"),
            reporter=self._reporter(record),
            history=self._history(record, zone),
        )

    def _sp4n_id(self, record: Record) -> str | None:
        """The id in SP4N-LAPOR!; none in "-" or "0", which is how channels write that."""
        text = self._read["sp4n_id"](record)
        return text if text and text.strip("0 -") else None

    def _label(self, record: Record, field: str, labels: Mapping[str, T]) -> T | None:
        """What a label is mapped to; a label that is not is counted."""
        source = self._read[field](record)
        if source is None:
            return None
        target = labels.get(source.casefold())
        if target is None:
            self._miss(field, source)
        return target

    def _miss(self, field: str, label: str) -> None:
        self.missed += 1
        # A channel may write a million different ones; a run's memory must not grow with them.
        if (field, label) in self.unmapped or len(self.unmapped) < _MAX_LABELS:
            self.unmapped[field, label] += 1

    def _place(
        self, record: Record, location: Location | None
    ) -> tuple[Region | None, Region | None]:
        """(province, district). What the operator stamps goes before what the record says, and
        that before the point, which is asked where no district is named."""
        texts = self._read["province"](record), self._read["district"](record)
        if texts not in self._places:
            if len(self._places) >= _MAX_CACHED_PLACES:
                self._places.clear()
            self._places[texts] = self._resolve(*texts)
        place = self._places[texts]
        if location and self._districts:
            place = self._by_point(
                *place, self._districts.at(location.longitude, location.latitude)
            )
        self._check(*place)
        return place

    def _by_point(
        self, province: Region | None, district: Region | None, found: list[str]
    ) -> tuple[Region | None, Region | None]:
        """The place, with the district that the point is in where none is named. A name that the
        point disagrees with stands, and so does no district where the point is in several."""
        named = district or province
        if named and found and not any(code.startswith(named.code) for code in found):
            self._miss("location", f"the point is in {', '.join(found)}, named is {named.code}")
            return province, district
        if district or len(found) != 1:
            return province, district
        return regions().get(found[0][:2]), regions().get(found[0])

    def _resolve(self, in_province: str | None, in_district: str | None) -> tuple[Any, Any]:
        codes, stamp = self._resource.region_codes, self._resource.permission.set
        province, district = regions().get(stamp.province), regions().get(stamp.district)
        if district:
            return regions().get(district.province), district
        if in_province and not province:
            province = _found("province", in_province, regions().province(in_province, codes))
        if in_district:
            within = province.code if province else None
            resolution = regions().district(in_district, codes, within)
            district = _found("district", in_district, resolution)
            province = regions().get(district.province)
        return province, district

    def _check(self, province: Region | None, district: Region | None) -> None:
        check = self._resource.permission.check
        for name, allowed, region in (
            ("province", check.province, province),
            ("district", check.district, district),
        ):
            code = region.code if region else None
            if allowed and code not in allowed.in_:
                raise Rejection(
                    name,
                    code,
                    "this connector may not write there (permission.check)",
                    code=ErrorCode.NOT_PERMITTED,
                )

    def _time(self, record: Record, field: str, zone: ZoneInfo | None) -> datetime | None:
        """A time as UTC. One that names no zone is of the resource's zone, else the district's."""
        text = self._read[field](record)
        if text is None:
            return None
        try:
            moment = self._moment(text, zone)
        except (ValueError, OverflowError):
            expected = self._resource.datetime_format or "ISO 8601"
            raise Rejection(
                field, text, f"not a date and time ({expected})", code=ErrorCode.NO_TIME
            ) from None
        if moment is None:
            raise Rejection(
                field, text, "names no time zone; state one with `timezone`", code=ErrorCode.NO_ZONE
            )
        return moment

    def _moment(self, text: str, zone: ZoneInfo | None) -> datetime | None:
        """A time as UTC, None where no zone is known. Raises ValueError and OverflowError."""
        parsed = self._parse(text)
        if parsed.tzinfo is None and zone:
            parsed = parsed.replace(tzinfo=zone)
        # Year 1 is how some write that there is no time; in UTC it may be before that.
        return parsed.astimezone(UTC) if parsed.tzinfo else None

    def _history(self, record: Record, zone: ZoneInfo | None) -> tuple[StatusChange, ...]:
        """The changes of status that the record tells of; one that can't be read is counted."""
        found = []
        for entry in self._entries(record):
            label, text = self._entry_status(entry), self._entry_at(entry) or ""
            if label is None:
                continue
            status = self._statuses.get(label.casefold())
            try:
                at = self._moment(text, zone)
            except (ValueError, OverflowError):
                at = None
            if status is None or at is None:
                self._miss("timeline", label if status is None else text)
            else:
                # As exact as it is stored.
                at = at.replace(microsecond=at.microsecond // 1000 * 1000)
                found.append(StatusChange(at, status, label))
        return tuple(sorted(found, key=lambda change: change.at))

    def _flag(self, record: Record, field: str) -> bool:
        text = (self._read[field](record) or "").casefold()
        if field in self._flags:
            return self._flags[field] in [word.strip() for word in text.split("|")]
        if text in _TRUE:
            return True
        if text not in _FALSE:
            raise Rejection(field, text, "neither yes nor no", code=ErrorCode.NO_FLAG)
        return False

    def _location(self, record: Record) -> Location | None:
        """The point; none at 0,0, which is how channels write that they have none."""
        texts = self._read["longitude"](record), self._read["latitude"](record)
        if None in texts:
            return None
        try:
            longitude, latitude = float(texts[0] or ""), float(texts[1] or "")
        except ValueError:
            longitude, latitude = 999.0, 999.0
        if longitude == latitude == 0:
            return None
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # noqa: PLR2004 - degrees
            self._miss("location", f"{texts[0]}, {texts[1]}")
            return None
        return Location(longitude, latitude)

    def _reporter(self, record: Record) -> Reporter | None:
        name, contact = self._read["reporter_name"](record), self._read["reporter_contact"](record)
        return Reporter(name, contact) if name or contact else None


def _no_entries(_: Record) -> list[Any]:
    return []


def _found(field: str, text: str, resolution: Resolution) -> Region:
    if resolution.region is None:
        raise Rejection(field, text, resolution.reason or "unknown", code=ErrorCode.UNKNOWN_REGION)
    return resolution.region


def _paths(value: str | list[str] | Flag | None) -> list[str]:
    if value is None:
        return []
    if isinstance(value, Flag):
        return [value.path]
    return [value] if isinstance(value, str) else value


def _labels(mapping: Mapping[str, T]) -> dict[str, T]:
    """Labels without regard to case: one server writes Open, another open."""
    return {label.casefold(): target for label, target in mapping.items()}
