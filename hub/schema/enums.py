"""The domain's enumerations as GraphQL knows them."""

from enum import Enum
from typing import TypeVar

import strawberry

from hub.domain.change import ChangeKind
from hub.domain.complaint import Classification, ComplaintStatus
from hub.domain.indicators import Dimension
from hub.domain.question import OrderField
from hub.domain.region import RegionLevel
from hub.domain.run import ConnectorState, DeadLetterState, RunState
from hub.domain.scope import Role
from hub.store.connectors import ManagedBy

E = TypeVar("E", bound=type[Enum])


def _known(enum: E, description: str, name: str | None = None) -> E:
    return strawberry.enum(enum, description=description, name=name)


_known(
    ChangeKind,
    "What became of a complaint as you watch it: CREATED where it is new to your scope and filter, "
    "GONE where it left them, wherever it was before or is now.",
)
_known(Classification, "The kind of a report (klasifikasi); UNCLASSIFIED where none is stated.")
_known(ComplaintStatus, "Where a complaint stands.")
_known(
    Dimension,
    "What indicators can be grouped by. MONTH is like 2020-07, WEEK like 2020-W31 (from Monday), "
    "DAY like 2020-07-31, each in the time zone of the district.",
)
_known(OrderField, "What complaints can be ordered by.", "ComplaintOrderField")
_known(RegionLevel, "Province, or district (kabupaten, kota).")
_known(RunState, "How a run stands; only SUCCEEDED is green.")
_known(
    DeadLetterState,
    "RESOLVED once the same record could be stored, ACKNOWLEDGED where it "
    "need not be, DISCARDED when its retention ended.",
)
_known(ConnectorState, "Whether a connector runs by its schedule and when asked to.")
_known(
    ManagedBy,
    "Who changes a connector: a file on the hub's machine, or its operator over the API.",
    "ConnectorManager",
)
_known(Role, "What a grant lets its holder be.")


@strawberry.enum(description="Which way an order goes.")
class OrderDirection(Enum):
    """Which way an order goes."""

    ASC = "asc"
    DESC = "desc"
