"""Which OAuth scopes fields need, told to gateways in the SDL, so that they refuse early. The lock
is in the readers: what stands here opens nothing, and test_authorization.py compares the two."""

from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from graphql import (
    ConstDirectiveNode,
    FieldDefinitionNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    Visitor,
    parse,
    print_ast,
    visit,
)

from hub.domain.scope import Permission

Needed = frozenset[Permission]

_READ: Final = frozenset({Permission.COMPLAINTS_READ})
_COUNT: Final = frozenset({Permission.STATISTICS_READ})
_WATCH: Final = frozenset({Permission.CONNECTORS_READ})
_CHANGE: Final = frozenset({Permission.CONNECTORS_READ, Permission.CONNECTORS_WRITE})
_OVERSEE: Final = frozenset({Permission.COMPLAINTS_READ, Permission.OVERSIGHT_WRITE})
_WARN: Final = _OVERSEE | {Permission.STATISTICS_READ}
_ENTER: Final = frozenset({Permission.STATISTICS_READ, Permission.READINESS_WRITE})
_WRITE: Final = frozenset(
    {Permission.STATISTICS_READ, Permission.COMPLAINTS_READ, Permission.LETTERS_WRITE}
)
_A_TOKEN: Final[Needed] = frozenset()

_ROOTS: Final[dict[str, Needed]] = {
    "Query.complaint": _READ,
    "Query.complaints": _READ,
    "Query.indicators": _COUNT,
    "Query.cases": _READ,
    "Query.warning": _READ,
    "Query.warnings": _READ,
    "Query.warningRules": _READ,
    "Query.activity": _READ | _COUNT,
    "Query.ranking": _COUNT,
    "Query.connectors": _WATCH,
    "Query.runs": _WATCH,
    "Query.deadLetters": _WATCH,
    "Query.audit": frozenset({Permission.AUDIT_READ}),
    "Query.webhooks": _READ,
    "Query.webhookDeliveries": _READ,
    "Query.readiness": _COUNT,
    "Query.letters": _READ | _COUNT,
    "Query.letter": _READ | _COUNT,
    "Query.letterFigures": _READ | _COUNT,
    "Mutation.registerConnector": _CHANGE,
    "Mutation.updateConnector": _CHANGE,
    "Mutation.pauseConnector": _CHANGE,
    "Mutation.resumeConnector": _CHANGE,
    "Mutation.syncNow": _CHANGE,
    "Mutation.replayDeadLetters": _CHANGE,
    "Mutation.acknowledgeDeadLetter": _CHANGE,
    "Mutation.checkConnector": _CHANGE,
    "Mutation.previewConnector": _CHANGE,
    "Mutation.rotateSecret": _CHANGE,
    "Mutation.approveHost": _CHANGE,
    "Mutation.revokeHost": _CHANGE,
    "Mutation.linkComplaints": _OVERSEE,
    "Mutation.unlinkComplaint": _OVERSEE,
    "Mutation.createWarningRule": _WARN,
    "Mutation.removeWarningRule": _OVERSEE,
    "Mutation.acknowledgeWarning": _OVERSEE,
    "Mutation.saveView": _COUNT,
    "Mutation.createWebhook": _READ,
    "Mutation.enableWebhook": _READ,
    "Mutation.disableWebhook": _READ,
    "Mutation.removeWebhook": _READ,
    "Mutation.rotateWebhookSecret": _READ,
    "Mutation.redeliver": _READ,
    "Mutation.enterReadiness": _ENTER,
    "Mutation.confirmReadiness": _ENTER,
    "Mutation.returnReadiness": _ENTER,
    "Mutation.removeAttachment": _ENTER,
    "Mutation.createLetter": _WRITE,
    "Mutation.reviseLetter": _WRITE,
    "Mutation.sendLetter": _WRITE,
    "Subscription.complaintChanged": _READ,
    "Subscription.warningRaised": _READ,
    "Subscription.indicatorsChanged": _COUNT,
    "Subscription.runProgress": _WATCH,
}
_ENTITIES: Final[dict[str, Needed]] = {"Complaint": _READ, "Region": _A_TOKEN, "Channel": _A_TOKEN}
"""Their fields are asked for by themselves, of whatever another graph refers to; its reference, the
`id`, is the other graph's."""


def needed_for(kind: str, field: str) -> Needed | None:
    """The scopes without which a field of a type is refused; none where any token will do. None
    for one that is reached through others only."""
    if kind in {"Query", "Mutation", "Subscription"}:
        return _ROOTS.get(f"{kind}.{field}", _A_TOKEN)
    return _ENTITIES.get(kind) if field != "id" else None


def with_authorization(sdl: str) -> str:
    """The SDL of a subgraph, with `@requiresScopes` and `@authenticated` of Federation 2.5."""
    return print_ast(visit(parse(sdl, no_location=True), _Marking()))


class _Marking(Visitor):
    def enter_directive(self, node: ConstDirectiveNode, *_: Any) -> ConstDirectiveNode | None:
        if node.name.value != "link":
            return None
        return replace(node, arguments=tuple(map(_imported, node.arguments or ())))

    def enter_object_type_definition(
        self, node: ObjectTypeDefinitionNode, *_: Any
    ) -> ObjectTypeDefinitionNode:
        fields = tuple(_marked(node.name.value, each) for each in node.fields or ())
        return replace(node, fields=fields)


def _imported(argument: Any) -> Any:
    if argument.name.value != "import":
        return argument
    names = (StringValueNode(value=f"@{name}") for name in ("authenticated", "requiresScopes"))
    imported = replace(argument.value, values=(*argument.value.values, *names))
    return replace(argument, value=imported)


def _marked(kind: str, field: FieldDefinitionNode) -> FieldDefinitionNode:
    needed = needed_for(kind, field.name.value)
    if needed is None:
        return field
    return replace(field, directives=(*(field.directives or ()), _directive(needed)))


@lru_cache
def _directive(needed: Needed) -> ConstDirectiveNode:
    scopes = ", ".join(f'"{permission}"' for permission in sorted(needed))
    text = f"@requiresScopes(scopes: [[{scopes}]])" if needed else "@authenticated"
    document: Any = parse(f"type T {text} {{ f: ID }}", no_location=True)
    (directive,) = document.definitions[0].directives
    return directive  # type: ignore[no-any-return]
