"""What is kept of secrets that the hub makes."""

from hashlib import sha256


def secret_hash(secret: str) -> str:
    """A hash of a secret. The hub's secrets are random, so a plain one holds."""
    return sha256(secret.encode()).hexdigest()
