"""Values for made-up operations: such as the hub itself has told, so that they find something."""

import re
from collections import defaultdict, deque
from math import isfinite
from pathlib import Path
from random import Random
from typing import Any

import schemathesis
from graphql import (
    REMOVE,
    ArgumentNode,
    FieldNode,
    GraphQLSchema,
    IntValueNode,
    ListValueNode,
    NameNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    parse_const_value,
    parse_type,
    print_ast,
    value_from_ast_untyped,
    visit,
)
from hypothesis import strategies as st
from schemathesis.graphql import nodes

CONNECTORS = Path(__file__).parents[2] / "connectors_config" / "demo"
_NAMES = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)
KEPT = 60
"""Values of each field."""
OFTEN = 0.6
OPERATORS = {"eq", "ne", "in", "gt", "gte", "lt", "lte"}
TOLD_AS = {
    "after": "endCursor",
    "before": "startCursor",
    "ids": "id",
    "webhook": "id",
    "connector": "name",
    "channel": "name",
    "view": "name",
    "parent": "code",
    "province": "code",
    "district": "code",
    "region": "code",
}
"""Under which field of an answer the values of an argument stand; else of its own name."""
SUBMITTED = """version: "1"
name: fuzzed
type: rest_api
client:
  base_url: https://console.example/
  auth: {type: bearer, token: "${secret.TOKEN}"}
resources:
  - name: complaints
    endpoint: {path: complaints, data_selector: "$.items[*]", paginator: {type: single_page}}
    select: {external_id: id, status: status, received_at: created, district: district}
    permission: {set: {province: "73"}}
"""
KNOWN: dict[str, list[str]] = {
    "name": ["fuzzed", "fuzzed", "makassar-open311", "sulsel-rest", "roads", "TOKEN"],
    "code": ["73", "73.71", "74", "76.04"],
    "url": ["https://console.example/hook"],
    "host": ["console.example"],
    "note": ["a test record"],
    "value": ["made-up"],
    "action": ["complaints:pii", "connectors:write"],
    "search": ["jalan rusak", "air"],
    "document": [
        "query ($first: Int = 5) { complaints(first: $first) { nodes { number title } } }",
        "{ indicators(groupBy: [PROVINCE, MONTH]) { keys { value } received } }",
    ],
    "yaml": [*[SUBMITTED] * 3, *(path.read_text() for path in sorted(CONNECTORS.glob("*.yaml")))],
}

NUMBERS = {
    "first": (1, 30),
    "last": (1, 30),
    "limit": (1, 5),
    "longitude": (115, 125),
    "latitude": (-7, 1),
    "metres": (1_000, 500_000),
    "west": (110, 118),
    "east": (119, 125),
    "south": (-8, -5),
    "north": (-4, 1),
}
"""Numbers that make sense."""
DROPPED = 0.5
DROPPABLE = {"first", "last", "after", "before", "orderBy", "filter", "period", "parent", "groupBy"}
"""Arguments that often exclude each other."""
KEPT_FIELDS = {*NUMBERS, "__typename", "id", "from", "to", "field"}
"""Without these an input makes no sense."""


