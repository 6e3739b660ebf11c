"""Rules of early warning: who wants to be told of what."""

import secrets
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from hub.domain.clock import utc_now
from hub.domain.scope import Permission, Scope
from hub.domain.warning import About, WarningKind, WarningRule
from hub.store import plan
from hub.store.cursor import Cursors
from hub.store.mongo import Database, Document
from hub.store.paging import Pager, PageRequest, Slice
from hub.store.scope_monitor import unscoped

MOST_OF_ONE = 50
_OLDEST_FIRST = (plan.Step("at", descending=False), plan.Step("_id", descending=False))
_SHOWN = {"permissions": 0}


class TooManyRulesError(Exception):
    """A client or person has as many rules as one may have."""


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule, and the most that it was made with."""

    rule: WarningRule
    permissions: frozenset[Permission]


class ScopedWarningRules:
    """The rules on regions that a viewer sees wholly."""

    def __init__(self, scope: Scope, database: Database, cursors: Cursors) -> None:
        self._scope = scope
        self._within = plan.within(scope.rows)
        self._rules = database["warning_rules"]
        self._pager = Pager(self._rules, scope, cursors)

    async def page(self, request: PageRequest) -> Slice:
        """A page of rules, the oldest first. Raises InvalidCursorError."""
        return await self._pager.read(self._within, {}, _OLDEST_FIRST, request, _SHOWN)

    async def add(self, rule: WarningRule) -> Document:
        """Adds a rule of the viewer, which has got no id yet. Raises TooManyRulesError."""
        by = self._scope.subject
        mine = plan.both(self._within, {"by": {"$eq": by}})
        if await self._rules.count_documents(mine, limit=MOST_OF_ONE) >= MOST_OF_ONE:
            raise TooManyRulesError
        kept = asdict(replace(rule, id=f"rule_{secrets.token_hex(12)}", by=by))
        document = {
            "_id": kept.pop("id"),
            **kept,
            "mail_to": list(rule.mail_to),
            **asdict(About.region(rule.region)),
            "permissions": sorted(self._scope.permissions),
            "at": utc_now(),
            "evaluated_at": None,
            "problem": None,
        }
        await self._rules.insert_one(document)
        return document

    async def is_own(self, id_: str) -> bool:
        """Whether there is such a rule of the viewer's."""
        with unscoped("a rule of one's own can be removed where its region is no longer one's own"):
            return await self._rules.find_one(self._own(id_), {"_id": 1}) is not None

    async def remove(self, id_: str) -> bool:
        """Removes a rule of the viewer's own; whether there was one."""
        return bool((await self._rules.delete_one(self._own(id_))).deleted_count)

    def _own(self, id_: str) -> plan.Filter:
        return {"_id": {"$eq": id_}, "by": {"$eq": self._scope.subject}}


class WarningRules:
    """All rules, for whoever evaluates them."""

    def __init__(self, database: Database) -> None:
        self._rules = database["warning_rules"]

    async def all(self) -> list[KeptRule]:
        """Each of them."""
        return [_kept(each) async for each in self._rules.find()]

    async def evaluated(self, id_: str, at: datetime, problem: str | None = None) -> None:
        """Notes that a rule was evaluated (UTC), and of whom it could not tell, in words for its
        owner."""
        told = {"evaluated_at": at, "problem": problem}
        await self._rules.update_one({"_id": id_}, {"$set": told})

    async def failed(self, id_: str, problem: str) -> None:
        """Notes why a rule was not evaluated, in words for its owner."""
        await self._rules.update_one({"_id": id_}, {"$set": {"problem": problem}})


def _kept(found: dict[str, Any]) -> KeptRule:
    rule = WarningRule(
        id=found["_id"],
        kind=WarningKind(found["kind"]),
        mail_to=tuple(found["mail_to"]),
        **{name: found[name] for name in ("by", "name", "region", "days", "below", "over")},
    )
    return KeptRule(rule, frozenset(map(Permission, found["permissions"])))
