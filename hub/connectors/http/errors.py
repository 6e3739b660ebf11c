"""What a channel's answer means, and when to ask again: `error_handler` of a connector's YAML."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from hub.connectors.base import ChannelError
from hub.connectors.config import Text
from hub.connectors.vocabulary import Vocabulary

MOST_WAIT_SECONDS = 120.0
_OK = 200
_TRY_AGAIN = {429, 500, 502, 503, 504}
_NOT_LET_IN = (
    " It does not let the hub in: look at the key, token or password, and at what that may read."
)
_ADVICE = {
    401: _NOT_LET_IN,
    403: _NOT_LET_IN,
    404: " It has nothing there: look at the address and the path.",
    405: " It takes questions of another method there: look at `method`.",
    **dict.fromkeys(
        (301, 302, 303, 307, 308),
        " It sends elsewhere, and redirects are not followed: state the address that it sends to.",
    ),
}
_HINTS = {
    None: "",
    "config_error": " Mend the connector's configuration or its key.",
    "system_error": " Ask who runs the channel.",
    "transient_error": " It may be over at the next run.",
}


class PassingError(ChannelError):
    """A failure that may be over at the next try, after `wait` seconds if the channel said so."""

    def __init__(self, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class RefusedError(ChannelError):
    """An answer that is none, by its status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class IgnoredError(ChannelError):
    """An answer that the configuration says to pass over: there is nothing here."""


class Action(StrEnum):
    """What to do with an answer. RATE_LIMITED is RETRY by another name, as Airbyte has it."""

    SUCCESS = "SUCCESS"
    FAIL = "FAIL"
    RETRY = "RETRY"
    IGNORE = "IGNORE"
    RATE_LIMITED = "RATE_LIMITED"


class ResponseFilter(Vocabulary):
    """An answer with one of these statuses, or with this text in its body."""

    http_codes: list[int] = []
    """Statuses that fit."""
    error_message_contains: Text | None = None
    """A text in the body that fits."""
    action: Action
    """What to do with such an answer."""
    failure_type: Literal["config_error", "system_error", "transient_error"] | None = None
    """Whom a failure concerns; the message says so."""

    @model_validator(mode="after")
    def _some_condition(self) -> Self:
        if not self.http_codes and not self.error_message_contains:
            raise ValueError("state http_codes or error_message_contains")
        return self

    def fits(self, status: int, body: bytes) -> bool:
        """Whether the answer is one of these."""
        text = self.error_message_contains
        return status in self.http_codes or (text is not None and text.encode() in body)


class WaitTimeFromHeader(Vocabulary):
    """The channel says how long, in seconds or as an HTTP date."""

    type: Literal["wait_time_from_header"]
    """The channel says how long."""
    header: Text = "Retry-After"
    """The header that says it."""


class Exponential(Vocabulary):
    """`factor` seconds, then twice that, and so on."""

    type: Literal["exponential"]
    """Each wait is twice the one before."""
    factor: Annotated[float, Field(gt=0, le=60)] = 5.0
    """The first wait, in seconds."""


class Constant(Vocabulary):
    """As long each time."""

    type: Literal["constant"]
    """Each wait is the same."""
    backoff_time_in_seconds: Annotated[float, Field(gt=0, le=MOST_WAIT_SECONDS)]
    """How long, in seconds."""


Backoff = Annotated[WaitTimeFromHeader | Exponential | Constant, Field(discriminator="type")]


class ErrorHandler(Vocabulary):
    """How patient to be with a channel."""

    max_retries: Annotated[int, Field(ge=0, le=10)] = 3
    """How often a question is asked again."""
    backoff_strategies: list[Backoff] = []
    """How long to wait before that."""
    response_filters: list[ResponseFilter] = []
    """What answers mean; the first that fits decides."""

    @property
    def waits(self) -> tuple[float, float]:
        """The first and the longest wait, in seconds, where the channel names none."""
        for strategy in self.backoff_strategies:
            if isinstance(strategy, Constant):
                return strategy.backoff_time_in_seconds, strategy.backoff_time_in_seconds
            if isinstance(strategy, Exponential):
                return strategy.factor, MOST_WAIT_SECONDS
        return 0.2, 5.0

    def reads(self, status: int) -> bool:
        """Whether the body of such an answer is of use."""
        return status == _OK or bool(self.response_filters)

    def judge(self, where: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Returns for an answer to use. Raises PassingError, RefusedError or IgnoredError."""
        told = f"{where} answered {status}."
        found = next((each for each in self.response_filters if each.fits(status, body)), None)
        if found is None:
            passing = Action.RETRY if status in _TRY_AGAIN else Action.FAIL
            action = Action.SUCCESS if status == _OK else passing
        else:
            action = found.action
        if action is Action.IGNORE:
            raise IgnoredError(told)
        if action is Action.FAIL:
            advice = _HINTS[found.failure_type] if found else _ADVICE.get(status, "")
            raise RefusedError(told + advice, status)
        if action is not Action.SUCCESS:
            raise PassingError(told, self._asked_wait(told, headers))

    def _asked_wait(self, told: str, headers: Mapping[str, str]) -> float | None:
        named = [s.header for s in self.backoff_strategies if isinstance(s, WaitTimeFromHeader)]
        for name in [*named, "Retry-After"]:
            wait = seconds_to_wait(headers.get(name, ""), datetime.now(UTC))
            if wait is None:
                continue
            if wait > MOST_WAIT_SECONDS:
                raise ChannelError(
                    f"{told} It asks to wait {wait:,.0f} s, longer than the "
                    f"{MOST_WAIT_SECONDS:.0f} s that a run waits; run again after that."
                )
            return wait
        return None


def seconds_to_wait(text: str, now: datetime) -> float | None:
    """What a Retry-After says, in seconds or as an HTTP date; None where it says neither."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())
