"""Registered connectors: who may change them, what they were before, why they rest."""

from dataclasses import replace

import pytest

from hub.domain.scope import Grant, Permission, Role, Scope
from hub.store.connectors import (
    ChangedMeanwhileError,
    ManagedBy,
    ManagedByFileError,
    NameTakenError,
    Registration,
)
from hub.store.store import Store
from tests.made import MINISTRY, scope

FILE = Registration("sulsel", "rest_api", "sulsel", "version: 1", "v1", "/srv")
OPERATORS = replace(FILE, managed_by=ManagedBy.OPERATOR)


OPERATOR = scope(Grant(Role.OPERATOR, ("73",), ("sulsel",)))


async def test_every_text_is_kept_once_with_who_and_when(store: Store) -> None:
    await store.connectors.add(OPERATORS, "Budi")
    second = replace(OPERATORS, config="version: 2", config_version="v2")
    await store.connectors.change(OPERATORS, second, "Sri")
    await store.connectors.change(second, OPERATORS, "Sri")

    kept = (await store.reader(OPERATOR).connectors.versions(["sulsel", "sul"]))["sulsel"]

    told = [(each["config_version"], each["config"], each["by"]) for each in kept]
    assert told == [("v2", "version: 2", "Sri"), ("v1", "version: 1", "Budi")]
    assert await store.connectors.get("sulsel") == OPERATORS
    assert await store.reader(OPERATOR).connectors.versions(["sul"]) == {}


async def test_a_text_is_for_those_who_may_change_it(store: Store) -> None:
    await store.connectors.add(OPERATORS, "Budi")
    await store.connectors.add(replace(OPERATORS, name="sultra", channel="sultra"), "Sri")

    async def texts(viewer: Scope, name: str) -> list[str | None]:
        found = await store.reader(viewer).connectors.versions([name])
        return [v["config"] for v in found.get(name, ())]

    reading = scope(*OPERATOR.grants, without=frozenset({Permission.CONNECTORS_WRITE}))
    assert await texts(OPERATOR, "sulsel") == ["version: 1"]
    assert await texts(scope(Grant(Role.ADMIN)), "sulsel") == ["version: 1"]
    assert await texts(MINISTRY, "sulsel") == await texts(reading, "sulsel") == [None]
    assert await texts(OPERATOR, "sultra") == []


async def test_an_operator_does_not_change_what_a_file_describes(store: Store) -> None:
    await store.connectors.put(FILE, "a file")

    with pytest.raises(ManagedByFileError, match="sulsel is described by a file"):
        await store.connectors.change(FILE, replace(OPERATORS, config="mine"), "Budi")
    with pytest.raises(NameTakenError):
        await store.connectors.add(replace(OPERATORS, config="mine"), "Budi")

    assert await store.connectors.get("sulsel") == FILE
    (kept,) = (await store.reader(MINISTRY).connectors.versions(["sulsel"])).values()
    assert len(kept) == 1


async def test_of_two_changes_at_once_one_is_refused(store: Store) -> None:
    await store.connectors.add(OPERATORS, "Budi")
    await store.connectors.change(OPERATORS, replace(OPERATORS, config_version="v2"), "Budi")

    with pytest.raises(ChangedMeanwhileError):
        await store.connectors.change(OPERATORS, replace(OPERATORS, config_version="v3"), "Sri")

    found = await store.connectors.get("sulsel")
    assert found and found.config_version == "v2"


async def test_a_file_takes_the_place_of_what_an_operator_registered(store: Store) -> None:
    await store.connectors.add(OPERATORS, "Budi")
    await store.connectors.put(FILE, "a file")
    assert await store.connectors.get("sulsel") == FILE


async def test_a_pause_says_why_and_outlives_a_new_text(store: Store) -> None:
    await store.connectors.put(FILE, "a file")

    first = await store.connectors.pause("sulsel", "Perbaikan", "Budi")
    assert first and await store.connectors.pause("sulsel", "Lain", "Sri") == first
    await store.connectors.put(replace(FILE, config_version="v2"), "a file")

    found = await store.connectors.get("sulsel")
    assert found and found.paused
    assert (found.paused.reason, found.paused.by) == ("Perbaikan", "Budi")
    assert await store.connectors.resume("sulsel")
    found = await store.connectors.get("sulsel")
    assert found and found.paused is None


async def test_an_administrators_pause_takes_the_place_of_others_and_of_none_of_its_kind(
    store: Store,
) -> None:
    await store.connectors.put(FILE, "a file")
    await store.connectors.pause("sulsel", "Gagal", "the hub")

    stands = await store.connectors.pause("sulsel", "Dicabut", "Sri", administrator=True)

    assert stands and (stands.reason, stands.administrator) == ("Dicabut", True)
    assert await store.connectors.pause("sulsel", "Lain", "Budi") == stands
    assert await store.connectors.pause("sulsel", "Lain", "Ani", administrator=True) == stands


async def test_failed_runs_are_counted_anew_after_a_pause(store: Store) -> None:
    await store.connectors.put(FILE, "a file")
    counted = [await store.schedules.ended("sulsel", None, green=False) for _ in range(3)]

    await store.connectors.resume("sulsel")

    assert counted == [1, 2, 3]
    assert await store.schedules.ended("sulsel", None, green=False) == 1


async def test_an_unknown_connector_is_neither_paused_nor_resumed(store: Store) -> None:
    assert not await store.connectors.pause("nobody", "Perbaikan", "Budi")
    assert not await store.connectors.resume("nobody")
    assert await store.connectors.get("nobody") is None
