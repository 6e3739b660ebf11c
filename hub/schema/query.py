"""The questions that can be asked."""

from datetime import datetime
from functools import partial
from typing import Any

import strawberry
from strawberry import UNSET

from hub.domain.disclosure import DisclosureError
from hub.domain.indicators import Dimension
from hub.domain.indicators import IndicatorRow as Figures
from hub.domain.past import PastError
from hub.domain.region import Region as RegionRow
from hub.domain.region import RegionLevel, regions
from hub.domain.run import DeadLetterState
from hub.domain.scope import Permission
from hub.domain.series import SeriesError
from hub.schema.cases import CaseQuery
from hub.schema.context import Context, HubInfo, needs_of
from hub.schema.errors import InputError
from hub.schema.exports import ExportQuery
from hub.schema.federation import Federation
from hub.schema.filters import ComplaintFilter, ComplaintOrder, condition_of, order_of
from hub.schema.letters import LetterQuery
from hub.schema.oversight import OversightQuery
from hub.schema.periods import AS_OF, days_of, moment_of, weighing
from hub.schema.readiness import ReadinessQuery
from hub.schema.rows import rows_of
from hub.schema.source import output, resolved
from hub.schema.types.channel import Channel
from hub.schema.types.complaint import Complaint
from hub.schema.types.connection import (
    AuditConnection,
    ComplaintConnection,
    Counted,
    DeadLetterConnection,
    RunConnection,
    page_request,
)
from hub.schema.types.connector import Connector
from hub.schema.types.indicators import IndicatorRow, Period
from hub.schema.types.node import Node, local_id
from hub.schema.types.region import Region
from hub.schema.types.view import View
from hub.schema.types.viewer import Viewer
from hub.schema.warnings import WarningQuery
from hub.schema.webhooks import WebhookQuery

_BY_ID = {"id": "An id as another field gave it."}
_FORWARD = {
    "first": "How many at most: 20 unless told, up to 200.",
    "after": "An `endCursor`: what follows it.",
}
_PAGED = _FORWARD | {
    "last": "How many at most, from the end; instead of `first`.",
    "before": "A `startCursor`: what precedes it.",
}
OF_FIGURES = {
    "group_by": "A row for each combination of these; one row unless told.",
    "filter": "Of which complaints; of all unless told.",
    "period": "Of complaints received in these days; of all unless told.",
}
OF_CONNECTOR = {"connector": "Name of a connector: of this one only."}

# Resolvers hand documents to the types, whose fields say where in them they are read from. All that
# can fail are async: graphql-core forgets the coroutines of others when one fails at once.


