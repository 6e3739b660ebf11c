"""Whatever of the schema could reach a complaint has cases in the differential suite."""

from dataclasses import fields

from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    parse,
    visit,
)

from hub.domain.question import OrderField
from hub.schema.filters import _NAMES, ComplaintFilter
from hub.schema.schema import core_schema
from hub.schema.source import source_of
from tests.security import asked, hostile
from tests.security.test_changes import ATTEMPTS, FOR_ADMINS

REACH_NO_COMPLAINT = {
    "Query.viewer": "reads the token",
    "Viewer.can": "reads the token, and where something of the viewer is",
    "Viewer.can(action)": "is compared with the token",
    "Viewer.can(id)": "finds it by the viewer's own reader, as `complaint` and `node` do",
    "Query._service": "tells the schema, where introspection does",
    "_Service.sdl": "tells the schema, where introspection does",
    "Query.audit": "holds no complaint; scoped like them in tests/store/test_audit.py",
    "Query.audit(first)": "pages like complaints",
    "Query.audit(after)": "pages like complaints",
    "Query.views": "texts of operations, which hold no data; read in tests/schema/test_views.py",
    "Subscription.complaintChanged": "each event is compared in tests/store/test_feed.py",
    "Subscription.complaintChanged(filter)": "likewise, with any condition",
    "Subscription.indicatorsChanged": "answers as `indicators` does",
    "Subscription.indicatorsChanged(groupBy)": "as of `indicators`",
    "Subscription.indicatorsChanged(filter)": "as of `indicators`",
    "Subscription.indicatorsChanged(period)": "as of `indicators`",
    "Subscription.runProgress": "told to two operators in tests/security/test_live.py",
    "Subscription.runProgress(connector)": "narrows",
    "ComplaintChange.complaint": "is read by the viewer's own reader, as `complaint` does",
    "Query.warning": "scoped like complaints in tests/security/test_warnings.py",
    "Query.warning(id)": "likewise",
    "Query.warnings": "likewise",
    "Query.warnings(state)": "narrows",
    "Query.warnings(first)": "pages like complaints",
    "Query.warnings(after)": "pages like complaints",
    "Query.warningRules": "likewise; they hold no figures",
    "Query.warningRules(first)": "pages like complaints",
    "Query.warningRules(after)": "pages like complaints",
    "Subscription.warningRaised": "each is read by `warning`'s reader: likewise",
    "Query.ranking": "of what `indicators` answers: tests/store/test_rankings.py",
    "Query.ranking(of)": "likewise; of institutions that one sees",
    "Query.ranking(channels)": "narrows, by a filter of `indicators`",
    "Query.ranking(by)": "chooses a figure",
    "Query.ranking(province)": "narrows, by a filter of `indicators`",
    "Query.ranking(filter)": "as of `indicators`",
    "Query.ranking(period)": "as of `indicators`",
    "Query.ranking(leastCoverage)": "orders what is told",
    "Query.ranking(asOf)": "as of `indicators`",
    "Query.webhooks": "the viewer's own: tests/deliveries/test_scope.py",
    "Query.webhookDeliveries": "to the viewer's own; they name no complaint: likewise",
    "Query.webhookDeliveries(webhook)": "narrows",
    "Query.webhookDeliveries(state)": "narrows",
    "Query.webhookDeliveries(first)": "pages like complaints",
    "Query.webhookDeliveries(after)": "pages like complaints",
    "Query.exports": "the viewer's own; what is in them: tests/schema/test_exports.py",
    "Query.export": "likewise",
    "Query.export(id)": "chooses from them",
    "Query.readiness": "holds no complaint; scoped like them in tests/schema/test_readiness.py",
    "Query.readiness(region)": "narrows",
    "Query.letters": "counts, of one province: tests/schema/test_letters.py",
    "Query.letters(first)": "pages like complaints",
    "Query.letters(after)": "pages like complaints",
    "Query.letter": "likewise",
    "Query.letter(id)": "chooses from them",
    "Query.letterFigures": "likewise",
    "Query.letterFigures(id)": "chooses from them",
    "Query.letterFigures(version)": "likewise",
    "Query.regions": "reads the table of regions",
    "Query.regions(level)": "chooses from it",
    "Query.regions(parent)": "chooses from it",
    "Query.runs(connector)": "narrows; all of them are compared",
    "Query.runs(first)": "pages like complaints",
    "Query.runs(after)": "pages like complaints",
    "Query.deadLetters(connector)": "narrows; all of them are compared",
    "Query.deadLetters(state)": "narrows; all of them are compared",
    "Query.deadLetters(first)": "pages like complaints",
    "Query.deadLetters(after)": "pages like complaints",
}
"""What can read, or choose what is read, and needs no cases; with the reason."""


def reads(field: GraphQLField) -> bool:
    """Whether a field can read anything beyond the document that its type is read from: it has a
    resolver of its own, or a source that is waited for."""
    source = source_of(field.extensions["strawberry-definition"])
    return source is None or source.awaited or source.join is not None


def of_the_schema() -> set[str]:
    """`Type.field` of each field that can read, and `Type.field(argument)` of its arguments."""
    found = set()
    for kind in core_schema.type_map.values():
        if not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        if kind is core_schema.mutation_type:  # attempted one by one in test_changes.py
            continue
        for name, field in kind.fields.items():
            if not kind.name.startswith("__") and reads(field):
                found.add(f"{kind.name}.{name}")
                found |= {f"{kind.name}.{name}({argument})" for argument in field.args}
    return found


