"""Warnings by e-mail, by the server and to the domains that an administrator set."""

from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib
import structlog
from pydantic import SecretStr

from hub.domain.region import regions
from hub.domain.warning import WarningKind
from hub.store.mongo import Document

_SECONDS = 20.0
_LEAST_PERMANENT = 500

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """How e-mail is sent. `security` is starttls, tls or none; the password is never shown."""

    host: str
    port: int
    security: str
    sender: str
    domains: frozenset[str]
    username: str | None
    password: SecretStr | None


class SmtpMailer:
    """Sends each warning as a message of its own."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def send(self, warning: Document, address: str) -> bool:
        """Whether an address is done with: told, or refused for good."""
        server = self._server
        if address.rpartition("@")[2].lower() not in server.domains:
            _log.warning("warnings.address_not_allowed", warning=warning["_id"])
            return True
        password = server.password.get_secret_value() if server.password else None
        try:
            await aiosmtplib.send(
                message_of(warning, server.sender, address),
                hostname=server.host,
                port=server.port,
                username=server.username,
                password=password,
                use_tls=server.security == "tls",
                start_tls=server.security == "starttls",
                timeout=_SECONDS,
            )
        except (aiosmtplib.SMTPRecipientsRefused, aiosmtplib.SMTPDataError) as error:
            # Of this message alone; whatever else fails is the server's, and is mended one day.
            refused = error if isinstance(error, aiosmtplib.SMTPDataError) else error.recipients[0]
            _log.warning("warnings.not_mailed", warning=warning["_id"], code=refused.code)
            return refused.code >= _LEAST_PERMANENT
        except (aiosmtplib.SMTPException, OSError) as error:
            kind = type(error).__name__
            _log.warning("warnings.not_mailed", warning=warning["_id"], error=kind)
            return False
        return True


def message_of(warning: Document, sender: str, address: str) -> EmailMessage:
    """A warning as a message. Its id is the same whenever it is sent."""
    message = EmailMessage()
    message["From"], message["To"] = sender, address
    message["Subject"] = f"[complaint hub] {warning['name']}: {where(warning)}"
    message["Message-ID"] = f"<{warning['_id']}@{sender.rpartition('@')[2]}>"
    message["Date"] = warning["raised_at"]
    message.set_content(f"{what(warning)}\n\nRaised {warning['raised_at']:%Y-%m-%d %H:%M} UTC.\n")
    return message


def where(warning: Document) -> str:
    """What a warning is about, in words."""
    region = regions().get(warning["district"] or warning["province"])
    place = region.name if region else "Indonesia"
    return f"{warning['channel']}, {place}" if warning["channel"] else place


def what(warning: Document) -> str:
    """What a warning says, in a sentence."""
    days, received, done = warning["days"], warning["received"], warning["followed_up"]
    match WarningKind(warning["kind"]):
        case WarningKind.FOLLOW_UP_LOW:
            said = f"{done} of {received} complaints of the last {days} days were followed up."
        case WarningKind.CHANNEL_SILENT:
            said = f"The channel has brought no complaint for {days} days."
        case WarningKind.DISTRICT_INACTIVE:
            said = f"Nothing was followed up in {days} days, in which {received} complaints came."
            if month := warning.get("acted_in"):
                said += f" The last time was in {month}."
    return f"{where(warning)}: {said}"
