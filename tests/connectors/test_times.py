"""Times are read as strptime reads them, whichever way is taken."""

from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.connectors.mapping.times import time_reader

PATTERNS = [
    "%Y-%m-%d %H:%M:%S",
    "%d/%m/%Y",
    "%d.%m.%Y %H:%M",
    "%Y%m%d%H%M%S",
    "%d%m%Y",
    "%Y-%m-%dT%H:%M:%S",
    "Tgl %d-%m-%Y %S",
    "%d %B %Y",
    "%Y-%m-%dT%H:%M:%S%z",
    "%d %d %Y %m",
    "%Y-%m-%d %%",
    "%Y-%m-%d %",
    "%H:%M",
    "%Y (%m) %d",
]
TEXTS = st.text("0123456789-/. :T()+", max_size=20)


def read_both_ways(text: str, pattern: str) -> tuple[object, object]:
    def outcome(read: object) -> object:
        try:
            return read()  # type: ignore[operator]
        except Exception as error:
            return type(error)

    return (
        outcome(lambda: time_reader(pattern)(text)),
        outcome(lambda: datetime.strptime(text, pattern)),
    )


@given(TEXTS, st.sampled_from(PATTERNS))
@example("2020-02-30 10:00:00", PATTERNS[0])
@example("2020-2-3 1:0:0", PATTERNS[0])
@example("2020-02-03  10:00:00", PATTERNS[0])
@example("2020-02-03 10:00:61", PATTERNS[0])
@example("0000-02-03 10:00:00", PATTERNS[0])
@example("٢٠٢٠-02-03 10:00:00", PATTERNS[0])
@example("2020-02-03t10:00:00", "%Y-%m-%dT%H:%M:%S")
@example("4502020", "%d%m%Y")
def test_any_text_is_read_as_strptime_reads_it(text: str, pattern: str) -> None:
    ours, theirs = read_both_ways(text, pattern)
    assert ours == theirs


@given(st.datetimes(datetime(1000, 1, 1)), st.sampled_from(PATTERNS))
def test_a_time_that_the_pattern_writes_is_read_as_strptime_reads_it(
    moment: datetime, pattern: str
) -> None:
    ours, theirs = read_both_ways(moment.strftime(pattern), pattern)
    assert ours == theirs


@pytest.mark.parametrize("text", ["1589068800", "kemarin", ""])
def test_without_a_pattern_what_is_not_iso_8601_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        time_reader(None)(text)
