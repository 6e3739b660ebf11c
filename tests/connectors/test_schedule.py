"""Schedules as operators write them: which hours they mean, and what is refused."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from hub.connectors.load import load
from hub.connectors.schedule import Schedule
from hub.connectors.vocabulary import ConfigError
from tests.ingest.channel import YAML

MAKASSAR = ZoneInfo("Asia/Makassar")
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def test_an_interval_counts_from_the_beginning_of_the_last_run() -> None:
    schedule = Schedule.model_validate({"interval": "PT15M"})
    assert schedule.first(NOON, MAKASSAR) == NOON
    assert schedule.after(NOON, MAKASSAR) == datetime(2026, 11, 24, 12, 15, tzinfo=UTC)
    assert schedule.spread.total_seconds() == 60


def test_the_hours_of_cron_are_those_of_the_zone() -> None:
    schedule = Schedule.model_validate({"cron": "30 1 * * *"})
    assert schedule.after(NOON, MAKASSAR) == datetime(2026, 11, 24, 17, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("{interval: 15}", "ISO 8601"),
        ("{interval: PT1S}", "greater than"),
        ("{cron: '61 * * * *'}", "Bad minute"),
        ("{cron: '0 0 30 2 *'}", "cron expression"),
        ("{cron: '* * * * * *'}", "five fields"),
        ("{}", "either interval or cron"),
        ("{interval: PT1H, cron: '0 * * * *'}", "either interval or cron"),
        ("{every: PT1H}", "unknown key"),
    ],
)
def test_a_wrong_schedule_is_refused_by_line_and_key(stated: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as refused:
        load(YAML.replace("type: rest_api", f"type: rest_api\nschedule: {stated}"), "sulsel.yaml")
    assert refused.value.problems[0].key.startswith("schedule")
