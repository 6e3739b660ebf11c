"""What a client asks and says of early warning."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import strawberry
from strawberry import UNSET

from hub.domain.scope import Permission
from hub.domain.warning import WarningKind, WarningRule, WarningState
from hub.oversight.desk import OversightError
from hub.schema.cases import checked_note
from hub.schema.context import HubInfo
from hub.schema.errors import InputError
from hub.schema.source import output, resolved
from hub.schema.types.connection import (
    WarningConnection,
    WarningRuleConnection,
    page_request,
)
from hub.schema.types.warning import Warning  # noqa: A004 - the word of the field
from hub.schema.types.warning import WarningRule as WarningRuleType

_PAGE = {
    "first": "How many at most: 20 unless told, up to 200.",
    "after": "A cursor: what follows it.",
}
_RULE = {
    "name": "What it is called, in 80 characters at most.",
    "kind": "What it looks at.",
    "region": "Code of a province or a district, all of which you oversee; the nation unless told.",
    "days": "How many days it looks at, the last of them today: 1 to 366.",
    "below": "For FOLLOW_UP_LOW: the share of 1 below which it warns.",
    "over": "For FOLLOW_UP_LOW: only where more complaints than these came.",
    "mail_to": "Five addresses at most, all of the domains that an administrator allowed.",
}


@output
class WarningQuery:
    """What can be asked about early warning."""

    @resolved(Warning | None, {"id": "Of a warning."})
    async def warning(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """A warning by its id; null if it does not exist for you."""
        info.context.need(Permission.COMPLAINTS_READ)
        return await info.context.reader.warnings.get(id)

    @resolved(
        WarningConnection,
        {"state": "In this state only."} | _PAGE,
    )
    async def warnings(
        self,
        info: HubInfo,
        state: WarningState | None = UNSET,
        first: int | None = UNSET,
        after: str | None = UNSET,
    ) -> Any:
        """Warnings about places and channels of your scope, the latest first."""
        info.context.need(Permission.COMPLAINTS_READ)
        request = page_request(first, after)
        return await info.context.reader.warnings.page(state or None, request)

    @resolved(WarningRuleConnection, _PAGE)
    async def warning_rules(
        self, info: HubInfo, first: int | None = UNSET, after: str | None = UNSET
    ) -> Any:
        """The rules on regions of your scope, the oldest first."""
        info.context.need(Permission.COMPLAINTS_READ)
        return await info.context.reader.warning_rules.page(page_request(first, after))


@output
class WarningMutation:
    """What can be said of early warning."""

    @resolved(WarningRuleType, _RULE)
    async def create_warning_rule(
        self,
        info: HubInfo,
        name: str,
        kind: WarningKind,
        days: int,
        region: str | None = UNSET,
        below: float | None = UNSET,
        over: int | None = UNSET,
        mail_to: list[str] | None = UNSET,
    ) -> Any:
        """Makes a rule on a region that you oversee. It is evaluated every hour within what you may
        see then, and warns once for as long as it holds. Needs oversight:write."""
        desk = info.context.oversight()
        info.context.need(Permission.STATISTICS_READ)
        rule = WarningRule(
            id="",
            by="",
            name=name,
            kind=kind,
            region=region or None,
            days=days,
            below=below if isinstance(below, float) else None,
            over=over if isinstance(over, int) else None,
            mail_to=tuple(mail_to) if isinstance(mail_to, list) else (),
        )
        with _told():
            return await desk.add_rule(rule)

    @resolved(bool, {"id": "Of a rule of yours."})
    async def remove_warning_rule(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """Removes a rule of yours; whether there was one. What it raised is cleared."""
        return await info.context.oversight().remove_rule(id)

    @resolved(Warning, {"id": "Of an open warning.", "note": "Why, or what is done about it."})
    async def acknowledge_warning(
        self,
        info: HubInfo,
        id: strawberry.ID,  # noqa: A002
        note: str,
    ) -> Any:
        """Says that somebody looks after an open warning. You oversee all of its rule's region."""
        desk = info.context.oversight()
        with _told():
            return await desk.acknowledge(id, checked_note(note))


@contextmanager
def _told() -> Iterator[None]:
    """Tells a client what the desk refuses."""
    try:
        yield
    except OversightError as error:
        raise InputError(error.argument, str(error)) from None
