"""The words of a connector's YAML (docs/connectors.md) for channels that are asked over HTTP."""

import re
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from hub.connectors.config import Text, Where
from hub.connectors.vocabulary import Vocabulary, has_reference, is_reference, secrets_in


def _secret(text: str) -> str:
    if not is_reference(text):
        raise ValueError(
            "write no secret here; name a variable that holds it, ${env.NAME}, or a stored secret, "
            "${secret.NAME}"
        )
    return text


def _without_query(path: str) -> str:
    if "?" in path or "#" in path:
        raise ValueError("takes no query; write it as `params`")
    return path


def _names(path: str) -> str:
    if path.startswith("$") or not all(path.split(".")):
        raise ValueError("takes names parted by dots, such as page.number")
    return path


def _web_address(url: str) -> str:
    if secrets_in(url):
        raise ValueError("takes no secret: errors tell the address; state it as `client.auth`")
    if has_reference(url):
        return url
    if not re.match(r"https?://[^/]", url):
        raise ValueError("is not an address such as https://api.example.go.id/v1/")
    if "@" in urlsplit(url).netloc:
        raise ValueError("write no password here; state it as `client.auth`")
    return url


NAMES_A_SECRET = re.compile(r"auth|cookie|key|password|secret|token", re.I)


def _headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if NAMES_A_SECRET.search(name) and not has_reference(value):
            raise ValueError(
                f"write no secret here; name a variable that holds {name}, ${{env.NAME}}, or a "
                "stored secret, ${secret.NAME}"
            )
    return headers


Secret = Annotated[str, AfterValidator(_secret)]
Method = Literal["GET", "POST"]
EndpointPath = Annotated[Text, AfterValidator(_without_query)]
BodyPath = Annotated[Text, AfterValidator(_names)]
"""Where in the body of a question a value goes."""
WebAddress = Annotated[EndpointPath, AfterValidator(_web_address)]
Headers = Annotated[dict[str, str], AfterValidator(_headers)]


class BearerAuth(Vocabulary):
    """`Authorization: Bearer …`."""

    type: Literal["bearer"]
    """A token in the header Authorization."""
    token: Secret
    """${secret.NAME} or ${env.NAME} of the token."""


class ApiKeyAuth(Vocabulary):
    """A key in a header or in the query."""

    type: Literal["api_key"]
    """A key in a header or in the query."""
    name: Text
    """The header's or parameter's name."""
    api_key: Secret
    """${secret.NAME} or ${env.NAME} of the key."""
    location: Literal["header", "query"] = "header"
    """Where the key is sent."""


class HttpBasicAuth(Vocabulary):
    """A name and a password."""

    type: Literal["http_basic"]
    """A name and a password."""
    username: Text
    """The name."""
    password: Secret
    """${secret.NAME} or ${env.NAME} of the password."""


class OAuth2ClientCredentials(Vocabulary):
    """A token that the channel gives to this hub as its client, and renews."""

    type: Literal["oauth2_client_credentials"]
    """A token that the channel gives to this hub as its client."""
    access_token_url: WebAddress
    """Where tokens are given, on an allowed host."""
    client_id: Text
    """The hub's id there."""
    client_secret: Secret
    """${secret.NAME} or ${env.NAME} of its secret."""
    access_token_request_data: dict[str, str] = {}
    """More fields of the question, such as scope."""


Auth = Annotated[
    BearerAuth | ApiKeyAuth | HttpBasicAuth | OAuth2ClientCredentials, Field(discriminator="type")
]


class SinglePage(Vocabulary):
    """All records come in one answer."""

    type: Literal["single_page"]
    """One answer has all."""


class _Counted(Vocabulary):
    stop_after_empty_page: bool = True
    """Whether an empty page is the end."""
    total_path: Where | None = None
    """Where an answer says how many there are."""


class PageNumber(_Counted):
    """Pages counted by the client. `total_path` is the number of pages, `maximum_page` the last."""

    type: Literal["page_number"]
    """Pages by number, to the first empty one."""
    base_page: int = 1
    """The number of the first page."""
    page_param: Text = "page"
    """The parameter with the page's number."""
    page_body_path: BodyPath | None = None
    """Where in `json` the page's number goes, instead of a parameter."""
    maximum_page: int | None = None
    """The last page to ask for."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not (self.stop_after_empty_page or self.total_path or self.maximum_page is not None):
            raise ValueError("would not end; state total_path or maximum_page")
        return self


class Offset(_Counted):
    """Records counted by the client. `total_path` is the number of records."""

    type: Literal["offset"]
    """Records counted by the client."""
    limit: Annotated[int, Field(ge=1)]
    """How many records to ask for at once."""
    offset: int = 0
    """Which record is the first."""
    limit_param: Text = "limit"
    """The parameter that takes the limit."""
    offset_param: Text = "offset"
    """The parameter that takes the number of the first record."""
    limit_body_path: BodyPath | None = None
    """Where in `json` the limit goes, instead of a parameter."""
    offset_body_path: BodyPath | None = None
    """Where in `json` the number of the first record goes, instead of a parameter."""

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if not (self.stop_after_empty_page or self.total_path):
            raise ValueError("would not end; state total_path")
        return self


class Cursor(Vocabulary):
    """Each answer names the next one."""

    type: Literal["cursor"]
    """Each answer names the next one."""
    cursor_path: Where
    """Where in an answer the next cursor is."""
    cursor_param: Text = "cursor"
    """The parameter that takes it."""
    cursor_body_path: BodyPath | None = None
    """Where in `json` it goes, instead of a parameter."""


class HeaderLink(Vocabulary):
    """The header `Link` of each answer holds the address of the next (RFC 8288)."""

    type: Literal["header_link"]
    """The header Link of each answer holds the address of the next."""
    links_next_key: Text = "next"
    """The relation of that link."""


class JsonLink(Vocabulary):
    """Each answer holds the address of the next."""

    type: Literal["json_link"]
    """Each answer holds the address of the next."""
    next_url_path: Where = "next"
    """Where it is."""


def _named(paginator: object) -> object:
    if isinstance(paginator, dict) and paginator.get("type") == "auto":
        raise ValueError(
            "a paginator is not guessed, since a wrong guess loses records; name one: "
            "single_page, page_number, offset, cursor, header_link, json_link"
        )
    return paginator


Paginator = Annotated[
    SinglePage | PageNumber | Offset | Cursor | HeaderLink | JsonLink,
    Field(discriminator="type"),
    BeforeValidator(_named),
]


class HttpClient(Vocabulary):
    """How to reach a channel over HTTP."""

    base_url: WebAddress
    """The address that paths are relative to."""
    headers: Headers = {}
    """Sent with each request."""
    auth: Auth | None = None
    """How the hub says who it is."""
