"""Warnings: where a rule held or holds, raised once for as long as it does."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from pymongo import ReadPreference, UpdateOne
from pymongo.errors import BulkWriteError

from hub.domain.clock import utc_now
from hub.domain.scope import Scope
from hub.domain.warning import About, Finding, Judgement, WarningRule, WarningState
from hub.store import plan
from hub.store.cursor import Cursors
from hub.store.feed import Change
from hub.store.mongo import DUPLICATE_KEY, Database, Document
from hub.store.paging import Pager, PageRequest, Slice

KEPT = timedelta(days=400)
"""How long a warning is kept after it was cleared."""

AT_ONCE = 200
"""Of so many warnings e-mails are sent in one turn."""

_LATEST_FIRST = (plan.Step("raised_at", descending=True), plan.Step("_id", descending=True))
_OF_RULE = ("rule_province", "rule_district", "channel")
"""Where a warning has the region of its rule."""
_SHOWN = {"mail": 0, "untold": 0}


class ScopedWarnings:
    """Warnings of what lies within a scope: each follows from complaints that the viewer sees."""

    def __init__(self, scope: Scope, database: Database, cursors: Cursors) -> None:
        self._scope = scope
        self._within = plan.within(scope.rows)
        self._warnings = database["warnings"]
        self._pager = Pager(self._warnings, scope, cursors)

    async def get(self, id_: str) -> Document | None:
        """A warning by its id."""
        here = plan.both(self._within, {"_id": {"$eq": id_}})
        return await self._warnings.find_one(here, _SHOWN)

    async def raised(self, change: Change) -> Document | None:
        """The warning that was raised, as it is now; None outside the scope."""
        here = plan.both(self._within, {"_id": {"$eq": change.id}})
        newest = self._warnings.with_options(read_preference=ReadPreference.PRIMARY)
        return await change.read(self._scope.rows, lambda: newest.find_one(here, _SHOWN))

    async def page(self, state: WarningState | None, request: PageRequest) -> Slice:
        """A page of warnings, the latest first. Raises InvalidCursorError."""
        wanted: plan.Filter = {"state": {"$eq": state.value}} if state else {}
        return await self._pager.read(self._within, wanted, _LATEST_FIRST, request, _SHOWN)

    async def is_open(self, id_: str) -> bool:
        """Whether there is such an open warning of a rule that the viewer could have made."""
        return await self._warnings.find_one(self._open(id_), {"_id": 1}) is not None

    async def acknowledge(self, id_: str, note: str) -> Document | None:
        """Notes that somebody who oversees all of its rule's region looks after an open warning;
        None where there is no such one."""
        told = {"note": note, "by": self._scope.subject, "at": utc_now()}
        changed = {"state": WarningState.ACKNOWLEDGED.value, "acknowledged": told}
        done = await self._warnings.update_one(self._open(id_), {"$set": changed})
        return await self.get(id_) if done.matched_count else None

    def _open(self, id_: str) -> plan.Filter:
        wanted: plan.Filter = {"_id": {"$eq": id_}, "state": {"$eq": WarningState.OPEN.value}}
        return plan.both(self._within, plan.within(self._scope.overseen, _OF_RULE), wanted)


@dataclass(frozen=True, slots=True)
class Raised:
    """A warning as whoever delivers it knows it; `raised_at` is UTC."""

    id: str
    province: str | None
    district: str | None
    channel: str | None
    raised_at: datetime


class WarningRegister:
    """All warnings, for whoever raises, clears and delivers them."""

    def __init__(self, database: Database) -> None:
        self._warnings = database["warnings"]

    async def settle(self, rule: WarningRule, judged: Judgement, now: datetime) -> int:
        """Raises what a rule finds and has not raised, and clears what it no longer finds; how many
        were raised. What it still finds is told by the figures of now beside those that it was
        raised with; what it can't tell of stays as it is. Done again it does nothing."""
        holding = {"rule": rule.id, "holds": True}
        known = {_where(each): each async for each in self._warnings.find(holding)}
        found = {tuple(asdict(each.about).values()): each for each in judged.findings}
        stay = found.keys() | {tuple(asdict(each).values()) for each in judged.untold}
        gone = [each["_id"] for where, each in known.items() if where not in stay]
        await self._clear({"_id": {"$in": gone}}, now)
        moved = [
            UpdateOne({"_id": before["_id"]}, {"$set": latest})
            for where, each in found.items()
            if (before := known.get(where)) and before | (latest := _latest(each)) != before
        ]
        if moved:
            await self._warnings.bulk_write(moved, ordered=False)
        new = [_raised(rule, each, now) for where, each in found.items() if where not in known]
        if not new:
            return 0
        try:
            await self._warnings.insert_many(new, ordered=False)
        except BulkWriteError as error:  # another hub was quicker
            if any(e["code"] != DUPLICATE_KEY for e in error.details["writeErrors"]):
                raise
            return len(new) - len(error.details["writeErrors"])
        return len(new)

    async def clear_all_but(self, rules: Sequence[str], now: datetime) -> None:
        """Clears what other rules raised than these: they are no more."""
        await self._clear({"rule": {"$nin": [*rules]}, "holds": True}, now)

    async def untold(self) -> list[Raised]:
        """Those of which no webhook has been told."""
        found = self._warnings.find({"untold": True}, sort=[("raised_at", 1)])
        shown = (*plan.PLACE, "raised_at")
        return [Raised(each["_id"], *(each[n] for n in shown)) async for each in found]

    async def told(self, ids: Sequence[str]) -> None:
        """Notes that what tells webhooks of these is stored."""
        await self._warnings.update_many({"_id": {"$in": [*ids]}}, {"$unset": {"untold": ""}})

    async def to_mail(self, now: datetime) -> list[Document]:
        """Those that hold and of which somebody is to be told by e-mail now (UTC), each with those
        whose turn it is as `mail`."""
        due = {"holds": True, "mail.next_at": {"$lte": now}}
        found = await self._warnings.find(due, sort=[("mail.next_at", 1)], limit=AT_ONCE).to_list()
        return [
            {**each, "mail": [m for m in each["mail"] if m["next_at"] <= now]} for each in found
        ]

    async def claim_mail(self, id_: str, mail: Document, next_at: datetime) -> bool:
        """Whether a try at one of `to_mail` is ours: true for one hub alone. Unless it is noted as
        mailed, it is tried again at `next_at` (UTC)."""
        mine = {"to": mail["to"], "next_at": mail["next_at"]}
        change = {"$set": {"mail.$.next_at": next_at}, "$inc": {"mail.$.tries": 1}}
        claimed = await self._warnings.update_one(
            {"_id": id_, "mail": {"$elemMatch": mine}}, change
        )
        return bool(claimed.matched_count)

    async def mailed(self, id_: str, address: str) -> None:
        """Notes that an address was told, or can't be."""
        await self._warnings.update_one({"_id": id_}, {"$pull": {"mail": {"to": address}}})

    async def _clear(self, which: Document, now: datetime) -> None:
        changed = {
            "state": WarningState.CLEARED.value,
            "cleared_at": now,
            "expires_at": now + KEPT,
        }
        await self._warnings.update_many(which, {"$set": changed, "$unset": {"holds": ""}})


def _where(warning: Document) -> tuple[str | None, ...]:
    return tuple(warning[name] for name in plan.PLACE)


def _latest(finding: Finding) -> Document:
    return {"received_now": finding.received, "followed_up_now": finding.followed_up}


def _raised(rule: WarningRule, finding: Finding, now: datetime) -> Document:
    region = About.region(rule.region)
    return {
        "_id": f"warning_{secrets.token_hex(12)}",
        "rule": rule.id,
        "name": rule.name,
        "kind": rule.kind.value,
        "days": rule.days,
        **asdict(finding.about),
        "rule_province": region.province,
        "rule_district": region.district,
        "received": finding.received,
        "followed_up": finding.followed_up,
        **_latest(finding),
        "acted_in": finding.acted_in,
        "state": WarningState.OPEN.value,
        "raised_at": now,
        "acknowledged": None,
        "cleared_at": None,
        "holds": True,
        "untold": True,
        "mail": [{"to": each, "tries": 0, "next_at": now} for each in rule.mail_to],
    }
