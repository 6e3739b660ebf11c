"""Attempts to learn what is hidden by filters and orders. docs/security.md lists each."""

from typing import Any

import pytest

from hub.domain.complaint import Location
from hub.domain.scope import Grant, Permission, Role
from tests.made import complaint, provenance, received
from tests.running_hub import RunningHub
from tests.security.conftest import World
from tests.security.questions import (
    GROUPS,
    ROW,
    ROWS,
    refused,
)


@pytest.mark.parametrize(
    "name",
    ["reporter", "raw", "words", "clock", "history"],
)
async def test_hidden_fields_can_not_be_filtered_or_searched(world: World, name: str) -> None:
    code = await refused(world, ROWS, filter={name: {"eq": "S"}})
    assert code == "GRAPHQL_VALIDATION_FAILED"


_GUESSES: list[dict[str, Any]] = [
    {"title": {"eq": "Pungutan liar"}},
    {"description": {"eq": "Setiap bulan"}},
    {"address": {"gte": "Jalan Rahasia"}},
    {"location": {"isNull": False}},
    {"search": "pungutan"},
    {"near": {"longitude": 119.4, "latitude": -5.1, "metres": 10}},
    {"within": {"west": 119, "south": -6, "east": 120, "north": -5}},
]


@pytest.mark.parametrize("guess", _GUESSES, ids=str)
async def test_words_that_are_hidden_are_unknown_to_filters(
    hub: RunningHub, guess: dict[str, Any]
) -> None:
    """A right guess finds what a wrong one does: by itself, negated, beside others, in figures."""
    secret = complaint(
        external_id="secret",
        secret=True,
        title="Pungutan liar",
        description="Setiap bulan",
        address="Jalan Rahasia 7",
        location=Location(119.4, -5.1),
    )
    await hub.store.writer.write(received(secret, complaint(title="Sampah")), provenance())
    wrong = {"title": {"eq": "none such"}}

    async def found(token: str, filter_: dict[str, Any]) -> Any:
        told = await hub.ask(token, ROWS, filter=filter_)
        groups = await hub.ask(token, GROUPS, by=["DAY"], filter=filter_)
        return told["complaints"], groups

    permissions = [Permission.COMPLAINTS_READ, Permission.STATISTICS_READ]
    hidden = [
        await hub.token(Grant(Role.OPERATOR, channels=("lapor",))),
        await hub.token(Grant(Role.MINISTRY), permissions=permissions),
        await hub.token(Grant(Role.OPERATOR, channels=("lapor",)), Grant(Role.PROVINCE, ("74",))),
    ]
    for token in hidden:
        for asked_by in (
            lambda it: it,
            lambda it: {"not": it},
            lambda it: {"or": [it, {"secret": {"eq": True}}]},
            lambda it: {"not": {"not": it}},
        ):
            assert await found(token, asked_by(guess)) == await found(token, asked_by(wrong))
    told, _ = await found(await hub.token(Grant(Role.DISTRICT, ("73.71",))), guess)
    assert [node["number"] for node in told["nodes"]] == ["secret"]


@pytest.mark.parametrize("name", ["TITLE", "REPORTER", "title", "reporter.name", "_id"])
async def test_hidden_fields_can_not_be_ordered_or_grouped_by(world: World, name: str) -> None:
    ordered = """query ($by: [ComplaintOrder!]) {
      complaints(orderBy: $by) { totalCount } }"""
    assert await refused(world, ordered, by=[{"field": name}]) == "GRAPHQL_VALIDATION_FAILED"
    assert await refused(world, GROUPS, by=[name]) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    "filter_",
    [
        {"reporter.name": {"eq": "S"}},
        {"provenance.run": {"eq": "run"}},
        {"province.0": {"eq": "74"}},
        {"__proto__": {"eq": "74"}},
    ],
    ids=str,
)
async def test_dotted_paths_are_no_fields(world: World, filter_: dict[str, Any]) -> None:
    assert await refused(world, ROWS, filter=filter_) == "GRAPHQL_VALIDATION_FAILED"


@pytest.mark.parametrize(
    "filter_",
    [
        {"$where": "true"},
        {"$or": [{"province": "74"}]},
        {"number": {"$ne": None}},
        {"number": {"eq": {"$ne": None}}},
        {"number": {"in": [{"$regex": ".*"}]}},
        {"province": {"eq": ["73", "74"]}},
    ],
    ids=str,
)
async def test_operators_of_mongodb_are_no_input(world: World, filter_: dict[str, Any]) -> None:
    assert await refused(world, ROWS, filter=filter_) == "GRAPHQL_VALIDATION_FAILED"
    assert await refused(world, ROW, id={"$ne": None}) == "GRAPHQL_VALIDATION_FAILED"


async def test_operators_in_texts_are_texts(world: World) -> None:
    texts = ['{"$ne": null}', "$ne", "/.*/", "'; return true; //", "K-74\x00"]
    for text in [*texts, "$status_source", "$$entry.status_source", "$$ROOT", "$provenance.run"]:
        for filter_ in (
            {"number": {"eq": text}},
            {"id": {"eq": f"complaint:{text}"}},
            {"timeline": {"statusSource": {"eq": text}}},
            {"deadlines": {"rule": {"in": [text]}}},
            {"provenance": {"run": {"eq": text}}},
        ):
            told = await world.hub.ask(world.token, ROWS, filter=filter_)
            assert told["complaints"]["totalCount"] == 0
        assert (await world.hub.ask(world.token, ROW, id=f"complaint:{text}"))["node"] is None
