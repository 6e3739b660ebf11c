"""The words of a connector's YAML (docs/connectors/rest_api.md) for one list of a JSON service."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self
from urllib.parse import quote

import orjson
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from hub.connectors.base import ChannelError
from hub.connectors.config import Selector, Text, Where
from hub.connectors.http.client import Question
from hub.connectors.http.config import Cursor, EndpointPath, Method, Offset, PageNumber, Paginator
from hub.connectors.lists.incremental import Incremental
from hub.connectors.lists.predicate import Predicate
from hub.connectors.vocabulary import Bare, Vocabulary

START = "{incremental.start_value}"
END = "{incremental.end_value}"
_PLACEHOLDER = re.compile(r"\{(?:incremental|resources)\.[^{}]*\}")
_BRACE = re.compile(r"(?<!\$)\{")
_OF_RECORD = re.compile(r"\{resources\.(?P<resource>[a-z0-9-]+)\.(?P<path>[^{}]+)\}")


def _typed(value: object) -> object:
    """A value as JSON has it: without quotes a number, true or false is one."""
    match value:
        case dict():
            return {name: _typed(each) for name, each in value.items()}
        case list():
            return [_typed(each) for each in value]
        case Bare():
            try:
                return orjson.loads(str(value))
            except orjson.JSONDecodeError:
                return str(value)
    return value


def _condition(text: str) -> str:
    Predicate(text)
    return text


Condition = Annotated[Text, AfterValidator(_condition)]
JsonObject = Annotated[dict[str, Any], BeforeValidator(_typed)]
"""A JSON object as it is sent."""


class Endpoint(Vocabulary):
    """Where the records are, and how they come."""

    path: EndpointPath
    """Relative to client.base_url."""
    method: Method = "GET"
    """POST where the service wants the question as `json`; it still only reads."""
    params: dict[str, str] = {}
    """Query parameters; {incremental.start_value} is the time to ask from."""
    json_: JsonObject | None = Field(default=None, alias="json")
    """The body of the question, with placeholders as in `params`."""
    data_selector: Selector = "$[*]"
    """JSONPath of the records in an answer."""
    is_success: Condition | None = None
    """What holds of an answer that is a page: $.status == 'ok'."""
    total_selector: Where | None = None
    """Where an answer says how many records the question has in all."""
    paginator: Paginator | None = None
    """How to come to the next page; one answer if left out."""
    incremental: Incremental | None = None
    """How to ask only for what is new."""

    @model_validator(mode="after")
    def _placeholders(self) -> Self:
        for key, text in self._texts():
            found = {*_PLACEHOLDER.findall(text)}
            # A body may hold braces of its own, such as those of a query language.
            rest = not key.startswith("json") and _BRACE.search(_PLACEHOLDER.sub("", text))
            of_time = {each for each in found if not _OF_RECORD.fullmatch(each)}
            if rest or not of_time <= {START, END}:
                raise ValueError(f"{key}: unknown placeholder; valid: {START}, {END}")
            if of_time and not self.incremental:
                raise ValueError(f"{key}: {text} needs `incremental`")
        return self

    @model_validator(mode="after")
    def _windows_have_two_ends(self) -> Self:
        words = self.incremental
        if words and words.step and not {START, END} <= self.placeholders:
            raise ValueError(f"incremental.step needs {START} and {END} in the question")
        return self

    @model_validator(mode="after")
    def _a_body_is_posted(self) -> Self:
        if self.json_ is not None and self.method != "POST":
            raise ValueError("json is sent by POST only; state `method: POST`")
        match self.paginator:
            case PageNumber(page_body_path=path) | Cursor(cursor_body_path=path):
                places = [path]
            case Offset(limit_body_path=limit, offset_body_path=offset):
                places = [limit, offset]
            case _:
                places = []
        if any(places) and self.json_ is None:
            raise ValueError("a paginator that writes into the body needs `json`")
        return self

    @property
    def placeholders(self) -> set[str]:
        """Those that stand in the question."""
        return {found for _, text in self._texts() for found in _PLACEHOLDER.findall(text)}

    @property
    def of_records(self) -> dict[str, tuple[str, str]]:
        """Placeholders for a value in records of another resource → its name, and the path."""
        found = {each: _OF_RECORD.fullmatch(each) for each in self.placeholders}
        return {each: (match["resource"], match["path"]) for each, match in found.items() if match}

    def asked(self, values: Mapping[str, str]) -> Question:
        """The question with its placeholders filled; in the path each value is one segment."""
        segments = {each: quote(value, safe="") for each, value in values.items()}
        return Question(
            fill(self.path, segments),
            fill(self.params, values),
            self.method,
            fill(self.json_, values),
        )

    def _texts(self) -> Iterator[tuple[str, str]]:
        yield "path", self.path
        yield from _texts("params", self.params)
        yield from _texts("json", self.json_)


def fill(template: Any, values: Mapping[str, str]) -> Any:
    """A template with its placeholders replaced, wherever they stand in it."""
    match template:
        case str():
            return _PLACEHOLDER.sub(lambda found: values.get(found[0], found[0]), template)
        case dict():
            return {name: fill(each, values) for name, each in template.items()}
        case list():
            return [fill(each, values) for each in template]
    return template


def _texts(key: str, template: Any) -> Iterator[tuple[str, str]]:
    """The texts of a template, each with its key."""
    if isinstance(template, str):
        yield key, template
    elif isinstance(template, dict | list):
        within = template.items() if isinstance(template, dict) else enumerate(template)
        for name, each in within:
            yield from _texts(f"{key}.{name}", each)


def placeholders_of(key: str, template: Any) -> set[str]:
    """Those that stand in a template. Raises ValueError for one that does not exist."""
    found = {each for _, text in _texts(key, template) for each in _PLACEHOLDER.findall(text)}
    if unknown := found - {START, END}:
        raise ValueError(f"{key}: unknown placeholder {min(unknown)}; valid: {START}, {END}")
    return found


def refuse_without_end(placeholders: Mapping[str, set[str]], where: str) -> None:
    """Raises ChannelError for a resource (by name, with the placeholders in its question) that
    can't be asked for a stretch of time."""
    for name, found in placeholders.items():
        if not {START, END} <= found:
            raise ChannelError(
                f"{name} can't be asked for a stretch of time; state {START} and "
                f"{END} in its {where}, if the service takes both."
            )
