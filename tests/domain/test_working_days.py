"""The calendar: what is worked, in which zone, and files of days that regions have of their own."""

from datetime import UTC, date, datetime

import pytest

from hub.domain.working_days import FIRST, LAST, Calendar, CalendarError, days_of_their_own

HEAD = "region,day,kind,name"


def test_eid_and_its_joint_leave_are_not_worked() -> None:
    clock = Calendar().clock("73.71")
    thursday = date(2024, 4, 4).toordinal()
    worked = [date.fromordinal(clock.after(thursday, n) or 0).day for n in (1, 2, 3)]
    assert worked == [5, 16, 17]
    assert clock.between(thursday, date(2024, 4, 16).toordinal()) == 2
    assert clock.between(date(2024, 4, 16).toordinal(), thursday) == -2


def test_a_day_ends_in_its_own_zone() -> None:
    calendar = Calendar()
    day = date(2024, 4, 16).toordinal()
    ends = [calendar.clock(place).end(day).hour for place in ("31.71", "73.71", "91.71", None)]
    assert ends == [16, 15, 14, 16]


def test_beyond_the_calendar_nothing_is_known() -> None:
    clock = Calendar().clock("73")
    assert clock.after(FIRST.toordinal() - 1, 3) is None
    assert clock.after(LAST.toordinal() - 1, 30) is None
    assert clock.between(FIRST.toordinal() - 1, FIRST.toordinal()) is None
    assert clock.day(datetime(1945, 8, 17, 3, tzinfo=UTC)) == date(1945, 8, 17).toordinal()
    assert clock.day(datetime(9999, 12, 31, 3, tzinfo=UTC)) == date(9999, 12, 31).toordinal()


def test_the_version_tells_calendars_apart() -> None:
    own = days_of_their_own([HEAD, "73,2024-04-18,holiday,Hari Jadi"])
    assert Calendar().version == Calendar().version
    assert Calendar().version != Calendar(own).version


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["day,region"], "line 1: write the columns as region,day,kind,name"),
        ([HEAD, "7,2024-04-18,holiday,x"], "line 2: '7' is no region; write ID, a province"),
        ([HEAD, "73,18-04-2024,holiday,x"], "line 2: '18-04-2024' is no day; write it as 2024-"),
        ([HEAD, "73,2024-04-18,libur,x"], "line 2: kind is 'libur'; write holiday or working"),
        ([HEAD, "73"], "line 2: kind is None; write holiday or working"),
    ],
)
def test_a_file_of_days_that_cannot_be_read(lines: list[str], told: str) -> None:
    with pytest.raises(CalendarError) as raised:
        days_of_their_own(lines)
    assert str(raised.value).startswith(told)
