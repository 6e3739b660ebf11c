import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.scope import (
    DEFAULT_PERMISSIONS,
    Grant,
    Permission,
    Reach,
    Role,
    Scope,
    allowed_permissions,
    narrowed,
)

READ, PII, COUNT = (
    Permission.COMPLAINTS_READ,
    Permission.COMPLAINTS_PII,
    Permission.STATISTICS_READ,
)
MINISTRY, STATISTICS, ADMIN = Grant(Role.MINISTRY), Grant(Role.STATISTICS), Grant(Role.ADMIN)
SOUTH_SULAWESI = Grant(Role.PROVINCE, ("73",))
MAKASSAR = Grant(Role.DISTRICT, ("73.71",))
OPERATOR = Grant(Role.OPERATOR, channels=("lapor",))
GRANTS = [MINISTRY, STATISTICS, ADMIN, SOUTH_SULAWESI, MAKASSAR, OPERATOR]
PURPOSES = (
    *("rows", "secret_words", "reporters", "counts", "ledgers", "dead_letters"),
    *("own_connectors", "readiness", "letters", "letters_received", "own_letters"),
)

PLACES = st.sampled_from(
    [(None, None), ("73", None), ("73", "73.71"), ("73", "73.06"), ("32", "32.71")]
)
CHANNELS = st.sampled_from(["lapor", "open311"])


def scope(*grants: Grant, permissions: frozenset[Permission] = frozenset(Permission)) -> Scope:
    return Scope("tester", grants, permissions)


def reach(viewer: Scope, purpose: str) -> Reach:
    found = getattr(viewer, purpose)
    assert isinstance(found, Reach)
    return found


@given(PLACES, CHANNELS)
def test_nothing_named_reaches_nothing(place: tuple[str | None, str | None], channel: str) -> None:
    for nothing in (Reach(), Reach.of([])):
        assert not nothing
        assert not nothing.covers(*place, channel)


@given(PLACES, CHANNELS)
def test_the_nation_covers_everything_also_what_is_unassigned(
    place: tuple[str | None, str | None], channel: str
) -> None:
    assert Reach(nation=True).covers(*place, channel)


@given(st.lists(st.sampled_from(GRANTS)), PLACES, CHANNELS)
def test_a_union_covers_what_one_of_its_grants_covers(
    grants: list[Grant], place: tuple[str | None, str | None], channel: str
) -> None:
    alone = [Reach.of([grant]).covers(*place, channel) for grant in grants]
    assert Reach.of(grants).covers(*place, channel) is any(alone)


@pytest.mark.parametrize(
    ("grant", "covered"),
    [
        (SOUTH_SULAWESI, [False, True, True, True, False, True]),
        (MAKASSAR, [False, False, True, False, False, True]),
        (OPERATOR, [True, True, True, True, True, False]),
    ],
)
def test_a_grant_covers_its_own_places_or_channels_alone(grant: Grant, covered: list[bool]) -> None:
    complaints = [
        (None, None, "lapor"),
        ("73", None, "lapor"),
        ("73", "73.71", "lapor"),
        ("73", "73.06", "lapor"),
        ("32", "32.71", "lapor"),
        ("73", "73.71", "open311"),
    ]
    assert [Reach.of([grant]).covers(*complaint) for complaint in complaints] == covered


