"""The schema as a product."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLObjectType

from hub.domain.scope import Grant, Role
from hub.schema.authorization import with_authorization
from hub.schema.schema import core_schema, schema, sdl
from tests.running_hub import RunningHub

SNAPSHOT = Path(__file__).parents[2] / "schema.graphql"
OF_FEDERATION = {"@key", "@link", "_FieldSet", "link__Import", "link__Purpose"}
"""Described in Apollo's specification."""


def test_the_schema_in_the_repository_is_the_one_served() -> None:
    assert sdl() == SNAPSHOT.read_text().rstrip("\n"), "run: make schema"


def parts() -> Iterator[tuple[str, Any]]:
    """Every type, directive, field, argument, enum value and input field, under its coordinate."""
    for directive in core_schema.directives:
        if f"@{directive.name}" in OF_FEDERATION:
            continue
        yield f"@{directive.name}", directive
        yield from ((f"@{directive.name}({a}:)", each) for a, each in directive.args.items())
    for name, kind in core_schema.type_map.items():
        if name.startswith("__") or name in OF_FEDERATION:
            continue
        yield name, kind
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", each) for value, each in kind.values.items())
        for field_name, field in getattr(kind, "fields", {}).items():
            yield f"{name}.{field_name}", field
            arguments = getattr(field, "args", {}).items()
            yield from ((f"{name}.{field_name}({a}:)", each) for a, each in arguments)


def test_everything_is_described() -> None:
    named = dict(parts())
    assert {"Complaint.number", "Query.node(id:)", "Role.ADMIN", "StringFilter.eq"} <= named.keys()
    assert [name for name, part in named.items() if not part.description] == []


def test_what_is_deprecated_says_what_to_use_and_until_when() -> None:
    """docs/schema.md promises both."""
    reasons = {n: getattr(part, "deprecation_reason", None) for n, part in parts()}
    promised = re.compile(r"^Use .+\. Until \d{4}-\d\d-\d\d\.$")
    assert [n for n, reason in reasons.items() if reason and not promised.match(reason)] == []


NOT_FILTERED = {
    "Complaint.case": "is made anew for each viewer, of links between what they see",
    "Complaint.reporter": "sealed: nobody can compare it, MongoDB neither",
    "Deadline.source": "follows from the rule",
}


@pytest.mark.parametrize(
    ("shown", "filter_"),
    [
        ("Complaint", "ComplaintFilter"),
        ("StatusChange", "StatusChangeFilter"),
        ("Deadline", "DeadlineFilter"),
        ("Provenance", "ProvenanceFilter"),
    ],
)
def test_whatever_is_shown_can_be_filtered_by(shown: str, filter_: str) -> None:
    of, by = core_schema.type_map[shown], core_schema.type_map[filter_]
    assert isinstance(of, GraphQLObjectType)
    assert isinstance(by, GraphQLInputObjectType)
    left_out = {f"{shown}.{name}" for name in of.fields.keys() - by.fields.keys()}
    assert left_out == {name for name in NOT_FILTERED if name.startswith(f"{shown}.")}
    more = {"and", "or", "not", "search", "near", "within"}
    assert by.fields.keys() - of.fields.keys() <= more


def test_enumerations_keep_the_names_of_the_field() -> None:
    status = core_schema.type_map["ComplaintStatus"]
    assert isinstance(status, GraphQLEnumType)
    assert list(status.values) == [
        "RECEIVED",
        "VERIFIED",
        "WAITING_REPORTER",
        "IN_PROGRESS",
        "FOLLOWED_UP",
        "CLOSED",
        "ARCHIVED",
        "REJECTED",
    ]


async def test_a_gateway_is_told_the_schema_with_its_keys(hub: RunningHub) -> None:
    token = await hub.token(Grant(Role.ADMIN))
    told = (await hub.ask(token, "{ _service { sdl } }"))["_service"]["sdl"]
    assert told == with_authorization(schema.as_str())
    keyed = re.findall(r'^type (\w+) implements Node @key\(fields: "id"\)', told, re.M)
    assert keyed == ["Channel", "Complaint", "Region"]
    assert "federation/v2.9" in told
