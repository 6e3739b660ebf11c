"""Who is asking: grants, and the part of the nation that each purpose may reach."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

SMALLEST_GROUP = 5
"""A group of fewer complaints is suppressed for viewers who may see counts but not the rows."""


class Role(StrEnum):
    """What a grant lets its holder be."""

    MINISTRY = "ministry"
    PROVINCE = "province"
    DISTRICT = "district"
    OPERATOR = "operator"
    STATISTICS = "statistics"
    ADMIN = "admin"


class Permission(StrEnum):
    """An OAuth scope: what may be done with what a grant reaches."""

    COMPLAINTS_READ = "complaints:read"
    COMPLAINTS_PII = "complaints:pii"
    COMPLAINTS_INGEST = "complaints:ingest"
    STATISTICS_READ = "statistics:read"
    CONNECTORS_READ = "connectors:read"
    CONNECTORS_WRITE = "connectors:write"
    LETTERS_WRITE = "letters:write"
    READINESS_WRITE = "readiness:write"
    AUDIT_READ = "audit:read"
    CLIENTS_WRITE = "clients:write"
    OVERSIGHT_WRITE = "oversight:write"


_P = Permission
DEFAULT_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.MINISTRY: frozenset(
        {_P.COMPLAINTS_READ, _P.STATISTICS_READ, _P.CONNECTORS_READ, _P.AUDIT_READ}
    ),
    Role.PROVINCE: frozenset(
        {_P.COMPLAINTS_READ, _P.STATISTICS_READ, _P.LETTERS_WRITE, _P.READINESS_WRITE}
    ),
    Role.DISTRICT: frozenset({_P.COMPLAINTS_READ, _P.STATISTICS_READ, _P.READINESS_WRITE}),
    Role.OPERATOR: frozenset(
        {
            _P.COMPLAINTS_READ,
            _P.STATISTICS_READ,
            _P.CONNECTORS_READ,
            _P.CONNECTORS_WRITE,
            _P.COMPLAINTS_INGEST,
        }
    ),
    Role.STATISTICS: frozenset({_P.STATISTICS_READ}),
    Role.ADMIN: frozenset({_P.CONNECTORS_READ, _P.CONNECTORS_WRITE, _P.CLIENTS_WRITE}),
}
"""What a new client of a role may do unless it is told otherwise."""

_OVERSEERS = {Role.MINISTRY, Role.PROVINCE}
_OFFICES = {Role.MINISTRY, Role.PROVINCE, Role.DISTRICT}


def allowed_permissions(role: Role) -> frozenset[Permission]:
    """The most that a client of this role can be given."""
    extra = {_P.COMPLAINTS_PII, _P.AUDIT_READ, _P.READINESS_WRITE} if role in _OFFICES else set()
    oversight = {_P.OVERSIGHT_WRITE} if role in _OVERSEERS else set()
    return DEFAULT_PERMISSIONS[role] | extra | oversight


_PROVINCE, _DISTRICT = "[0-9]{2}", r"[0-9]{2}\.[0-9]{2}"
_REGIONS = {
    Role.PROVINCE: _PROVINCE,
    Role.DISTRICT: _DISTRICT,
    Role.OPERATOR: f"{_PROVINCE}|{_DISTRICT}",
}
"""What the codes of a role's regions look like."""


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over regions or channels. Raises ValueError where the two do not fit.

    The regions of an operator are where the connectors that it registers may write; with none they
    may write nowhere, and an administrator registers them. `only` are the permissions that it is
    for, where those of others do not extend to it.
    """

    role: Role
    regions: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    only: frozenset[Permission] | None = None

    def __post_init__(self) -> None:
        shape = _REGIONS.get(self.role)
        if bool(self.regions) is not bool(shape) and self.role is not Role.OPERATOR:
            raise ValueError(f"role {self.role} {'needs a' if shape else 'takes no'} region")
        if bool(self.channels) is not (self.role is Role.OPERATOR) or "" in self.channels:
            needs = "needs a" if self.role is Role.OPERATOR else "takes no"
            raise ValueError(f"role {self.role} {needs} channel")
        for code in self.regions:
            if shape and not re.fullmatch(shape, code):
                example = "73.71" if self.role is Role.DISTRICT else "73"
                raise ValueError(f"region {code!r} is no {self.role} code, such as {example!r}")

    def within(self, other: "Grant") -> "Grant | None":
        """The part of this grant that another one of the same role holds too, if there is any."""
        regions = tuple(code for code in self.regions if code in other.regions)
        channels = tuple(name for name in self.channels if name in other.channels)
        lost = not channels if self.channels else bool(self.regions) and not regions
        if self.role is not other.role or lost:
            return None
        return replace(self, regions=regions, channels=channels)

    def permits(self, *permissions: Permission) -> bool:
        """Whether it is for all of these."""
        return self.only is None or self.only.issuperset(permissions)


def narrowed(grants: Iterable[Grant], stated: Iterable[Grant]) -> tuple[Grant, ...]:
    """What of some grants others state too, role by role: never more than either."""
    stated = list(stated)
    parts = (grant.within(other) for grant in grants for other in stated)
    return tuple(dict.fromkeys(part for part in parts if part))


@dataclass(frozen=True, slots=True)
class Reach:
    """A part of the nation: all of it, or a union of provinces, districts and channels.

    Nothing named reaches nothing; the whole nation has to be said.
    """

    nation: bool = False
    provinces: frozenset[str] = frozenset()
    districts: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()

    @classmethod
    def of(cls, grants: Iterable[Grant]) -> "Reach":
        """What these grants reach together; statistics and admin count for the nation."""
        nation = {Role.MINISTRY, Role.STATISTICS, Role.ADMIN}
        grants = list(grants)
        return cls(
            nation=any(g.role in nation for g in grants),
            provinces=frozenset(r for g in grants if g.role is Role.PROVINCE for r in g.regions),
            districts=frozenset(r for g in grants if g.role is Role.DISTRICT for r in g.regions),
            channels=frozenset(c for g in grants for c in g.channels),
        )

    def covers(self, province: str | None, district: str | None, channel: str) -> bool:
        """Whether a complaint of this place and channel lies within."""
        return (
            self.nation
            or province in self.provinces
            or district in self.districts
            or channel in self.channels
        )

    def __bool__(self) -> bool:
        return self.nation or bool(self.provinces or self.districts or self.channels)


@dataclass(frozen=True)
class Scope:
    """A viewer: their grants, and the permissions of the token that they came with.

    Several grants add up; no grant is no access. Each property is what one purpose may reach, and
    is empty where the permission for it is missing, so that a reader built from it reads nothing.
    """

    subject: str
    grants: tuple[Grant, ...]
    permissions: frozenset[Permission]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Made once: each request looks up several things by its scope."""
        return hash((self.subject, self.grants, self.permissions))

    def _reach(self, holds: Callable[[Role], bool], *permissions: Permission) -> Reach:
        """What the grants of some roles reach, where all of the permissions are there."""
        if not self.permissions.issuperset(permissions):
            return Reach()
        return Reach.of(g for g in self.grants if holds(g.role) and g.permits(*permissions))

    def reach(self, permission: Permission) -> Reach:
        """Where this viewer may do what a permission allows, by the same rules as below."""
        if permission is Permission.COMPLAINTS_PII:
            return self.reporters
        if permission is Permission.CONNECTORS_WRITE:
            return self.own_connectors
        if permission is Permission.OVERSIGHT_WRITE:
            return self.overseen
        return self._reach(lambda role: permission in allowed_permissions(role), permission)

    @cached_property
    def rows(self) -> Reach:
        """Complaints that may be read one by one."""
        roles = {Role.MINISTRY, Role.PROVINCE, Role.DISTRICT, Role.OPERATOR}
        return self._reach(roles.__contains__, Permission.COMPLAINTS_READ)

    @cached_property
    def secret_words(self) -> Reach:
        """Complaints whose words may be read although they are secret (`rahasia`).

        The district, its province, and the ministry with `complaints:pii`.
        """
        places = {Role.PROVINCE, Role.DISTRICT}
        local = self._reach(places.__contains__, Permission.COMPLAINTS_READ)
        if self.reporters.nation:
            return replace(local, nation=True)
        return local

    @cached_property
    def reporters(self) -> Reach:
        """Complaints whose reporter may be read, unless the complaint is anonymous."""
        read, pii = Permission.COMPLAINTS_READ, Permission.COMPLAINTS_PII
        return self._reach(_OFFICES.__contains__, read, pii)

    @cached_property
    def overseen(self) -> Reach:
        """Complaints that may be said to be one case or not, and places that rules of early
        warning may be about."""
        read, write = Permission.COMPLAINTS_READ, Permission.OVERSIGHT_WRITE
        return self._reach(_OVERSEERS.__contains__, read, write)

    @cached_property
    def counts(self) -> Reach:
        """Complaints that may be counted."""
        roles = {Role.MINISTRY, Role.PROVINCE, Role.DISTRICT, Role.OPERATOR, Role.STATISTICS}
        return self._reach(roles.__contains__, Permission.STATISTICS_READ)

    @cached_property
    def counts_beyond_rows(self) -> bool:
        """Whether counts reach where rows do not, so that small groups must be suppressed."""
        return bool(self.counts) and self.counts != self.rows

    @cached_property
    def ledgers(self) -> Reach:
        """Connectors and their runs: counts about channels, no complaint."""
        roles = {Role.MINISTRY, Role.OPERATOR, Role.ADMIN}
        return self._reach(roles.__contains__, Permission.CONNECTORS_READ)

    @cached_property
    def audit(self) -> Reach:
        """Records of who was shown personal data, by where the complaints are."""
        return self._reach(_OFFICES.__contains__, Permission.AUDIT_READ)

    @cached_property
    def dead_letters(self) -> Reach:
        """Records that could not be stored."""
        roles = {Role.MINISTRY, Role.OPERATOR}
        return self._reach(roles.__contains__, Permission.CONNECTORS_READ)

    @cached_property
    def own_connectors(self) -> Reach:
        """Connectors that may be registered, changed and run, and dead letters that may be
        settled. Whoever changes them has to see them too."""
        roles = {Role.OPERATOR, Role.ADMIN}
        read, write = Permission.CONNECTORS_READ, Permission.CONNECTORS_WRITE
        return self._reach(roles.__contains__, read, write)

    def writes_of(self, channel: str) -> Reach:
        """Where a connector that this viewer registers for a channel may write complaints: the
        regions of the operator's grants for it; an admin's may write anywhere."""
        read, write = Permission.CONNECTORS_READ, Permission.CONNECTORS_WRITE
        if not self.own_connectors.covers(None, None, channel):
            return Reach()
        grants = [g for g in self.grants if g.permits(read, write)]
        codes = {code for g in grants if channel in g.channels for code in g.regions}
        return Reach(
            nation=any(g.role is Role.ADMIN for g in grants),
            provinces=frozenset(code for code in codes if "." not in code),
            districts=frozenset(code for code in codes if "." in code),
        )

    @cached_property
    def readiness(self) -> Reach:
        """Local governments whose readiness may be read; a province's own is part of it."""
        return self._reach(_OFFICES.__contains__, Permission.STATISTICS_READ)

    def speaks_for(self, region: str) -> bool:
        """Whether this viewer enters the readiness of a local government: it is their own."""
        role = Role.DISTRICT if "." in region else Role.PROVINCE
        return self._writes_readiness(role, region)

    def confirms(self, region: str) -> bool:
        """Whether this viewer confirms what it has entered: the province does for its districts,
        the ministry for the provinces, and nobody for themselves."""
        if "." in region:
            return self._writes_readiness(Role.PROVINCE, region[:2])
        return self._writes_readiness(Role.MINISTRY)

    def _writes_readiness(self, role: Role, region: str | None = None) -> bool:
        needed = Permission.STATISTICS_READ, Permission.READINESS_WRITE
        return self.permissions.issuperset(needed) and any(
            grant.role is role and grant.permits(*needed) and region in (None, *grant.regions)
            for grant in self.grants
        )

    @cached_property
    def letters(self) -> Reach:
        """Provinces whose letters may be read as they are drafted: their figures count complaints
        that may be read, be they ever so few."""
        read, count = Permission.COMPLAINTS_READ, Permission.STATISTICS_READ
        return self._reach({Role.PROVINCE}.__contains__, read, count)

    @cached_property
    def letters_received(self) -> Reach:
        """Provinces whose letters may be read once they were sent."""
        read, count = Permission.COMPLAINTS_READ, Permission.STATISTICS_READ
        return self._reach({Role.MINISTRY}.__contains__, read, count)

    @cached_property
    def own_letters(self) -> Reach:
        """Provinces whose letters may be written: they count complaints that may be read."""
        read, count = Permission.COMPLAINTS_READ, Permission.STATISTICS_READ
        return self._reach({Role.PROVINCE}.__contains__, read, count, Permission.LETTERS_WRITE)

    @cached_property
    def any_purpose(self) -> Reach:
        """What any of these reaches: where the viewer knows of channels."""
        reaches = (self.rows, self.counts, self.ledgers)
        return Reach(
            nation=any(r.nation for r in reaches),
            provinces=frozenset().union(*(r.provinces for r in reaches)),
            districts=frozenset().union(*(r.districts for r in reaches)),
            channels=frozenset().union(*(r.channels for r in reaches)),
        )
