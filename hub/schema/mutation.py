"""The changes that can be asked for: to connectors and dead letters of one's own channels, and to
one's own views."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import strawberry
from strawberry import UNSET
from strawberry.scalars import JSON

from hub.connectors.base import ChannelError
from hub.connectors.vocabulary import ConfigError
from hub.ingest.own import DeskError, ForbiddenError
from hub.schema.cases import CaseMutation
from hub.schema.context import HubInfo
from hub.schema.errors import ConfigurationError, InputError, RefusedError
from hub.schema.exports import ExportMutation
from hub.schema.letters import LetterMutation
from hub.schema.readiness import ReadinessMutation
from hub.schema.saving import save_view
from hub.schema.source import output, resolved
from hub.schema.types.channel import Run
from hub.schema.types.connector import (
    Connector,
    HostApproval,
    PreviewedRecord,
    StoredSecret,
)
from hub.schema.types.view import View
from hub.schema.warnings import WarningMutation
from hub.schema.webhooks import WebhookMutation
from hub.store.hosts import WEBHOOKS

_NAMED = {"name": "Name of a connector."}
_TEXT = {"yaml": "A connector's configuration, at most 64 KiB."}
_SECRET = {
    "connector": "Name of a connector.",
    "name": "What the text calls the secret.",
    "value": "The secret itself: send it as a variable.",
}
_VIEW = {
    "name": "2 to 63 lower-case letters, digits and `-`.",
    "document": "One query.",
    "variables": "Values by name, where a reader states none.",
}
_HOST = {
    "host": "A host, with its port where it is not the usual one.",
    "connector": "Name of a connector: for this one only.",
    "webhooks": "For what is sent to webhooks there, and for no connector.",
}

# What is of connectors goes through the viewer's desk, which knows nothing beyond their scope.


@output
class Mutation(
    WebhookMutation,
    ExportMutation,
    CaseMutation,
    WarningMutation,
    ReadinessMutation,
    LetterMutation,
):
    """All that can be changed. What lies outside your scope does not exist. What is of connectors
    needs connectors:read and connectors:write, and is written down with who asked for it."""

    @resolved(Connector, _TEXT)
    async def register_connector(self, info: HubInfo, yaml: str) -> Any:
        """Registers a connector of a channel of yours. It has the channel's name, and its
        `permission` keeps it within the regions that are granted to you."""
        with _told():
            name = await info.context.desk().register(yaml)
        return await info.context.reader.connectors.get(name)

    @resolved(Connector, _NAMED | _TEXT)
    async def update_connector(self, info: HubInfo, name: str, yaml: str) -> Any:
        """Gives a connector of yours another text; the next run takes it."""
        with _told():
            await info.context.desk().update(name, yaml)
        return await info.context.reader.connectors.get(name)

    @resolved(Connector, _NAMED | {"reason": "Why, for whoever wonders."})
    async def pause_connector(self, info: HubInfo, name: str, reason: str) -> Any:
        """Keeps a connector of yours from running, and says why. A first reason stays, but for an
        administrator's."""
        with _told():
            await info.context.desk().pause(name, reason)
        return await info.context.reader.connectors.get(name)

    @resolved(Connector, _NAMED)
    async def resume_connector(self, info: HubInfo, name: str) -> Any:
        """Lets a connector of yours run again, unless an administrator paused it."""
        with _told():
            await info.context.desk().resume(name)
        return await info.context.reader.connectors.get(name)

    @resolved(Connector, _NAMED)
    async def sync_now(self, info: HubInfo, name: str) -> Any:
        """Asks for a run of a connector of yours, which begins as soon as a scheduler is free."""
        with _told():
            await info.context.desk().sync(name)
        return await info.context.reader.connectors.get(name)

    @resolved(Run, _NAMED | {"ids": "Ids of dead letters; all that wait unless told."})
    async def replay_dead_letters(
        self, info: HubInfo, name: str, ids: list[strawberry.ID] | None = UNSET
    ) -> Any:
        """Maps dead letters of a connector of yours again, with its text as it is now and no call
        to the channel: those of these ids, or all that wait."""
        with _told():
            chosen = ids if isinstance(ids, list) else None
            run = await info.context.desk().replay(name, chosen)
        return await info.context.reader.runs.get(run)

    @resolved(strawberry.ID, {"id": "Of a dead letter.", "note": "Why it need not be stored."})
    async def acknowledge_dead_letter(
        self,
        info: HubInfo,
        id: strawberry.ID,  # noqa: A002
        note: str,
    ) -> Any:
        """Settles an open dead letter of your channels that need not be stored, and says why; its
        id."""
        with _told():
            await info.context.desk().acknowledge(id, note)
        return id

    @resolved(str, _NAMED | _TEXT)
    async def check_connector(
        self, info: HubInfo, name: str | None = UNSET, yaml: str | None = UNSET
    ) -> Any:
        """Asks the channel of a connector of yours, or of a text that is not registered, for a
        little, and says what was found."""
        with _told():
            return await info.context.desk().trial.check(name or None, yaml or None)

    @resolved(list[PreviewedRecord], _TEXT | {"limit": "How many at most, up to 50."})
    async def preview_connector(self, info: HubInfo, yaml: str, limit: int = 20) -> Any:
        """Reads and maps the first records of a channel, 50 at most, and stores none. What of them
        you may not see is null, as in complaints."""
        with _told():
            return await info.context.desk().trial.preview(yaml, limit, info.context.reading)

    @resolved(
        StoredSecret,
        {
            "connector": "Name of a connector.",
            "name": "What the text calls the secret.",
            "value": "The secret itself: send it as a variable.",
        },
    )
    async def rotate_secret(self, info: HubInfo, connector: str, name: str, value: str) -> Any:
        """Stores a secret of a connector of yours, which its text names as `${secret.NAME}`, or
        another value for it. No answer ever has it."""
        with _told():
            return await info.context.desk().rotate(connector, name, value)

    @resolved(HostApproval, _HOST)
    async def approve_host(
        self, info: HubInfo, host: str, connector: str | None = UNSET, webhooks: bool = False
    ) -> Any:
        """Lets the connectors that operators register, or one of them, call a host; or webhooks be
        at it. For admins."""
        with _told():
            return await info.context.desk().approve(host, _for(connector, webhooks))

    @resolved(bool, _HOST)
    async def revoke_host(
        self, info: HubInfo, host: str, connector: str | None = UNSET, webhooks: bool = False
    ) -> Any:
        """Takes back what was approved for one connector, for webhooks or, without either, for all
        connectors; whether there was such an approval. For admins."""
        with _told():
            return await info.context.desk().revoke(host, _for(connector, webhooks))

    @resolved(View, _VIEW)
    async def save_view(
        self, info: HubInfo, name: str, document: str, variables: JSON | None = UNSET
    ) -> Any:
        """Saves a query under a name, with values for variables that a reader does not state. A
        view of yours is replaced. It is read at `GET /views/{name}` by whoever has a token, within
        their own scope."""
        return await save_view(info, name, document, variables or {})

    @resolved(bool, {"name": "Name of a view."})
    async def remove_view(self, info: HubInfo, name: str) -> Any:
        """Removes a view of yours; whether there was one."""
        return await info.context.reader.views.remove(name)


def _for(connector: str | None, webhooks: bool) -> str | None:
    """For what a host is approved. Raises InputError."""
    if webhooks and connector:
        raise InputError("webhooks", "is for no connector; leave `connector` out")
    return WEBHOOKS if webhooks else connector or None


@contextmanager
def _told() -> Iterator[None]:
    """Tells a client what the desk refuses."""
    try:
        yield
    except DeskError as error:
        raise InputError(error.argument, str(error)) from None
    except ConfigError as error:
        raise ConfigurationError(error) from None
    except ForbiddenError as error:
        raise RefusedError(str(error), "FORBIDDEN") from None
    except ChannelError as error:
        raise RefusedError(str(error), "CHANNEL_FAILED") from None
