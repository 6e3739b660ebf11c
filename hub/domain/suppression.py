"""Which cells of a table of counts may be told, so that fewer than five can't be computed. Pure.

A table has axes that go from coarse to fine: all, province, district. Its cells are those of every
combination of levels, and the sum of a line of finer cells is the coarser one, their margin.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Set
from itertools import product

from hub.domain.scope import SMALLEST_GROUP

Path = tuple[str | None, ...]
"""A place on one axis, from coarse to fine: () is all, then ("73",), then ("73", "73.71")."""

Cell = tuple[Path, ...]
"""A path on each axis."""

_Table = Mapping[Cell, int]

_FEWEST_WITHHELD = 2
"""One cell alone that is withheld is its margin less what is shown."""


def published(finest: _Table, *, known: tuple[int, int] | None = None) -> frozenset[Cell]:
    """The cells that may be told, of those given and of all coarser ones.

    None of them counts fewer than five, and each, less any finer cells that are told, leaves
    nothing or at least five. What is told of a cell hangs on no finer one, so tables that have
    margins in common tell the same of them. `finest` are cells that are not empty, as deep as one
    wants to know; on the first axis some may be less deep than others.

    `known` are two axes: it is no secret where on the one the complaints of each path on the other
    are. A cell that holds a single finer one there is the same complaints, and is told only if that
    is; so the one axis must be given in its full depth.
    """
    tables = _coarse_first(finest)
    barred: set[Cell] = set()
    while True:
        told: set[Cell] = set()
        for table in tables:
            told |= _told(table, told, barred)
        betrayed = _betrayed(tables, told, *known) if known else set()
        if not betrayed:
            return frozenset(told)
        barred |= betrayed


def _coarse_first(finest: _Table) -> list[_Table]:
    """The tables of all combinations of levels, each after those of its margins."""
    depths = tuple(max(map(len, paths)) for paths in zip(*finest, strict=True))
    tables: dict[tuple[int, ...], Counter[Cell]] = defaultdict(Counter)
    for cell, count in finest.items():
        tables[tuple(map(len, cell))][cell] = count
    finer_first = sorted(product(*(range(depth + 1) for depth in depths)), key=sum, reverse=True)
    for levels in finer_first[1:]:
        # The first axis first of all, so that what is less deep there is added too.
        axis = max(i for i, depth in enumerate(depths) if levels[i] < depth)
        table = tables[levels]
        for cell, count in tables[*levels[:axis], levels[axis] + 1, *levels[axis + 1 :]].items():
            table[_margin(cell, axis)] += count
    return [tables[levels] for levels in reversed(finer_first)]


def _margin(cell: Cell, axis: int) -> Cell:
    return (*cell[:axis], cell[axis][:-1], *cell[axis + 1 :])


def _margins(cell: Cell) -> Iterator[Cell]:
    return (_margin(cell, axis) for axis, path in enumerate(cell) if path)


def _told(table: _Table, told_margins: Set[Cell], barred: Set[Cell]) -> set[Cell]:
    """What of a table may be told beside the margins that are."""
    shown = {cell for cell, count in table.items() if count >= SMALLEST_GROUP} - barred
    lines: dict[Cell, list[Cell]] = defaultdict(list)
    # Smallest first and never by chance: the next question must find the same cells withheld.
    for cell in sorted(table, key=lambda cell: (table[cell], repr(cell))):
        for margin in _margins(cell):
            lines[margin].append(cell)
    # Lines of one cell first: it is its margin, and must be told or withheld as that is.
    pending = deque(sorted(lines, key=lambda margin: len(lines[margin]) > 1))
    while pending:
        margin = pending.popleft()
        while cells := _too_many(lines[margin], table, shown, margin in told_margins):
            shown.remove(cells[0])
            pending.extend(_margins(cells[0]))
    return shown


def _too_many(
    line: list[Cell], table: _Table, shown: Set[Cell], margin_is_told: bool
) -> list[Cell]:
    """The shown cells of a line, if they give the rest of it away: then one more must go.

    They do where the rest is small or a single cell. Where there is no rest, they add up to the
    margin, which is well if that is told anyway.
    """
    told = [cell for cell in line if cell in shown]
    rest = [table[cell] for cell in line if cell not in shown]
    hidden = sum(rest) >= SMALLEST_GROUP and len(rest) >= _FEWEST_WITHHELD
    return [] if hidden or (margin_is_told and not rest) else told


def _betrayed(tables: list[_Table], told: Set[Cell], where: int, of: int) -> set[Cell]:
    """Cells that are told although the single finer cell in them is withheld."""
    inner: dict[Cell, list[Cell]] = defaultdict(list)
    for table in tables:
        for cell in table:
            if cell[where] and cell[of]:
                inner[_margin(cell, where)].append(cell)
    return {
        cell
        for cell, line in inner.items()
        if cell in told and len(line) == 1 and line[0] not in told
    }