@output
class Query(
    Federation,
    OversightQuery,
    WebhookQuery,
    ExportQuery,
    CaseQuery,
    WarningQuery,
    ReadinessQuery,
    LetterQuery,
):
    """All that can be asked. What lies outside your scope does not exist."""

    @resolved(Viewer)
    def viewer(self, info: HubInfo) -> Any:
        """Who you are to the hub."""
        return info.context.reader.scope

    @resolved(Node | None, _BY_ID)
    async def node(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """A complaint, region or channel by its id; null if it does not exist for you."""
        if code := local_id(id, "region"):
            return regions().get(code)
        if name := local_id(id, "channel"):
            return (await info.context.channels_by_name()).get(name)
        return await _complaint(info, id)

    @resolved(Complaint | None, _BY_ID)
    async def complaint(self, info: HubInfo, id: strawberry.ID) -> Any:  # noqa: A002
        """A complaint by its id; null if it does not exist for you."""
        return await _complaint(info, id)

    @resolved(
        ComplaintConnection,
        _PAGED
        | {
            "filter": "Which ones; all unless told.",
            "order_by": "In which order; ids settle what is equal.",
        },
    )
    async def complaints(
        self,
        info: HubInfo,
        filter: ComplaintFilter | None = UNSET,  # noqa: A002
        order_by: list[ComplaintOrder] | None = UNSET,
        first: int | None = UNSET,
        after: str | None = UNSET,
        last: int | None = UNSET,
        before: str | None = UNSET,
    ) -> Any:
        """Complaints of your scope, the latest first."""
        info.context.need(Permission.COMPLAINTS_READ)
        complaints = info.context.reader.complaints
        condition = condition_of(filter)
        request = page_request(first, after, last, before)
        found = await complaints.page(
            condition, request, info.context.reading, order_of(order_by), needs_of(info)
        )
        return Counted(found, partial(complaints.count, condition))

    @resolved(
        list[IndicatorRow],
        OF_FIGURES
        | {
            "fill": "Whether months, weeks or days without complaints have a row too.",
            "compare": "Whether each row has `before`, the period before.",
            "as_of": AS_OF,
        },
        size=rows_of,
        weight=weighing(500),
    )
    async def indicators(
        self,
        info: HubInfo,
        group_by: list[Dimension] = [],  # noqa: B006 - the schema's default
        filter: ComplaintFilter | None = UNSET,  # noqa: A002
        period: Period | None = UNSET,
        fill: bool = False,
        compare: bool = False,
        as_of: datetime | None = UNSET,
    ) -> Any:
        """Figures of your scope for each group; of no dimension, one row. With `fill` also a row
        for each month, week or day without complaints; with `compare` each row has `before`.

        Where you may count complaints but not read them, there is no group of fewer than five, and
        none from which one could be computed: ask by place, whole months and one of `CHANNEL`,
        `CATEGORY`, `CLASSIFICATION`, `PROGRAMME` and `STATUS`.
        """
        return await figures(
            info.context,
            group_by,
            filter,
            period,
            needs_of(info),
            fill=fill,
            compare=compare,
            as_of=as_of or None,
        )

    @resolved(
        list[Region],
        {
            "level": "Provinces or districts only.",
            "parent": "Code of a province: its districts only.",
        },
        size=552,
    )
    async def regions(self, level: RegionLevel | None = UNSET, parent: str | None = UNSET) -> Any:
        """Provinces and districts; all of them, or those of one province."""
        found: list[RegionRow] = list(regions())
        if parent:
            if not any(region.code == parent for region in found):
                raise InputError("parent", f"{parent!r} is not the code of a region, such as '73'")
            found = regions().districts_of(parent)
        return [r for r in found if not level or r.level is level]

    @resolved(list[Channel], size=50)
    async def channels(self, info: HubInfo) -> Any:
        """Channels that reach your scope."""
        return list((await info.context.channels_by_name()).values())

    @resolved(list[Connector], size=50)
    async def connectors(self, info: HubInfo) -> Any:
        """Connectors of your channels."""
        info.context.need(Permission.CONNECTORS_READ)
        return await info.context.reader.connectors.all()

    @resolved(RunConnection, OF_CONNECTOR | _FORWARD)
    async def runs(
        self,
        info: HubInfo,
        connector: str | None = UNSET,
        first: int | None = UNSET,
        after: str | None = UNSET,
    ) -> Any:
        """Runs of your connectors, the latest first."""
        info.context.need(Permission.CONNECTORS_READ)
        return await info.context.reader.runs.page(connector, page_request(first, after))

    @resolved(DeadLetterConnection, OF_CONNECTOR | {"state": "In this state only."} | _FORWARD)
    async def dead_letters(
        self,
        info: HubInfo,
        connector: str | None = UNSET,
        state: DeadLetterState | None = UNSET,
        first: int | None = UNSET,
        after: str | None = UNSET,
    ) -> Any:
        """Records of your channels that could not be stored."""
        info.context.need(Permission.CONNECTORS_READ)
        request = page_request(first, after)
        return await info.context.reader.dead_letters.page(connector, state, request)

    @resolved(list[View], size=50)
    async def views(self, info: HubInfo) -> Any:
        """Saved views, by name. They hold no data."""
        return await info.context.reader.views.all()

    @resolved(AuditConnection, _FORWARD)
    async def audit(
        self, info: HubInfo, first: int | None = UNSET, after: str | None = UNSET
    ) -> Any:
        """Who was shown reporters of your scope, the latest first. Needs audit:read."""
        info.context.need(Permission.AUDIT_READ)
        return await info.context.reader.audit.page(page_request(first, after))


async def figures(
    context: Context,
    group_by: list[Dimension],
    given: ComplaintFilter | None,
    period: Period | None,
    parts: frozenset[str] | None,
    *,
    fill: bool = False,
    compare: bool = False,
    as_of: datetime | None = None,
) -> list[Figures]:
    """The rows that `indicators` answers with. Raises GraphQLError."""
    context.need(Permission.STATISTICS_READ)
    if len(set(group_by)) < len(group_by):
        raise InputError("groupBy", "names a dimension twice")
    days = days_of(period)
    condition = condition_of(given)
    try:
        return await context.reader.complaints.indicators(
            group_by, condition, days, parts, fill=fill, compare=compare, as_of=moment_of(as_of)
        )
    except (DisclosureError, PastError, SeriesError) as error:
        raise InputError(error.argument, str(error)) from None


async def _complaint(info: HubInfo, id_: str) -> Any:
    info.context.need(Permission.COMPLAINTS_READ)
    own_id = local_id(id_, "complaint")
    if own_id is None:
        return None
    complaints = info.context.reader.complaints
    return await complaints.get(own_id, info.context.reading, needs_of(info))
