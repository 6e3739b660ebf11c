"""Personal data, raw records and keys at rest: sealed with AES-GCM, bound to their place."""

import base64
import os
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
    """Seals bytes for one place (a record's id) and opens them only there."""

    def __init__(self, master_key: bytes) -> None:
        self._master_key = master_key
        self._cipher = AESGCM(self.key_for("seal"))

    def key_for(self, purpose: str) -> bytes:
        """A key of its own for a purpose other than sealing."""
        return HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose.encode()).derive(self._master_key)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypts for a place; moved to another one it does not open."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypts. Raises VaultError when key or place differ from those of the sealing."""
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode()
            )
        except InvalidTag:
            raise VaultError(
                "This data was sealed with another key. "
                "Set HUB_ENCRYPTION_KEY to the key that the database was filled with."
            ) from None


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


def key_in(folder: Path) -> bytes:
    """The key kept beside an embedded database, made at its first start; for its owner only."""
    path = folder / "encryption.key"
    try:
        with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:  # noqa: PTH123
            file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())
    except FileExistsError:
        pass
    return parse_key(path.read_text().strip())
