"""Who is asking, as the hub understands it."""

from typing import Any

import strawberry

from hub.domain.region import regions
from hub.domain.scope import Role
from hub.schema.source import derived, output, resolved
from hub.schema.types.region import Region


@output
class Grant:
    """A role over regions or channels."""

    role: Role = derived(lambda grant: grant.role, "What it lets you be.")
    regions: list[Region] = derived(
        lambda grant: [r for code in grant.regions if (r := regions().get(code))],
        "The regions that it reaches; none for roles of the nation and of channels.",
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

    @resolved(bool)
    def can(self: Any, action: str) -> bool:
        """Whether the token has an OAuth scope, such as complaints:pii."""
        return action in self.permissions
