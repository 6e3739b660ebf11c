from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.connectors.mapping.paths import getter, selector, text_reader

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("no", 7),
        ("topic.code", "A1"),
        ("topic.missing", None),
        ("topic.code.deeper", None),
        ("missing.code", None),
        ("tags.0", None),
        ("a.b", "a field's own name goes first"),
        ("Kota/Kabupaten", "Gowa"),
        ("$.topic.code", "A1"),
        ("$.tags[1]", "second"),
        ("$.tags[9]", None),
        ("$['a.b']", "a field's own name goes first"),
        ("$..code", "A1"),
    ],
)
def test_a_path_reads_one_value_or_none(path: str, expected: Any) -> None:
    record = {
        "no": 7,
        "topic": {"code": "A1"},
        "tags": ["first", "second"],
        "a.b": "a field's own name goes first",
        "a": {"b": "nested"},
        "Kota/Kabupaten": "Gowa",
    }
    assert getter(path)(record) == expected


@given(JSON, st.sampled_from(["a", "a.b", "$.a", "$.a[0].b", "$..b"]))
def test_no_document_is_too_odd_to_be_read(document: Any, path: str) -> None:
    getter(path)(document)


@given(st.dictionaries(st.text(min_size=1).filter(lambda name: name[0] != "$"), st.integers()))
def test_every_plain_name_reads_its_field(record: dict[str, int]) -> None:
    assert {name: getter(name)(record) for name in record} == record


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([], None),
        (["a"], "x"),
        (["empty"], None),
        (["missing"], None),
        (["zero"], "0"),
        (["a", "missing", "empty", "b.c"], "x 1.5"),
        (["missing", "empty"], None),
    ],
)
def test_the_values_of_several_paths_are_one_text(paths: list[str], expected: str | None) -> None:
    record = {"a": " x ", "empty": "  ", "zero": 0, "b": {"c": 1.5}}
    assert text_reader(paths)(record) == expected


def test_a_text_is_not_read_as_json() -> None:
    assert selector("$[*]")("[1, 2]") == []
    assert selector("$[*]")("[") == []


def test_a_selector_gives_all_matches() -> None:
    assert selector("$.data[*]")({"data": [1, 2, 3]}) == [1, 2, 3]
    assert selector("$[*]")([]) == []


@pytest.mark.parametrize("path", ["$[", "$.a[?", "$..", "$.a b"])
def test_what_is_no_jsonpath_is_refused_in_one_line(path: str) -> None:
    with pytest.raises(ValueError, match="is no JSONPath") as failure:
        getter(path)
    assert "\n" not in str(failure.value)
