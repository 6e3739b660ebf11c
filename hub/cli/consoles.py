"""What runs for consoles beside whatever else a process does."""

from collections.abc import Callable, Coroutine
from typing import Any

from hub.store.store import Store

EXPORT_SECONDS = 60.0
"""What a page of an export may take."""


def for_consoles(
    store: Store, private_hosts: frozenset[str]
) -> tuple[Callable[[], Coroutine[Any, Any, None]], ...]:
    """What delivers to webhooks, and what makes exports."""
    from hub.deliveries.deliverer import Deliverer
    from hub.schema.answering import Answering
    from hub.schema.limits import Limits
    from hub.schema.telling import ApiTeller
    from hub.schema.views.exporting import Exporter

    teller = ApiTeller(Answering(store))
    patient = Answering(store, limits=Limits(enforce_cost=False, seconds=EXPORT_SECONDS))
    return Deliverer(store, teller, private_hosts).work, Exporter(store, patient).work
