"""Texts that show what they say."""

import pytest

from hub.domain.plain_text import is_plain, stripped


@pytest.mark.parametrize(
    "text", ["", " ", "\u00a0", "\n", "a\nb", "a\x00", "\u202eb", "\u200b", "\ufeffa", "a\u2028b"]
)
def test_what_does_not_show_is_told(text: str) -> None:
    assert not is_plain(text)


@pytest.mark.parametrize("text", ["Andi", "H. Andi, S.E., M.Si.", "a\u00a0b", "Ñ", "路"])
def test_what_shows_is_plain(text: str) -> None:
    assert is_plain(text)


def test_lines_are_plain_where_there_may_be_some() -> None:
    assert is_plain("a.n. Gubernur\nSekretaris Daerah,", lines=True)
    assert not is_plain("\n", lines=True)
    assert not is_plain("a\rb", lines=True)


@pytest.mark.parametrize(
    ("text", "left"), [(None, None), ("", None), (" \r\n", None), (" a\r\nb ", "a\nb")]
)
def test_what_is_blank_around_a_text_goes(text: str | None, left: str | None) -> None:
    assert stripped(text) == left
