"""From a YAML text to a connector that can be asked."""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from hub.connectors.base import Connector, Surroundings
from hub.connectors.config import ConnectorConfig
from hub.connectors.defaults import merged
from hub.connectors.kinds import KINDS
from hub.connectors.vocabulary import (
    ConfigError,
    Path,
    Problem,
    Source,
    secrets_in,
    suggest,
    validate,
)

FILL_IN = "FILL_IN"
"""What a proposed file has where an operator has to decide; see discover.py."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A valid configuration; `version` follows from the text, which names these `secrets`."""

    config: ConnectorConfig
    text: str
    version: str
    secrets: frozenset[str] = frozenset()

    def connect(self, surroundings: Surroundings) -> Connector[Any]:
        """The connector, ready to be asked."""
        return KINDS[self.config.type](self.config, surroundings)


def load(text: str, source: str) -> Loaded:
    """Checks a YAML text, `source` being what messages call it. Raises ConfigError."""
    return loaded_from(Source.parse(text, source), text)


def loaded_from(parsed: Source, text: str) -> Loaded:
    """Checks a YAML text that was parsed. Raises ConfigError."""
    texts = [*parsed.texts()]
    if unfilled := [_unfilled(parsed, *each) for each in texts if each[1].startswith(FILL_IN)]:
        raise ConfigError(parsed.name, unfilled)
    kind = parsed.values.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        said = "a kind is missing" if kind is None else f"unknown kind {kind!r}"
        hint = suggest(str(kind or ""), list(KINDS))
        raise ConfigError(parsed.name, [parsed.problem(("type",), f"{said}; {hint}")])
    config = validate(merged(parsed), KINDS[kind].config_model)
    version = blake2b(text.encode(), digest_size=6).hexdigest()
    secrets = frozenset(name for _, value in texts for name in secrets_in(value))
    return Loaded(config, text, version, secrets)


def _unfilled(source: Source, path: Path, text: str) -> Problem:
    """A value that a proposal left open."""
    return source.problem(path, f"fill this in{text.removeprefix(FILL_IN)}")
