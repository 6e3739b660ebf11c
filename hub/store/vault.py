"""Personal data, raw records and keys at rest: sealed with AES-GCM, bound to their place."""

import base64
import os
import re
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_NONCE_BYTES = 12


class VaultError(Exception):
    """The encryption key is missing, malformed, or not the one that sealed the data."""


class Vault:
    """Seals bytes for one place (a record's id) and opens them only there.

    The first key seals; the others are earlier ones, which still open what they sealed. Keys for
    other purposes follow from `root`, which stays the same when the keys change.
    """

    def __init__(self, *keys: bytes, root: bytes | None = None) -> None:
        self._keys = keys
        self._root = root or keys[0]
        self._ciphers = [AESGCM(_derived(key, "seal")) for key in keys]

    def with_root(self, root: bytes) -> "Vault":
        """The same keys, with another root for the keys of other purposes."""
        return Vault(*self._keys, root=root)

    def key_for(self, purpose: str) -> bytes:
        """A key of its own for a purpose other than sealing."""
        return _derived(self._root, purpose)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypts for a place; moved to another one it does not open."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._ciphers[0].encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypts. Raises VaultError when none of the keys, or another place, sealed it."""
        return self._opened(sealed, place)[0]

    def resealed(self, sealed: bytes, place: str) -> bytes | None:
        """The same, sealed by the first key; None if it is already. Raises VaultError."""
        plain, cipher = self._opened(sealed, place)
        return None if cipher is self._ciphers[0] else self.seal(plain, place)

    def _opened(self, sealed: bytes, place: str) -> tuple[bytes, AESGCM]:
        nonce, encrypted = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        for cipher in self._ciphers:
            try:
                return cipher.decrypt(nonce, encrypted, place.encode()), cipher
            except InvalidTag:
                continue
        raise VaultError(
            "This data was sealed with another key. "
            "Set HUB_ENCRYPTION_KEY to the key that the database was filled with."
        )


def _derived(key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(key)


def parse_keys(text: str) -> list[bytes]:
    """Keys parted by commas or lines, the one in use first. Raises VaultError."""
    return [parse_key(part) for part in re.split(r"[,\s]+", text.strip())]


def parse_key(text: str) -> bytes:
    """A key of 32 bytes from base64. Raises VaultError without repeating the text."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise VaultError(
            "HUB_ENCRYPTION_KEY must be 32 bytes in base64; make one with: openssl rand -base64 32"
        )
    return key


def keys_in(folder: Path) -> list[bytes]:
    """The keys kept beside an embedded database, a line each, the one in use first; the first is
    made at the first start. For their owner only."""
    path = folder / "encryption.key"
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:  # noqa: PTH123
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
    except FileExistsError:
        pass
    return parse_keys(path.read_text())
