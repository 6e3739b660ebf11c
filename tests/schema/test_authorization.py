"""What gateways are told that a field needs is what the hub itself asks for."""

from typing import Any

from graphql import (
    GraphQLNonNull,
    GraphQLObjectType,
    Undefined,
    build_schema,
    get_named_type,
    is_composite_type,
    is_list_type,
    print_schema,
)

from hub.domain.scope import Grant, Permission, Role, allowed_permissions
from hub.schema.authorization import _ROOTS, Needed, needed_for, with_authorization
from hub.schema.schema import core_schema, schema
from tests.listener import events
from tests.running_hub import RunningHub

OPERATOR = Grant(Role.OPERATOR, channels=("lapor",))
MINISTRY = Grant(Role.MINISTRY)
GRANTS = [OPERATOR, MINISTRY, Grant(Role.PROVINCE, ("73",))]
OTHER = frozenset({Permission.COMPLAINTS_INGEST})
SEEING = frozenset(
    {Permission.COMPLAINTS_READ, Permission.STATISTICS_READ, Permission.CONNECTORS_READ}
)
_LITERALS = {
    "String": '"x"',
    "ID": '"region:73"',
    "Int": "1",
    "WarningKind": "CHANNEL_SILENT",
    "ReadinessItem": "DECREE",
    "ReadinessStatement": "{}",
    "Period": "{}",
    "_Any": '{__typename: "Complaint", id: "complaint:x"}',
}


def roots() -> list[tuple[str, str]]:
    """Every field that an operation may begin with, by its type; the gateway's own two apart."""
    kinds = (core_schema.query_type, core_schema.mutation_type, core_schema.subscription_type)
    return [
        (kind.name, name)
        for kind in kinds
        if isinstance(kind, GraphQLObjectType)
        for name in kind.fields
        if not name.startswith("_")
    ]


def document(kind: str, name: str) -> str:
    """An operation of this field with made-up arguments."""
    field = _field(kind, name)
    stated = []
    for argument, of in field.args.items():
        if isinstance(of.type, GraphQLNonNull) and of.default_value is Undefined:
            literal = _LITERALS[get_named_type(of.type).name]
            listed = is_list_type(of.type.of_type)
            stated.append(f"{argument}: {f'[{literal}]' if listed else literal}")
    arguments = f"({', '.join(stated)})" if stated else ""
    selection = " { __typename }" if is_composite_type(get_named_type(field.type)) else ""
    return f"{kind.lower()} {{ {name}{arguments}{selection} }}"


def _field(kind: str, name: str) -> Any:
    of = core_schema.type_map[kind]
    assert isinstance(of, GraphQLObjectType)
    return of.fields[name]


class Asking:
    """Asks with tokens of these OAuth scopes and no others."""

    def __init__(self, hub: RunningHub) -> None:
        self._hub = hub
        self._tokens: dict[frozenset[Permission], str] = {}

    async def refusal(self, query: str, permissions: Needed) -> str | None:
        """The OAuth scope for the want of which it is refused."""
        if permissions not in self._tokens:
            beside = permissions - SEEING
            grant = next(g for g in GRANTS if allowed_permissions(g.role) >= beside)
            may = permissions & allowed_permissions(grant.role)
            token = await self._hub.token(grant, permissions=[*may])
            self._tokens[permissions] = token
        async with events(self._hub, self._tokens[permissions], query) as told:
            _, body = await told.next()
        for error in (body or {}).get("errors", ()):
            if error["extensions"]["code"] == "INSUFFICIENT_SCOPE":
                return str(error["extensions"]["scope"])
        return None


async def test_a_field_needs_what_gateways_are_told(hub: RunningHub) -> None:
    asking = Asking(hub)
    for kind, name in roots():
        needed, query = needed_for(kind, name), document(kind, name)
        assert needed is not None
        told = f"state in hub/schema/authorization.py what {kind}.{name} needs"
        assert await asking.refusal(query, needed or OTHER) is None, told
        for missing in needed:
            others = SEEING | needed - {missing}
            assert await asking.refusal(query, others - {missing}) == missing, told


async def test_what_another_graph_refers_to_needs_it_too(hub: RunningHub) -> None:
    asking = Asking(hub)
    for kind in ("Complaint", "Region", "Channel"):
        id_ = f'{{__typename: "{kind}", id: "{kind.lower()}:x"}}'
        query = f"{{ _entities(representations: [{id_}]) {{ __typename }} }}"
        needed = needed_for(kind, "name")
        assert needed is not None
        assert await asking.refusal(query, OTHER) == next(iter(needed), None)


def test_each_statement_is_about_a_field() -> None:
    assert {f"{kind}.{name}" for kind, name in roots()} >= _ROOTS.keys()


def test_the_directives_are_all_that_is_added() -> None:
    marked = with_authorization(schema.as_str())
    assert 'import: ["@key", "@authenticated", "@requiresScopes"]' in marked

    def plain(sdl: str) -> str:
        return print_schema(build_schema(sdl, assume_valid_sdl=True))

    assert plain(marked) == plain(schema.as_str())
    both = 'HostApproval! @requiresScopes(scopes: [["connectors:read", "connectors:write"]])'
    assert both in marked
    assert "  viewer: Viewer! @authenticated\n" in marked
    assert '  number: String! @requiresScopes(scopes: [["complaints:read"]])\n' in marked
    complaint = marked.partition("type Complaint implements Node")[2].partition("\n}")[0]
    assert "  id: ID!\n" in complaint
