"""Rules of early warning, evaluated again and again by one of all hubs: each within what its owner
may see now."""

from datetime import UTC, datetime, time, timedelta

import structlog

from hub.domain.argument import ArgumentError
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.domain.indicators import Dimension, IndicatorRow, Period
from hub.domain.question import All, Compare, Condition, Field, Op
from hub.domain.scope import Scope
from hub.domain.warning import (
    Finding,
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
                    findings = await self._findings(each.rule, scope, now)
            except StoreError:
                raise
            except Exception as error:  # one rule's fault keeps nothing from the others
                _log.exception("warnings.rule_failed", rule=each.rule.id)
                said = str(error) if isinstance(error, ArgumentError) else _FAILED
                await self._store.warning_rules.failed(each.rule.id, said)
                continue
            raised += await self._store.warnings.settle(each.rule, findings, now)
            await self._store.warning_rules.evaluated(each.rule.id, now)
        _log.info("warnings.evaluated", rules=len(kept), raised=raised)
        return raised

    async def _findings(self, rule: WarningRule, scope: Scope, now: datetime) -> list[Finding]:
        today = now.date()
        lately = Period(first=rule.since(today))

        async def rows(
            dimensions: tuple[Dimension, ...], condition: Condition, period: Period
        ) -> list[IndicatorRow]:
            complaints = self._store.reader(scope).complaints
            return await complaints.indicators(dimensions, condition, period)

        match rule.kind:
            case WarningKind.FOLLOW_UP_LOW:
                return follow_up_low(rule, await rows(_PLACES, rule.condition, lately))
            case WarningKind.CHANNEL_SILENT:
                by_channel = (Dimension.CHANNEL,)
                known = await rows(by_channel, rule.condition, Period())
                return channel_silent(rule, known, await rows(by_channel, rule.condition, lately))
            case WarningKind.DISTRICT_INACTIVE:
                start, before = _midnight(rule, now, 1), _midnight(rule, now, 2)
                since = Compare(Field.FOLLOWED_UP_AT, Op.GTE, start)
                until = (
                    Compare(Field.FOLLOWED_UP_AT, Op.GTE, before),
                    Compare(Field.FOLLOWED_UP_AT, Op.LT, start),
                )
                return district_inactive(
                    await rows(_PLACES, All((rule.condition, *until)), Period()),
                    await rows(_PLACES, All((rule.condition, since)), Period()),
                )


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


def _midnight(rule: WarningRule, now: datetime, times: int) -> datetime:
    return datetime.combine(rule.since(now.date(), times), time(), UTC)
