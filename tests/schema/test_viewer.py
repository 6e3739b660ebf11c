"""What `viewer { can }` says is what the readers do."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.domain.complaint import Complaint
from hub.domain.region import regions
from hub.domain.scope import Grant, Permission, Role, Scope
from hub.schema.answering import Answering
from hub.schema.compiled.execution import Executor
from hub.schema.context import Context
from hub.schema.schema import core_schema
from hub.store.store import Store
from tests import oracle
from tests.made import CHANNELS, PLACES, complaint, provenance, received, scopes
from tests.running_hub import RunningHub

QUERY = "query ($action: String!, $id: ID) { viewer { can(action: $action, id: $id) } }"
COMPLAINTS = [
    complaint(channel=channel, external_id=str(n), province=province, district=district)
    for n, (province, district) in enumerate([*PLACES, (None, None)])
    for channel in CHANNELS
]
_executor = Executor(core_schema)


@pytest.fixture
async def filled(store: Store) -> Store:
    await store.writer.write(received(*COMPLAINTS), provenance())
    for channel in CHANNELS:
        await store.channels.add(channel, channel)
        await store.channels.saw(channel, ["73", "74", "76"], [d for _, d in PLACES if d])
    return store


async def can(store: Store, viewer: Scope, action: str, id_: str | None) -> Any:
    context = Context(Answering(store).desks(viewer))
    result = await _executor.execute(QUERY, {"action": action, "id": id_}, None, context)
    assert not result.errors, result.errors
    assert result.data
    return result.data["viewer"]["can"]


against_mongodb = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(viewer=scopes(), one=st.sampled_from(COMPLAINTS))
@against_mongodb
async def test_of_a_complaint_it_says_what_reading_it_shows(
    filled: Store, viewer: Scope, one: Complaint
) -> None:
    visible = oracle.visible(viewer, one)
    id_ = f"complaint:{one.id}"
    assert await can(filled, viewer, "complaints:read", id_) is visible
    reporter = any(
        oracle.visible(Scope("x", (grant,), viewer.permissions), one)
        for grant in viewer.grants
        if grant.role is not Role.OPERATOR
    )
    allowed = reporter and Permission.COMPLAINTS_PII in viewer.permissions
    assert await can(filled, viewer, "complaints:pii", id_) is allowed
    if not visible:  # it does not exist, whatever they may do elsewhere
        for action in Permission:
            assert await can(filled, viewer, action, id_) is False


@given(viewer=scopes(), code=st.sampled_from(["73", "73.71", "73.06", "74", "74.71", "32"]))
@against_mongodb
async def test_of_a_region_it_says_whether_all_of_it_may_be_read(
    filled: Store, viewer: Scope, code: str
) -> None:
    whole = [region for region in regions() if region.code.startswith(code)]
    shown = all(
        oracle.visible(
            viewer,
            complaint(
                province=region.province,
                district=region.code if "." in region.code else None,
                channel="any",
            ),
        )
        for region in whole
    )
    assert await can(filled, viewer, "complaints:read", f"region:{code}") is shown


@given(viewer=scopes(), channel=st.sampled_from(CHANNELS))
@against_mongodb
async def test_of_a_channel_it_says_whether_all_of_it_may_be_read(
    filled: Store, viewer: Scope, channel: str
) -> None:
    unplaced = complaint(channel=channel, province=None, district=None)
    shown = oracle.visible(viewer, unplaced)
    assert await can(filled, viewer, "complaints:read", f"channel:{channel}") is shown


@given(viewer=scopes(), action=st.sampled_from(Permission))
@against_mongodb
async def test_what_does_not_exist_can_not_be_done(
    filled: Store, viewer: Scope, action: Permission
) -> None:
    for id_ in (
        *("complaint:none", "region:99", "channel:none", "region:", "channel:", "complaint:"),
        *("nonsense", "run:1", " ", "region:73 ", "Region:73"),
    ):
        assert await can(filled, viewer, action, id_) is False
    anywhere = await can(filled, viewer, action, None)
    assert anywhere is bool(viewer.reach(action))


async def test_actions_go_by_the_role(filled: Store) -> None:
    def viewer(*grants: Grant) -> Scope:
        return Scope("x", grants, frozenset(Permission))

    operator = viewer(Grant(Role.OPERATOR, channels=("lapor",)))
    assert await can(filled, operator, "connectors:write", "channel:lapor") is True
    assert await can(filled, operator, "connectors:write", "channel:sulsel") is False
    assert await can(filled, operator, "letters:write", None) is False
    admin = viewer(Grant(Role.ADMIN))
    assert await can(filled, admin, "connectors:write", "channel:lapor") is True
    assert await can(filled, admin, "complaints:read", None) is False
    assert await can(filled, admin, "clients:write", None) is True
    province = viewer(Grant(Role.PROVINCE, ("73",)))
    assert await can(filled, province, "letters:write", "region:73.71") is True
    assert await can(filled, province, "letters:write", "region:74") is False
    assert await can(filled, viewer(), "complaints:read", None) is False


async def test_an_unknown_action_is_answered_with_the_valid_ones(hub: RunningHub) -> None:
    token = await hub.token(Grant(Role.MINISTRY))
    error = await hub.refused(token, '{ viewer { can(action: "complaints:raed") } }')
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "argument": "action"}
    assert "complaints:read" in error["message"]
