"""Rules of early warning: raised once while they hold, within what their owner may see."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from hub.domain.activity import Members
from hub.domain.argument import ArgumentError
from hub.domain.clock import Clock
from hub.domain.complaint import ComplaintStatus
from hub.domain.indicators import Period
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.domain.warning import WarningKind
from hub.oversight.early_warning import EarlyWarning
from tests.made import provenance, received
from tests.oversight.watching import OVERSEEING, SULSEL, Watch


async def test_follow_up_under_a_share_warns_of_the_district(watch: Watch) -> None:
    await watch.rule(WarningKind.FOLLOW_UP_LOW, below=0.5, over=3)
    done = {"status": ComplaintStatus.CLOSED}
    await watch.write(3)
    await watch.write(1, **done)  # 73.71: one of four
    await watch.write(2, district="73.06")
    await watch.write(2, district="73.06", **done)  # half is not under half
    await watch.write(3, district="73.09")  # three are not more than three
    await watch.write(9, district="73.02", received_at=watch.now - timedelta(days=30))
    await watch.write(9, province="74", district="74.71")
    assert await watch.evaluate() == 1
    (warning,) = await watch.warnings()
    told = {name: warning[name] for name in ("district", "received", "followed_up", "state")}
    assert told == {"district": "73.71", "received": 4, "followed_up": 1, "state": "open"}


async def test_a_warning_that_holds_tells_the_figures_of_now_too(watch: Watch) -> None:
    await watch.rule(WarningKind.FOLLOW_UP_LOW, below=0.5, over=3)
    await watch.write(4)
    await watch.evaluate()
    await watch.write(6, received_at=watch.now)
    await watch.write(1, received_at=watch.now, status=ComplaintStatus.CLOSED)
    assert await watch.evaluate() == 0
    (warning,) = await watch.warnings()
    names = ("received", "followed_up", "received_now", "followed_up_now")
    assert [warning[name] for name in names] == [4, 0, 11, 1]


async def test_a_channel_that_brings_nothing_any_more_is_silent(watch: Watch) -> None:
    await watch.rule(WarningKind.CHANNEL_SILENT, days=7)
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=7))
    await watch.write(channel="lapor", received_at=watch.now - timedelta(days=6))
    await watch.write(channel="sultra", province="74", district="74.71")
    assert await watch.evaluate() == 1
    (warning,) = await watch.warnings()
    assert (warning["channel"], warning["province"], warning["district"]) == ("sulsel", "73", None)


async def test_a_district_that_was_active_and_is_no_more_is_inactive(watch: Watch) -> None:
    await watch.rule(WarningKind.DISTRICT_INACTIVE, days=7)
    await watch.synced()
    for district, days in (("73.71", (10,)), ("73.06", (10, 2)), ("73.09", (2,)), ("73.02", (60,))):
        for ago in days:
            await watch.followed_up(ago, district=district)
    await watch.write(2, district="73.71", received_at=watch.now)
    await watch.write(2, district="73.01", received_at=watch.now)  # it never did anything
    await watch.followed_up(60, province="74", district="74.71")
    assert await watch.evaluate() == 2
    told = {each["district"]: each for each in await watch.warnings()}
    assert {code: each["acted_in"] for code, each in told.items()} == {
        "73.71": "2020-08",
        "73.02": "2020-07",
    }
    assert (told["73.71"]["received"], told["73.71"]["followed_up"]) == (2, 0)


async def test_a_rule_on_a_district_looks_at_that_one(watch: Watch) -> None:
    await watch.rule(WarningKind.DISTRICT_INACTIVE, days=7, region="73.06")
    await watch.synced()
    for district in ("73.71", "73.06"):
        await watch.followed_up(10, district=district)
    assert await watch.evaluate() == 1
    assert [each["district"] for each in await watch.warnings()] == ["73.06"]


async def test_a_district_stays_inactive_until_it_does_something(watch: Watch) -> None:
    await watch.rule(WarningKind.DISTRICT_INACTIVE)
    await watch.followed_up(40)
    raised = []
    for _ in range(20):  # a hundred days
        await watch.synced()
        raised.append(await watch.evaluate())
        watch.now += timedelta(days=5)
    assert raised == [1, *[0] * 19]
    (warning,) = await watch.warnings()
    assert warning["state"] == "open"
    await watch.followed_up(1)
    await watch.evaluate()
    (warning,) = await watch.warnings()
    assert (warning["state"], warning["cleared_at"]) == ("cleared", watch.now)


async def test_who_closed_something_is_active_as_activity_tells(watch: Watch) -> None:
    await watch.rule(WarningKind.DISTRICT_INACTIVE)
    await watch.synced()
    closed_at, done = watch.now - timedelta(days=2), {"status": ComplaintStatus.CLOSED}
    await watch.followed_up(40, closed_at=closed_at, **done)
    assert await watch.evaluate() == 0
    viewer = Scope("someone", (SULSEL,), OVERSEEING)
    august = Period(date(2020, 8, 1), date(2020, 8, 31))
    told = await watch.store.reader(viewer).activity.of(Members.DISTRICT, "73", august)
    assert [each.district for each in told.members if each.active] == ["73.71"]


async def test_what_a_channel_does_not_date_counts_from_when_it_was_seen(watch: Watch) -> None:
    """As in the export of SP4N-LAPOR!, which has no time of any follow-up. Of what was so when it
    was first seen the month of its receipt counts, to its end."""
    await watch.rule(WarningKind.DISTRICT_INACTIVE)
    (one,) = await watch.write(received_at=watch.now - timedelta(days=60))
    seen = replace(one, status=ComplaintStatus.CLOSED, status_source="Ditutup oleh Admin")
    await watch.store.writer.write(received(seen), provenance(watch.now - timedelta(days=40)))
    in_july = datetime(2020, 7, 3, 5, tzinfo=UTC)
    await watch.write(district="73.06", received_at=in_july, status=seen.status)
    found = []
    for day in (29, 30):
        watch.now = datetime(2020, 8, day, 5, tzinfo=UTC)
        await watch.synced()
        await watch.evaluate()
        found.append({each["district"] for each in await watch.warnings()})
    assert found == [{"73.71"}, {"73.71", "73.06"}]


async def test_a_connector_that_stops_makes_no_district_inactive(watch: Watch) -> None:
    """What it would have brought nobody knows; what was raised before stays."""
    await watch.rule(WarningKind.DISTRICT_INACTIVE, days=7)
    await watch.synced()
    await watch.followed_up(10, district="73.71")
    await watch.followed_up(1, district="73.06")
    assert await watch.evaluate() == 1
    stopped = "it can't tell of 73.06: no channel of theirs was read without a fault lately"
    for days, problem in ((5, None), (1, stopped), (9, stopped.replace("73.06", "73.06, 73.71"))):
        watch.now += timedelta(days=days)
        assert await watch.evaluate() == 0
        assert await watch.state() == (watch.now, problem)
    assert [each["state"] for each in await watch.warnings()] == ["open"]
    await watch.synced()
    assert await watch.evaluate() == 1
    assert await watch.state() == (watch.now, None)


async def test_a_warning_is_raised_once_while_it_holds_and_again_after(watch: Watch) -> None:
    rule = await watch.rule(WarningKind.CHANNEL_SILENT, days=7)
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=9))
    assert [await watch.evaluate() for _ in range(3)] == [1, 0, 0]
    await watch.write(channel="sulsel", received_at=watch.now)
    assert await watch.evaluate() == 0
    (warning,) = await watch.warnings()
    assert (warning["state"], warning["cleared_at"]) == ("cleared", watch.now)
    watch.now += timedelta(days=8)
    assert await watch.evaluate() == 1
    assert [each["state"] for each in await watch.warnings()] == ["cleared", "open"]
    scope = Scope(watch.owner, (SULSEL,), OVERSEEING)
    assert await watch.store.reader(scope).warning_rules.remove(rule)
    await watch.evaluate()
    assert [each["state"] for each in await watch.warnings()] == ["cleared", "cleared"]


async def test_a_rule_whose_owner_may_see_less_is_not_evaluated(watch: Watch) -> None:
    await watch.rule(WarningKind.CHANNEL_SILENT, days=7)
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=9))
    for grant, permissions in (
        (Grant(Role.PROVINCE, ("74",)), OVERSEEING),
        (SULSEL, OVERSEEING - {Permission.OVERSIGHT_WRITE}),
        (Grant(Role.DISTRICT, ("73.71",)), OVERSEEING - {Permission.OVERSIGHT_WRITE}),
    ):
        await watch.store.principals.set_grants(watch.owner, [grant], permissions)
        assert await watch.evaluate() == 0
    await watch.store.principals.set_grants(watch.owner, [SULSEL], OVERSEEING)
    assert await watch.evaluate() == 1


async def test_who_may_also_count_elsewhere_is_warned_of_a_district_of_their_own(
    watch: Watch,
) -> None:
    """What they may only count they may not ask so finely; this is no such place."""
    grants = [SULSEL, Grant(Role.STATISTICS)]
    await watch.store.principals.set_grants(watch.owner, grants, OVERSEEING)
    await watch.rule(WarningKind.FOLLOW_UP_LOW, below=0.5, region="73.71")
    await watch.write(1)
    assert await watch.evaluate() == 1
    assert await watch.state() == (watch.now, None)


async def test_a_rule_says_why_it_is_not_evaluated(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    await watch.rule(WarningKind.CHANNEL_SILENT)
    assert await watch.state() == (None, None)
    await watch.evaluate()
    first = watch.now
    watch.now += timedelta(hours=1)
    await watch.store.principals.set_grants(watch.owner, [], OVERSEEING)
    await watch.evaluate()
    assert await watch.state() == (first, "whoever made it may no longer see all of its region")
    await watch.store.principals.set_grants(watch.owner, [SULSEL], OVERSEEING)
    for error, told in (
        (ArgumentError("period", "you may ask for whole months only"), "you may ask for whole"),
        (KeyError("a citizen's words"), "it failed; the hub's log says why"),
    ):

        def fail(*_: object, error: Exception = error) -> None:
            raise error

        with monkeypatch.context() as patched:
            patched.setattr("hub.oversight.early_warning.channel_silent", fail)
            await watch.evaluate()
        at, problem = await watch.state()
        assert at == first
        assert str(problem).startswith(told)
    await watch.evaluate()
    assert await watch.state() == (watch.now, None)


class StoppedError(Exception):
    """Ends a work that goes on until it is cancelled."""


async def test_what_can_not_be_understood_does_not_end_the_work(watch: Watch) -> None:
    """Connectors run in the same process. A later hub may know rules that this one does not."""
    rule = await watch.rule(WarningKind.CHANNEL_SILENT, days=7)
    await watch.write(channel="sulsel", received_at=watch.now - timedelta(days=9))
    rules = watch.database["warning_rules"]
    await rules.update_one({"_id": rule}, {"$set": {"kind": "later"}})

    async def sleep(_: float) -> None:
        if await watch.warnings():
            raise StoppedError
        await rules.update_one({"_id": rule}, {"$set": {"kind": "channel_silent"}})
        watch.now += timedelta(hours=1)

    with pytest.raises(StoppedError):
        await EarlyWarning(watch.store, Clock(lambda: watch.now, sleep)).work()
