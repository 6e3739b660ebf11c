"""The domain's enumerations as GraphQL knows them."""

from enum import Enum
from typing import Any, TypeVar

import strawberry

from hub.domain.activity import Members
from hub.domain.case import LinkedBy
from hub.domain.change import ChangeKind
from hub.domain.complaint import Classification, ComplaintStatus
from hub.domain.deadline_rules import DeadlineStage
from hub.domain.delivery import DeliveryKind, DeliveryState, WebhookState
from hub.domain.indicators import Dimension
from hub.domain.letter import LetterState
from hub.domain.question import OrderField
from hub.domain.ranking import Apart, RankedBy
from hub.domain.readiness import ReadinessItem, ReadinessState
from hub.domain.region import RegionLevel
from hub.domain.run import ConnectorState, CountedBy, DeadLetterState, ErrorCode, RunState, Stage
from hub.domain.scope import Role
from hub.domain.warning import WarningKind, WarningState
from hub.store.connectors import ManagedBy
from hub.store.exports import ExportFormat, ExportState

E = TypeVar("E", bound=type[Enum])


def _known(enum: E, description: str, values: list[str], name: str | None = None) -> E:
    """Makes an enumeration of the domain a GraphQL one; `values` describe its values in order."""
    known = strawberry.enum(enum, description=description, name=name)
    stated: Any = known
    for value, told in zip(stated.__strawberry_definition__.values, values, strict=True):
        value.description = told
    return known


_known(
    ChangeKind,
    "What became of a complaint as you watch it.",
    [
        "It is new to your scope and filter.",
        "It changed.",
        "It left them, wherever it was before or is now.",
    ],
)
_known(
    LinkedBy,
    "Why two complaints count as the same report.",
    [
        "Both carry the same id of SP4N-LAPOR!.",
        "They are near in place and time, in the same words.",
        "Somebody who oversees both says so.",
    ],
)
_known(
    Classification,
    "The kind of a report (klasifikasi).",
    [
        "A complaint that needs a field inspection (pengaduan berkadar pengawasan).",
        "A complaint that needs none (pengaduan tidak berkadar pengawasan).",
        "A wish or a suggestion (aspirasi).",
        "A request for information (permintaan informasi).",
        "The channel states none.",
    ],
)
_known(
    CountedBy,
    "Which time of a complaint its channel counts records of a day by.",
    ["When the channel received it.", "When it last changed."],
)
_known(
    ComplaintStatus,
    "Where a complaint stands.",
    [
        "The channel has it; nobody has looked at it yet.",
        "It is complete, and waits for an institution.",
        "The reporter is asked for more.",
        "An institution works on it.",
        "An institution has answered (tindak lanjut).",
        "It is done.",
        "It was put aside without a follow-up.",
        "It is no complaint that the channel takes.",
    ],
)
_known(
    DeadlineStage,
    "What has to be done by a deadline.",
    [
        "Verify the report, and hand it over to an institution (disposisi).",
        "Follow it up for the first time (tindak lanjut).",
        "Answer it.",
        "Close it, where the reporter says nothing more.",
    ],
)
_known(
    Dimension,
    "What indicators can be grouped by. Days are those of the district's time zone.",
    [
        "Code of the province.",
        "Code of the district.",
        "Name of the channel.",
        "The hub's category.",
        "The kind of the report.",
        "A programme with rules of its own.",
        "Where complaints stand now.",
        "The institution that handles them, in the channels' words.",
        "Month of receipt: 2020-07.",
        "Week of receipt, from Monday: 2020-W31.",
        "Day of receipt: 2020-07-31.",
    ],
)
_known(
    Members,
    "Whose figures are told side by side.",
    [
        "Institutions, as the hub's administrators list them.",
        "Districts (kabupaten and kota).",
    ],
)
_known(
    OrderField,
    "What complaints can be ordered by.",
    [
        "When the channel received it.",
        "When it last changed.",
        "By when an answer is due; unknown is lowest.",
        "By when what has to be done now is due: the work list. Unknown is lowest.",
    ],
    "ComplaintOrderField",
)
_known(
    RankedBy,
    "What districts are put in order of.",
    [
        "Followed up, as a fraction of what was received: the highest first.",
        "Closed, as a fraction of what was received: the highest first.",
        "The median of working days to the hand-over: the fewest first.",
        "The median of working days to the first follow-up: the fewest first.",
        "The median of working days to the end: the fewest first.",
    ],
)
_known(
    Apart,
    "Why a district is listed apart, without a place.",
    [
        "It has not integrated each channel of the yardstick.",
        "Nothing was received in the period, or nothing came so far.",
        "Nothing counts as followed up, or as closed by CLOSING_RATE, and a coverage is asked for.",
        "Too few of what it rests on say when: less than the coverage that was asked for.",
        "There is nothing, or too little to be told to whoever may not read it.",
    ],
    "ApartReason",
)
_known(
    RegionLevel,
    "Levels of local government.",
    ["A province (provinsi).", "A district (kabupaten or kota) of a province."],
)
_known(
    RunState,
    "How a run stands; only SUCCEEDED is green.",
    [
        "It is under way.",
        "Every record is stored or kept as a dead letter.",
        "It ended with an error, which it tells.",
        "Its process ended before it did; the next run goes on.",
    ],
)
_known(
    DeadLetterState,
    "What became of a dead letter.",
    [
        "It waits until it can be stored.",
        "The same record could be stored since.",
        "Somebody said why it need not be stored.",
        "Its retention ended.",
    ],
)
_known(
    Stage,
    "How far a record came that is a dead letter.",
    [
        "It could not be read.",
        "It lacks what every complaint has.",
        "A value of it is none that its field can have.",
        "Where it belongs could not be told.",
        "Its connector may not write where it belongs.",
    ],
    "DeadLetterStage",
)
_known(
    ErrorCode,
    "What is wrong with a record that is a dead letter.",
    [
        "It is no record of the stated format.",
        "It is larger than a record may be.",
        "It has no id, or no time of receipt.",
        "A text is no time of the stated format.",
        "A time names no zone, and nothing else does.",
        "A text says neither yes nor no.",
        "No mapping knows its status.",
        "No region has this name or code, or several have.",
        "`permission.check` refuses its region.",
    ],
    "DeadLetterErrorCode",
)
_known(
    ConnectorState,
    "Whether a connector runs by its schedule and when asked to.",
    ["It runs.", "Somebody keeps it from running, and said why."],
)
_known(
    ManagedBy,
    "Who changes a connector.",
    ["A file on the hub's machine.", "Its operator, over the API."],
    "ConnectorManager",
)
_known(
    Role,
    "What a grant lets its holder be.",
    [
        "Sees the nation.",
        "Sees its province and the districts in it.",
        "Sees its district.",
        "Sees and minds what its channels bring.",
        "Sees counts of any region, no row, no small group.",
        "Minds clients and connectors; sees no complaint.",
    ],
)


