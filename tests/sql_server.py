"""Real database servers of the tests' own, as an operator's connector is told of one."""

from dataclasses import dataclass

import sqlalchemy as sa

USER = "reader"
PASSWORD = "p@ss/word"


@dataclass(frozen=True, slots=True)
class SqlServer:
    """A running server on loopback."""

    engine: sa.Engine

    @classmethod
    def at(cls, port: int, driver: str, database: str) -> "SqlServer":
        """The one of a port, asked with SQLAlchemy's name of a driver."""
        url = sa.URL.create(driver, USER, PASSWORD, "127.0.0.1", port, database)
        return cls(sa.create_engine(url, poolclass=sa.NullPool))

    @property
    def host(self) -> str:
        """As HUB_PRIVATE_HOSTS names it."""
        return f"127.0.0.1:{self.engine.url.port}"

    @property
    def dsn(self) -> str:
        """The address that an operator would state."""
        url = self.engine.url.set(drivername=self.engine.url.get_backend_name())
        return url.render_as_string(hide_password=False)
