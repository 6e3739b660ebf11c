"""What is wrong in a YAML text is told by file, line and key."""

import re
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.connectors.vocabulary import ConfigError, Source, Vocabulary, expand, suggest, validate


class Leaf(Vocabulary):
    size: int = 0
    colour: Literal["red", "blue"] = "red"


class Tree(Vocabulary):
    name: str
    leaf: Leaf = Leaf()
    leaves: list[Leaf] = []
    codes: dict[str, str] = {}


def tree(text: str) -> Tree:
    return validate(Source.parse(text, "tree.yaml"), Tree)


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as failure:
        tree(text)
    return str(failure.value)


@pytest.mark.parametrize("scalar", ["73.10", "0123", "1e3", "yes", "2024-01-01", "0x10", "true"])
def test_scalars_stay_the_text_that_was_written(scalar: str) -> None:
    made = tree(f"name: {scalar}\ncodes: {{{scalar}: {scalar}}}")
    assert made.name == scalar
    assert made.codes == {scalar: scalar}


@given(st.text(min_size=1, alphabet=st.characters(categories=["L", "N", "P", "Zs"])))
def test_every_quoted_text_comes_through(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert Source.parse(f"name: {quoted}", "x").values == {"name": text}


@pytest.mark.parametrize("nothing", ["", "~", "null"])
def test_what_is_empty_is_none_and_what_is_quoted_is_not(nothing: str) -> None:
    assert Source.parse(f"name: {nothing}", "x").values == {"name": None}
    assert Source.parse(f"name: '{nothing}'", "x").values == {"name": nothing}


def test_an_unknown_key_is_told_with_file_line_the_likely_key_and_the_valid_ones() -> None:
    assert problems("name: oak\nleaf:\n  size: 3\n  color: red\n") == (
        "tree.yaml:4: leaf.color: unknown key; did you mean 'colour'? valid: colour, size"
    )


def test_an_unknown_key_like_no_other_is_told_with_the_valid_ones() -> None:
    assert problems("name: oak\nzzz: 1") == (
        "tree.yaml:2: zzz: unknown key; valid: codes, leaf, leaves, name"
    )


def test_all_problems_are_told_at_once_in_order_of_their_lines() -> None:
    text = """\
nmae: oak
leaves:
  - size: big
    color: red
  - colour: green
    bogus: 1
leaf:
  also: 1
"""
    assert problems(text).splitlines() == [
        "tree.yaml:1: nmae: unknown key; did you mean 'name'? valid: codes, leaf, leaves, name",
        "tree.yaml:1: name: Field required",
        "tree.yaml:3: leaves.0.size: Input should be a valid integer, "
        "unable to parse string as an integer",
        "tree.yaml:4: leaves.0.color: unknown key; did you mean 'colour'? valid: colour, size",
        "tree.yaml:5: leaves.1.colour: Input should be 'red' or 'blue'",
        "tree.yaml:6: leaves.1.bogus: unknown key; valid: colour, size",
        "tree.yaml:8: leaf.also: unknown key; valid: colour, size",
    ]


@given(st.sets(st.from_regex(r"x[a-z]{3}", fullmatch=True), min_size=1))
def test_however_many_keys_are_unknown_each_is_told(keys: set[str]) -> None:
    text = "name: oak\n" + "".join(f"{key}: 1\n" for key in keys)
    told = re.findall(r"tree\.yaml:(\d+): (\w+): unknown key", problems(text))
    assert {key for _, key in told} == keys
    assert [int(line) for line, _ in told] == list(range(2, 2 + len(keys)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: a\nleaf:\n  size: 1\n  size: 2\n", "tree.yaml:4: size: this key is given twice"),
        ("name: a\nname: a\n", "tree.yaml:2: name: this key is given twice"),
        ("name: &n oak\ncodes:\n  a: *n\n", "tree.yaml:3: *: aliases are not supported"),
        ("name: oak\nleaf: [1,\n", "tree.yaml:3: YAML: "),
        ("name: oak\n\tleaf: 1\n", "tree.yaml:2: YAML: "),
        ("name: a\n---\nname: b\n", "tree.yaml:2: YAML: "),
        ("name: a\0b", "tree.yaml:1: YAML: "),
        ("[" * 5000 + "]" * 5000, "tree.yaml:1: YAML: is nested too deeply"),
        ("", "tree.yaml:1: YAML: expected a mapping of keys"),
        ("- a\n- b\n", "tree.yaml:1: YAML: expected a mapping of keys"),
        ("just text", "tree.yaml:1: YAML: expected a mapping of keys"),
        ("{}", "tree.yaml:1: name: Field required"),
        ("name: a\nleaf: text\n", "tree.yaml:2: leaf: Input should be a valid dictionary"),
        ("name: [a]\n", "tree.yaml:1: name: Input should be a valid string"),
        ("name:\n", "tree.yaml:1: name: Input should be a valid string"),
    ],
)
def test_broken_yaml_and_wrong_shapes_are_told_by_their_line(text: str, expected: str) -> None:
    assert problems(text).startswith(expected)


@given(st.text())
def test_no_text_ends_in_anything_but_values_or_a_told_problem(text: str) -> None:
    try:
        values = Source.parse(text, "any.yaml").values
    except ConfigError as error:
        assert str(error).startswith("any.yaml:")
    else:
        assert isinstance(values, dict)


def test_references_to_the_environment_are_filled_in() -> None:
    assert expand("Bearer ${env.A}-${env.B2}", {"A": "x", "B2": "${env.A}"}, "k") == (
        "Bearer x-${env.A}"
    )
    assert expand("no reference: $A {A} ${A}", {}, "k") == "no reference: $A {A} ${A}"


def test_a_missing_variable_is_named_and_the_key_that_asks_for_it() -> None:
    with pytest.raises(ConfigError, match=r"client\.auth: .* variable KOTA_KEY is not set"):
        expand("${env.KOTA_KEY}", {"OTHER": "1"}, "client.auth")


def test_stored_secrets_are_filled_in_and_no_other_place_is_looked_at() -> None:
    environment, secrets = {"TOKEN": "public"}, {"TOKEN": "${env.TOKEN}"}
    text = "${secret.TOKEN} ${env.TOKEN} ${other.TOKEN}"
    assert expand(text, environment, "k", secrets) == "${env.TOKEN} public ${other.TOKEN}"
    with pytest.raises(ConfigError, match=r"client\.auth: no secret TOKEN is stored"):
        expand("${secret.TOKEN}", environment, "client.auth")


def test_a_hint_names_the_likely_word_first() -> None:
    assert suggest("opn311", ["rest_api", "open311"]) == (
        "did you mean 'open311'? valid: open311, rest_api"
    )