class _Collector(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.found: set[str] = set()

    def enter_field(self, *_: object) -> None:
        self.found.add(self._field())

    def enter_argument(self, *_: object) -> None:
        argument = self.info.get_argument()
        (name,) = (n for n, a in self._definition().args.items() if a is argument)
        self.found.add(f"{self._field()}({name})")

    def _definition(self) -> GraphQLField:
        definition = self.info.get_field_def()
        assert definition
        return definition

    def _field(self) -> str:
        parent = self.info.get_parent_type()
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType)
        (name,) = (n for n, f in parent.fields.items() if f is self._definition())
        return f"{parent.name}.{name}"


def of_the_suite() -> set[str]:
    """What the questions of the suite select and pass."""
    found: set[str] = set()
    for text in asked.DOCUMENTS:
        info = TypeInfo(core_schema)
        collector = _Collector(info)
        visit(parse(text), TypeInfoVisitor(info, collector))
        found |= collector.found
    return found


def test_whatever_can_read_has_cases_or_a_reason_to_need_none() -> None:
    reading, covered = of_the_schema(), of_the_suite()
    assert reading - covered - REACH_NO_COMPLAINT.keys() == set()
    assert REACH_NO_COMPLAINT.keys() - reading == set()


def test_a_new_way_to_complaints_would_be_noticed() -> None:
    assert {"Query.complaints", "ComplaintConnection.totalCount", "Complaint.channel"} <= (
        of_the_schema() & of_the_suite()
    )


def test_every_field_of_a_complaint_is_selected() -> None:
    complaint = core_schema.type_map["Complaint"]
    assert isinstance(complaint, GraphQLObjectType)
    assert {f"Complaint.{name}" for name in complaint.fields} <= of_the_suite()


def test_the_suite_filters_and_orders_by_everything() -> None:
    names = {graphql_name for _, graphql_name in _NAMES[ComplaintFilter]}
    assert names == hostile.FILTER_FIELDS
    assert len(names) == len(fields(ComplaintFilter))
    assert {field.name for field in OrderField} == hostile.ORDER_FIELDS


def test_there_is_no_other_way_in() -> None:
    mutations = core_schema.mutation_type
    assert mutations and mutations.fields.keys() == {
        *ATTEMPTS,
        *FOR_ADMINS,
        *OF_VIEWS,
        *OF_WEBHOOKS,
        *OF_EXPORTS,
        *OF_CASES,
        *OF_WARNINGS,
        *OF_READINESS,
        *OF_LETTERS,
    }
    subscriptions = core_schema.subscription_type
    assert subscriptions and subscriptions.fields.keys() == {
        "complaintChanged",
        "indicatorsChanged",
        "runProgress",
        "warningRaised",
    }


OF_VIEWS = {"saveView", "removeView"}
"""Views are everybody's to read, and hold no data: tests/schema/test_views.py."""
OF_WARNINGS = {"createWarningRule", "removeWarningRule", "acknowledgeWarning"}
"""Of what one oversees: tests/security/test_warnings.py."""
OF_CASES = {"linkComplaints", "unlinkComplaint"}
"""Who says what of whose complaints: tests/security/test_cases.py."""
OF_EXPORTS = {"startExport", "cancelExport"}
"""Made of views within their reader's scope, and theirs alone: tests/schema/test_exports.py."""
OF_READINESS = {"enterReadiness", "confirmReadiness", "returnReadiness", "removeAttachment"}
"""Of one's own local government, and those that one oversees: tests/schema/test_readiness.py."""
OF_LETTERS = {"createLetter", "reviseLetter", "sendLetter"}
"""Of one's own province: tests/schema/test_letters.py."""
OF_WEBHOOKS = {
    "createWebhook",
    "enableWebhook",
    "disableWebhook",
    "removeWebhook",
    "rotateWebhookSecret",
    "redeliver",
}
"""What webhooks are told, and by whom they are changed: tests/deliveries/test_scope.py."""
RANKED = {"RankedMember.figures"}
"""Rows that `indicators` answered with: tests/store/test_rankings.py."""
WATCHED = {"ComplaintChange.complaint", "Subscription.indicatorsChanged"}
"""What is told when it changes: tests/security/test_live.py, tests/store/test_feed.py."""

PREVIEWED = {"PreviewedRecord.complaint"}
"""Complaints that are not stored: tests/schema/test_trial.py."""


def test_complaints_are_reached_from_the_listed_types_only() -> None:
    leading = {
        f"{kind.name}.{name}"
        for kind in core_schema.type_map.values()
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        for name, field in kind.fields.items()
        if get_named_type(field.type).name in {"Complaint", "Node", "_Entity", "IndicatorRow"}
    }
    assert leading - WATCHED - RANKED == {
        "Query.node",
        "Query._entities",
        "Query.complaint",
        "Query.indicators",
        "ComplaintConnection.nodes",
        "ComplaintEdge.node",
        *PREVIEWED,
    }
    assert leading - PREVIEWED - WATCHED - RANKED <= of_the_suite()
