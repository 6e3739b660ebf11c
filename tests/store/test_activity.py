"""Connected, active, silent: equal to a plain loop, and within the scope."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.activity import Members
from hub.domain.complaint import FOLLOWED_UP_STATUSES, Complaint, ComplaintStatus
from hub.domain.indicators import Dimension, Period
from hub.domain.institutions import Institution
from hub.domain.region import regions
from hub.domain.scope import Grant, Role, Scope
from hub.domain.series import SeriesError
from hub.store.mongo import Database
from hub.store.store import Store
from tests import oracle
from tests.made import (
    GRANTS,
    MINISTRY,
    MOMENT,
    complaint,
    distinct_complaints,
    provenance,
    received,
    scope,
    without_complaints,
)

MAKASSAR = Institution("Pemerintah Kota Makassar", "73", "73.71", "188.4/1/2020", ("Pemkot MKS",))
SULSEL = Institution("Pemerintah Provinsi Sulawesi Selatan", "73")
KENDARI = Institution("Pemerintah Kota Kendari", "74", "74.71")
LISTED = [SULSEL, MAKASSAR, KENDARI]
NAMES = [None, *(each.name for each in LISTED), " pemkot  mks", "Dinas PU"]
JULY, AUGUST = (Period(date(2020, m, 1), date(2020, m, 31)) for m in (7, 8))
READERS = [grant for grant in GRANTS if grant.role not in {Role.STATISTICS, Role.ADMIN}]


def acted_on(one: Complaint, timeline: list[dict[str, Any]]) -> set[str]:
    """The days on which a complaint was followed up: by each time that somebody states, and of
    what is only seen, by the steps after the one it was first seen at. Where nobody dates it, the
    end of the month of its receipt."""
    known = [n for n, step in enumerate(timeline) if step["status_source"] is not None]
    later = [s["at"] for s in timeline[known[0] + 1 :] if s["status"] in FOLLOWED_UP_STATUSES]
    stated = [one.followed_up_at] if one.followed_up_at else []
    stated += [one.closed_at] if one.closed_at and one.status == "closed" else []
    if later or stated:
        dated = [replace(one, received_at=at) for at in later + stated]
        return {str(oracle.key(each, Dimension.DAY)) for each in dated}
    if {s["status"] for s in timeline} & {*FOLLOWED_UP_STATUSES}:
        return {f"{oracle.key(one, Dimension.MONTH)}-31"}
    return set()


@given(
    first=distinct_complaints(most=25),
    names=st.lists(st.sampled_from(NAMES), min_size=25, max_size=25),
    statuses=st.lists(st.sampled_from(ComplaintStatus), max_size=25),
    members=st.sampled_from(Members),
    period=st.sampled_from([Period(), JULY, AUGUST, Period(None, JULY.last)]),
    province=st.sampled_from([None, "73", "76"]),
    grants=st.lists(st.sampled_from(READERS), max_size=2, unique=True),
)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_it_is_what_a_plain_loop_finds(
    store: Store,
    database: Database,
    first: list[Complaint],
    names: list[str | None],
    statuses: list[ComplaintStatus],
    members: Members,
    period: Period,
    province: str | None,
    grants: list[Grant],
) -> None:
    viewer = scope(*grants)
    first = [
        replace(c, institution=name, updated_at=None) for c, name in zip(first, names, strict=False)
    ]
    later = [replace(c, status=status) for c, status in zip(first, statuses, strict=False)]
    await without_complaints(database)
    await store.institutions.replace(LISTED)
    await store.writer.write(received(*first), provenance())
    await store.writer.write(received(*later), provenance(MOMENT + timedelta(days=31)))
    told = await store.reader(viewer).activity.of(members, province, period)

    lying = {d["_id"]: d["timeline"] async for d in database["complaints"].find()}
    stored = {c.id: c for c in [*first, *later]}
    right = {name: Right() for name in expected(members, viewer, province)}
    unlisted = 0
    for one in stored.values():
        if not by_place(viewer, one.province, one.district):
            continue
        if province and one.province != province:
            continue
        in_period = period.includes(str(oracle.key(one, Dimension.MONTH)))
        name = member_of(members, one)
        if name not in right:
            unlisted += in_period
            continue
        right[name].add(one, in_period, acted_on(one, lying[one.id]), period)
    assert [each.name for each in told.members] == [*right]
    for each in told.members:
        wanted = right[each.name]
        assert each.channels == wanted.channels
        assert (each.received, each.followed_up) == (wanted.received, wanted.followed_up)
        assert each.active is bool(wanted.months)
        assert each.acted_in == max(wanted.months, default=None)
        assert each.acted_on == max(wanted.days, default=None)
    assert told.connected == sum(bool(each.channels) for each in right.values())
    assert told.silent == sum(not each.months for each in right.values())
    assert told.unlisted == unlisted


class Right:
    """What a plain loop finds of one member."""

    def __init__(self) -> None:
        self.received = self.followed_up = 0
        self.months: set[str] = set()
        self.days: set[str] = set()
        self.channels: set[str] = set()

    def add(self, one: Complaint, in_period: bool, days: set[str], period: Period) -> None:
        self.received += in_period
        self.followed_up += in_period and one.status in FOLLOWED_UP_STATUSES
        self.days |= days
        self.months |= {day[:7] for day in days if period.includes(day[:7])}
        self.channels.add(one.channel)


def by_place(viewer: Scope, province: str | None, district: str | None) -> bool:
    """Whether a place lies in what one of the grants names, but for channels."""
    return any(
        grant.role is Role.MINISTRY
        or (grant.role is Role.PROVINCE and province in grant.regions)
        or (grant.role is Role.DISTRICT and district in grant.regions)
        for grant in viewer.grants
    )


def expected(members: Members, viewer: Scope, province: str | None) -> list[str]:
    """The names that are to be told, in order."""
    if members is Members.INSTITUTION:
        places = [(each.name, each.province, each.district) for each in LISTED]
    else:
        places = [(r.name, r.province, r.code) for r in regions() if "." in r.code]
    return [name for name, p, d in places if province in {None, p} and by_place(viewer, p, d)]


def member_of(members: Members, one: Complaint) -> str | None:
    if members is Members.DISTRICT:
        region = regions().get(one.district)
        return region.name if region else None
    for each in LISTED:
        spellings = {" ".join(name.lower().split()) for name in (each.name, *each.also)}
        if one.province == each.province and " ".join((one.institution or "").lower().split()) in (
            spellings
        ):
            return each.name
    return None


async def test_who_is_on_the_list_and_has_nothing_is_silent(store: Store) -> None:
    await store.institutions.replace(LISTED)
    told = await store.reader(MINISTRY).activity.of(Members.INSTITUTION, None, Period())
    assert (told.total, told.connected, told.active, told.silent) == (3, 0, 0, 3)
    assert told.active_rate == 0
    assert told.decreed == 1


async def test_without_a_list_there_is_no_rate(store: Store) -> None:
    await store.writer.write(received(complaint()), provenance())
    told = await store.reader(MINISTRY).activity.of(Members.INSTITUTION, None, Period())
    assert (told.total, told.active_rate, told.connected_rate, told.unlisted) == (0, None, None, 1)


async def test_another_list_takes_the_place_of_the_first(store: Store) -> None:
    await store.institutions.replace(LISTED)
    await store.institutions.replace([MAKASSAR])
    await store.institutions.replace([SULSEL, KENDARI])
    told = await store.reader(MINISTRY).activity.of(Members.INSTITUTION, None, Period())
    assert [each.name for each in told.members] == [SULSEL.name, KENDARI.name]


async def test_a_period_is_of_whole_months(store: Store) -> None:
    with pytest.raises(SeriesError, match="whole months"):
        part = Period(date(2020, 7, 2), None)
        await store.reader(MINISTRY).activity.of(Members.DISTRICT, None, part)


async def test_a_follow_up_counts_for_the_month_that_it_was_in(store: Store) -> None:
    late = datetime(2020, 7, 31, 16, 30, tzinfo=UTC)  # the first of August in Makassar
    stated = complaint(
        status=ComplaintStatus.CLOSED, followed_up_at=late, institution=MAKASSAR.name
    )
    undated = complaint(
        external_id="2", status=ComplaintStatus.CLOSED, province="74", district="74.71",
        institution=KENDARI.name,
    )  # fmt: skip
    await store.institutions.replace(LISTED)
    await store.writer.write(received(stated, undated), provenance(datetime.now(UTC)))
    for period, active in ((JULY, [KENDARI.name]), (AUGUST, [MAKASSAR.name])):
        told = await store.reader(MINISTRY).activity.of(Members.INSTITUTION, None, period)
        assert [each.name for each in told.members if each.active] == active
