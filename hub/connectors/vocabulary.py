"""YAML text → a checked configuration; what is wrong is told by file, line and key."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Self, TypeVar, get_args

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent, CollectionEndEvent, CollectionStartEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

_DEEPEST = 32
_NULL = "tag:yaml.org,2002:null"
_NAME = r"[A-Z][A-Z0-9_]*"
_REFERENCE = re.compile(rf"\$\{{(env|secret)\.({_NAME})\}}")
_NO_SECRETS: Mapping[str, str] = {}

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a configuration, and where; line 0 is none of its lines."""

    line: int
    key: str
    message: str


class ConfigError(Exception):
    """A configuration that can't be used; `problems` are in order of their lines."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        self.source = source
        self.problems = sorted(problems, key=lambda p: p.line)
        super().__init__("\n".join(map(self._told, self.problems)))

    def _told(self, problem: Problem) -> str:
        line = f":{problem.line}" if problem.line else ""
        return f"{self.source}{line}: {problem.key}: {problem.message}"


class Vocabulary(BaseModel):
    """A part of the vocabulary: an unknown key is refused with the valid ones."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    @model_validator(mode="wrap")
    @classmethod
    def _known_keys_only(cls, value: object, validated: ModelWrapValidatorHandler[Self]) -> Self:
        if not isinstance(value, Mapping):
            return validated(value)
        fields = {field.alias or name: field for name, field in cls.model_fields.items()}
        names = [*fields]
        problems = [
            _detail("unknown_key", (key,), f"unknown key; {suggest(key, names)}")
            for key in value
            if key not in names
        ]
        problems += [
            _detail("number", (key,), told)
            for key, field in fields.items()
            if (told := _no_number(field.annotation, value.get(key)))
        ]
        try:
            made = validated(value)
        except ValidationError as error:
            told_of = {problem["loc"] for problem in problems}
            problems += [
                _detail(d["type"], d["loc"], d["msg"])
                for d in error.errors()
                if d["loc"] not in told_of
            ]
        else:
            if not problems:
                return made
        raise ValidationError.from_exception_data(cls.__name__, problems)


def _no_number(annotation: object, value: object) -> str | None:
    """What is wrong with a number where a duration or a time should be: `2025` would be read as
    33 minutes, or as a moment in 1970."""
    if not isinstance(value, str):
        return None
    kinds = {*_kinds(annotation)}
    if timedelta in kinds and not value.startswith("P"):
        return "is no ISO 8601 duration, such as PT10M or P30D"
    if AwareDatetime in kinds and "-" not in value[1:]:
        return "is no time with a zone, such as 2025-01-01T00:00:00+08:00"
    return None


def _kinds(annotation: object) -> Iterator[object]:
    yield annotation
    for inner in get_args(annotation):
        yield from _kinds(inner)


def _detail(kind: str, path: Path, message: str) -> InitErrorDetails:
    told = PydanticCustomError(kind, "{message}", {"message": message})
    # The value is not told: it may be a secret.
    return InitErrorDetails(type=told, loc=path, input=None)


def suggest(word: str, valid: list[str]) -> str:
    """A hint at the likely word, then all valid ones."""
    close = get_close_matches(word, valid, 1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}valid: {', '.join(sorted(valid))}"


