"""How well duplicates are found, on reports of which it is known which are the same."""

from itertools import combinations

import pytest

from hub.domain.likeness import Told, alike, bands
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


def told_of(found: set[frozenset[str]], right: set[frozenset[str]]) -> tuple[float, float]:
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


def test_the_bands_miss_hardly_any_pair_that_is_alike() -> None:
    made = labelled(2020)
    all_of_them = linked(made, by_bands=False)
    assert len(linked(made)) >= 0.97 * len(all_of_them)
