"""Working days of Indonesia's offices: which there are, and which day it is in a district."""

import csv
from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from hashlib import blake2b
from importlib.metadata import version
from itertools import accumulate, compress
from zoneinfo import ZoneInfo

from hub.domain.region import regions

FIRST, LAST = date(2000, 1, 1), date(2099, 12, 31)
"""What lies outside is counted by nobody: no rule of now held before, none is known after."""

NATION = "ID"
CAPITAL = "31"
"""What can't be placed is dated by the clock of the capital."""

_SATURDAY = 5
_COLUMNS = ["region", "day", "kind", "name"]
_KINDS = {"holiday": False, "working": True}
_LAST_INSTANT = time(23, 59, 59, 999_000)  # as exact as MongoDB keeps times


class CalendarError(Exception):
    """A file of days that can't be read; names the line and what to write there."""


@dataclass(frozen=True, slots=True)
class DayOfItsOwn:
    """A day that a region (or the nation, `ID`) works or does not, whatever others do."""

    region: str
    day: date
    worked: bool


def days_of_their_own(lines: Iterable[str]) -> list[DayOfItsOwn]:
    """The days of a CSV file with the columns region, day, kind and name. Raises CalendarError."""
    table = csv.DictReader(lines)
    if table.fieldnames != _COLUMNS:
        raise CalendarError(f"line 1: write the columns as {','.join(_COLUMNS)}")
    return [_day(row, table.line_num) for row in table]


def _day(row: Mapping[str, str], line: int) -> DayOfItsOwn:
    region, kind = row["region"], row["kind"]
    if region != NATION and regions().get(region) is None:
        told = f"{region!r} is no region; write ID, a province such as 73 or a district (73.71)"
        raise CalendarError(f"line {line}: {told}")
    if kind not in _KINDS:
        raise CalendarError(f"line {line}: kind is {kind!r}; write holiday or working")
    try:
        return DayOfItsOwn(region, date.fromisoformat(row["day"]), _KINDS[kind])
    except (TypeError, ValueError):
        raise CalendarError(
            f"line {line}: {row['day']!r} is no day; write it as 2024-10-19"
        ) from None


@cache
def national_days_off() -> frozenset[date]:
    """National holidays and joint leave (cuti bersama), as the ministers' joint decrees have them;
    of years to come as they are likely to be."""
    # Imported when it is needed: it takes a quarter of a second.
    from holidays import country_holidays
    from holidays.constants import GOVERNMENT, PUBLIC

    years = range(FIRST.year, LAST.year + 1)
    return frozenset(country_holidays("ID", years=years, categories=(PUBLIC, GOVERNMENT)))


_FIRST = FIRST.toordinal()


@cache
def _national_working_days() -> bytes:
    """Of each day of the calendar 1 or 0. It takes a thirtieth of a second."""
    off = national_days_off()
    days = map(date.fromordinal, range(_FIRST, LAST.toordinal() + 1))
    return bytes(day.weekday() < _SATURDAY and day not in off for day in days)


class WorkingDays:
    """Working days in a row, so that to count them is to subtract. Days are ordinals (1 is the
    first day of the year 1)."""

    def __init__(self, exceptions: Mapping[date, bool]) -> None:
        """Monday to Friday but for national days off, and but for these exceptions."""
        worked = bytearray(_national_working_days())
        for day, is_worked in exceptions.items():
            if FIRST <= day <= LAST:
                worked[day.toordinal() - _FIRST] = is_worked
        self._days = array("i", compress(range(_FIRST, _FIRST + len(worked)), worked))
        self._up_to = array("i", accumulate(worked))

    def after(self, day: int, number: int) -> int | None:
        """The so-manieth working day after a day: for 0 the last one up to it, below that those
        before. None where the calendar does not reach."""
        place = day - _FIRST
        if not 0 <= place < len(self._up_to):
            return None
        wanted = self._up_to[place] + number - 1
        return self._days[wanted] if 0 <= wanted < len(self._days) else None

    def between(self, start: int, end: int) -> int | None:
        """The working days after one day up to and including a later one; the same number below
        nought where it is an earlier one. None where the calendar does not reach."""
        size = len(self._up_to)
        if not (0 <= start - _FIRST < size and 0 <= end - _FIRST < size):
            return None
        return self._up_to[end - _FIRST] - self._up_to[start - _FIRST]


class OfficeClock:
    """Days and working days of one place, in its own time zone."""

    def __init__(self, zone: ZoneInfo, days: WorkingDays) -> None:
        self._zone = zone
        self._offset = zone.utcoffset(datetime.combine(FIRST, time())) or timedelta()
        self._ends: dict[int, datetime] = {}
        self.after, self.between = days.after, days.between

    def day(self, at: datetime) -> int:
        """The day (ordinal) that a moment lies in."""
        if at.tzinfo is UTC and FIRST.year < at.year < LAST.year:
            # No zone of Indonesia has changed since 1988, and to add is four times as fast.
            return (at + self._offset).toordinal()
        return at.astimezone(self._zone).toordinal()

    def end(self, day: int) -> datetime:
        """The last moment (UTC) of a day."""
        found = self._ends.get(day)
        if found is None:
            last = datetime.combine(date.fromordinal(day), _LAST_INSTANT, self._zone)
            found = self._ends[day] = last.astimezone(UTC)
        return found


class Calendar:
    """The clocks of all places. A province's exceptions hold for its districts, and the nation's
    for all; what is nearer to a place goes before."""

    def __init__(self, exceptions: Iterable[DayOfItsOwn] = ()) -> None:
        self._exceptions: dict[str, dict[date, bool]] = defaultdict(dict)
        told = blake2b(version("holidays").encode(), digest_size=8)
        for each in exceptions:
            self._exceptions[each.region][each.day] = each.worked
            told.update(f"|{each.region} {each.day} {each.worked}".encode())
        self.version = told.hexdigest()
        self._clocks: dict[str, OfficeClock] = {}
        self._days: dict[tuple[str, ...], WorkingDays] = {}

    def clock(self, place: str | None) -> OfficeClock:
        """The clock of a district or a province; of the capital for what is in neither."""
        code = place or CAPITAL
        found = self._clocks.get(code)
        if found is None:
            region = regions().get(code)
            if region is None:
                return self.clock(None)
            found = self._clocks[code] = OfficeClock(region.zone, self._working_days(code))
        return found

    @cached_property
    def alike(self) -> list[tuple[OfficeClock, list[str | None]]]:
        """All places, None for what is in none, those together that have the same days in the same
        zone; with a clock that is right for each of them."""
        found: dict[tuple[str, tuple[str, ...]], list[str | None]] = defaultdict(list)
        for region in regions():
            places = (region.code, None) if region.code == CAPITAL else (region.code,)
            found[region.time_zone, self._exceptional(region.code)] += places
        return [(self.clock(places[0]), places) for places in found.values()]

    def _exceptional(self, code: str) -> tuple[str, ...]:
        """Whose exceptions hold in a place."""
        near = dict.fromkeys((NATION, code[:2], code))
        return tuple(each for each in near if self._exceptions.get(each))

    def _working_days(self, code: str) -> WorkingDays:
        of = self._exceptional(code)
        if of not in self._days:
            joined: dict[date, bool] = {}
            for each in of:
                joined |= self._exceptions[each]
            self._days[of] = WorkingDays(joined)
        return self._days[of]
