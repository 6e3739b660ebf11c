"""Who is connected, who is active and who is silent. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from hub.domain.indicators import Freshness, Period, fraction
from hub.domain.institutions import Institution, spelt
from hub.domain.region import Region


class Members(StrEnum):
    """Who is looked at: the institutions that an administrator listed, or all districts."""

    INSTITUTION = "institution"
    DISTRICT = "district"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the hub sees of the complaints that one institution of a place handles. `received` and
    `followed_up` are of the period; `acted_in` are months of follow-ups (2020-07), of which what
    nobody dates counts for the month of its receipt, `acted_on` is the latest day of one (see
    `last_day`), and `channels` are those that ever brought one."""

    province: str | None
    district: str | None
    institution: str | None
    received: int
    followed_up: int
    acted_in: frozenset[str]
    acted_on: str | None
    channels: frozenset[str]


def last_day(month: str) -> str:
    """What compares as the last day of a month (2020-07), though it has fewer than 31: of what is
    known of a month alone, no day is later."""
    return f"{month}-31"


@dataclass(slots=True)
class MemberActivity:
    """What one institution or district did. `acted_in` is the latest month of the period in which
    it followed anything up, `acted_on` the latest day of any (see `last_day`)."""

    name: str
    province: str
    district: str | None
    decree: str | None
    received: int = 0
    followed_up: int = 0
    acted_in: str | None = None
    acted_on: str | None = None
    channels: set[str] = field(default_factory=set)

    @property
    def connected(self) -> bool:
        """Whether a channel that the hub takes in brought a complaint of it."""
        return bool(self.channels)

    @property
    def active(self) -> bool:
        """Whether it followed anything up in the period."""
        return self.acted_in is not None

    @property
    def follow_up_rate(self) -> float | None:
        """Followed up as a fraction of received; None when nothing was received."""
        return fraction(self.followed_up, self.received)


@dataclass(slots=True)
class Activity:
    """What all of them did, and how many complaints of the period no listed one handles."""

    members: list[MemberActivity]
    unlisted: int
    freshness: Freshness

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self.members)

    @property
    def connected(self) -> int:
        """How many have a channel integrated."""
        return sum(each.connected for each in self.members)

    @property
    def active(self) -> int:
        """How many followed anything up in the period."""
        return sum(each.active for each in self.members)

    @property
    def silent(self) -> int:
        """How many did not."""
        return self.total - self.active

    @property
    def decreed(self) -> int:
        """How many have a decree (SK)."""
        return sum(each.decree is not None for each in self.members)

    @property
    def connected_rate(self) -> float | None:
        """Connected as a fraction of all; None of none."""
        return fraction(self.connected, self.total)

    @property
    def active_rate(self) -> float | None:
        """Active as a fraction of all; None of none."""
        return fraction(self.active, self.total)


def of_institutions(
    listed: Iterable[Institution], facts: Iterable[Facts], period: Period, freshness: Freshness
) -> Activity:
    """The activity of each listed institution, in their order."""
    found: list[MemberActivity] = []
    by_key: dict[tuple[str, str], MemberActivity] = {}
    for each in listed:
        member = MemberActivity(each.name, each.province, each.district, each.decree)
        found.append(member)
        by_key |= dict.fromkeys(each.keys, member)
    unlisted = 0
    for fact in facts:
        member_of = by_key.get((fact.province or "", spelt(fact.institution or "")))
        if member_of is None:
            unlisted += fact.received
        else:
            _add(member_of, fact, period)
    return Activity(found, unlisted, freshness)


def of_districts(
    districts: Iterable[Region], facts: Iterable[Facts], period: Period, freshness: Freshness
) -> Activity:
    """The activity of each district, in their order, whoever handles its complaints."""
    found = {
        each.code: MemberActivity(each.name, each.province, each.code, None) for each in districts
    }
    unlisted = 0
    for fact in facts:
        member = found.get(fact.district or "")
        if member is None:
            unlisted += fact.received
        else:
            _add(member, fact, period)
    return Activity([*found.values()], unlisted, freshness)


def _add(member: MemberActivity, fact: Facts, period: Period) -> None:
    member.received += fact.received
    member.followed_up += fact.followed_up
    member.channels |= fact.channels
    months = [each for each in (*fact.acted_in, member.acted_in) if each and period.includes(each)]
    member.acted_in = max(months, default=None)
    member.acted_on = max((day for day in (fact.acted_on, member.acted_on) if day), default=None)
