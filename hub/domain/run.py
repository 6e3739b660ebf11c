"""A run of a connector, its ledger, and the records that it could not place."""

from dataclasses import dataclass
from enum import StrEnum


class RunState(StrEnum):
    """How a run stands. Only `succeeded` is green."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class ConnectorState(StrEnum):
    """Whether a connector runs by its schedule."""

    ACTIVE = "active"
    PAUSED = "paused"


class CountedBy(StrEnum):
    """Which time of a complaint its channel counts records of a day by."""

    RECEIVED_AT = "received_at"
    UPDATED_AT = "updated_at"


@dataclass(slots=True)
class Ledger:
    """What became of every record that the channel handed over."""

    read: int = 0
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    dead_lettered: int = 0

    @property
    def balanced(self) -> bool:
        """Whether each record read is accounted for; a run is green only then."""
        return self.read == self.inserted + self.updated + self.unchanged + self.dead_lettered


class DeadLetterState(StrEnum):
    """What became of a dead letter: `resolved` once the same record could be stored, `acknowledged`
    where somebody said why it need not be, `discarded` when its retention ended."""

    OPEN = "open"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    DISCARDED = "discarded"


class Stage(StrEnum):
    """How far a record came: to be read, to have what a complaint needs, to have values that fit,
    to be placed, to be let in."""

    DECODE = "decode"
    SELECT = "select"
    CONTRACT = "contract"
    DISTRICT = "district"
    PERMISSION = "permission"


class ErrorCode(StrEnum):
    """What is wrong with a record, for programs; the reason says it to people."""

    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"
    MISSING = "missing"
    NO_TIME = "no_time"
    NO_ZONE = "no_zone"
    NO_FLAG = "no_flag"
    UNMAPPED = "unmapped"
    UNKNOWN_REGION = "unknown_region"
    NOT_PERMITTED = "not_permitted"

    @property
    def stage(self) -> Stage:
        """Where a record ends that has this wrong."""
        return _STAGES.get(self, Stage.CONTRACT)


_STAGES = {
    ErrorCode.UNREADABLE: Stage.DECODE,
    ErrorCode.TOO_LARGE: Stage.DECODE,
    ErrorCode.MISSING: Stage.SELECT,
    ErrorCode.UNKNOWN_REGION: Stage.DISTRICT,
    ErrorCode.NOT_PERMITTED: Stage.PERMISSION,
}


@dataclass
class Rejection(Exception):  # noqa: N818 - the field's word; it is raised, kept and shown
    """Why a record cannot become a complaint: which of the hub's fields, which value, what for."""

    field: str
    value: str | None
    reason: str
    external_id: str | None = None
    code: ErrorCode = ErrorCode.UNREADABLE

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"
