"""Suppression in random tables: nothing under five is told, and nothing under five is left over."""

from collections import Counter
from collections.abc import Mapping
from itertools import product
from random import Random

from hypothesis import event, given, settings
from hypothesis import strategies as st

from hub.domain.suppression import Cell, published

PLACES = [("73", "73.71"), ("73", "73.06"), ("73", None), ("74", "74.71"), (None, None)]
VALUES = [("closed",), ("received",), ("archived",), (None,)]
MONTHS = [("2020", "2020-06"), ("2020", "2020-07"), ("2021", "2021-01")]

FEW = st.integers(1, 9)
SOME = st.integers(5, 40)


def tables(counts: st.SearchStrategy[int] = FEW | SOME) -> st.SearchStrategy[dict[Cell, int]]:
    cells = st.tuples(*(st.sampled_from(axis) for axis in (PLACES, VALUES, MONTHS)))
    return st.dictionaries(cells, counts, min_size=1, max_size=25)


def is_in(cell: Cell, coarser: Cell) -> bool:
    return all(path[: len(above)] == above for path, above in zip(cell, coarser, strict=True))


def depths(cell: Cell) -> tuple[int, ...]:
    return tuple(map(len, cell))


def all_cells(finest: Mapping[Cell, int]) -> Counter[Cell]:
    """Every cell of every combination of levels, counted one by one."""
    found: Counter[Cell] = Counter()
    for cell, count in finest.items():
        for levels in product(*(range(len(path) + 1) for path in cell)):
            found[tuple(path[:n] for path, n in zip(cell, levels, strict=True))] += count
    return found


KNOWN = st.sampled_from([None, (0, 1)])


@given(tables(), KNOWN)
def test_a_cell_that_is_told_counts_at_least_five(
    finest: dict[Cell, int], known: tuple[int, int] | None
) -> None:
    counts = all_cells(finest)
    told = published(finest, known=known)
    assert told <= counts.keys()
    assert all(counts[cell] >= 5 for cell in told)
    event("something is withheld" if len(told) < len(counts) else "all is told")


@given(tables(), KNOWN)
def test_a_cell_less_the_finer_ones_that_are_told_leaves_nothing_or_five(
    finest: dict[Cell, int], known: tuple[int, int] | None
) -> None:
    counts = all_cells(finest)
    told = published(finest, known=known)
    for coarse in told:
        withheld: Counter[tuple[int, ...]] = Counter()
        for cell in counts.keys() - told:
            if is_in(cell, coarse):
                withheld[depths(cell)] += counts[cell]
        assert all(count >= 5 for count in withheld.values())


@given(tables(), KNOWN)
def test_no_cell_is_withheld_alone_beside_others(
    finest: dict[Cell, int], known: tuple[int, int] | None
) -> None:
    counts = all_cells(finest)
    told = published(finest, known=known)
    for coarse, axis in product(counts, range(3)):
        line = [c for c in counts if is_in(c, coarse) and lengthened(coarse, c) == axis]
        shown = told.intersection(line)
        if shown and len(shown) == len(line):
            assert coarse in told  # else its members would add up to what is withheld
        if shown:
            assert len(line) - len(shown) != 1


def lengthened(coarse: Cell, cell: Cell) -> int | None:
    """The one axis on which a cell is one level finer than another; None if it isn't so."""
    by = [len(path) - len(above) for path, above in zip(cell, coarse, strict=True)]
    return by.index(1) if sorted(by) == [0, 0, 1] else None


@given(tables(SOME))
def test_nothing_is_withheld_where_nothing_is_small(finest: dict[Cell, int]) -> None:
    assert published(finest) == all_cells(finest).keys()


@given(tables(), st.integers(0, 2))
def test_what_is_told_of_a_margin_hangs_on_no_finer_cell(
    finest: dict[Cell, int], axis: int
) -> None:
    coarser: Counter[Cell] = Counter()
    for cell, count in finest.items():
        coarser[*cell[:axis], cell[axis][:-1], *cell[axis + 1 :]] += count
    told = published(finest)
    assert published(coarser) == {c for c in told if is_coarse_enough(c, coarser)}