class Bare(str):
    """A scalar that is written without quotes, so that it may mean a number, true or false."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Source:
    """A YAML file as plain values (scalars are text, so that 73.10 stays 73.10), with lines."""

    name: str
    values: dict[str, Any]
    lines: dict[Path, int]

    @classmethod
    def parse(cls, text: str, name: str) -> Self:
        """Reads one document. Raises ConfigError for YAML that is broken or not a mapping."""
        yaml = YAML(typ="safe", pure=True)
        try:
            depth = 0
            for event in yaml.parse(text):
                line = event.start_mark.line + 1
                if isinstance(event, AliasEvent):
                    raise ConfigError(name, [Problem(line, "*", "aliases are not supported")])
                depth += isinstance(event, CollectionStartEvent)
                depth -= isinstance(event, CollectionEndEvent)
                if depth > _DEEPEST:
                    raise ConfigError(name, [Problem(line, "YAML", "is nested too deeply")])
            node = yaml.compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise ConfigError(name, [Problem(line, "YAML", str(error.problem))]) from None
        except YAMLError as error:
            raise ConfigError(name, [Problem(1, "YAML", str(error).splitlines()[0])]) from None
        lines: dict[Path, int] = {(): 1}
        values = _plain(node, (), lines, name) if node else None
        if not isinstance(values, dict):
            raise ConfigError(name, [Problem(1, "YAML", "expected a mapping of keys")])
        return cls(name, values, lines)

    def texts(self) -> Iterator[tuple[Path, str]]:
        """Every text that is a value, and where it stands."""
        return _texts(self.values, ())

    def problem(self, path: Path, message: str) -> Problem:
        """A problem at a path, on the line of the nearest key that is written there."""
        known = path
        while known not in self.lines:
            known = known[:-1]
        return Problem(self.lines[known], ".".join(map(str, path)) or "(file)", message)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _texts(child, (*path, key))
    elif isinstance(value, str):
        yield path, value


def _plain(node: Node, path: Path, lines: dict[Path, int], source: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, SequenceNode):
        return [_plain(n, (*path, i), lines, source) for i, n in enumerate(node.value)]
    if isinstance(node, MappingNode):
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in values:
                raise ConfigError(source, [Problem(line, key, "this key is given twice")])
            lines[*path, key] = line
            values[key] = _plain(value_node, (*path, key), lines, source)
        return values
    if isinstance(node, ScalarNode) and node.tag == _NULL and node.value in {"", "~", "null"}:
        return None
    return Bare(node.value) if isinstance(node, ScalarNode) and not node.style else str(node.value)


M = TypeVar("M", bound=Vocabulary)


def validate(source: Source, model: type[M]) -> M:
    """The configuration as a model. Raises ConfigError with every problem at once."""
    try:
        return model.model_validate(source.values)
    except ValidationError as error:
        problems = []
        for detail in error.errors(include_url=False, include_input=False):
            *parents, last = detail["loc"] or ("",)
            # A tag of a union stands in pydantic's path, but not in the file.
            path: Path = ()
            for part in parents:
                path = (*path, part) if (*path, part) in source.lines else path
            if detail["type"] == "missing" or (*path, last) in source.lines:
                path = (*path, last)
            problems.append(source.problem(path, detail["msg"].removeprefix("Value error, ")))
        raise ConfigError(source.name, problems) from None


def expand(
    text: str,
    environment: Mapping[str, str],
    key: str,
    secrets: Mapping[str, str] = _NO_SECRETS,
) -> str:
    """Text with `${env.NAME}` and `${secret.NAME}` replaced. Raises ConfigError naming what is not
    there."""

    def value(match: re.Match[str]) -> str:
        kind, name = match.groups()
        known = environment if kind == "env" else secrets
        if name not in known:
            raise ConfigError(_PLACES[kind], [Problem(0, key, _MISSING[kind].format(name))])
        return known[name]

    return _REFERENCE.sub(value, text)


_PLACES = {"env": "environment", "secret": "secrets"}
_MISSING = {
    "env": "the environment variable {} is not set",
    "secret": "no secret {} is stored for this connector; store it by rotateSecret or "
    "`hub connector secret set`",
}


def has_reference(text: str) -> bool:
    """Whether a text names an environment variable or a stored secret."""
    return bool(_REFERENCE.search(text))


def is_reference(text: str) -> bool:
    """Whether a text is nothing but the name of an environment variable or a stored secret."""
    return bool(_REFERENCE.fullmatch(text))


def variables_in(text: str) -> list[str]:
    """The environment variables that a text names."""
    return [name for kind, name in _REFERENCE.findall(text) if kind == "env"]


def secrets_in(text: str) -> list[str]:
    """The stored secrets that a text names."""
    return [name for kind, name in _REFERENCE.findall(text) if kind == "secret"]


def is_secret_name(name: str) -> bool:
    """Whether a stored secret can have this name."""
    return bool(re.fullmatch(_NAME, name))
