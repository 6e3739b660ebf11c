"""Record → complaint. What can't be mapped is refused with the field and the value."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from hub.connectors.base import Record
from hub.connectors.config import Flag, Resource
from hub.connectors.paths import Getter, getter
from hub.domain.complaint import Classification, Complaint, Location, Reporter
from hub.domain.region import Region, Resolution, regions
from hub.domain.run import Rejection

_TRUE = {"true", "t", "1", "yes", "y", "ya"}
_FALSE = {"false", "f", "0", "no", "n", "tidak", ""}
_MAX_CACHED_PLACES = 10_000
T = TypeVar("T")


class Mapper:
    """Maps the records of one resource.

    `unmapped` counts labels that the mapping does not know and the complaint went on without:
    (field, label) → records.
    """

    def __init__(self, resource: Resource, channel: str) -> None:
        self.unmapped: Counter[tuple[str, str]] = Counter()
        self._resource = resource
        self._channel = channel
        chosen = {name: value for name, value in resource.select if value is not None}
        self._get: dict[str, list[Getter]] = {
            name: [getter(path) for path in _paths(value)] for name, value in chosen.items()
        }
        self._flags = {name: f.has for name, f in chosen.items() if isinstance(f, Flag)}
        self._statuses = _labels(resource.status_mapping)
        self._classifications = _labels(resource.classification_mapping)
        self._categories = _labels(resource.category_mapping)
        self._programmes = _labels(resource.programme_mapping)
        self._places: dict[tuple[str | None, str | None], tuple[Region | None, Region | None]] = {}

    def map(self, record: Record) -> Complaint:
        """The complaint that a record tells of. Raises Rejection."""
        external_id = self._text(record, "external_id")
        if external_id is None:
            raise Rejection("external_id", None, "the record has no id")
        try:
            return self._map(record, external_id)
        except Rejection as rejection:
            rejection.external_id = external_id
            raise

    def _map(self, record: Record, external_id: str) -> Complaint:
        province, district = self._place(record)
        place = district or province
        zone = self._resource.zone or (place.zone if place else None)
        received_at = self._time(record, "received_at", zone)
        if received_at is None:
            raise Rejection("received_at", None, "the record has no date")
        status_source = self._text(record, "status") or ""
        status = self._statuses.get(status_source.casefold())
        if status is None:
            raise Rejection("status", status_source or None, "unknown status; see status_mapping")
        category_source = self._text(record, "category")
        return Complaint(
            channel=self._channel,
            external_id=external_id,
            number=self._text(record, "number") or external_id,
            classification=self._label(record, "classification", self._classifications)
            or Classification.UNCLASSIFIED,
            category=self._label(record, "category", self._categories),
            category_source=category_source,
            programme=self._programmes.get((category_source or "").casefold()),
            status=status,
            status_source=status_source,
            title=self._text(record, "title"),
            description=self._text(record, "description"),
            received_at=received_at,
            updated_at=self._time(record, "updated_at", zone),
            handed_over_at=self._time(record, "handed_over_at", zone),
            followed_up_at=self._time(record, "followed_up_at", zone),
            closed_at=self._time(record, "closed_at", zone),
            due_at=self._time(record, "due_at", zone),
            province=province.code if province else None,
            district=district.code if district else None,
            address=self._text(record, "address"),
            location=self._location(record),
            institution=self._text(record, "institution"),
            anonymous=self._flag(record, "anonymous"),
            secret=self._flag(record, "secret"),
            reporter=self._reporter(record),
        )

    def _text(self, record: Record, field: str) -> str | None:
        """The values of a field as one text without outer space, or None."""
        parts = [
            str(v).strip() for get in self._get.get(field, ()) if (v := get(record)) is not None
        ]
        return " ".join(part for part in parts if part) or None

    def _label(self, record: Record, field: str, labels: Mapping[str, T]) -> T | None:
        """What a label is mapped to; a label that is not is counted."""
        source = self._text(record, field)
        if source is None:
            return None
        target = labels.get(source.casefold())
        if target is None:
            self.unmapped[field, source] += 1
        return target

    def _place(self, record: Record) -> tuple[Region | None, Region | None]:
        """(province, district). What the operator stamps goes before what the record says."""
        texts = self._text(record, "province"), self._text(record, "district")
        if texts not in self._places:
            if len(self._places) >= _MAX_CACHED_PLACES:
                self._places.clear()
            self._places[texts] = self._resolve(*texts)
        place = self._places[texts]
        self._check(*place)
        return place

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
                raise Rejection(name, code, "this connector may not write there (permission.check)")

    def _time(self, record: Record, field: str, zone: ZoneInfo | None) -> datetime | None:
        """A time as UTC. One that names no zone is of the resource's zone, else the district's."""
        text = self._text(record, field)
        if text is None:
            return None
        try:
            pattern = self._resource.datetime_format
            parsed = datetime.strptime(text, pattern) if pattern else _iso(text)
            if parsed.tzinfo is None and zone:
                parsed = parsed.replace(tzinfo=zone)
            # Year 1 is how some write that there is no time; in UTC it may be before that.
            moment = parsed.astimezone(UTC) if parsed.tzinfo else None
        except (ValueError, OverflowError):
            expected = self._resource.datetime_format or "ISO 8601"
            raise Rejection(field, text, f"not a date and time ({expected})") from None
        if moment is None:
            raise Rejection(field, text, "names no time zone; state one with `timezone`")
        return moment

    def _flag(self, record: Record, field: str) -> bool:
        text = (self._text(record, field) or "").casefold()
        if field in self._flags:
            return self._flags[field].casefold() in [word.strip() for word in text.split("|")]
        if text in _TRUE:
            return True
        if text not in _FALSE:
            raise Rejection(field, text, "neither yes nor no")
        return False

    def _location(self, record: Record) -> Location | None:
        """The point; none at 0,0, which is how channels write that they have none."""
        texts = self._text(record, "longitude"), self._text(record, "latitude")
        if None in texts:
            return None
        try:
            longitude, latitude = float(texts[0] or ""), float(texts[1] or "")
        except ValueError:
            longitude, latitude = 999.0, 999.0
        if longitude == latitude == 0:
            return None
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):  # noqa: PLR2004 - degrees
            self.unmapped["location", f"{texts[0]}, {texts[1]}"] += 1
            return None
        return Location(longitude, latitude)

    def _reporter(self, record: Record) -> Reporter | None:
        name, contact = self._text(record, "reporter_name"), self._text(record, "reporter_contact")
        return Reporter(name, contact) if name or contact else None


def _iso(text: str) -> datetime:
    """An ISO 8601 time. A bare number is none: seconds since 1970 can look like a date of 1711."""
    if text.isdecimal():
        raise ValueError(text)
    return datetime.fromisoformat(text)


def _found(field: str, text: str, resolution: Resolution) -> Region:
    if resolution.region is None:
        raise Rejection(field, text, resolution.reason or "unknown")
    return resolution.region


def _paths(value: str | list[str] | Flag) -> list[str]:
    if isinstance(value, Flag):
        return [value.path]
    return [value] if isinstance(value, str) else value


def _labels(mapping: Mapping[str, T]) -> dict[str, T]:
    """Labels without regard to case: one server writes Open, another open."""
    return {label.casefold(): target for label, target in mapping.items()}
