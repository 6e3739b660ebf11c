"""What a text says, as stems that can be looked for: those of Indonesian, by Snowball."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

import snowballstemmer

MOST_STEMS = 1_000
"""So many different words of a complaint can be found; any others are not looked at."""

_LONGEST = 40
_KNOWN = 20_000
_WORD = re.compile(r"[^\W_]+")
_SAY_NOTHING = frozenset(
    {
        *("adalah", "agar", "akan", "atau", "bahwa", "dalam", "dan", "dari", "dengan", "di"),
        *("ini", "itu", "juga", "kami", "karena", "ke", "kepada", "lagi", "mohon", "oleh"),
        *("pada", "para", "saat", "saja", "saya", "sebagai", "telah", "untuk", "yang"),
    }
)
"""Words that are in most complaints, and are looked for in none."""


def stems_of(*texts: str | None) -> list[str]:
    """The different stems of some texts, in order, without words that say nothing."""
    found: set[str] = set()
    for text in texts:
        for stem in stems_in_order(text or ""):
            found.add(stem)
            if len(found) == MOST_STEMS:
                return sorted(found)
    return sorted(found)


def stems_in_order(text: str) -> Iterator[str]:
    """The stems of a text as they stand in it, without words that say nothing."""
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).casefold()):
        word = match.group()
        if len(word) <= _LONGEST and word not in _SAY_NOTHING:
            yield _stem(word)


@lru_cache(_KNOWN)
def _stem(word: str) -> str:
    # A stemmer holds the word that it is at, so threads share none.
    stem: str = snowballstemmer.stemmer("indonesian").stemWord(word)
    return stem