def is_coarse_enough(cell: Cell, finest: Mapping[Cell, int]) -> bool:
    deepest = depths(next(iter(finest)))
    return all(depth <= most for depth, most in zip(depths(cell), deepest, strict=True))


@given(tables())
@settings(max_examples=300)
def test_a_level_that_tells_nothing_apart_changes_nothing(finest: dict[Cell, int]) -> None:
    in_one_month = {(*cell[:2], ("2020", "2020-06")): count for cell, count in finest.items()}
    told = published(in_one_month)
    assert {c[:2] for c in told if not c[2]} == {c[:2] for c in told if len(c[2]) == 1}
    assert {c[:2] for c in told if not c[2]} == {c[:2] for c in told if len(c[2]) == 2}


@given(tables())
def test_other_provinces_may_leave_their_districts_out(finest: dict[Cell, int]) -> None:
    here: Counter[Cell] = Counter()
    for (place, *others), count in finest.items():
        here[place if place[0] == "73" else place[:1], *others] += count
    told = published(finest)
    assert published(here) == {c for c in told if len(c[0]) < 2 or c[0][0] == "73"}


@given(tables(), st.randoms())
def test_the_order_of_cells_is_of_no_matter(finest: dict[Cell, int], random: Random) -> None:
    cells = list(finest.items())
    random.shuffle(cells)
    assert published(dict(cells)) == published(finest)


@given(tables())
def test_where_it_is_known_the_same_complaints_are_told_or_withheld_together(
    finest: dict[Cell, int],
) -> None:
    counts = all_cells(finest)
    told = published(finest, known=(0, 1))
    for cell in told:
        line = [c for c in counts if is_in(c, cell) and lengthened(cell, c) == 0]
        if cell[1] and len(line) == 1:
            assert line[0] in told
    shared = {cell for cell in counts if not cell[1]}
    assert told & shared == published(finest) & shared


def test_no_small_cell_of_random_tables_can_be_solved_for() -> None:
    """By linear algebra over all cells that are told; which cells are empty is not known."""
    random = Random(10)
    small = 0
    for density in (0.2, 0.5, 0.9) * 5:
        everywhere: list[Cell] = list(product(PLACES, VALUES, MONTHS))
        finest = {c: random.randint(1, 30) for c in everywhere if random.random() < density}
        counts, told = all_cells(finest), published(finest)
        basis: dict[int, list[int]] = {}
        for cell in told:
            rest = reduced([int(is_in(each, cell)) for each in everywhere], basis)
            pivot = next((i for i, value in enumerate(rest) if value), None)
            if pivot is not None:
                scale = pow(rest[pivot], -1, PRIME)
                basis[pivot] = [value * scale % PRIME for value in rest]
        for cell in (cell for cell, count in counts.items() if count < 5):
            assert any(reduced([int(is_in(each, cell)) for each in everywhere], basis))
            small += 1
    assert small > 100


PRIME = 2**31 - 1


def reduced(equation: list[int], basis: Mapping[int, list[int]]) -> list[int]:
    """What is left of an equation that is not a sum of those of a basis, modulo a large prime."""
    for pivot in sorted(basis):
        if factor := equation[pivot]:
            row = basis[pivot]
            equation = [(a - factor * b) % PRIME for a, b in zip(equation, row, strict=True)]
    return equation


def test_nothing_is_told_of_nothing() -> None:
    assert published({}) == frozenset()


def test_the_smallest_others_go_with_a_small_one() -> None:
    line: dict[Cell, int] = {(("a",),): 2, (("b",),): 40, (("c",),): 7, (("d",),): 9}
    assert published(line) == {((),), (("b",),), (("d",),)}
    assert published(line | {(("c",),): 2}) == {((),), (("b",),)}  # two and two are four
