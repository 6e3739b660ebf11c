"""Questions of figures and their answers, which are kept for as long as they would be the same."""

from asyncio import gather
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain

from hub.domain.indicators import Dimension, Freshness, IndicatorRow, Period
from hub.domain.institutions import Names
from hub.domain.question import Condition
from hub.domain.scope import Reach
from hub.domain.series import nothing
from hub.store import cells, figures
from hub.store.groups import rows_of
from hub.store.mongo import Database, Document, documents, read_quickly
from hub.store.rollups import Rollups

_MOST_ANSWERS = 500
_MOST_ROWS = 200_000
_DUE = [f"{name}_due" for name in figures.IS_DUE]


@dataclass(frozen=True, slots=True)
class Question:
    """What is counted, and within which reach. `parts` are the figures that are read, None for
    all; `names` what institutions are called, as channels do unless told."""

    reach: Reach
    dimensions: tuple[Dimension, ...]
    condition: Condition
    period: Period
    parts: frozenset[str] | None = None
    names: Names | None = None


@dataclass(slots=True)
class _Answer:
    """Rows that hold until a deadline passes (UTC), if the roll-up does not change before."""

    rows: list[IndicatorRow]
    freshness: Freshness
    until: datetime | None


class Answers:
    """Answers from the roll-up where it holds what is asked, else from the complaints."""

    def __init__(self, database: Database, rollups: Rollups) -> None:
        self._complaints = read_quickly(database["complaints"])
        self._rollups = rollups
        self._kept = _Kept()

    async def answer(self, question: Question, now: datetime) -> list[IndicatorRow]:
        """The figures of each group at `now` (UTC); of no dimension, one row for all."""
        rows = await self._held(question, now)
        if rows is None:
            pipelines = figures.from_complaints(*_asked(question), question.parts, now)
            groups = await _all(partial(documents, self._complaints), pipelines)
            rows = _answer(question, groups, now, now).rows
        return rows

    async def estimate(self, reach: Reach, condition: Condition, now: datetime) -> int | None:
        """How many complaints the roll-up holds, which may be behind; None where it does not hold
        what is asked."""
        question = Question(reach, (), condition, Period(), frozenset({"received"}))
        rows = await self._held(question, now)
        return rows[0].received if rows else None

    async def _held(self, question: Question, now: datetime) -> list[IndicatorRow] | None:
        """The figures from the roll-up; None where complaints are to be counted one by one."""
        pipelines = cells.from_rollups(*_asked(question), question.parts)
        state = await self._rollups.state(now) if pipelines else None
        if pipelines is None or state is None:
            return None
        kept = self._kept.get(state.version, question)
        if kept and (kept.until is None or now <= kept.until):
            kept.freshness.as_of = state.as_of
            return kept.rows
        groups = await _all(self._rollups.read, pipelines)
        answer = _answer(question, groups, now, state.as_of)
        self._kept.keep(state.version, question, answer)
        return answer.rows


def _asked(question: Question) -> tuple[Reach, list[Dimension], Condition, Period]:
    return question.reach, list(question.dimensions), question.condition, question.period


async def _all(
    read: Callable[[figures.Pipeline], Awaitable[list[Document]]],
    pipelines: list[figures.Pipeline],
) -> list[Document]:
    return [*chain.from_iterable(await gather(*map(read, pipelines)))]


def _answer(question: Question, groups: list[Document], now: datetime, as_of: datetime) -> _Answer:
    freshness = Freshness(as_of)
    at = now.replace(tzinfo=None)  # as the store reads times
    rows = rows_of(groups, question.dimensions, at, freshness, question.names)
    if not question.dimensions and not rows:
        rows = [nothing((), freshness)]
    return _Answer(rows, freshness, _next_deadline(groups, at))


def _next_deadline(groups: Iterable[Document], now: datetime) -> datetime | None:
    lists = [group[name] for group in groups for name in _DUE if name in group]
    to_come = [due for each in lists for due in each if due >= now]
    return min(to_come).replace(tzinfo=UTC) if to_come else None


class _Kept:
    """Answers of one version of the roll-up, the latest asked for, within bounds."""

    def __init__(self) -> None:
        self._version: str | None = None
        self._answers: OrderedDict[Question, _Answer] = OrderedDict()
        self._rows = 0

    def get(self, version: str | None, question: Question) -> _Answer | None:
        """What was kept for this version."""
        if version != self._version:
            return None
        found = self._answers.get(question)
        if found:
            self._answers.move_to_end(question)
        return found

    def keep(self, version: str | None, question: Question, answer: _Answer) -> None:
        """Keeps an answer; those of another version go."""
        if version is None:
            return
        if version != self._version:
            self._version, self._rows = version, 0
            self._answers.clear()
        self._drop(question)
        self._answers[question] = answer
        self._rows += len(answer.rows)
        while len(self._answers) > _MOST_ANSWERS or self._rows > _MOST_ROWS:
            self._drop(next(iter(self._answers)))

    def _drop(self, question: Question) -> None:
        gone = self._answers.pop(question, None)
        self._rows -= len(gone.rows) if gone else 0
