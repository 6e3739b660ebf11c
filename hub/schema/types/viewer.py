"""Who is asking, as the hub understands it."""

from typing import Any

import strawberry
from strawberry import UNSET

from hub.domain.region import regions
from hub.domain.scope import Permission, Role
from hub.schema.context import Context, HubInfo
from hub.schema.errors import InputError
from hub.schema.source import derived, output, resolved
from hub.schema.types.node import local_id
from hub.schema.types.region import Region


@output
class Grant:
    """A role over regions or channels."""

    role: Role = derived(lambda grant: grant.role, "What it lets you be.")
    regions: list[Region] = derived(
        lambda grant: [r for code in grant.regions if (r := regions().get(code))],
        "The regions that it reaches; of an operator, where its connectors may write.",
    )
    channels: list[str] = derived(lambda grant: list(grant.channels), "Names of channels.")


@output
class Viewer:
    """Who is asking."""

    id: strawberry.ID = derived(lambda scope: scope.subject, "The client's id.")
    grants: list[Grant] = derived(lambda scope: scope.grants, "They add up.")
    scopes: list[str] = derived(
        lambda scope: sorted(scope.permissions), "OAuth scopes of the token."
    )

    @resolved(
        bool,
        {
            "action": "An OAuth scope, such as complaints:pii.",
            "id": "Of a complaint, region or channel; anywhere unless told.",
        },
        weight=100,
    )
    async def can(
        self: Any,
        info: HubInfo,
        action: str,
        id: strawberry.ID | None = UNSET,  # noqa: A002
    ) -> bool:
        """Whether you may do what an OAuth scope (such as complaints:pii) allows, anywhere, or with
        the whole of one complaint, region or channel; false for one that does not exist for you.
        """
        try:
            reach = self.reach(Permission(action))
        except ValueError:
            valid = ", ".join(sorted(Permission))
            raise InputError("action", f"{action!r} is no OAuth scope; valid: {valid}") from None
        if not id:
            return bool(reach)
        place = await _place(info.context, id)
        return place is not None and reach.covers(*place)


async def _place(context: Context, id_: str) -> tuple[str | None, str | None, str] | None:
    """The province, district and channel of something as the viewer's readers find it."""
    if (own_id := local_id(id_, "complaint")) is not None:
        found = await context.reader.complaints.get(own_id, context.reading, _PLACE)
        return (found["province"], found["district"], found["channel"]) if found else None
    if (name := local_id(id_, "channel")) is not None:
        return (None, None, name) if name in await context.channels_by_name() else None
    region = regions().get(local_id(id_, "region") or "")
    if region is None:
        return None
    return region.province, region.district, ""


_PLACE = frozenset({"province", "district", "channel"})
