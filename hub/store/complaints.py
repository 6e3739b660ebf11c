"""Every read of complaints. There is no other."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson

from hub.domain.complaint import Reporter
from hub.domain.indicators import Dimension, IndicatorRow, Period, median_days
from hub.domain.question import (
    COUNTABLE_FIELDS,
    LATEST_FIRST,
    Condition,
    Order,
    fields_of,
)
from hub.domain.scope import SMALLEST_GROUP, Scope
from hub.store import figures, plan
from hub.store.cursor import Cursors
from hub.store.mongo import Database, Document, documents, read_quickly
from hub.store.paging import Pager, PageRequest, Slice
from hub.store.rollups import Rollups
from hub.store.vault import Vault

_WORDS = ("title", "description", "address", "location")
_GUARDED = frozenset({*_WORDS, "reporter"})
_GUARDS = ("secret", "anonymous", "province", "district", "channel")

Fields = frozenset[str] | None
"""The stored fields that a caller reads, so that no others are fetched; None for all."""


class HiddenFieldError(Exception):
    """A condition looks at a field that this viewer may not see."""


class ScopedComplaints:
    """Complaints as one viewer may see them: what is outside the scope does not exist here.

    Words of secret complaints and reporters are removed before a document leaves, so that no
    caller can forget to. Times in documents name no zone and are UTC.
    """

    def __init__(self, scope: Scope, database: Database, vault: Vault, cursors: Cursors) -> None:
        self._scope = scope
        self._rows = plan.within(scope.rows)
        # Where every row's secret words are shown, only the reporter is left to be guarded.
        words_are_shown = scope.secret_words == scope.rows
        self._guarded = frozenset({"reporter"}) if words_are_shown else _GUARDED
        self._complaints = read_quickly(database["complaints"])
        self._vault = vault
        self._rollups = Rollups(database)
        self._pager = Pager(self._complaints, scope, cursors)

    async def get(self, id_: str, fields: Fields = None) -> Document | None:
        """A complaint by its id; None outside the scope as for one that does not exist."""
        here = plan.both(self._rows, {"_id": {"$eq": id_}})
        document = await self._complaints.find_one(here, self._projection(fields))
        return document and self._revealed(document, fields)

    async def page(
        self,
        condition: Condition,
        request: PageRequest,
        order: tuple[Order, ...] = LATEST_FIRST,
        fields: Fields = None,
    ) -> Slice:
        """A page of complaints. Raises InvalidCursorError."""
        found = await self._pager.read(
            self._rows,
            plan.match(condition, _now()),
            plan.steps(order),
            request,
            self._projection(fields),
        )
        if self._guards(fields):
            for document in found.documents:
                self._revealed(document, fields)
        return found

    async def count(self, condition: Condition) -> int:
        """How many complaints of the scope fulfil a condition."""
        wanted = plan.both(self._rows, plan.match(condition, _now()))
        return await self._complaints.count_documents(wanted)

    async def indicators(
        self,
        dimensions: Sequence[Dimension],
        condition: Condition,
        period: Period,
        parts: Fields = None,
    ) -> list[IndicatorRow]:
        """The figures of each group; of no dimension, one row for all. From the roll-up where it
        holds what is asked; `parts` are the figures that the caller reads, None for all.

        A viewer who may count where they may not read gets no group of fewer than five, and may
        filter only by what does not tell one complaint apart. Raises HiddenFieldError.
        """
        beyond = self._scope.counts_beyond_rows
        if beyond and (hidden := fields_of(condition) - COUNTABLE_FIELDS):
            raise HiddenFieldError(", ".join(sorted(hidden)))
        now = as_of = _now()
        asked = self._scope.counts, list(dimensions), condition, period, now
        rolled_up = figures.from_rollups(*asked, parts)
        ready = await self._rollups.ready(now) if rolled_up else None
        if rolled_up and ready:
            groups, as_of = await self._rollups.read(rolled_up), ready
        else:
            groups = await documents(self._complaints, figures.from_complaints(*asked))
        rows = _rows(groups, list(dimensions), as_of)
        if not dimensions and not rows:
            rows = [IndicatorRow({}, 0, 0, 0, 0, None, None, as_of)]
        least = SMALLEST_GROUP if beyond else 0
        return [row for row in rows if row.received >= least] if least else rows

    def _guards(self, fields: Fields) -> bool:
        """Whether any of these fields may have to be hidden from this viewer."""
        return fields is None or not fields.isdisjoint(self._guarded)

    def _projection(self, fields: Fields) -> Document:
        """What to fetch: what was asked for, and what decides on whether it may be shown."""
        if fields is None:
            return {"raw": 0}
        shown = dict.fromkeys(fields - {"raw"}, 1)
        return shown | dict.fromkeys(_GUARDS, 1) if self._guards(fields) else shown

    def _revealed(self, document: Document, fields: Fields) -> Document:
        if not self._guards(fields):
            return document
        place = document["province"], document["district"], document["channel"]
        if document["secret"] and not self._scope.secret_words.covers(*place):
            document.update(dict.fromkeys(_WORDS))
        sealed, document["reporter"] = document.get("reporter"), None
        if sealed and not document["anonymous"] and self._scope.reporters.covers(*place):
            known = orjson.loads(self._vault.open(sealed, document["_id"]))
            document["reporter"] = Reporter(**known)
        return document


def _rows(
    groups: list[Document], dimensions: list[Dimension], as_of: datetime
) -> list[IndicatorRow]:
    """The groups as rows, in order of their keys; groups of the same keys are added."""
    named = [(dimension, dimension.value) for dimension in dimensions]
    by_keys: dict[tuple[str | None, ...], Document] = {}
    for group in groups:
        keys = tuple([group["_id"].get(name) for _, name in named])
        known = by_keys.get(keys)
        by_keys[keys] = group if known is None else _added(known, group)
    return [
        _row(by_keys[keys], dict(zip(dimensions, keys, strict=True)), as_of)
        for keys in sorted(by_keys, key=_in_order)
    ]


def _in_order(keys: tuple[str | None, ...]) -> tuple[str, ...]:
    """Unknown comes first."""
    return tuple([key or "" for key in keys])


def _added(one: Document, other: Document) -> Document:
    times = [t for t in (one["changed_at"], other["changed_at"]) if t]
    sums = {name: one.get(name, 0) + other.get(name, 0) for name in _SUMS}
    hours = [*one.get("hours", ()), *other.get("hours", ())]
    return sums | {"changed_at": max(times, default=None), "hours": hours}


_SUMS = ("received", "followed_up", "overdue")


def _row(group: Document, keys: dict[Dimension, str | None], as_of: datetime) -> IndicatorRow:
    hours = _histogram(group["hours"]) if "hours" in group else {}
    return IndicatorRow(
        keys,
        group["received"],
        group["followed_up"],
        group.get("overdue", 0),
        sum(hours.values()),
        median_days(hours) if hours else None,
        group["changed_at"],
        as_of,
    )


def _histogram(hours: list[Document]) -> Mapping[int, int]:
    """Whole hours to follow-up → complaints; those that do not say are left out."""
    found: Counter[int] = Counter()
    for each in hours:
        if each["hours"] is not None:
            found[int(each["hours"])] += each["count"]
    return found


def _now() -> datetime:
    return datetime.now(UTC)
