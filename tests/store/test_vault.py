"""Sealing."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.store.vault import Vault, VaultError, key_in, parse_key


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
    key = key_in(tmp_path)
    assert len(key) == 32
    assert key_in(tmp_path) == key
    assert (tmp_path / "encryption.key").stat().st_mode & 0o077 == 0
