"""Registered connectors: who may change them, what they were before, why they rest."""

from dataclasses import replace

import pytest

from hub.store.connectors import ManagedBy, ManagedByFileError, Registration
from hub.store.store import Store

FILE = Registration("sulsel", "rest_api", "sulsel", "version: 1", "v1", "/srv")
OPERATORS = replace(FILE, managed_by=ManagedBy.OPERATOR)


async def test_every_text_is_kept_once_with_who_and_when(store: Store) -> None:
    for version, by in (("v1", "Budi"), ("v2", "Sri"), ("v1", "Sri")):
        await store.connectors.put(replace(OPERATORS, config_version=version), by)

    kept = await store.connectors.versions("sulsel")

    assert [(each.version, each.by) for each in kept] == [("v2", "Sri"), ("v1", "Budi")]
    assert await store.connectors.get("sulsel") == OPERATORS
    assert await store.connectors.versions("sul") == []


async def test_an_operator_does_not_change_what_a_file_describes(store: Store) -> None:
    await store.connectors.put(FILE, "a file")

    with pytest.raises(ManagedByFileError, match="sulsel is described by a file"):
        await store.connectors.put(replace(OPERATORS, config="mine", config_version="v2"), "Budi")

    assert await store.connectors.get("sulsel") == FILE
    assert len(await store.connectors.versions("sulsel")) == 1


async def test_a_file_takes_the_place_of_what_an_operator_registered(store: Store) -> None:
    await store.connectors.put(OPERATORS, "Budi")
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
