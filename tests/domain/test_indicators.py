import statistics
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.indicators import DaysTaken, Freshness, IndicatorRow, median, p90

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
def test_the_median_of_a_histogram_is_that_of_its_values(histogram: dict[int, int]) -> None:
    values = [value for value, count in histogram.items() for _ in range(count)]
    assert median(histogram) == (statistics.median(values) if values else None)


@given(HISTOGRAMS)
def test_nine_of_ten_are_within_the_90th_percentile(histogram: dict[int, int]) -> None:
    values = [value for value, count in histogram.items() for _ in range(count)]
    most = p90(histogram)
    assert (most is None) is (not values)
    if most is not None:
        assert 10 * sum(value <= most for value in values) >= 9 * len(values)
        assert 10 * sum(value < most for value in values) < 9 * len(values)


def test_the_median_of_nothing_is_unknown() -> None:
    assert median({}) is None
    assert median({5: 0}) is None


def test_rates_are_fractions_of_what_was_received_and_unknown_where_nothing_was() -> None:
    assert row(received=795, followed_up=493).follow_up_rate == 493 / 795
    assert row(received=3, followed_up=0).follow_up_rate == 0
    nothing = row(received=0, followed_up=0)
    assert nothing.follow_up_rate is None
    assert nothing.verification_rate is None
    assert nothing.hand_over_rate is None
    assert nothing.closing_rate is None


def test_coverage_is_a_fraction_of_what_came_so_far_and_unknown_where_nothing_did() -> None:
    assert DaysTaken(154, 493).coverage == 154 / 493
    assert DaysTaken().coverage is None
