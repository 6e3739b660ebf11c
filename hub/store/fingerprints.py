"""Fingerprints of raw records: one that came before is known without being mapped again."""

from collections.abc import Callable
from hashlib import blake2b

Fingerprint = Callable[[bytes], str]


def fingerprint_by(key: bytes, made_by: str) -> Fingerprint:
    """Fingerprints of records from which `made_by` says how complaints are made.

    Keyed, since a raw record holds personal data that could otherwise be tried out against it.
    """
    maker = blake2b(made_by.encode(), key=key, digest_size=8).hexdigest()
    begun = blake2b(maker.encode(), key=key, digest_size=16)

    def fingerprint(raw: bytes) -> str:
        digest = begun.copy()
        digest.update(raw)
        return f"{maker}.{digest.hexdigest()}"

    return fingerprint


def same_maker(one: str, other: str | None) -> bool:
    """Whether the same way of making complaints stands behind two fingerprints."""
    return other is not None and one.partition(".")[0] == other.partition(".")[0]
