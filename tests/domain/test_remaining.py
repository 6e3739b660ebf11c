"""Working days that are left: by hand, over a weekend and Eid."""

from datetime import datetime

import pytest

from hub.domain.remaining import remaining
from hub.domain.working_days import Calendar

CALENDAR = Calendar()


@pytest.mark.parametrize(
    ("due", "today", "left"),
    [
        # Friday; Eid and joint leave are from Monday, the 8th, to Monday, the 15th.
        ("2024-04-05", "2024-03-28", 5),  # the 29th is Good Friday
        ("2024-04-05", "2024-04-04", 1),
        ("2024-04-05", "2024-04-05", 0),
        ("2024-04-05", "2024-04-06", -1),
        ("2024-04-05", "2024-04-10", -1),
        ("2024-04-05", "2024-04-14", -1),
        ("2024-04-05", "2024-04-15", -1),
        ("2024-04-05", "2024-04-16", -1),
        ("2024-04-05", "2024-04-17", -2),
        ("2024-04-05", "2024-04-22", -5),
        # The Tuesday after: what remains is that day, for as long as nobody works.
        ("2024-04-16", "2024-04-05", 1),
        ("2024-04-16", "2024-04-06", 1),
        ("2024-04-16", "2024-04-15", 1),
        ("2024-04-16", "2024-04-16", 0),
        ("2024-04-16", "2024-04-17", -1),
        # A channel may say a Saturday.
        ("2024-04-20", "2024-04-19", 0),
        ("2024-04-20", "2024-04-20", 0),
        ("2024-04-20", "2024-04-21", -1),
        ("2100-01-01", "2024-04-05", None),
    ],
)
def test_what_remains_on_a_day(due: str, today: str, left: int | None) -> None:
    clock = CALENDAR.clock("73.71")
    due_at = datetime.fromisoformat(f"{due}T23:59:59.999+08:00")
    for time in ("00:00:00", "23:59:59"):
        now = datetime.fromisoformat(f"{today}T{time}+08:00")
        assert remaining(clock, now, due_at) == left
