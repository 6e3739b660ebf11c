import statistics
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.indicators import Freshness, IndicatorRow, median_days, p90_days

HISTOGRAMS = st.dictionaries(st.integers(0, 10_000), st.integers(0, 20), max_size=12)


def row(received: int, followed_up: int) -> IndicatorRow:
    return IndicatorRow(
        keys=(),
        received=received,
        followed_up=followed_up,
        overdue=0,
        timed=0,
        median_days_to_follow_up=None,
        changed_at=None,
        freshness=Freshness(datetime(2020, 7, 1, tzinfo=UTC)),
    )


@given(HISTOGRAMS)
def test_the_median_of_a_histogram_is_that_of_its_values(hours: dict[int, int]) -> None:
    values = [hour for hour, count in hours.items() for _ in range(count)]
    assert median_days(hours) == (statistics.median(values) / 24 if values else None)


@given(HISTOGRAMS)
def test_nine_of_ten_are_within_the_90th_percentile(hours: dict[int, int]) -> None:
    values = [hour for hour, count in hours.items() for _ in range(count)]
    days = p90_days(hours)
    assert (days is None) is (not values)
    if days is not None:
        assert 10 * sum(value <= days * 24 for value in values) >= 9 * len(values)
        assert 10 * sum(value < days * 24 for value in values) < 9 * len(values)


def test_the_median_of_nothing_is_unknown() -> None:
    assert median_days({}) is None
    assert median_days({5: 0}) is None


def test_the_rate_is_a_fraction_of_what_was_received_and_unknown_where_nothing_was() -> None:
    assert row(received=795, followed_up=493).follow_up_rate == 493 / 795
    assert row(received=3, followed_up=0).follow_up_rate == 0
    assert row(received=0, followed_up=0).follow_up_rate is None
