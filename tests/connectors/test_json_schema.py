"""Editors judge a connector's file by its JSON Schema as the hub does by its models."""

import re
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from ruamel.yaml import YAML

from hub.connectors.defaults import merged
from hub.connectors.json_schema import connector_schema
from hub.connectors.kinds import KINDS
from hub.connectors.vocabulary import ConfigError, Source, validate
from tests.connectors.test_defaults import DEFAULTS
from tests.connectors.test_load import FILES, OPEN311, REST

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted((ROOT / "docs" / "connectors").glob("*.md"))
FILES_HERE = sorted((ROOT / "connectors_config").rglob("*.yaml"))
SCHEMA = connector_schema()
JUDGE = Draft202012Validator(SCHEMA)
WRITTEN = [
    *(file.read_text(encoding="utf-8") for file in FILES_HERE),
    *(
        text
        for page in PAGES
        for text in re.findall(
            r"^```yaml\n(.*?)^```$", page.read_text(encoding="utf-8"), re.M | re.S
        )
    ),
    FILES,
    OPEN311,
    REST,
    DEFAULTS,
]
EXAMPLES = [Source.parse(text, "c.yaml").values for text in WRITTEN]


def fits(values: Any) -> bool:
    return bool(JUDGE.is_valid(values))


def loads(values: dict[str, Any]) -> bool:
    kind = KINDS.get(values["type"]) if isinstance(values.get("type"), str) else None
    try:
        return bool(kind and validate(merged(Source("c.yaml", values, {(): 1})), kind.config_model))
    except ConfigError:
        return False


def nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from nodes(child, (*path, key))


def at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        value = value[key]
    return value


def test_it_is_a_json_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("text", WRITTEN)
def test_every_file_that_is_shown_fits_as_the_hub_and_as_an_editor_read_it(text: str) -> None:
    as_text = Source.parse(text, "c.yaml").values
    assert loads(as_text)
    for values in (as_text, YAML(typ="safe", pure=True).load(text)):
        assert [error.message for error in JUDGE.iter_errors(values)] == []


@pytest.mark.parametrize("file", FILES_HERE, ids=lambda file: file.name)
def test_files_of_the_repository_name_it(file: Path) -> None:
    first, _ = file.read_text(encoding="utf-8").split("\n", 1)
    named = re.fullmatch(r"# yaml-language-server: \$schema=(.+)", first)
    assert named
    assert (file.parent / named[1]).resolve() == ROOT / "connectors_config/connector.schema.json"


@given(st.data())
def test_an_unknown_key_anywhere_is_refused_by_both(data: st.DataObject) -> None:
    values = deepcopy(data.draw(st.sampled_from(EXAMPLES)))
    open_ = {
        "params",
        "headers",
        "access_token_request_data",
        "json",
        "variables",
        "config",
        "metadata",
    }
    places = [
        path
        for path in nodes(values)
        if isinstance(at(values, path), dict)
        and not any(str(key).endswith("_mapping") or key in open_ for key in path)
    ]
    at(values, data.draw(st.sampled_from(places)))["seelct"] = "x"
    assert not loads(values)
    assert not fits(values)


@given(st.data())
def test_a_list_or_mapping_in_the_place_of_the_other_or_of_text_is_refused_by_both(
    data: st.DataObject,
) -> None:
    values = deepcopy(data.draw(st.sampled_from(EXAMPLES)))
    *parents, last = data.draw(st.sampled_from([path for path in nodes(values) if path]))
    odd: Any = {"x": [["y"]]} if data.draw(st.booleans()) else [[["x"]]]
    at(values, tuple(parents))[last] = odd
    # Which variables there are is told by the query.
    assert loads(values) == fits(values) or (last == "variables" and fits(values))


@given(st.data())
def test_what_it_refuses_the_hub_refuses(data: st.DataObject) -> None:
    values = deepcopy(data.draw(st.sampled_from(EXAMPLES)))
    *parents, last = data.draw(st.sampled_from([path for path in nodes(values) if path]))
    holder = at(values, tuple(parents))
    if data.draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = data.draw(st.sampled_from(["", "x", "1", "PT1H", "73", "73.71", None]))
    assert fits(values) or not loads(values)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('version: "1"', 'version: "2"'),
        ("name: prov-b-hotline", "name: Prov B"),
        ("type: rest_api", "type: rest"),
        ("type: cursor", "type: auto"),
        ("+07:00", ""),
        ("external_id: no, ", ""),
        ("type: bearer", "type: basic"),
        ("2025-01-01T00:00:00+07:00", "yesterday"),
    ],
)
def test_what_the_shape_shows_is_refused_by_both(before: str, after: str) -> None:
    values = Source.parse(REST.replace(before, after, 1), "c.yaml").values
    assert not loads(values)
    assert not fits(values)


def test_every_key_is_described() -> None:
    undescribed = [
        f"{name}.{key}"
        for name, part in SCHEMA["$defs"].items()
        for key, told in part.get("properties", {}).items()
        if not told.get("description")
    ]
    assert undescribed == []
