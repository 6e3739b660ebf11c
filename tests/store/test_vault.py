"""Sealing."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.vault import Vault, VaultError, keys_in, parse_key, parse_keys


@given(plain=st.binary(), place=st.text())
def test_what_is_sealed_opens_at_its_place(plain: bytes, place: str) -> None:
    vault = Vault(b"k" * 32)
    sealed = vault.seal(plain, place)
    assert vault.open(sealed, place) == plain
    assert vault.seal(plain, place) != sealed


@given(plain=st.binary(), place=st.text())
def test_it_opens_at_no_other_place_and_by_no_other_key(plain: bytes, place: str) -> None:
    sealed = Vault(b"k" * 32).seal(plain, place)
    with pytest.raises(VaultError, match="HUB_ENCRYPTION_KEY"):
        Vault(b"k" * 32).open(sealed, place + "x")
    with pytest.raises(VaultError, match="HUB_ENCRYPTION_KEY"):
        Vault(b"l" * 32).open(sealed, place)


def test_each_purpose_has_a_key_of_its_own() -> None:
    vault = Vault(b"k" * 32)
    assert vault.key_for("cursors") != vault.key_for("content-hash")
    assert vault.key_for("cursors") == Vault(b"k" * 32).key_for("cursors")


@pytest.mark.parametrize("text", ["", "secret!", base64.b64encode(b"short").decode()])
def test_a_malformed_key_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(VaultError, match="32 bytes in base64") as refused:
        parse_key(text)
    assert not text or text not in str(refused.value)


def test_the_key_beside_a_database_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    (key,) = keys_in(tmp_path)
    assert len(key) == 32
    assert keys_in(tmp_path) == [key]
    assert (tmp_path / "encryption.key").stat().st_mode & 0o077 == 0


def test_an_earlier_key_opens_until_everything_is_sealed_again() -> None:
    old, new = b"o" * 32, b"n" * 32
    sealed = Vault(old).seal(b"Sitti", "c1")
    both = Vault(new, old)
    assert both.open(sealed, "c1") == b"Sitti"
    again = both.resealed(sealed, "c1")
    assert again is not None
    assert Vault(new).open(again, "c1") == b"Sitti"
    assert both.resealed(again, "c1") is None
    with pytest.raises(VaultError):
        Vault(old).open(again, "c1")


def test_keys_are_told_apart_by_commas_or_lines() -> None:
    one, two = (base64.b64encode(letter * 32).decode() for letter in (b"1", b"2"))
    assert parse_keys(f"{one},{two}") == parse_keys(f"{one}\n{two}\n") == [b"1" * 32, b"2" * 32]


def test_the_root_outlives_the_keys() -> None:
    root = b"r" * 32
    before, after = Vault(b"o" * 32, root=root), Vault(b"n" * 32, b"o" * 32, root=root)
    assert before.key_for("content-hash") == after.key_for("content-hash")
