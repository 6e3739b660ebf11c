"""How well duplicates are found, on reports of which it is known which are the same."""

from itertools import combinations
from typing import Any

import pytest

from hub.domain.likeness import FEWEST_WORDS, Told, alike, bands
from tests.oversight.labelled import Labelled, labelled

KEY = b"k" * 32
SEEDS = (2020, *range(8))


def linked(made: Labelled, *, by_bands: bool = True) -> set[frozenset[str]]:
    """The pairs that the hub links: those that share a band, or all, judged."""
    told = [Told.of(each) for each in made.complaints]
    keys = {each.id: {*bands(each, KEY)} for each in told}
    return {
        frozenset((one.id, other.id))
        for one, other in combinations(told, 2)
        if (keys[one.id] & keys[other.id] or not by_bands) and alike(one, other) is not None
    }


def told_of(found: set[Any], right: set[Any]) -> tuple[float, float]:
    """(precision, recall)."""
    return len(found & right) / len(found), len(found & right) / len(right)


@pytest.mark.parametrize("seed", SEEDS)
def test_most_duplicates_are_found_and_hardly_another_pair(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    made = labelled(seed)
    precision, recall = told_of(linked(made), made.same)
    with capsys.disabled():
        print(
            f"\nseed {seed}: {len(made.complaints)} reports, {len(made.same)} pairs are the same:"
            f" precision {precision:.3f}, recall {recall:.3f}"
        )
    assert precision >= 0.98
    assert recall >= 0.85


@pytest.mark.parametrize(
    ("moved", "translated", "least"),
    [
        *((33, None, 0.87), (55, None, 0.86), (110, None, 0.8), (220, None, 0.65)),
        *((None, 0, 0.94), (None, 0.2, 0.93), (None, 0.4, 0.87), (None, 0.6, 0.75)),
        *((None, 0.8, 0.6), (None, 1, 0.55)),
    ],
)
def test_how_many_are_found_by_distance_and_by_words_in_another_language(
    moved: float | None,
    translated: float | None,
    least: float,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Metres that a point is moved by at most, east and north; the share, of words that there are
    others for, which are others. docs/cases.md states what is printed."""
    found, right = set(), set()
    for seed in (2020, 1):
        made = labelled(seed, moved=moved, translated=translated)
        found |= {(seed, pair) for pair in linked(made)}
        right |= {(seed, pair) for pair in made.same}
    precision, recall = told_of(found, right)
    with capsys.disabled():
        print(f"\nmoved {moved}, translated {translated}: {precision=:.3f}, {recall=:.3f}")
    assert precision >= 0.98
    assert recall >= least


def test_copies_of_short_reports_are_not_found() -> None:
    """What many write of one street is no duplicate by its words, though one sent it twice."""
    made = labelled(2020, short_too=True)
    short = {c.id for c in made.complaints if len(Told.of(c).words) < FEWEST_WORDS}
    pairs = {pair for pair in made.same if pair & short}
    assert len(pairs) >= 10
    assert linked(made) & pairs == set()


def test_the_bands_miss_hardly_any_pair_that_is_alike() -> None:
    made = labelled(2020)
    all_of_them = linked(made, by_bands=False)
    assert len(linked(made)) >= 0.97 * len(all_of_them)
