"""Relay connections over the store's pages."""

from asyncio import Future, ensure_future
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from strawberry import UNSET

from hub.schema.errors import InputError
from hub.schema.limits import LARGEST_PAGE, USUAL_PAGE
from hub.schema.source import awaited, derived, output
from hub.schema.types.audit import AuditRecord
from hub.schema.types.channel import DeadLetter, Run
from hub.schema.types.complaint import Complaint
from hub.schema.types.letter import Letter
from hub.schema.types.warning import Warning, WarningRule  # noqa: A004 - the word of the field
from hub.schema.types.webhook import WebhookDelivery
from hub.store.complaints import Count
from hub.store.paging import PageRequest, Slice


class Counted:
    """A page, and how to count the list that it is of, which is done once."""

    def __init__(self, slice: Slice, count: Callable[[], Awaitable[Count]]) -> None:  # noqa: A002
        self.slice = slice
        self._count = count
        self._counted: Future[Count] | None = None

    async def count(self) -> Count:
        """How many the list has."""
        if self._counted is None:
            self._counted = ensure_future(self._count())
        # Not shielded: with the request that is given up, the count is too.
        return await self._counted


async def _total(page: Counted) -> int:
    return (await page.count()).number


async def _is_estimate(page: Counted) -> bool:
    return (await page.count()).is_estimate


@dataclass(frozen=True, slots=True)
class Entry:
    """A document in a page."""

    node: Any
    slice: Slice


def page_request(
    first: int | None, after: str | None, last: int | None = UNSET, before: str | None = UNSET
) -> PageRequest:
    """A page as Relay's arguments ask for it; null is as good as left out. Raises InputError."""
    sizes = {"first": first, "last": last}
    stated = [(name, size) for name, size in sizes.items() if isinstance(size, int)]
    if len(stated) > 1:
        raise InputError("last", "give `first` or `last`, not both")
    name, size = stated[0] if stated else ("first", USUAL_PAGE)
    if not 0 <= size <= LARGEST_PAGE:
        raise InputError(name, f"must be from 0 to {LARGEST_PAGE}, not {size}")
    return PageRequest(size, after or None, before or None, backward=name == "last")


def _entries(page: Any) -> list[Entry]:
    return [Entry(document, page) for document in page.documents]


def _end(position: int) -> Callable[[Any], str | None]:
    def read(page: Any) -> str | None:
        return page.cursor(page.documents[position]) if page.documents else None

    return read


@output
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = derived(lambda p: p.has_next, "Whether more follows.")
    has_previous_page: bool = derived(lambda p: p.has_previous, "Whether more precedes.")
    start_cursor: str | None = derived(_end(0), "Cursor of the first edge.")
    end_cursor: str | None = derived(_end(-1), "Cursor of the last edge.")


def _cursor(entry: Any) -> str:
    return str(entry.slice.cursor(entry.node))


_EDGES = "The page, each node with its cursor."
_NODES = "The page, without cursors."
_CURSOR = "Opaque; good for this list, this order and this viewer only."


@output
class ComplaintEdge:
    """A complaint in a list."""

    cursor: str = derived(_cursor, _CURSOR)
    node: Complaint = derived(lambda entry: entry.node, "The complaint.")


@output
class ComplaintConnection:
    """A page of complaints."""

    edges: list[ComplaintEdge] = derived(lambda p: _entries(p.slice), _EDGES)
    nodes: list[Complaint] = derived(lambda p: p.slice.documents, _NODES)
    page_info: PageInfo = derived(lambda p: p.slice, "Where the page stands.")

    total_count: int = awaited(
        _total,
        "How many there are in all; counted only when asked for, one by one up to 10,000. Beyond "
        "that it is an estimate, and `totalCountIsEstimate` says so.",
        weight=100,
    )
    total_count_is_estimate: bool = awaited(
        _is_estimate,
        "Whether there are more than 10,000: `totalCount` is then what the figures hold, which may "
        "be behind, or 10,000 where they hold no such thing: at least so many.",
        weight=100,
    )


def _connection_of(node: type, name: str, entry: str, page: str) -> Any:
    """The connection of a type, with edges of its own: `entry` is the word for one, `page` says of
    which entries in which order it is one."""
    edge = _type(
        f"{name}Edge",
        f"A {entry} in a list.",
        cursor=(str, derived(_cursor, _CURSOR)),
        node=(node, derived(lambda entry: entry.node, f"The {entry}.")),
    )
    return _type(
        f"{name}Connection",
        f"A page of {page}.",
        edges=(list[edge], derived(_entries, _EDGES)),  # type: ignore[valid-type]
        nodes=(list[node], derived(lambda p: p.documents, _NODES)),  # type: ignore[valid-type]
        page_info=(PageInfo, derived(lambda page: page, "Where the page stands.")),
    )


def _type(name: str, description: str, **fields: tuple[Any, Any]) -> Any:
    """A GraphQL type of fields that are (type, source)."""
    annotations = {field: of for field, (of, _) in fields.items()}
    sources = {field: source for field, (_, source) in fields.items()}
    stated = {"__doc__": description, "__annotations__": annotations, "__module__": __name__}
    return output(type(name, (), {**stated, **sources}))


RunConnection = _connection_of(Run, "Run", "run", "runs, the latest first")
DeadLetterConnection = _connection_of(
    DeadLetter, "DeadLetter", "dead letter", "dead letters, the latest first"
)
AuditConnection = _connection_of(
    AuditRecord, "Audit", "record", "records of reads, the latest first"
)
WebhookDeliveryConnection = _connection_of(
    WebhookDelivery, "WebhookDelivery", "delivery", "deliveries, the latest first"
)
LetterConnection = _connection_of(Letter, "Letter", "letter", "letters, the latest first")
WarningConnection = _connection_of(Warning, "Warning", "warning", "warnings, the latest first")
WarningRuleConnection = _connection_of(
    WarningRule, "WarningRule", "rule", "rules of early warning, the oldest first"
)
