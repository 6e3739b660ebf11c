"""Cases as one viewer may see them: made of the complaints that they see and of the links between
these, and of nothing else. So no link, count or id tells of a complaint that is not theirs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from anyio import to_thread
from pymongo import UpdateOne

from hub.domain.argument import ArgumentError
from hub.domain.case import LinkedBy, joined, pair_of
from hub.domain.clock import utc_now
from hub.domain.question import Condition
from hub.domain.remaining import by_moments
from hub.domain.scope import Scope
from hub.domain.seen import as_seen
from hub.domain.working_days import Calendar
from hub.store import plan
from hub.store.links import LIVE, Pair, link_id, places_of
from hub.store.mongo import Database, Document, read_quickly

_SHOWN = dict.fromkeys((*plan.PLACE, "secret", "number", "status", "received_at"), 1)
_AT_ONCE = 5_000
MOST_LINKS = 100_000
"""So many links are read for one count: a few seconds."""


@dataclass(frozen=True, slots=True)
class Case:
    """Reports that are the same, the first to come first, and what links them."""

    reports: list[Document]
    links: list[Document]


@dataclass(frozen=True, slots=True)
class CaseCounts:
    """How many complaints there are, and how many cases they are."""

    received: int
    cases: int


class CasesError(ArgumentError):
    """There is too much to be counted at once."""


class NoSuchComplaintError(Exception):
    """There is no such complaint for this viewer to link or part."""


class ScopedCases:
    """The cases within a scope. A secret complaint is in one with others only for viewers who may
    read its words, since the words of the others would tell them."""

    def __init__(self, scope: Scope, database: Database, calendar: Calendar) -> None:
        self._scope = scope
        self._calendar = calendar
        self._rows = plan.within(scope.rows)
        self._linked = plan.within(scope.rows, plan.OF_LINK)
        self._complaints = read_quickly(database["complaints"])
        self._links = read_quickly(database["links"])

    async def of(self, ids: Sequence[str]) -> dict[str, Case]:
        """The case of each of these complaints that the viewer sees."""
        seen: dict[str, Document] = {}
        links: dict[str, Document] = {}
        asked: set[str] = set()

        def is_told(link: Document) -> bool:
            return all(id_ in seen and _may_link(self._scope, seen[id_]) for id_ in link["members"])

        new = set(ids)
        # The same two questions whether something hidden is linked or nothing is, and whether a
        # secret complaint is linked or is not.
        while new:
            asked |= new
            having = {"members": {"$in": [*new]}, **LIVE}
            found = await self._links.find(plan.both(self._linked, having)).to_list()
            links |= {each["_id"]: each for each in found}
            ends = {id_ for each in found for id_ in each["members"]} | new
            seen |= await self._shown(ends - seen.keys())
            new = {id_ for each in filter(is_told, found) for id_ in each["members"]} - asked
        told = [*filter(is_told, links.values())]
        case_of = joined(seen, map(_pair, told))
        # Each is made once, since many of a page may be of one.
        first = {members[0]: members for members in case_of.values()}
        cases = {
            id_: Case(sorted((seen[each] for each in members), key=_when), [])
            for id_, members in first.items()
        }
        for link in told:
            cases[case_of[link["members"][0]][0]].links.append(link)
        return {id_: cases[case_of[id_][0]] for id_ in ids if id_ in seen}

    async def count(self, condition: Condition) -> CaseCounts:
        """The complaints of the scope that fulfil a condition, and how many cases these are of:
        those that `of` tells. Raises CasesError."""
        now = utc_now()
        seen = as_seen(by_moments(condition, self._calendar, now), self._scope)
        wanted = plan.match(seen, now)
        here = plan.both(self._rows, wanted)
        ids = await self._complaints.find(here, {"_id": 1}, limit=_AT_ONCE + 1).to_list()
        if len(ids) <= _AT_ONCE:
            cases = await self.of([each["_id"] for each in ids])
            return CaseCounts(len(cases), len({id(case) for case in cases.values()}))
        received = await self._complaints.count_documents(here)
        among, case_of = await self._all_linked(wanted)
        linked = {case_of[id_][0] for id_ in among}
        return CaseCounts(received, received - len(among) + len(linked))

    async def _all_linked(self, wanted: plan.Filter) -> tuple[set[str], dict[str, list[str]]]:
        """Those of the linked complaints that fulfil a filter, and what all of them are joined
        to."""
        linked_here = plan.both(self._linked, LIVE)
        found = self._links.find(
            linked_here, {"members": 1}, limit=MOST_LINKS + 1, batch_size=_AT_ONCE
        )
        pairs = [_pair(each) async for each in found]
        if len(pairs) > MOST_LINKS:
            told = f"is of more than {_AT_ONCE:,} complaints, among more links than can be counted"
            raise CasesError("filter", f"{told}; narrow it down, such as to a time and a place")
        there: set[str] = set()
        among: set[str] = set()
        for ids in _batches(sorted({id_ for pair in pairs for id_ in pair})):
            linked = await self._linkable(ids)
            among |= await self._linkable(ids, wanted) if wanted else linked
            there |= linked
        return among, await to_thread.run_sync(_joined_among, there, pairs)

    async def _linkable(self, ids: list[str], wanted: plan.Filter | None = None) -> set[str]:
        """Those of some that the viewer sees and whose words they may read (`_may_link`)."""
        told = {"$or": [{"secret": False}, plan.within(self._scope.secret_words)]}
        here = plan.both(self._rows, {"_id": {"$in": ids}}, told, wanted or {})
        return {each["_id"] async for each in self._complaints.find(here, {"_id": 1})}

    async def _shown(self, ids: Iterable[str]) -> dict[str, Document]:
        here = plan.both(self._rows, {"_id": {"$in": [*ids]}})
        return {each["_id"]: each async for each in self._complaints.find(here, _SHOWN)}


class CaseChanges:
    """What a viewer says of complaints that they oversee: that they are the same, or are not."""

    def __init__(self, scope: Scope, database: Database, calendar: Calendar) -> None:
        self._scope = scope
        self._cases = ScopedCases(scope, database, calendar)
        self._complaints = database["complaints"]
        self._links = database["links"]

    async def link(self, ids: Sequence[str], note: str) -> None:
        """Makes complaints one case. Raises NoSuchComplaintError."""
        ends = await self.look(ids)
        said = {"how": LinkedBy.PERSON.value, "score": None, "note": note, **LIVE}
        said |= {"by": self._scope.subject, "at": utc_now()}
        for other in ids[1:]:
            pair = pair_of(ids[0], other)
            made = {"members": [*pair], **said, **places_of([ends[id_] for id_ in pair])}
            await self._links.update_one({"_id": link_id(*pair)}, {"$set": made}, upsert=True)

    async def part(self, id_: str, note: str) -> None:
        """Takes a complaint out of its case: it is linked to nothing in it that the viewer
        oversees, nor will be but by a person. Raises NoSuchComplaintError."""
        ends = await self.look([id_])
        case = (await self._cases.of([id_]))[id_]
        said = {"by": self._scope.subject, "at": utc_now(), "note": note}
        never = {"how": LinkedBy.PERSON.value, "score": None, **said}
        changes = []
        for other in filter(self._oversees, case.reports):
            pair = pair_of(id_, other["_id"])
            if other["_id"] != id_:
                # Also with those that it is not linked to, since others stood for them.
                made = {"members": [*pair], **never, **places_of([ends[id_], other])}
                change = {"$set": {"undone": said}, "$setOnInsert": made}
                changes.append(UpdateOne({"_id": link_id(*pair)}, change, upsert=True))
        if changes:
            await self._links.bulk_write(changes, ordered=False)

    async def look(self, ids: Sequence[str]) -> dict[str, Document]:
        """Some complaints, where the viewer oversees each of them. Raises NoSuchComplaintError."""
        here = plan.both(plan.within(self._scope.rows), {"_id": {"$in": [*ids]}})
        shown = dict.fromkeys((*plan.PLACE, "secret"), 1)
        found = {each["_id"]: each async for each in self._complaints.find(here, shown)}
        if missing := [id_ for id_ in ids if not self._oversees(found.get(id_))]:
            raise NoSuchComplaintError(missing[0])
        return found

    def _oversees(self, complaint: Document | None) -> bool:
        return (
            complaint is not None
            and plan.covers(self._scope.overseen, complaint)
            and _may_link(self._scope, complaint)
        )


def _may_link(scope: Scope, complaint: Document) -> bool:
    """Whether a complaint's words, which those of others would tell, are the viewer's to read."""
    return not complaint["secret"] or plan.covers(scope.secret_words, complaint)


def _when(report: Document) -> tuple[datetime, str]:
    return report["received_at"], report["_id"]


def _pair(link: Document) -> Pair:
    one, other = link["members"]
    return one, other


def _joined_among(ids: set[str], pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """What these are joined to by the pairs of which both are among them."""
    return joined(ids, (pair for pair in pairs if ids.issuperset(pair)))


def _batches(ids: list[str]) -> Iterable[list[str]]:
    for start in range(0, len(ids), _AT_ONCE):
        yield ids[start : start + _AT_ONCE]