@pytest.mark.parametrize(
    ("role", "regions", "channels", "message"),
    [
        (Role.PROVINCE, (), (), "role province needs a region"),
        (Role.DISTRICT, (), (), "role district needs a region"),
        (Role.MINISTRY, ("73",), (), "role ministry takes no region"),
        (Role.STATISTICS, ("73",), (), "role statistics takes no region"),
        (Role.OPERATOR, (), (), "role operator needs a channel"),
        (Role.OPERATOR, ("73",), (), "role operator needs a channel"),
        (Role.OPERATOR, ("7371",), ("lapor",), "region '7371' is no operator code, such as '73'"),
        (Role.PROVINCE, ("73",), ("lapor",), "role province takes no channel"),
        (Role.PROVINCE, ("73.71",), (), "region '73.71' is no province code, such as '73'"),
        (Role.DISTRICT, ("73",), (), "region '73' is no district code, such as '73.71'"),
        (Role.DISTRICT, ("73.71", "73.1"), (), "region '73.1' is no district code"),
    ],
)
def test_a_grant_whose_role_and_regions_do_not_fit_is_refused(
    role: Role, regions: tuple[str, ...], channels: tuple[str, ...], message: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Grant(role, regions, channels)


@given(st.lists(st.sampled_from(GRANTS)), st.sets(st.sampled_from(list(Permission))))
def test_fewer_permissions_never_reach_further(
    grants: list[Grant], permissions: set[Permission]
) -> None:
    limited, full = scope(*grants, permissions=frozenset(permissions)), scope(*grants)
    for purpose in PURPOSES:
        assert reach(limited, purpose) in (Reach(), reach(full, purpose)) or (
            purpose == "secret_words" and PII not in permissions
        )
    if not permissions:
        assert not any(reach(limited, purpose) for purpose in PURPOSES)


def test_no_grant_is_no_access_whatever_the_token_may_do() -> None:
    assert not any(reach(scope(), purpose) for purpose in PURPOSES)
    assert not scope().counts_beyond_rows


@pytest.mark.parametrize("grant", [STATISTICS, ADMIN], ids=["statistics", "admin"])
def test_statistics_and_admin_see_no_complaint(grant: Grant) -> None:
    viewer = scope(grant)
    assert not (viewer.rows or viewer.secret_words or viewer.reporters or viewer.dead_letters)


def test_each_purpose_is_for_its_roles() -> None:
    readers = {
        purpose: {g.role for g in GRANTS if reach(scope(g), purpose)} for purpose in PURPOSES
    }
    places = {Role.MINISTRY, Role.PROVINCE, Role.DISTRICT}
    assert readers == {
        "rows": places | {Role.OPERATOR},
        "secret_words": places,
        "reporters": places,
        "counts": places | {Role.OPERATOR, Role.STATISTICS},
        "ledgers": {Role.MINISTRY, Role.OPERATOR, Role.ADMIN},
        "dead_letters": {Role.MINISTRY, Role.OPERATOR},
        "own_connectors": {Role.OPERATOR, Role.ADMIN},
        "readiness": places,
        "letters": {Role.PROVINCE},
        "letters_received": {Role.MINISTRY},
        "own_letters": {Role.PROVINCE},
    }


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: grant.role)
def test_nobody_confirms_the_readiness_that_they_enter(grant: Grant) -> None:
    viewer = scope(grant)
    entered = {code for code in ("73", "73.71", "73.06", "32") if viewer.speaks_for(code)}
    judged = {code for code in ("73", "73.71", "73.06", "32") if viewer.confirms(code)}
    assert (entered, judged) == {
        Role.MINISTRY: (set(), {"73", "32"}),
        Role.PROVINCE: ({"73"}, {"73.71", "73.06"}),
        Role.DISTRICT: ({"73.71"}, set()),
    }.get(grant.role, (set(), set()))
    for missing in (COUNT, Permission.READINESS_WRITE):
        narrow = scope(grant, permissions=frozenset(Permission) - {missing})
        assert not any(narrow.speaks_for(code) or narrow.confirms(code) for code in ("73", "73.71"))


def test_the_ministry_reads_secret_words_only_with_pii() -> None:
    assert not scope(MINISTRY, permissions=frozenset({READ})).secret_words
    assert scope(MINISTRY, permissions=frozenset({READ, PII})).secret_words.nation
    assert scope(MAKASSAR, permissions=frozenset({READ})).secret_words.districts == {"73.71"}


def test_reporters_are_read_only_where_complaints_are() -> None:
    assert not scope(MAKASSAR, permissions=frozenset({PII})).reporters
    assert not scope(MAKASSAR, permissions=frozenset({READ})).reporters
    assert scope(MAKASSAR, permissions=frozenset({READ, PII})).reporters.districts == {"73.71"}


@pytest.mark.parametrize(
    ("grants", "permissions", "beyond"),
    [
        ([MINISTRY], {READ, COUNT}, False),
        ([MAKASSAR], {READ, COUNT}, False),
        ([MAKASSAR, OPERATOR], {READ, COUNT}, False),
        ([STATISTICS], {READ, COUNT}, True),
        ([MAKASSAR, STATISTICS], {READ, COUNT}, True),
        ([MAKASSAR], {COUNT}, True),
        ([MAKASSAR], {READ}, False),
    ],
)
def test_counts_go_beyond_rows_where_rows_can_not_be_read(
    grants: list[Grant], permissions: set[Permission], beyond: bool
) -> None:
    assert scope(*grants, permissions=frozenset(permissions)).counts_beyond_rows is beyond


def test_every_role_may_be_given_what_it_has_by_default() -> None:
    for role in Role:
        assert DEFAULT_PERMISSIONS[role] <= allowed_permissions(role)
    with_pii = {role for role in Role if PII in allowed_permissions(role)}
    assert with_pii == {Role.MINISTRY, Role.PROVINCE, Role.DISTRICT}
    assert not any(PII in DEFAULT_PERMISSIONS[role] for role in Role)