@strawberry.enum(description="Which way an order goes.")
class OrderDirection(Enum):
    """Which way an order goes."""

    ASC = strawberry.enum_value("asc", description="The least first.")
    DESC = strawberry.enum_value("desc", description="The most first.")


_known(
    DeliveryKind,
    "What a webhook is told.",
    [
        "A complaint is new to its scope and filter.",
        "One of them changed.",
        "One left them: its id alone.",
        "There were changes that it is not told: read anew what you show.",
        "A warning was raised.",
    ],
    "WebhookDeliveryKind",
)
_known(
    DeliveryState,
    "How far a message to a webhook is.",
    ["It waits to be sent, or sent again.", "It was taken.", "Nobody took it."],
    "WebhookDeliveryState",
)
_known(
    WarningKind,
    "What a rule of early warning looks at.",
    [
        "Districts of which too little was followed up.",
        "Channels that bring no complaint any more.",
        "Districts that follow nothing up any more, and did before.",
    ],
)
_known(
    WarningState,
    "How a warning stands.",
    [
        "It holds, and nobody has said that they look after it.",
        "It holds, and somebody looks after it.",
        "It holds no longer.",
    ],
)
_known(
    WebhookState,
    "Whether a webhook is told anything.",
    ["It is.", "It is not."],
)
_known(
    ExportFormat,
    "What the file of an export is.",
    [
        "Comma-separated values, which spreadsheets open; nothing in it is a formula.",
        "A workbook with one sheet.",
        "A line of JSON for each entry, as the API answers it.",
    ],
)
_known(
    ExportState,
    "How far an export is.",
    [
        "It waits for a hub that makes it.",
        "It is made.",
        "Its file can be had.",
        "There will be no file; `error` says why.",
        "You cancelled it.",
    ],
)
_known(
    ReadinessItem,
    "What a local government has to have in place to handle complaints.",
    [
        "A decree (SK) that names who handles them.",
        "An action plan (rencana aksi).",
        "Publicity: people are told where to complain.",
        "The channels that it has already are integrated.",
    ],
)
_known(
    ReadinessState,
    "How far an entry of the readiness register is.",
    [
        "It was entered, and waits to be confirmed.",
        "Whoever oversees the local government confirmed it.",
        "They returned it, and said what is missing.",
    ],
)
_known(
    LetterState,
    "How far a letter is.",
    ["Its province works on it, and sees it alone.", "The ministry has it; it does not change."],
)
