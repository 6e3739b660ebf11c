"""A connection to an operator's database: to a checked address, for reading only, with limits."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import sqlalchemy as sa
from anyio import to_thread

from hub.connectors.base import ChannelError, Surroundings
from hub.connectors.guard import callable_addresses, check_host

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 60
_PORTS = {"postgresql": 5432, "mysql": 3306, "mariadb": 3306}
_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_TLS = {"disable", "require", "verify-full"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a database is, and who asks it."""

    url: sa.URL
    host: str
    port: int
    tls: str | None

    @classmethod
    def of(cls, dsn: str) -> Self:
        """Reads an address such as postgresql://reader:…@db.example.go.id/lapor?sslmode=require.

        Raises ChannelError, which does not tell the address: it holds a password.
        """
        try:
            url = sa.make_url(dsn)
        except sa.exc.ArgumentError:
            raise ChannelError("dsn: is no address such as postgresql://user@host/base") from None
        kind = url.drivername.partition("+")[0]
        if kind not in _PORTS:
            raise ChannelError(f"dsn: {kind} is not among {', '.join(sorted(_PORTS))}.")
        if not url.host or not url.database:
            raise ChannelError("dsn: names no host or no database.")
        tls = url.query.get("sslmode")
        if set(url.query) - {"sslmode"} or (tls is not None and tls not in _TLS):
            raise ChannelError(f"dsn: takes sslmode={'|'.join(sorted(_TLS))} and nothing else.")
        if tls == "verify-full" and kind != "postgresql":
            # Its driver checks a certificate by the address that it connects to, not by the name.
            raise ChannelError(f"dsn: sslmode=verify-full is for postgresql only, not {kind}.")
        plain = url.set(drivername=_DRIVERS[kind], query={})
        return cls(plain, url.host.lower(), url.port or _PORTS[kind], str(tls) if tls else None)

    @property
    def is_postgresql(self) -> bool:
        """Else it is MySQL or MariaDB, which speak alike."""
        return self.url.drivername.startswith("postgresql")


@asynccontextmanager
async def connection(
    address: Address, allowed_hosts: list[str], surroundings: Surroundings
) -> AsyncIterator[sa.Connection]:
    """An open connection that writes nothing. Raises ChannelError."""
    allowed = {host.lower() for host in allowed_hosts or [address.host]}
    check_host(address.host, allowed, surroundings.approved_hosts)
    try:
        checked, *_ = await callable_addresses(
            address.host, address.port, surroundings.private_hosts
        )
    except OSError as error:
        raise ChannelError(f"{address.host} can't be found: {error}") from None
    engine = sa.create_engine(
        address.url,
        poolclass=sa.NullPool,
        isolation_level="AUTOCOMMIT",
        connect_args=_arguments(address, str(checked)),
        hide_parameters=True,
    )
    try:
        database = await to_thread.run_sync(_open, engine, address)
        try:
            yield database
        finally:
            await to_thread.run_sync(database.close)
    finally:
        engine.dispose()


def _open(engine: sa.Engine, address: Address) -> sa.Connection:
    try:
        database = engine.connect()
        if not address.is_postgresql:
            database.execute(sa.text("SET SESSION TRANSACTION READ ONLY"))
        return database
    except sa.exc.SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
        where = f"{address.host}:{address.port}"
        raise ChannelError(f"{where} can't be opened: {reason}") from None


def _arguments(address: Address, checked: str) -> dict[str, Any]:
    """What the driver is told: the checked address, and limits of waiting."""
    if address.is_postgresql:
        limits = f"-c statement_timeout={STATEMENT_SECONDS}s -c default_transaction_read_only=on"
        return {
            "hostaddr": checked,  # beside the host's name, by which a certificate is checked
            "port": address.port,
            "connect_timeout": CONNECT_SECONDS,
            "tcp_user_timeout": STATEMENT_SECONDS * 1000,
            "options": limits,
            **({"sslmode": address.tls} if address.tls else {}),
        }
    tls: dict[str, dict[str, Any]] = {
        "disable": {"ssl_disabled": True},
        "require": {"ssl": {"check_hostname": False}},
    }
    return {
        "host": checked,
        "port": address.port,
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": STATEMENT_SECONDS,
        "write_timeout": STATEMENT_SECONDS,
        **tls.get(address.tls or "", {}),
    }
