"""Kind `webhook`: the channel calls the hub, signed after Standard Webhooks."""

import base64
import secrets
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hmac import compare_digest
from itertools import islice
from typing import Annotated, Any, ClassVar, Literal, Self

import orjson
from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from standardwebhooks import Webhook

from hub.connectors.base import Batch, Between, ChannelError, Connector, Record, State, Undecodable
from hub.connectors.config import ConnectorConfig, Resource, Selector
from hub.connectors.http.config import Secret
from hub.connectors.mapping.paths import selector
from hub.connectors.schedule import Duration
from hub.connectors.vocabulary import ConfigError, Problem

MOST_SECRETS = 2
MOST_RECORDS = 1_000
_MOST_VALUES = 100_000
BATCH_RECORDS = 50
"""So many are mapped at once: who asks the same hub something waits no longer than that takes."""
_SECRET_BYTES = range(24, 65)  # as Standard Webhooks has it
_MOST_ID, _MOST_SIGNATURES, _MOST_DIGITS = 256, 10, 11


class TooManyError(Exception):
    """A delivery holds more than is taken at once."""


class Pushed(Resource):
    """Records of one shape in what is pushed."""

    data_selector: Selector = "$.data"
    """JSONPath of a record, or of a list of them, in a delivery."""


class WebhookConfig(ConnectorConfig):
    """A channel that calls `POST /webhooks/{name}` of the hub."""

    type: Literal["webhook"]
    """A channel that calls the hub."""
    secret: Annotated[
        list[Secret],
        Field(min_length=1, max_length=MOST_SECRETS),
        BeforeValidator(
            lambda value: [value] if isinstance(value, str) else value,
            json_schema_input_type=Secret | list[Secret],
        ),
    ]
    """${secret.NAME} or ${env.NAME} of what signs deliveries; while it changes, new and old."""
    tolerance: Annotated[Duration, Field(gt=timedelta(0), le=timedelta(hours=1))] = timedelta(
        minutes=5
    )
    """How far the time of a delivery may be from the hub's, an hour at most."""
    header_prefix: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")] = "webhook"
    """What the names of the headers begin with: `webhook-id`, `-timestamp` and `-signature`."""
    resources: Annotated[list[Pushed], Field(min_length=1)]
    """The sorts of records."""

    @property
    def mapped(self) -> tuple[Resource, ...]:
        """The sorts of records."""
        return tuple(self.resources)

    @property
    def open_to_operators(self) -> bool:
        """It reaches nothing."""
        return True

    @model_validator(mode="after")
    def _not_run(self) -> Self:
        if self.schedule:
            raise ValueError("nothing is asked of a channel that calls: leave `schedule` out")
        return self


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came with a request: its id, time and signatures, as the headers have them, and the
    body."""

    id: str
    timestamp: str
    signatures: str
    body: bytes

    @classmethod
    def of(cls, headers: Mapping[str, str], prefix: str, body: bytes) -> Self:
        """The delivery of a request; a header that is missing is empty."""
        return cls(
            headers.get(f"{prefix}-id", ""),
            headers.get(f"{prefix}-timestamp", ""),
            headers.get(f"{prefix}-signature", ""),
            body,
        )

    def signed_by(self, keys: Sequence[Webhook], tolerance: timedelta, now: datetime) -> bool:
        """Whether one of these keys signed it, at a time that is near enough to now (UTC).

        The work is the same whether there are two keys, one or none, and whatever is wrong.
        """
        sent_at = _moment(self.timestamp)
        text = self.body.decode(errors="replace")  # what is no UTF-8 then has another signature
        signers = [*keys, *[_STRANGER] * (MOST_SECRETS - len(keys))]
        expected = [signer.sign(self.id, sent_at, text).encode() for signer in signers]
        given = self.signatures.encode("latin-1", "replace").split(b" ")[:_MOST_SIGNATURES]
        matches = [compare_digest(one, other) for one in expected for other in given]
        return any(matches) and 0 < len(self.id) <= _MOST_ID and abs(now - sent_at) <= tolerance


def _moment(timestamp: str) -> datetime:
    """Seconds since 1970, which is also what anything else is read as."""
    known = timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= _MOST_DIGITS
    return datetime.fromtimestamp(int(timestamp) if known else 0, UTC)


_STRANGER = Webhook(secrets.token_bytes(32))


class WebhookConnector(Connector[WebhookConfig]):
    """Takes what is pushed; there is nothing to read."""

    config_model = WebhookConfig
    pushed: ClassVar[bool] = True

    def keys(self) -> list[Webhook]:
        """What its deliveries may be signed with. Raises ConfigError."""
        return [self._key(reference) for reference in self.config.secret]

    def _key(self, reference: str) -> Webhook:
        text = self.surroundings.expand(reference, "secret").removeprefix("whsec_")
        try:
            key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
        except ValueError:
            key = b""
        if len(key) not in _SECRET_BYTES:
            told = (
                f"what {reference} names is no secret of Standard Webhooks: whsec_ and 24 to 64 "
                'bytes in base64. Make one with: echo "whsec_$(openssl rand -base64 32)"'
            )
            raise ConfigError(self.config.name, [Problem(0, "secret", told)])
        return Webhook(key)

    async def check(self) -> str:
        """Says where to push to, once the secrets are found to be such."""
        many = len(self.keys())
        return (
            f"its channel pushes to /webhooks/{self.config.name} of this hub, signed with "
            f"{'the secret' if many == 1 else f'one of {many} secrets'}; nothing was asked of it"
        )

    async def read(
        self,
        checkpoint: Mapping[str, State],  # noqa: ARG002 - as every kind has it
        between: Between | None = None,  # noqa: ARG002
    ) -> AsyncGenerator[Batch, None]:
        """Raises ChannelError."""
        raise ChannelError(nothing_to_read(self.config.name))
        yield

    def batches(self, body: bytes) -> list[Batch]:
        """The records of a delivery. What holds none that can be found is one that can't be read.

        Raises TooManyError.
        """
        if body.count(b",") > _MOST_VALUES:
            raise TooManyError(f"A delivery may hold {_MOST_VALUES:,} values.")
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            return self._undecodable(body, f"decode: is no JSON: {error}")
        found: list[tuple[str, list[Record | Undecodable]]] = []
        for name, find in self._finders:
            if matches := find(document):
                try:
                    found.append((name, [*_records(matches)]))
                except orjson.JSONEncodeError as error:
                    return self._undecodable(body, f"decode: {error}")
        if not found:
            return self._undecodable(body, "decode: no data_selector finds anything in it")
        if sum(len(records) for _, records in found) > MOST_RECORDS:
            raise TooManyError(f"A delivery may hold {MOST_RECORDS:,} records.")
        return [Batch(name, part, None) for name, records in found for part in _parts(records)]

    @cached_property
    def _finders(self) -> list[tuple[str, Callable[[Any], list[Any]]]]:
        # `$.data[*]` finds nothing in an empty list, `$.data` finds the list.
        return [
            (each.name, selector(each.data_selector.removesuffix("[*]")))
            for each in self.config.resources
        ]

    def _undecodable(self, body: bytes, reason: str) -> list[Batch]:
        return [Batch(self.config.resources[0].name, [Undecodable(body, reason)], None)]


def nothing_to_read(name: str) -> str:
    """What is told to who wants to run such a connector."""
    return f"There is nothing to read: the channel of {name} pushes to /webhooks/{name}."


def _records(matches: list[Any]) -> Iterator[Record | Undecodable]:
    """Raises JSONEncodeError for what is no record and nests too deeply to be kept."""
    for match in matches:
        for each in match if isinstance(match, list) else [match]:
            known = isinstance(each, dict)
            yield each if known else Undecodable(orjson.dumps(each), "decode: is no object")


def _parts(records: list[Record | Undecodable]) -> Iterator[list[Record | Undecodable]]:
    rest = iter(records)
    while part := [*islice(rest, BATCH_RECORDS)]:
        yield part
