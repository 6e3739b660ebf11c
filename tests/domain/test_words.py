"""Words are found in any form, whatever stands around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.words import MOST_STEMS, stems_of


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("perbaikan jalan", "Jalannya DIPERBAIKI!"),
        ("pungutan", "memungut"),
        ("jalan-jalan", "jalan"),
        ("ＪＡＬＡＮ", "jalan"),
        ("keluhan di kantor", "keluhan kantor"),
        ("gang 7", "Gang\n(7)"),
    ],
)
def test_forms_of_a_word_are_one(text: str, same: str) -> None:
    assert stems_of(text) == stems_of(same) != []


def test_other_words_are_others() -> None:
    assert not {*stems_of("jalan rusak")} & {*stems_of("sampah menumpuk")}


@given(texts=st.lists(st.none() | st.text(), max_size=3))
def test_whatever_is_in_a_text_is_found_by_it(texts: list[str | None]) -> None:
    whole = stems_of(*texts)
    assert whole == sorted(set(whole))
    for text in texts:
        assert {*stems_of(text)} <= {*whole}


def test_there_are_no_more_words_than_are_kept() -> None:
    text = " ".join(map(str, range(3 * MOST_STEMS)))
    assert len(stems_of(text, "x" * 1_000_000)) == MOST_STEMS
    assert stems_of("x" * 41) == []