class Values:
    """What was told so far, by the name of its field."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._told: defaultdict[str, deque[str]] = defaultdict(lambda: deque(maxlen=KEPT))

    def saw(self, root: str, name: str, value: str) -> None:
        """Keeps what a field of an answer has that a root field gave."""
        if name not in KNOWN:
            self._told[_key(root, name)].append(value)

    def put_into(self, root: str, document: str) -> str:
        """The document, which asks for a root field, with some of its texts replaced by such as
        were told."""
        return print_ast(visit(parse(document), _Replacing(self, root)))

    def for_argument(self, root: str, name: str, else_: str) -> str:
        """A value for an argument: often one that was told."""
        key = _key(root, TOLD_AS.get(name, name))
        known = [*KNOWN.get(key, self._told[key])]
        if not known or not self.by_chance(OFTEN):
            return else_
        value = self._random.choice(known)
        return self._spoilt(value) if name == "yaml" and self.by_chance(OFTEN) else value

    def _spoilt(self, text: str) -> str:
        """A text without one of its lines, or with a part of another in it."""
        lines = text.splitlines()
        at, other = self._random.randrange(len(lines)), self._random.choice(lines)
        lines[at] = "" if self.by_chance(OFTEN) else lines[at][: len(other)] + other.strip()
        return "\n".join(lines)

    def number(self, name: str) -> int | None:
        """A number for an argument: often one that makes sense; None for that which is there."""
        within = NUMBERS.get(name)
        return self._random.randint(*within) if within and self.by_chance(OFTEN) else None

    def by_chance(self, probability: float) -> bool:
        """Whether it is so this time."""
        return self._random.random() < probability


def _key(root: str, name: str) -> str:
    """Ids are of one kind of things, cursors of one list."""
    if name.endswith("Cursor"):
        return f"{root}.{name}"
    if name == "id":
        kind = re.search(r"deliver|webhook|export|letter", root.lower())
        return f"{kind.group() if kind else ''}.id"
    return name


class _Replacing(Visitor):
    """Knows the argument or input field, but for operators, in which a value stands."""

    def __init__(self, values: Values, root: str) -> None:
        super().__init__()
        self._values = values
        self._root = root
        self._names: list[str] = []

    def enter_argument(self, node: ArgumentNode, *_: Any) -> Any:
        name = node.name.value
        if name in DROPPABLE and self._values.by_chance(DROPPED):
            return REMOVE
        self._names.append(name)
        return None

    def leave_argument(self, *_: Any) -> None:
        self._names.pop()

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> Any:
        name = node.name.value
        if name not in KEPT_FIELDS and self._values.by_chance(DROPPED):
            return REMOVE
        self._names.append(self._names[-1] if name in OPERATORS else name)
        return None

    def leave_object_field(self, *_: Any) -> None:
        self._names.pop()

    def enter_int_value(self, *_: Any) -> IntValueNode | None:
        number = self._values.number(self._names[-1]) if self._names else None
        return None if number is None else IntValueNode(value=str(number))

    enter_float_value = enter_int_value

    def enter_string_value(self, node: StringValueNode, *_: Any) -> StringValueNode | None:
        if not self._names:
            return None
        return StringValueNode(
            value=self._values.for_argument(self._root, self._names[-1], node.value)
        )


def as_variables(document: str, schema: GraphQLSchema) -> dict[str, Any]:
    """A request with the arguments of its root fields as variables, as clients send them."""
    (operation,) = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)
    root = schema.get_root_type(operation.operation)
    assert root
    variables: dict[str, Any] = {}
    defined: list[VariableDefinitionNode] = []
    fields: list[SelectionNode] = []
    for field in operation.selection_set.selections:
        assert isinstance(field, FieldNode)
        expected = root.fields[field.name.value].args
        arguments = []
        for argument in field.arguments or ():
            if argument.name.value in expected:
                name = f"v{len(defined)}"
                variables[name] = value_from_ast_untyped(argument.value)
                variable = VariableNode(name=NameNode(value=name))
                type_ = parse_type(str(expected[argument.name.value].type))
                defined.append(VariableDefinitionNode(variable=variable, type=type_))
                arguments.append(ArgumentNode(name=argument.name, value=variable))
            else:
                arguments.append(argument)
        fields.append(
            FieldNode(
                name=field.name,
                alias=field.alias,
                arguments=tuple(arguments),
                selection_set=field.selection_set,
            )
        )
    whole = OperationDefinitionNode(
        operation=operation.operation,
        variable_definitions=tuple(defined),
        selection_set=SelectionSetNode(selections=tuple(fields)),
    )
    return {"query": print_ast(whole), "variables": variables}


def custom_scalars() -> None:
    """Tells schemathesis what stands for the schema's own scalars."""
    texts = st.text(max_size=20)
    kinds = st.sampled_from(["Complaint", "Region", "Channel", "Viewer", ""])
    references = st.fixed_dictionaries({"__typename": kinds}, optional={"id": texts, "x": texts})
    leaves = st.none() | st.booleans() | st.integers(-9, 2**40) | st.floats() | texts
    anything = st.recursive(leaves, lambda each: st.lists(each) | st.dictionaries(_NAMES, each))
    schemathesis.graphql.scalar("_Any", (references | anything).map(_literal))
    schemathesis.graphql.scalar("JSON", (st.dictionaries(_NAMES, leaves) | anything).map(_literal))
    days = st.dates().map(str) | st.sampled_from(["2025-01-01", "2025-12-31"]) | texts
    schemathesis.graphql.scalar("Date", days.map(nodes.String))
    moments = st.datetimes().map(lambda moment: f"{moment.isoformat()}Z")
    near = st.sampled_from(["2025-01-01T00:00:00Z", "2025-09-01T12:00:00+08:00"])
    schemathesis.graphql.scalar(
        "DateTime", (moments | moments | near | near | texts).map(nodes.String)
    )


def _literal(value: Any) -> ValueNode:
    """A literal of GraphQL for a value of JSON."""
    if isinstance(value, dict):
        fields = (
            ObjectFieldNode(name=NameNode(value=name), value=_literal(each))
            for name, each in value.items()
        )
        return ObjectValueNode(fields=tuple(fields))
    if isinstance(value, list):
        return ListValueNode(values=tuple(_literal(each) for each in value))
    if value is None or (isinstance(value, float) and not isfinite(value)):
        return NullValueNode()
    if isinstance(value, str):
        return StringValueNode(value=value)
    return parse_const_value(repr(value).lower())
