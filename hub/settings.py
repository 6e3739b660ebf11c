"""HUB_* environment → one frozen object."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsError(Exception):
    """A HUB_* variable that can't be used; names the variable, never its value."""


class Settings(BaseSettings):
    """How this hub runs. docs/settings.md lists every variable."""

    model_config = SettingsConfigDict(env_prefix="HUB_", frozen=True)

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: int = Field(default=8000, ge=1, le=65535, description="Port to listen on.")
    public_url: str | None = Field(
        default=None,
        description="Address that clients use; the issuer of tokens. Default: host and port.",
    )
    data_dir: Path = Field(
        default=Path(".hub"), description="Where the embedded MongoDB and its key are kept."
    )
    connectors_dir: Path = Field(
        default=Path("connectors_config"),
        description="Folder of connector YAML files, read at start.",
    )
    mongodb_uri: SecretStr | None = Field(
        default=None, description="A replica set to use. Default: a mongod of the hub's own."
    )
    mongodb_driver: Literal["pymongo", "motor"] = Field(
        default="pymongo", description="Which asyncio driver speaks to MongoDB."
    )
    scope_monitor: Literal["refuse", "report", "off"] = Field(
        default="report",
        description="What becomes of a read that does not carry its viewer's scope.",
    )
    encryption_key: SecretStr | None = Field(
        default=None,
        description="32 bytes in base64 that seal personal data, earlier keys after a comma. "
        "Needed with HUB_MONGODB_URI; else made at the first start.",
    )
    private_hosts: str = Field(
        default="",
        description="Private host:port pairs that connectors may call, parted by commas.",
    )
    singer_taps: str = Field(
        default="",
        description="Singer taps that connectors may run: name=absolute path, parted by commas.",
    )
    token_seconds: int = Field(
        default=900, ge=60, le=3600, description="How long an access token is valid."
    )

    query_cost: int = Field(
        default=25_000, ge=100, description="How many values the answer to a request may hold."
    )
    query_cost_mode: Literal["enforce", "measure"] = Field(
        default="enforce", description="Whether a costlier request is refused, or only counted."
    )
    query_seconds: float = Field(
        default=8.0, ge=0.1, le=300, description="How long a query may take."
    )
    query_rate: int = Field(
        default=100, ge=1, description="Requests a second of each client, to each process."
    )
    subscriptions: int = Field(
        default=200, ge=1, description="Subscriptions of each client, at each process."
    )
    connection_operations: int = Field(
        default=50, ge=1, description="Operations that go on at once over one WebSocket."
    )
    introspection: bool = Field(
        default=True, description="Whether the schema is told to clients that ask for it."
    )

    graphiql: bool = Field(
        default=False, description="Whether GraphiQL, a page to ask from, is served at /graphiql."
    )
    cors_origins: str = Field(
        default="",
        description="Origins whose pages may ask the hub from a browser, parted by commas; the "
        "hub's own may.",
    )

    external_issuers_file: Path | None = Field(
        default=None, description="File of the OAuth issuers whose tokens count besides the hub's."
    )

    smtp_host: str | None = Field(
        default=None, description="Server that e-mail goes through. Without it none is sent."
    )
    smtp_port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the way to it is encrypted."
    )
    smtp_from: str | None = Field(
        default=None, description="Address that e-mail is from. Needed with HUB_SMTP_HOST."
    )
    smtp_username: str | None = Field(default=None, description="Who logs in there, if need be.")
    smtp_password: SecretStr | None = Field(default=None, description="With which password.")
    smtp_domains: str = Field(
        default="",
        description="Domains that warnings may be mailed to, parted by commas; by default that of "
        "HUB_SMTP_FROM.",
    )

    office_days_file: Path | None = Field(
        default=None,
        description="CSV file of days that the nation or a region works or does not, beside the "
        "national holidays and joint leave.",
    )

    @field_validator(
        *("external_issuers_file", "office_days_file"),
        *("smtp_host", "smtp_from", "smtp_username", "smtp_password"),
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        """As docker-compose.yml hands on a variable that is not set."""
        return value or None

    @field_validator("singer_taps")
    @classmethod
    def _names_and_paths(cls, value: str) -> str:
        for name, path in _pairs(value):
            if not name or not Path(path).is_absolute():
                raise PydanticCustomError(
                    "singer_taps", "write name=/absolute/path, parted by commas"
                )
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str) -> str:
        for origin in _listed(value):
            parts = urlsplit(origin)
            if (
                parts.scheme not in {"https", "http"}
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise PydanticCustomError(
                    "cors_origins", "write origins as https://host or https://host:port, no *"
                )
        return value

    @model_validator(mode="after")
    def _reachable_over_tls(self) -> Self:
        """Tokens go over TLS; only on the machine itself they may go without."""
        address = urlsplit(self.issuer)
        if address.scheme != "https" and address.hostname not in {"localhost", "127.0.0.1", "::1"}:
            raise PydanticCustomError(
                "public_url",
                "set HUB_PUBLIC_URL to the https:// address under which clients reach this hub",
            )
        return self

    @model_validator(mode="after")
    def _sender(self) -> Self:
        if self.smtp_host and "@" not in (self.smtp_from or ""):
            raise PydanticCustomError("smtp_from", "set HUB_SMTP_FROM to the address mail is from")
        return self

    @property
    def mail_domains(self) -> frozenset[str]:
        """The domains that warnings may be mailed to, in lower case; none without a server."""
        if not self.smtp_host:
            return frozenset()
        own = (self.smtp_from or "").rpartition("@")[2]
        return frozenset(each.lower() for each in _listed(self.smtp_domains or own))

    @property
    def issuer(self) -> str:
        """The address that tokens are issued under, without a slash at its end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (self.public_url or f"http://{host}:{self.port}").rstrip("/")

    @property
    def callable_private_hosts(self) -> frozenset[str]:
        """The private `host:port` pairs that connectors may call."""
        return frozenset(_listed(self.private_hosts))

    @property
    def shared_origins(self) -> tuple[str, ...]:
        """The origins whose pages may ask the hub from a browser."""
        return tuple(_listed(self.cors_origins))

    @property
    def taps(self) -> dict[str, Path]:
        """The Singer taps that connectors may run, by name."""
        return {name: Path(path) for name, path in _pairs(self.singer_taps)}


def _listed(listed: str) -> Iterator[str]:
    """Each entry of a list that is parted by commas."""
    return filter(None, map(str.strip, listed.split(",")))


def _pairs(listed: str) -> Iterator[tuple[str, str]]:
    """Each `name=value` of a list that is parted by commas."""
    for each in _listed(listed):
        name, _, value = each.partition("=")
        yield name.strip(), value.strip()


def load_settings() -> Settings:
    """Reads the environment. Raises SettingsError naming each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            ": ".join([*(f"HUB_{name}".upper() for name in detail["loc"]), detail["msg"]])
            for detail in error.errors(include_url=False, include_input=False)
        ]
        raise SettingsError("\n".join(lines)) from None
