"""From a YAML text to a connector that can be asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from hub.connectors import KINDS
from hub.connectors.base import Connector, Surroundings
from hub.connectors.config import ConnectorConfig
from hub.connectors.defaults import merged
from hub.connectors.vocabulary import ConfigError, Path, Problem, Source, suggest, validate

FILL_IN = "FILL_IN"
"""What a proposed file has where an operator has to decide; see discover.py."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid configuration; `version` follows from the text."""

    config: ConnectorConfig
    text: str
    version: str

    def connect(self, surroundings: Surroundings) -> Connector[Any]:
        """The connector, ready to be asked."""
        return KINDS[self.config.type](self.config, surroundings)


def load(text: str, source: str) -> Loaded:
    """Checks a YAML text, `source` being what messages call it. Raises ConfigError."""
    parsed = Source.parse(text, source)
    if unfilled := [*_unfilled(parsed, parsed.values, ())]:
        raise ConfigError(source, unfilled)
    kind = parsed.values.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        said = "a kind is missing" if kind is None else f"unknown kind {kind!r}"
        hint = suggest(str(kind or ""), list(KINDS))
        raise ConfigError(source, [parsed.problem(("type",), f"{said}; {hint}")])
    config = validate(merged(parsed), KINDS[kind].config_model)
    return Loaded(config, text, blake2b(text.encode(), digest_size=6).hexdigest())


def _unfilled(source: Source, value: Any, path: Path) -> Iterator[Problem]:
    """Values that a proposal left open."""
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _unfilled(source, child, (*path, key))
    elif isinstance(value, str) and value.startswith(FILL_IN):
        yield source.problem(path, f"fill this in{value.removeprefix(FILL_IN)}")
