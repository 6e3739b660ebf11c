"""What a connector's YAML says of an SFTP server, for which no library is needed."""

from typing import Literal, Self

from pydantic import model_validator

from hub.connectors.config import Text
from hub.connectors.http.config import Secret
from hub.connectors.vocabulary import Vocabulary


class SftpCredentials(Vocabulary):
    """Who the hub is on an SFTP server, and how it knows the server."""

    type: Literal["sftp"]
    """An SFTP server."""
    username: Text
    """The user there."""
    password: Secret | None = None
    """${secret.NAME} or ${env.NAME} of the password."""
    private_key: Secret | None = None
    """${secret.NAME} or ${env.NAME} of a private key, the text of an OpenSSH or PEM file."""
    host_key: Text
    """The server's public key, as `ssh-keyscan` tells it: ssh-ed25519 AAAA…"""

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if (self.password is None) == (self.private_key is None):
            raise ValueError("state either `password` or `private_key`")
        return self
