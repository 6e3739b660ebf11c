"""A delivery that was pushed → stored, as a sync would store it."""

from hub.connectors.webhook import Delivery
from hub.domain.clock import SYSTEM_CLOCK, Clock
from hub.domain.run import Ledger
from hub.ingest.job import Intake
from hub.ingest.receivers import Receiver
from hub.store.store import Store


async def receive(
    receiver: Receiver, delivery: Delivery, store: Store, clock: Clock = SYSTEM_CLOCK
) -> Ledger | None:
    """Stores a delivery whose signature was found right, in the run of the hour; returns what
    became of its records, None where one of its id was stored before.

    Nothing is noted of a delivery before all of it is stored: one that is cut off anywhere is
    pushed again, and what of it is there already stays unchanged. Raises TooManyError before
    anything is stored, and StoreError.
    """
    loaded, now = receiver.loaded, clock.now()
    config, version = loaded.config, loaded.version
    if await store.pushes.is_known(config.name, delivery.id, now):
        return None
    run = store.pushes.run_at(config.name, config.channel, version, now)
    intake = Intake(loaded, store, run, receiver.districts)
    for batch in receiver.connector.batches(delivery.body):
        await intake.keep(intake.arrived(batch))
    first = await store.pushes.count(run, version, intake.ledger, intake.unmapped)
    await store.channels.synced(config.channel, now)
    await store.pushes.know(config.name, delivery.id, now)
    if first and config.dead_letter:
        await store.dead_letters.discard(config.name, now - config.dead_letter.retention)
    return intake.ledger
