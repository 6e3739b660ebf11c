"""What runs for those who oversee, beside whatever else a process does."""

from collections.abc import Callable, Coroutine
from typing import Any

from hub.settings import Settings
from hub.store.store import Store


def for_overseers(
    store: Store, settings: Settings
) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
    """What links duplicates, and what warns early; by e-mail too where a server for it is set."""
    from hub.oversight.early_warning import EarlyWarning
    from hub.oversight.linking import Linker
    from hub.oversight.mail import SmtpMailer, SmtpServer
    from hub.oversight.mailing import WarningMails

    works = Linker(store).work, EarlyWarning(store).work
    if settings.smtp_host and settings.smtp_from:
        mailer = SmtpMailer(
            SmtpServer(
                host=settings.smtp_host,
                port=settings.smtp_port,
                security=settings.smtp_security,
                sender=settings.smtp_from,
                domains=settings.mail_domains,
                username=settings.smtp_username,
                password=settings.smtp_password,
            )
        )
        return *works, WarningMails(store, mailer).work
    return works
