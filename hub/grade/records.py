"""Records that a connector's YAML can read, in the channel's own shape."""

from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hub.connectors.config import Flag, Resource
from hub.connectors.mapping import paths
from hub.domain.region import Region, RegionCodes, regions

_ZONES = [timezone(timedelta(hours=hours)) for hours in (7, 8, 9, 0, -9.5, 5.75)]
_WITHOUT_ZONE = 7
"""Of so many records in a row the last names no zone, where the YAML says which one is meant."""
_USUAL_DISTRICT = "73.71"
_TIMES = ("received_at", "updated_at", "handed_over_at", "followed_up_at", "closed_at", "due_at")


class CannotGradeError(Exception):
    """A YAML of which no hostile channel can be made; says which key is in the way."""


@dataclass(slots=True)
class Row:
    """A record of the source as it is now. `trap` names what makes it hard to get."""

    record: dict[str, Any]
    id: str | None
    status: str
    received: datetime
    changed: datetime
    trap: str
    unreadable: bool = False


def put(document: dict[str, Any], path: str, value: object) -> None:
    """Writes a value where a dotted path finds it. Raises CannotGradeError for a JSONPath."""
    if path.startswith("$"):
        raise CannotGradeError(f"{path}: no records can be made for a JSONPath in `select`.")
    if path in document:  # a column of a table may have a dot in its name
        document[path] = value
    else:
        paths.put(document, path, value)


class Maker:
    """Makes the records of one resource."""

    def __init__(self, resource: Resource, cursor_path: str | None) -> None:
        self._resource = resource
        self._cursor_path = cursor_path
        self.statuses = list(resource.status_mapping)
        check, stamp = resource.permission.check, resource.permission.set
        codes = check.district.in_ if check.district else []
        province = stamp.province or (check.province.in_[0] if check.province else None)
        inside = [each.code for each in regions().districts_of(province)] if province else []
        code = stamp.district or next(iter(codes or inside), _USUAL_DISTRICT)
        district = regions().get(code)
        if district is None:
            raise CannotGradeError(f"permission: no district is known by {code}.")
        self._district: Region = district
        select, place = resource.select, regions().get(province) if province else None
        placed = district if stamp.district or select.district else place
        self.zone = resource.zone or (placed.zone if placed else None)
        """Which zone is meant where a record names none; None where that is not said."""

    def row(
        self, number: int, status: str, received: datetime, changed: datetime, trap: str
    ) -> Row:
        """A record with all fields that the YAML selects."""
        select, record = self._resource.select, dict[str, Any]()
        id_ = f"G-{number:06}"
        for name, path in select:
            if path is None or name in _TIMES:
                continue
            put(record, path.path if isinstance(path, Flag) else path, self._text(name, id_))
        put(record, select.status, status)
        self._time(record, "received_at", received, number)
        if select.updated_at:
            self._time(record, "updated_at", changed, number)
        self._cursor(record, changed, number)
        return Row(record, id_, status, received, changed, trap)

    def later(self, row: Row, status: str, changed: datetime, trap: str) -> Row:
        """The same record as it is after a change. Raises CannotGradeError where none can be
        written into it."""
        record, select = deepcopy(row.record), self._resource.select
        put(record, select.status, status)
        if select.updated_at:
            self._time(record, "updated_at", changed, 0)
        self._cursor(record, changed, 0)
        return Row(record, row.id, status, row.received, changed, trap)

    def received(self, row: Row, moment: datetime) -> Row:
        """The same record, received at another time. Raises CannotGradeError."""
        record = deepcopy(row.record)
        self._time(record, "received_at", moment, 0)
        return replace(row, record=record, received=moment)

    @property
    def tells_hours(self) -> bool:
        """Whether times are written with the hour, so that one that is misread can be told."""
        pattern = self._resource.datetime_format
        return pattern is None or any(sign in pattern for sign in ("%H", "%I", "%T", "%c"))

    def without_id(self, row: Row) -> Row:
        """The same record without its id."""
        put(row.record, self._resource.select.external_id, None)
        row.id, row.unreadable, row.trap = None, True, "no id"
        return row

    def with_broken_date(self, row: Row) -> Row:
        """The same record, received at a time that is none."""
        path = self._resource.select.received_at
        put(row.record, path[0] if isinstance(path, list) else path, "kemarin sore")
        row.unreadable, row.trap = True, "broken date"
        return row

    def _text(self, field: str, id_: str) -> str:
        if field in {"category", "classification"}:
            return next(iter(getattr(self._resource, f"{field}_mapping")), "lain-lain")
        province = regions().get(self._district.province) or self._district
        texts = {
            "external_id": id_,
            "number": id_,
            "anonymous": "",
            "secret": "",
            "longitude": "0",
            "latitude": "0",
            "district": self._code(self._district),
            "province": self._code(province),
        }
        return texts.get(field, f"{field} {id_}")

    def _code(self, region: Region) -> str:
        bps = self._resource.region_codes is RegionCodes.BPS
        return (region.bps_code if bps else region.code) or region.code

    def _time(self, record: dict[str, Any], field: str, moment: datetime, number: int) -> None:
        """As the YAML says that times are written; ISO 8601 in one zone after another."""
        path = getattr(self._resource.select, field)
        paths = path if isinstance(path, list) else [path]
        pattern = self._resource.datetime_format
        if pattern is None and len(paths) == 1:
            put(record, paths[0], self._iso(moment, number, of_change=field == "updated_at"))
            return
        local = moment.astimezone(self.zone or UTC)
        parts = local.strftime(pattern or "%Y-%m-%d %H:%M:%S").rsplit(" ", len(paths) - 1)
        if len(parts) != len(paths):
            raise CannotGradeError(f"select.{field}: {pattern!r} can't be parted for its columns.")
        for each, text in zip(paths, parts, strict=True):
            put(record, each, text)

    def _cursor(self, record: dict[str, Any], changed: datetime, number: int) -> None:
        if self._cursor_path and self._cursor_path != self._resource.select.updated_at:
            put(record, self._cursor_path, self._iso(changed, number, of_change=True))

    def _iso(self, moment: datetime, number: int, *, of_change: bool) -> str:
        """A time of change orders the records, so it names a zone unless the YAML states one."""
        zone = self._resource.zone if of_change else self.zone
        if zone and number % _WITHOUT_ZONE == _WITHOUT_ZONE - 1:
            return moment.astimezone(zone).replace(tzinfo=None).isoformat()
        return moment.astimezone(_ZONES[number % len(_ZONES)]).isoformat()
