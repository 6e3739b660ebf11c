"""What one request was shown of reporters, and what was hidden from it and why."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Place = tuple[str | None, str | None]
"""Codes of a province and a district; None where a complaint has none."""


class HiddenBecause(StrEnum):
    """Why a value that may exist is null."""

    SECRET = "secret"  # noqa: S105 - rahasia: words of the complaint are not for this viewer
    ANONYMOUS = "anonymous"
    NOT_PERMITTED = "not_permitted"


@dataclass(slots=True)
class Reading:
    """Filled by the store while it reads, so that it can be told to the reader and recorded.

    To read the same twice in a request is to read it once.
    """

    _hidden: dict[tuple[HiddenBecause, tuple[str, ...]], dict[str, None]] = field(
        default_factory=dict
    )
    _reporters: dict[str, Place] = field(default_factory=dict)

    def hide(self, because: HiddenBecause, fields: Iterable[str], id_: str) -> None:
        """Notes that fields of a complaint were hidden."""
        self._hidden.setdefault((because, tuple(sorted(fields))), {})[id_] = None

    def show_reporter(self, id_: str, place: Place) -> None:
        """Notes that the reporter of a complaint was shown."""
        self._reporters[id_] = place

    @property
    def hidden(self) -> list[tuple[HiddenBecause, tuple[str, ...], list[str]]]:
        """(Why, which fields, ids of the complaints)."""
        return [(why, fields, [*ids]) for (why, fields), ids in self._hidden.items()]

    @property
    def shows_reporters(self) -> bool:
        """Whether any reporter was shown."""
        return bool(self._reporters)

    @property
    def reporters_by_place(self) -> Mapping[Place, int]:
        """How many reporters were shown, by where their complaints are."""
        return Counter(self._reporters.values())
