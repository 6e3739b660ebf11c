"""Starlette's requests as Authlib wants them, read within limits."""

from urllib.parse import parse_qsl

from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Request
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc6749.util import extract_basic_authorization
from starlette.requests import Request

MAX_BODY_BYTES = 64 * 1024
_MAX_FIELDS = 40
_FORM = "application/x-www-form-urlencoded"
_MAY_REPEAT = "resource"  # RFC 8707, section 2


Fields = dict[str, str]


class InvalidTargetError(InvalidRequestError):  # type: ignore[misc]
    """The token is asked for another resource than this hub (RFC 8707, section 2)."""

    error = "invalid_target"


class BodyTooLargeError(Exception):
    """The body of a request is larger than it may be."""


async def body_within(request: Request, most: int) -> bytearray:
    """The body of a request, of which no more than `most` bytes are kept. Raises
    BodyTooLargeError."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise BodyTooLargeError
    return body


class HubRequest(OAuth2Request):  # type: ignore[misc]
    """A request whose parameters have been read."""

    def __init__(self, request: Request, url: str, pairs: list[tuple[str, str]]) -> None:
        super().__init__(request.method, url, headers=dict(request.headers.items()))
        # Authlib reads the header by this spelling, and stumbles over some that are malformed.
        self.headers["Authorization"] = _readable(request.headers.get("authorization", ""))
        self.pairs = pairs
        self.fields: Fields = dict(pairs)
        self.payload = BasicOAuth2Payload(self.fields)
        self.address = address_of(request)

    @property
    def form(self) -> Fields:
        """The parameters."""
        return self.fields

    def check_repeats(self) -> None:
        """Raises InvalidRequestError for a parameter given twice."""
        names = [name for name, _ in self.pairs if name != _MAY_REPEAT]
        if len(names) != len(set(names)):
            raise InvalidRequestError("A parameter is given more than once.")

    def check_target(self, issuer: str) -> None:
        """Raises InvalidTargetError for a `resource` that is not the hub."""
        wanted = {value for name, value in self.pairs if name == _MAY_REPEAT}
        if not wanted <= {issuer, f"{issuer}/"}:
            raise InvalidTargetError("Tokens of this hub are for this hub alone.")


async def form_pairs(request: Request) -> list[tuple[str, str]]:
    """The fields of a form, in their order. Raises InvalidRequestError where it is no form, or
    beyond MAX_BODY_BYTES."""
    content_type = request.headers.get("content-type", _FORM).partition(";")[0].strip().lower()
    if content_type != _FORM:
        raise InvalidRequestError(f"Send the parameters as {_FORM}.")
    try:
        body = await body_within(request, MAX_BODY_BYTES)
    except BodyTooLargeError:
        raise InvalidRequestError("The request is too large.", status_code=413) from None
    return parsed(body.decode("latin-1"))


def parsed(text: str) -> list[tuple[str, str]]:
    """The pairs of a query. Raises InvalidRequestError if they are too many."""
    try:
        return parse_qsl(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError:
        raise InvalidRequestError("There are too many parameters.") from None


def address_of(request: Request) -> str:
    """Where a request comes from, for counting."""
    return request.client.host if request.client else "unknown"


def _readable(authorization: str) -> str:
    try:
        extract_basic_authorization({"Authorization": authorization})
    except ValueError:
        return ""
    return authorization
