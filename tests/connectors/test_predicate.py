"""The conditions of `is_success`: what they mean, and where one is wrong."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.connectors.lists.predicate import Predicate

DOCUMENT = {
    "status": "ok",
    "code": 0,
    "done": True,
    "rows": [{"id": 7, "text": "rahasia"}],
    "meta": {"a b": None, "rate": 0.5},
}
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**31), 2**31), st.text(max_size=5), st.floats(-9, 9)
)


def holds(text: str, document: Any = DOCUMENT) -> bool:
    return Predicate(text).holds(document)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$.status == 'ok'", True),
        ('status == "ok"', True),
        ("status != 'ok'", False),
        ("$.code in [0, 200]", True),
        ("$.code in ['0']", False),
        ("code == false", False),
        ("code != false", True),
        ("done == 1", False),
        ("done == true", True),
        ("nothing == null", True),
        ("rows != null", True),
        ("$.rows[0].id == 7", True),
        ("$.meta['a b'] == null and meta.rate == 0.5", True),
        ("code == 1 or code == 2 or code == 0", True),
        ("code == 0 or code == 0 and code == 1", True),
        ("(code == 0 or code == 0) and code == 1", False),
        ("  status=='ok'and(done!=false)  ", True),
        (r"status == 'o\'k'", False),
    ],
)
def test_a_condition_means_what_it_says(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize("document", [None, [], "ok", 3, {}])
def test_what_has_no_such_path_has_null_there(document: Any) -> None:
    assert not holds("$.status == 'ok'", document)
    assert holds("$.status == null", document)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "column 1: it ends where a path, such as $.status was expected"),
        ("$.a = 1", "column 5: '=' is not understood here"),
        ("$.a == ok", "column 8: 'ok' stands where a text in quotes, a number"),
        ("$.a == 'ok", 'column 8: "\'" is not understood here'),
        ("$.a == 007", "column 8: '0' is not understood here"),
        ("($.a == 1", "column 10: it ends where `)` was expected"),
        ("$.a == 1 $.b", "column 10: '$.b' stands where `and`, `or` or the end was expected"),
        ("$.a in 1", "column 8: '1' stands where `[` was expected"),
        ("$.a in [1 2]", "column 11: '2' stands where `]` was expected"),
        ("$..a == 1", "column 2: '.' is not understood here"),
        ("and == 1", "column 1: 'and' stands where a path"),
        ("__import__('os')", "column 11: '(' stands where `==`, `!=` or `in` was expected"),
        ("(" * 30 + "a == 1" + ")" * 30, "column 22: '(' stands where no more than 20"),
        ("a == 1 or " * 60 + "a == 2", "longer than 500 characters"),
    ],
)
def test_what_is_wrong_is_told_with_its_column(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        Predicate(text)


@given(st.text(alphabet="$.a1'\"\\()[],=!-+eEandorinx \t\n٣é", max_size=40))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        predicate = Predicate(text)
    except ValueError as error:
        assert re.match(r"column \d+: ", str(error))
    else:
        assert predicate.holds(DOCUMENT) in (True, False)


@given(VALUES, VALUES)
def test_values_are_the_same_where_json_says_so(value: Any, other: Any) -> None:
    written = json.dumps(other, ensure_ascii=False)
    if isinstance(other, str):
        written = "'" + re.sub(r"(['\\\\])", r"\\\1", other) + "'"
    is_bool = isinstance(value, bool), isinstance(other, bool)
    same = is_bool[0] is is_bool[1] and value == other
    assert holds(f"x == {written}", {"x": value}) is same
    assert holds(f"x != {written}", {"x": value}) is not same
    assert holds(f"x in ['?!', {written}]", {"x": value}) is same


def test_of_an_answer_no_more_is_told_than_what_the_condition_asks_for() -> None:
    predicate = Predicate("status == 'no' or rows == null or $.meta == null or note == 'x'")
    told = predicate.told({**DOCUMENT, "note": "n" * 200})
    assert told == (
        'status is "ok"; rows is a list of 1; $.meta is an object; note is "' + "n" * 79 + "…; "
        "its keys are status, code, done, rows, meta, note"
    )
    assert "rahasia" not in told
