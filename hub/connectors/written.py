"""Values as a proposed YAML file has them."""

import json
import re
from collections.abc import Mapping
from typing import Any


def written(value: Any) -> str:
    """A value in YAML, quoted where it has to be."""
    text = str(value)
    plain = re.fullmatch(r"[A-Za-z$][\w.$\[\]*/-]*|\d+", text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def flow(mapping: Mapping[str, Any]) -> str:
    """A mapping on one line."""
    pairs = (f"{written(key)}: {_within(value)}" for key, value in mapping.items())
    return f"{{{', '.join(pairs)}}}"


def _within(value: Any) -> str:
    """A value within braces, where brackets and commas mean something."""
    text = written(value)
    return json.dumps(str(value)) if set("[]{},") & set(text) and text[0] != '"' else text
