"""Early warning: rules on indicators, and what they find. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from hub.domain.activity import MemberActivity
from hub.domain.indicators import Dimension, IndicatorRow
from hub.domain.question import EVERYTHING, All, Compare, Condition, Field, Op
from hub.domain.region import place_of
from hub.domain.scope import Reach


class WarningKind(StrEnum):
    """What a rule looks at."""

    FOLLOW_UP_LOW = "follow_up_low"
    CHANNEL_SILENT = "channel_silent"
    DISTRICT_INACTIVE = "district_inactive"


class WarningState(StrEnum):
    """How a warning stands."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class About:
    """Where something is: each is None where any is meant, or none."""

    province: str | None = None
    district: str | None = None
    channel: str | None = None

    @classmethod
    def region(cls, code: str | None) -> "About":
        """A province or a district by its code; the nation by None."""
        return cls(*place_of(code)) if code else cls()


@dataclass(frozen=True, slots=True)
class WarningRule:
    """A rule of whoever oversees a region, None for the nation, on its last `days` days: follow-up
    below a share of 1 where more than `over` complaints came; or a channel or a district that is
    silent."""

    id: str
    by: str
    name: str
    kind: WarningKind
    region: str | None
    days: int
    below: float | None = None
    over: int | None = None
    mail_to: tuple[str, ...] = ()

    @property
    def condition(self) -> Condition:
        """The complaints of its region."""
        about = About.region(self.region)
        if about.province is None:
            return EVERYTHING
        province = Compare(Field.PROVINCE, Op.EQ, about.province)
        if about.district is None:
            return province
        # With its province, by which a viewer of that one is seen to read all of it.
        return All((province, Compare(Field.DISTRICT, Op.EQ, about.district)))

    def lies_within(self, reach: Reach) -> bool:
        """Whether all of its region does."""
        about = About.region(self.region)
        if self.region is None:
            return reach.nation
        return reach.covers(about.province, about.district, "")

    def since(self, last: date) -> date:
        """The first of its days, of which this is the last."""
        return last - timedelta(days=self.days - 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """Where a rule holds, and the figures that say so; `acted_in` is the latest month (2020-07) in
    which an inactive district followed anything up."""

    about: About
    received: int
    followed_up: int
    acted_in: str | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """Where a rule holds, and of which places nobody can say whether it does."""

    findings: list[Finding]
    untold: tuple[About, ...] = ()


def follow_up_low(rule: WarningRule, rows: Iterable[IndicatorRow]) -> list[Finding]:
    """Places, of rows by province and district, of which too little was followed up."""
    return [
        Finding(_about(row), row.received, row.followed_up)
        for row in rows
        if row.received > (rule.over or 0) and row.followed_up < (rule.below or 0.0) * row.received
    ]


def channel_silent(
    rule: WarningRule, known: Iterable[IndicatorRow], lately: Iterable[IndicatorRow]
) -> list[Finding]:
    """Channels that brought something of a region once, and nothing lately; of rows by channel."""
    heard = {_about(row).channel for row in lately if row.received}
    region = About.region(rule.region)
    return [
        Finding(About(region.province, region.district, channel), 0, 0)
        for row in known
        if (channel := _about(row).channel) not in heard
    ]


def district_inactive(
    rule: WarningRule,
    districts: Iterable[MemberActivity],
    read_at: Mapping[str, datetime | None],
    lately: Iterable[IndicatorRow],
    today: date,
) -> Judgement:
    """Districts that followed something up once, and nothing lately. `read_at` tells of channels
    when (UTC) they were last read without a fault. A district is judged by the days that ended with
    the latest of its channels, since what it did afterwards nobody has seen, and not where none was
    read in the last days. Rows are by province and district."""
    received = {_about(row): row.received for row in lately}
    since = rule.since(today)
    found, untold = [], []
    for each in districts:
        if rule.region not in {None, each.province, each.district} or each.acted_on is None:
            continue
        if each.acted_on >= since.isoformat():
            continue
        about = About(each.province, each.district)
        read = [at.date() for channel in each.channels if (at := read_at.get(channel))]
        seen = max(read, default=date.min)
        if seen >= since and each.acted_on < rule.since(seen).isoformat():
            found.append(Finding(about, received.get(about, 0), 0, each.acted_on[:7]))
        else:
            untold.append(about)
    return Judgement(found, tuple(untold))


def _about(row: IndicatorRow) -> About:
    keys = dict(row.keys)
    return About(
        *(keys.get(each) for each in (Dimension.PROVINCE, Dimension.DISTRICT, Dimension.CHANNEL))
    )
