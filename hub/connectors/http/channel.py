"""What the YAML of each kind over HTTP says alike, and the client that follows from it."""

from hub.connectors.base import Surroundings
from hub.connectors.config import ConnectorConfig, Text
from hub.connectors.http.budget import ApiBudget
from hub.connectors.http.client import ChannelClient
from hub.connectors.http.config import HttpClient
from hub.connectors.http.errors import ErrorHandler


class HttpChannelConfig(ConnectorConfig):
    """A channel over HTTP. `allowed_hosts` defaults to the host of `client.base_url`."""

    allowed_hosts: list[Text] = []
    """Hosts that may be called; that of base_url if left out."""
    client: HttpClient
    """How to reach the channel."""
    error_handler: ErrorHandler = ErrorHandler()
    """How patient to be, and what an answer means."""
    api_budget: ApiBudget | None = None
    """How many requests the channel takes in how long."""

    @property
    def open_to_operators(self) -> bool:
        """It reaches approved hosts alone."""
        return True

    def connect(
        self, surroundings: Surroundings, error_handler: ErrorHandler | None = None
    ) -> ChannelClient:
        """A client of the channel, with the patience that is stated or another one. Raises
        ConfigError and ChannelError."""
        return ChannelClient(
            self.client,
            self.allowed_hosts,
            surroundings,
            error_handler or self.error_handler,
            self.api_budget,
        )
