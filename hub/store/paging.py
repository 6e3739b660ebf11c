"""Keyset pages with cursors, the same for every list that the hub gives."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hub.domain.question import Page, Place
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.cursor import BoundCursors, Cursors, InvalidCursorError
from hub.store.mongo import Collection, Document, find_at_once


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A page as a client asks for it: by opaque cursors."""

    size: int
    after: str | None = None
    before: str | None = None
    backward: bool = False


@dataclass(frozen=True, slots=True)
class Slice:
    """The documents of a page in reading order, and whether there is more on either side."""

    documents: list[Document]
    has_next: bool
    has_previous: bool
    cursor: Callable[[Document], str]


@dataclass(frozen=True, slots=True)
class Pager:
    """Reads pages of one collection for one viewer."""

    collection: Collection
    scope: Scope
    cursors: Cursors
    _bindings: dict[tuple[plan.Step, ...], BoundCursors] = field(default_factory=dict)

    def _bound(self, order: tuple[plan.Step, ...]) -> BoundCursors:
        """The cursors of this list in an order, of which there are few."""
        if order not in self._bindings:
            stated = [step._asdict() for step in order]
            self._bindings[order] = self.cursors.bind(self.scope, [self.collection.name, stated])
        return self._bindings[order]

    async def read(
        self,
        within: plan.Filter,
        wanted: plan.Filter,
        order: tuple[plan.Step, ...],
        request: PageRequest,
        projection: Document | None = None,
    ) -> Slice:
        """One page. Raises InvalidCursorError for a cursor of another order, list or viewer; its
        text says which of the two."""

        bound = self._bound(order)

        def cursor(document: Document) -> str:
            *named, last = order
            values = tuple(document.get(step.field) for step in named)
            return bound.write(Place(values, document[last.field]))

        if projection and 1 in projection.values():
            projection = projection | {step.field: 1 for step in order}
        after, before = (
            _place(bound, name, cursor)
            for name, cursor in (("after", request.after), ("before", request.before))
        )
        page = Page(request.size, after, before, request.backward)
        asked = plan.find(within, wanted, order, page)
        documents = await find_at_once(
            self.collection, asked.filter, projection, asked.sort, asked.limit
        )
        more = len(documents) > page.size
        documents = documents[: page.size]
        if page.backward:
            documents.reverse()
            return Slice(documents, request.before is not None, more, cursor)
        return Slice(documents, more, request.after is not None, cursor)


def _place(bound: BoundCursors, name: str, cursor: str | None) -> Place | None:
    try:
        return bound.read(cursor) if cursor else None
    except InvalidCursorError:
        raise InvalidCursorError(name) from None
