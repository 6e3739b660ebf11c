"""What is to be sent to webhooks, and what became of it: which change of which complaint, never
what the complaint says."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pymongo.errors import BulkWriteError

from hub.domain.clock import utc_now
from hub.domain.delivery import DeliveryKind, DeliveryState
from hub.domain.scope import Scope
from hub.store import plan
from hub.store.cursor import Cursors
from hub.store.mongo import DUPLICATE_KEY, Database, Document
from hub.store.paging import Pager, PageRequest, Slice

KEPT = timedelta(days=30)
"""How long a delivery is kept once it is stored."""

_LATEST_FIRST = (plan.Step("at", descending=True), plan.Step("_id", descending=True))
_PENDING = {"state": DeliveryState.PENDING.value}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a complaint was that is gone."""

    province: str | None
    district: str | None
    channel: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one webhook, of a complaint, a warning or neither. `order` has the order of
    the changes; `was` is where a complaint was that is gone."""

    id: str
    webhook: str
    by: str
    kind: DeliveryKind
    complaint: str | None
    was: Place | None
    order: str
    at: datetime
    tries: int = 0
    warning: str | None = None


class OwnDeliveries:
    """Deliveries to a viewer's webhooks; no other is found here."""

    def __init__(self, scope: Scope, database: Database, cursors: Cursors) -> None:
        self._mine = {"by": scope.subject}
        self._deliveries = database["deliveries"]
        self._pager = Pager(self._deliveries, scope, cursors)

    async def page(
        self, webhook: str | None, state: DeliveryState | None, request: PageRequest
    ) -> Slice:
        """A page of deliveries, the latest first. Raises InvalidCursorError."""
        wanted: plan.Filter = {}
        if webhook:
            wanted["webhook"] = {"$eq": webhook}
        if state:
            wanted["state"] = {"$eq": state.value}
        return await self._pager.read(self._mine, wanted, _LATEST_FIRST, request)

    async def redeliver(self, webhook: str, ids: Sequence[str] | None) -> int:
        """Sends dead ones again, or any of these ids that is not being sent; how many there
        were."""
        wanted: Document = {"state": DeliveryState.DEAD.value}
        if ids is not None:
            wanted = {"_id": {"$in": list(ids)}, "state": {"$ne": DeliveryState.PENDING.value}}
        of_it = plan.both(self._mine, {"webhook": {"$eq": webhook}}, wanted)
        now = utc_now()
        again = {**_PENDING, "tries": 0, "next_at": now, "expires_at": now + KEPT}
        return (await self._deliveries.update_many(of_it, {"$set": again})).matched_count

    async def forget(self, webhook: str) -> None:
        """Removes what is of a webhook that is removed."""
        await self._deliveries.delete_many({**self._mine, "webhook": {"$eq": webhook}})


class Outbox:
    """Deliveries, for whoever makes them."""

    def __init__(self, database: Database) -> None:
        self._deliveries = database["deliveries"]

    async def put(self, deliveries: Sequence[Delivery]) -> None:
        """Stores deliveries durably; those that are there already stay as they are."""
        if not deliveries:
            return
        try:
            await self._deliveries.insert_many(map(_document, deliveries), ordered=False)
        except BulkWriteError as error:
            if any(e["code"] != DUPLICATE_KEY for e in error.details["writeErrors"]):
                raise

    async def due(self, webhook: str, now: datetime, most: int) -> list[Delivery]:
        """The first to be sent to a webhook at a moment (UTC), none of them of a complaint of
        which an earlier one still waits: that one goes first."""
        waiting = {"webhook": webhook, **_PENDING}
        found = await self._deliveries.find(
            {**waiting, "next_at": {"$lte": now}}, sort=[("order", 1), ("_id", 1)], limit=most
        ).to_list(None)
        complaints = {d["complaint"] for d in found} - {None}
        later = {**waiting, "complaint": {"$in": [*complaints]}, "next_at": {"$gt": now}}
        waits = {d["complaint"]: d async for d in self._deliveries.find(later).sort("order", -1)}
        due = []
        for each in found:
            first = waits.get(each["complaint"])
            if first and first["order"] < each["order"]:
                await self.put_off(each["_id"], first["next_at"])
            else:
                due.append(_delivery(each))
        return due

    async def put_off(self, id_: str, until: datetime) -> None:
        """Sends one no sooner than at a moment (UTC)."""
        await self._deliveries.update_one({"_id": id_, **_PENDING}, {"$set": {"next_at": until}})

    async def delivered(self, id_: str, status: int) -> None:
        """Notes that one was taken."""
        done = {"state": DeliveryState.DELIVERED.value, "delivered_at": utc_now()}
        await self._tried(id_, {**done, "last_status": status, "last_error": None})

    async def failed(
        self, id_: str, status: int | None, error: str, next_at: datetime | None
    ) -> None:
        """Notes why one was not taken, and when it is tried again (UTC); None is never."""
        told: Document = {"last_status": status, "last_error": error}
        if next_at is None:
            told["state"] = DeliveryState.DEAD.value
        else:
            told["next_at"] = next_at
        await self._tried(id_, told)

    async def _tried(self, id_: str, told: Document) -> None:
        changed = {"$set": {**told, "tried_at": utc_now()}, "$inc": {"tries": 1}}
        await self._deliveries.update_one({"_id": id_, **_PENDING}, changed)

    async def bury(self, webhook: str) -> None:
        """Makes all that wait for a webhook dead letters."""
        dead = {"state": DeliveryState.DEAD.value, "last_error": "the webhook is disabled"}
        await self._deliveries.update_many({"webhook": webhook, **_PENDING}, {"$set": dead})

    async def counts(self, webhook: str) -> dict[str, int]:
        """How many wait for a webhook, and how many are dead."""
        return {
            state.value: await self._deliveries.count_documents(
                {"webhook": webhook, "state": state.value}
            )
            for state in (DeliveryState.PENDING, DeliveryState.DEAD)
        }

    async def drop(self, id_: str) -> None:
        """Removes one that its webhook may not be told any more."""
        await self._deliveries.delete_one({"_id": id_})


def _document(delivery: Delivery) -> Document:
    was = delivery.was
    now = utc_now()
    return {
        "_id": delivery.id,
        "webhook": delivery.webhook,
        "by": delivery.by,
        "kind": delivery.kind.value,
        "complaint": delivery.complaint,
        "warning": delivery.warning,
        "was": was and {"province": was.province, "district": was.district, "channel": was.channel},
        "order": delivery.order,
        "at": delivery.at,
        **_PENDING,
        "tries": 0,
        "next_at": now,
        "tried_at": None,
        "delivered_at": None,
        "last_status": None,
        "last_error": None,
        "expires_at": now + KEPT,
    }


def _delivery(found: Document) -> Delivery:
    was = found["was"]
    return Delivery(
        id=found["_id"],
        webhook=found["webhook"],
        by=found["by"],
        kind=DeliveryKind(found["kind"]),
        complaint=found["complaint"],
        was=Place(**was) if was else None,
        order=found["order"],
        at=found["at"],
        tries=found["tries"],
        warning=found.get("warning"),
    )