SULAWESI = Grant(Role.PROVINCE, ("73", "74"))
SOME_GRANTS = st.lists(st.sampled_from([*GRANTS, SULAWESI, Grant(Role.DISTRICT, ("73.06",))]))


@given(SOME_GRANTS, SOME_GRANTS, PLACES, CHANNELS)
def test_what_two_lists_grant_is_never_more_than_either(
    now: list[Grant], stated: list[Grant], place: tuple[str | None, str | None], channel: str
) -> None:
    both = narrowed(now, stated)
    assert {g.role for g in both} <= {g.role for g in now} & {g.role for g in stated}
    for role in Role:
        lists = [[g for g in each if g.role is role] for each in (both, now, stated)]
        common, *covered = [Reach.of(each).covers(*place, channel) for each in lists]
        assert common is all(covered)


def test_a_token_that_states_what_its_client_has_changes_nothing() -> None:
    assert narrowed(GRANTS, GRANTS) == tuple(GRANTS)
    assert narrowed([SULAWESI], [SOUTH_SULAWESI]) == (SOUTH_SULAWESI,)
    assert narrowed([SULAWESI], [Grant(Role.PROVINCE, ("32",))]) == ()
    assert narrowed([], GRANTS) == narrowed(GRANTS, []) == ()


def test_an_operator_that_lost_a_region_or_a_channel_has_the_rest() -> None:
    both = Grant(Role.OPERATOR, ("73", "74.71"), ("lapor", "sulsel"))
    for stated, left in (
        (Grant(Role.OPERATOR, ("73",), ("lapor",)), Grant(Role.OPERATOR, ("73",), ("lapor",))),
        (Grant(Role.OPERATOR, ("76",), ("lapor",)), Grant(Role.OPERATOR, (), ("lapor",))),
    ):
        assert narrowed([both], [stated]) == narrowed([stated], [both]) == (left,)
    assert narrowed([both], [Grant(Role.OPERATOR, ("73",), ("sultra",))]) == ()


def test_a_connector_writes_where_its_operator_has_a_region_for_the_channel() -> None:
    here = Grant(Role.OPERATOR, ("73", "74.71"), ("lapor",))
    there = Grant(Role.OPERATOR, ("76",), ("sulsel",))
    reading = frozenset(Permission) - {Permission.CONNECTORS_WRITE}
    right = Reach(provinces=frozenset({"73"}), districts=frozenset({"74.71"}))
    assert scope(here, there).writes_of("lapor") == right
    assert scope(here, SOUTH_SULAWESI, MINISTRY).writes_of("lapor") == right
    assert scope(ADMIN).writes_of("lapor").nation
    for nothing in (
        scope(here).writes_of("sulsel"),
        scope(OPERATOR).writes_of("lapor"),
        scope(here, permissions=reading).writes_of("lapor"),
        scope(replace(here, only=reading)).writes_of("lapor"),
        scope(MINISTRY, SOUTH_SULAWESI, STATISTICS).writes_of("lapor"),
    ):
        assert nothing == Reach()


@given(st.lists(st.sampled_from(GRANTS)), st.sets(st.sampled_from(list(Permission))))
def test_what_a_permission_is_good_for_is_what_its_purpose_reaches(
    grants: list[Grant], permissions: set[Permission]
) -> None:
    viewer = scope(*grants, permissions=frozenset(permissions))
    assert viewer.reach(READ) == viewer.rows
    assert viewer.reach(PII) == viewer.reporters
    assert viewer.reach(COUNT) == viewer.counts
    assert viewer.reach(Permission.CONNECTORS_READ) == viewer.ledgers
    assert viewer.reach(Permission.CONNECTORS_WRITE) == viewer.own_connectors
    for permission in set(Permission) - permissions:
        assert not viewer.reach(permission)


@given(
    st.lists(st.tuples(st.sampled_from(GRANTS), st.frozensets(st.sampled_from([READ, PII, COUNT]))))
)
def test_grants_for_some_permissions_reach_what_each_would_alone(
    pairs: list[tuple[Grant, frozenset[Permission]]],
) -> None:
    """However they are combined, no permission of one extends to another."""
    together = scope(*(replace(grant, only=only) for grant, only in pairs))
    for purpose in PURPOSES:
        alone = [reach(scope(grant, permissions=only), purpose) for grant, only in pairs]
        assert reach(together, purpose) == Reach(
            nation=any(each.nation for each in alone),
            provinces=frozenset().union(*(each.provinces for each in alone)),
            districts=frozenset().union(*(each.districts for each in alone)),
            channels=frozenset().union(*(each.channels for each in alone)),
        )
