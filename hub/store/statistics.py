"""Answers for viewers who may count complaints that they may not read."""

from asyncio import to_thread
from collections import OrderedDict
from dataclasses import replace
from datetime import datetime
from itertools import chain

from hub.domain.disclosure import Asked, unread
from hub.domain.indicators import Dimension, IndicatorRow, Period
from hub.domain.question import All, Compare, Field, Not, Op
from hub.domain.scope import Reach
from hub.domain.tables import Table, told
from hub.store.answers import Answers, Question

_ONLY_COUNTS = frozenset({"received"})
_MOST_CELLS = 500_000

_Counts = list[IndicatorRow]


class Statistics:
    """Answers without what a group of fewer than five could be computed from."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._tables: OrderedDict[Question, tuple[list[_Counts], Table]] = OrderedDict()

    async def answer(self, question: Question, rows: Reach, now: datetime) -> list[IndicatorRow]:
        """What of an answer at `now` (UTC) a viewer may be told who may read `rows` one by one.

        Raises DisclosureError for a question that they may not ask.
        """
        asked = Asked.of(question.dimensions, question.condition, question.period)
        answer = await self._answers.answer(question, now)
        # Counted after the answer, so that a complaint that comes in between is not told.
        table = await self._table(asked, question.reach, rows, now)
        return await to_thread(told, asked, answer, table, also_read=bool(rows))

    async def _table(self, asked: Asked, reach: Reach, rows: Reach, now: datetime) -> Table:
        """The table that an answer is made of, made anew only when its counts are."""
        whole = Question(reach, asked.table, unread(rows), Period(), _ONLY_COUNTS)
        questions = [whole]
        if Dimension.DISTRICT in asked.table and asked.provinces is not None:
            questions = _by_district_in(asked.provinces, whole)
        counts = [await self._answers.answer(each, now) for each in questions]
        kept, table = self._tables.get(questions[0], ([], None))
        if table is None or any(a is not b for a, b in zip(kept, counts, strict=True)):
            table = await to_thread(_made, counts)
        self._keep(questions[0], counts, table)
        return table

    def _keep(self, question: Question, counts: list[_Counts], table: Table) -> None:
        self._tables[question] = counts, table
        self._tables.move_to_end(question)
        while sum(len(kept) for _, kept in self._tables.values()) > _MOST_CELLS:
            self._tables.popitem(last=False)


def _by_district_in(provinces: tuple[str, ...], whole: Question) -> list[Question]:
    """The same counts by district in some provinces, and by province in the others."""
    here = Compare(Field.PROVINCE, Op.IN, provinces)
    coarser = tuple(d for d in whole.dimensions if d is not Dimension.DISTRICT)
    return [
        replace(whole, condition=All((whole.condition, here))),
        replace(whole, condition=All((whole.condition, Not(here))), dimensions=coarser),
    ]


def _made(counts: list[_Counts]) -> Table:
    return Table(chain.from_iterable(counts))
