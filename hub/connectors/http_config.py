"""The words of a connector's YAML (docs/connectors.md) for channels that are asked over HTTP."""

import re
from datetime import datetime, timedelta
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, Field, field_validator

from hub.connectors.config import Text, Where
from hub.connectors.vocabulary import Vocabulary, has_reference, is_reference


def _secret(text: str) -> str:
    if not is_reference(text):
        raise ValueError("write no secret here; name a variable that holds it: ${env.NAME}")
    return text


def _without_query(path: str) -> str:
    if "?" in path or "#" in path:
        raise ValueError("takes no query; write it as `params`")
    return path


_NAMES_A_SECRET = re.compile(r"auth|cookie|key|password|secret|token", re.I)


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if _NAMES_A_SECRET.search(name) and not has_reference(value):
            raise ValueError(
                f"write no secret here; name a variable that holds {name}: ${{env.NAME}}"
            )
    return headers


Secret = Annotated[str, AfterValidator(_secret)]
EndpointPath = Annotated[Text, AfterValidator(_without_query)]
Headers = Annotated[dict[str, str], AfterValidator(_headers)]


class BearerAuth(Vocabulary):
    """`Authorization: Bearer …`."""

    type: Literal["bearer"]
    """A token in the header Authorization."""
    token: Secret
    """${env.NAME} of the token."""


class ApiKeyAuth(Vocabulary):
    """A key in a header or in the query."""

    type: Literal["api_key"]
    """A key in a header or in the query."""
    name: Text
    """The header's or parameter's name."""
    api_key: Secret
    """${env.NAME} of the key."""
    location: Literal["header", "query"] = "header"
    """Where the key is sent."""


class SinglePage(Vocabulary):
    """All records come in one answer."""

    type: Literal["single_page"]
    """One answer has all."""


class PageNumber(Vocabulary):
    """Pages counted by the client, to the first empty one."""

    type: Literal["page_number"]
    """Pages by number, to the first empty one."""
    base_page: int = 1
    """The number of the first page."""
    page_param: Text = "page"
    """The parameter with the page's number."""


class Cursor(Vocabulary):
    """Each answer names the next one."""

    type: Literal["cursor"]
    """Each answer names the next one."""
    cursor_path: Where
    """Where in an answer the next cursor is."""
    cursor_param: Text = "cursor"
    """The parameter that takes it."""


Paginator = Annotated[SinglePage | PageNumber | Cursor, Field(discriminator="type")]


class Incremental(Vocabulary):
    """Asking only for what is new since the checkpoint, by a time in the record."""

    cursor_path: Where
    """Where in a record its time of change is."""
    initial_value: AwareDatetime
    """From when to ask at the first run."""
    lookback_window: timedelta = timedelta(0)
    """How far before the checkpoint to ask again."""
    row_order: Literal["asc"] | None = None
    """`asc` where the oldest change comes first: the checkpoint then moves with each page."""
    datetime_format: Text | None = None
    """How the service wants a time written; ISO 8601 if left out."""

    def start_value(self, last_value: str | None) -> datetime:
        """From when to ask: the checkpoint less the lookback, or the initial value."""
        if last_value is None:
            return self.initial_value
        return datetime.fromisoformat(last_value) - self.lookback_window


class HttpClient(Vocabulary):
    """How to reach a channel over HTTP."""

    base_url: EndpointPath
    """The address that paths are relative to."""
    headers: Headers = {}
    """Sent with each request."""
    auth: Annotated[BearerAuth | ApiKeyAuth, Field(discriminator="type")] | None = None
    """How the hub says who it is."""

    @field_validator("base_url")
    @classmethod
    def _web_address(cls, url: str) -> str:
        if has_reference(url):
            return url
        if not re.match(r"https?://[^/]", url):
            raise ValueError("is not an address such as https://api.example.go.id/v1/")
        if "@" in urlsplit(url).netloc:
            raise ValueError("write no password here; state it as `client.auth`")
        return url
