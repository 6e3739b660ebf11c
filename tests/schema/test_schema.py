"""The schema as a product."""

from dataclasses import fields
from pathlib import Path

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType

from hub.domain.question import Field
from hub.schema.filters import ComplaintFilter
from hub.schema.schema import core_schema, schema

SNAPSHOT = Path(__file__).parents[2] / "schema.graphql"


def test_the_schema_in_the_repository_is_the_one_served() -> None:
    assert schema.as_str() == SNAPSHOT.read_text().rstrip("\n"), "run: make schema"


def test_everything_is_described() -> None:
    bare = []
    for name, kind in core_schema.type_map.items():
        if name.startswith("__"):
            continue
        if not kind.description:
            bare.append(name)
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            bare += [f"{name}.{f}" for f, field in kind.fields.items() if not field.description]
    assert bare == []


def test_every_field_of_the_filter_is_one_of_the_domain() -> None:
    named = {f.name for f in fields(ComplaintFilter)} - {"and_", "or_", "not_"}
    asked_otherwise = {"search": "words", "near": "location", "within": "location"}
    assert {asked_otherwise.get(name, name) for name in named} == {*Field}


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
