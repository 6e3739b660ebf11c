"""Texts that people put their names to: what is read in them is what is stored."""

import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls, signs that turn the direction of what follows or have no width, and what is no
character (Unicode's general categories)."""


def is_plain(text: str, *, lines: bool = False) -> bool:
    """Whether a text shows something, and all of it; it may have several lines where told."""
    seen = text.replace("\n", "") if lines else text
    return bool(seen.strip()) and all(unicodedata.category(sign) not in _UNSEEN for sign in seen)


def stripped(text: str | None) -> str | None:
    """A text without what is blank around it, its lines parted in one way; None where nothing is
    left."""
    return (text or "").replace("\r\n", "\n").strip() or None
