"""Rules of early warning, evaluated again and again by one of all hubs: each within what its owner
may see now."""

from datetime import datetime, timedelta

import structlog

from hub.domain.activity import Members
from hub.domain.argument import ArgumentError
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.domain.indicators import Dimension, IndicatorRow, Period
from hub.domain.scope import Scope
from hub.domain.warning import (
    About,
    Judgement,
    WarningKind,
    WarningRule,
    channel_silent,
    district_inactive,
    follow_up_low,
)
from hub.store.mongo import StoreError
from hub.store.scope_monitor import viewing
from hub.store.store import Store
from hub.store.warning_rules import KeptRule

EVERY = timedelta(hours=1)
_LOOK_SECONDS = 60.0
_OUT_OF_REACH = "whoever made it may no longer see all of its region"
_FAILED = "it failed; the hub's log says why"
_UNTOLD = "it can't tell of {}: no channel of theirs was read without a fault lately"
_MOST_NAMED = 10
_PLACES = (Dimension.PROVINCE, Dimension.DISTRICT)

_log = structlog.get_logger()


class EarlyWarning:
    """Evaluates the rules of a store."""

    def __init__(self, store: Store, clock: Clock = SYSTEM_CLOCK) -> None:
        self._store = store
        self._clock = clock

    async def work(self) -> None:
        """Goes on until it is cancelled."""
        while True:
            try:
                now = self._clock.now()
                if await self._store.schedules.claim_work("warnings", now, now + EVERY):
                    await self.once()
            except StoreError as error:
                _log.warning("warnings.not_evaluated", error=str(error))
            except Exception:  # beside it connectors run, which go on
                _log.exception("warnings.turn_failed")
            await self._clock.sleep(_LOOK_SECONDS)

    async def once(self) -> int:
        """Evaluates every rule; how many warnings were raised. Raises StoreError."""
        now = self._clock.now()
        raised = 0
        kept = await self._store.warning_rules.all()
        await self._store.warnings.clear_all_but([each.rule.id for each in kept], now)
        for each in kept:
            scope = await owner_of(each, self._store)
            if scope is None:
                # Not cleared either: whether it still holds is for nobody to say.
                _log.info("warnings.out_of_reach", rule=each.rule.id)
                await self._store.warning_rules.failed(each.rule.id, _OUT_OF_REACH)
                continue
            try:
                with viewing(scope):
                    judged = await self._judged(each.rule, scope, now)
            except StoreError:
                raise
            except Exception as error:  # one rule's fault keeps nothing from the others
                _log.exception("warnings.rule_failed", rule=each.rule.id)
                said = str(error) if isinstance(error, ArgumentError) else _FAILED
                await self._store.warning_rules.failed(each.rule.id, said)
                continue
            raised += await self._store.warnings.settle(each.rule, judged, now)
            problem = _untold(judged) if judged.untold else None
            await self._store.warning_rules.evaluated(each.rule.id, now, problem)
        _log.info("warnings.evaluated", rules=len(kept), raised=raised)
        return raised

    async def _judged(self, rule: WarningRule, scope: Scope, now: datetime) -> Judgement:
        today = now.date()
        lately = Period(first=rule.since(today))
        reader = self._store.reader(scope)

        async def rows(dimensions: tuple[Dimension, ...], period: Period) -> list[IndicatorRow]:
            return await reader.complaints.indicators(dimensions, rule.condition, period)

        match rule.kind:
            case WarningKind.FOLLOW_UP_LOW:
                return Judgement(follow_up_low(rule, await rows(_PLACES, lately)))
            case WarningKind.CHANNEL_SILENT:
                by_channel = (Dimension.CHANNEL,)
                known = await rows(by_channel, Period())
                return Judgement(channel_silent(rule, known, await rows(by_channel, lately)))
            case WarningKind.DISTRICT_INACTIVE:
                province = About.region(rule.region).province
                seen = await reader.activity.of(Members.DISTRICT, province, Period())
                read_at = {c["_id"]: c["last_synced_at"] for c in await reader.channels.all()}
                came = await rows(_PLACES, lately)
                return district_inactive(rule, seen.members, read_at, came, today)


async def owner_of(kept: KeptRule, store: Store) -> Scope | None:
    """What the owner of a rule may see now, of what it was made with; None where that is no longer
    all of its region."""
    by = kept.rule.by
    holder = await store.principals.get(by)
    if holder is None:
        return None
    scope = Scope(by, holder.grants, holder.permissions & kept.permissions)
    both = kept.rule.lies_within(scope.overseen), kept.rule.lies_within(scope.counts)
    return scope if all(both) else None


def _untold(judged: Judgement) -> str:
    """Of whom a rule can't tell, in words for its owner."""
    codes = [str(each.district) for each in judged.untold]
    more = ["…"] if len(codes) > _MOST_NAMED else []
    return _UNTOLD.format(", ".join([*codes[:_MOST_NAMED], *more]))
