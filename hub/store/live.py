"""Changes as one viewer may hear of them."""

from dataclasses import dataclass, field

from hub.domain.change import ChangeKind
from hub.domain.question import Condition
from hub.domain.scope import Reach, Scope
from hub.domain.seen import as_seen
from hub.store.feed import Audience, Change, Feed, Inbox
from hub.store.mongo import Document
from hub.store.plan import covers
from hub.store.predicates import Predicate, predicate


@dataclass(frozen=True, slots=True)
class Announced:
    """How a change of a complaint looks from within a scope and a condition."""

    kind: ChangeKind
    change: Change


class ScopedChanges:
    """What changes within a scope, and nothing else: who may not see a complaint hears nothing of
    it but, where they could see it until then, that it is gone."""

    def __init__(self, scope: Scope, feed: Feed) -> None:
        self._scope = scope
        self._feed = feed

    async def complaints(self, condition: Condition) -> Inbox[Announced]:
        """Changes of the complaints that may be read and fulfil a condition, from now on.

        Raises NotWatchableError, FeedUnavailableError.
        """
        return await self._feed.watch(readers(self._scope, condition))

    async def counted(self) -> Inbox[Change]:
        """Changes of the complaints that may be counted. Raises FeedUnavailableError."""
        return await self._feed.watch(_Counters(self._scope.counts))

    async def warnings(self) -> Inbox[Change]:
        """Warnings that are raised within the scope. Raises FeedUnavailableError."""
        return await self._feed.watch(_Warned(self._scope.rows))

    async def runs(self, connector: str | None) -> Inbox[Change]:
        """Changes of runs, of one connector or of all. Raises FeedUnavailableError."""
        return await self._feed.watch(_Minders(self._scope.ledgers, connector))


def readers(scope: Scope, condition: Condition) -> Audience[Announced]:
    """Who reads within a scope and watches the complaints of a condition. Raises
    NotWatchableError."""
    seen = as_seen(condition, scope)
    return _Readers(scope.rows, seen, predicate(seen))


@dataclass(frozen=True, slots=True)
class _Readers:
    """All who may read the same complaints and watch those of one condition."""

    reach: Reach
    condition: Condition
    holds: Predicate = field(compare=False)

    def hears(self, change: Change) -> Announced | None:
        """What they see of a change."""
        if change.collection != "complaints":
            return None
        had, has = (self._has(image, change) for image in (change.before, change.after))
        if has:
            return Announced(ChangeKind.UPDATED if had else ChangeKind.CREATED, change)
        return Announced(ChangeKind.GONE, change) if had else None

    def _has(self, image: Document | None, change: Change) -> bool:
        return image is not None and covers(self.reach, image) and self.holds(image, change.at)


@dataclass(frozen=True, slots=True)
class _Counters:
    """All who may count the same complaints."""

    reach: Reach

    def hears(self, change: Change) -> Change | None:
        """A change of what they count."""
        images = [image for image in (change.before, change.after) if image is not None]
        counts = change.collection == "complaints" and any(covers(self.reach, i) for i in images)
        return change if counts else None


@dataclass(frozen=True, slots=True)
class _Minders:
    """All who may see the same ledgers and watch one connector, or all."""

    reach: Reach
    connector: str | None

    def hears(self, change: Change) -> Change | None:
        """A change of a run of theirs."""
        run = change.after
        if change.collection != "runs" or run is None:
            return None
        theirs = self.connector in {None, run["connector"]}
        return change if theirs and self.reach.covers(None, None, run["channel"]) else None


@dataclass(frozen=True, slots=True)
class _Warned:
    """All who may see the same warnings."""

    reach: Reach

    def hears(self, change: Change) -> Change | None:
        """A warning of theirs that is raised."""
        raised = change.after if change.before is None else None
        if change.collection != "warnings" or raised is None:
            return None
        return change if covers(self.reach, raised) else None
