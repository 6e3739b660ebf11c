"""Two provinces, of which the viewer has one."""

from dataclasses import dataclass

import pytest

from hub.domain.complaint import Complaint, Reporter
from hub.domain.run import Ledger, Rejection, RunState
from hub.domain.scope import Grant, Role
from hub.store.dead_letters import Refused
from tests.made import complaint, provenance, received
from tests.running_hub import RunningHub

SULSEL = Grant(Role.PROVINCE, ("73",))
HIDDEN = ("Kendari", "K-74", "theirs", "sultra", "Sitti")
"""What is told of the other province in any field, and names of reporters."""


@dataclass(frozen=True)
class World:
    """A hub with three complaints of Sulawesi Selatan and six of Sulawesi Tenggara, and a viewer
    of the former."""

    hub: RunningHub
    ours: Complaint
    theirs: Complaint
    token: str

    @property
    def foreign(self) -> str:
        """The id of a complaint that the viewer may not see."""
        return f"complaint:{self.theirs.id}"


@pytest.fixture
async def world(hub: RunningHub) -> World:
    ours = [complaint(external_id=f"ours-{n}", number=f"M-{n}") for n in range(3)]
    theirs = [
        complaint(
            external_id=f"theirs-{n}",
            number=f"K-74-{n}",
            channel="sultra",
            province="74",
            district="74.71",
            title="Jalan di Kendari",
            institution="Kota Kendari",
            reporter=Reporter("Sitti", "0811"),
        )
        for n in range(6)
    ]
    store = hub.store
    await store.writer.write(received(*ours, *theirs), provenance())
    for name, province in (("lapor", "73"), ("sultra", "74")):
        await store.channels.add(name, f"Kanal {name}")
        await store.channels.saw(name, [province], [])
        run = await store.runs.start(name, name, "v1")
        await store.runs.finish(run, RunState.SUCCEEDED, Ledger(), [])
        refused = Refused(Rejection("district", "Kendari?", "unknown district", "theirs"), b"{}")
        await store.dead_letters.put(name, [refused], provenance())
    return World(hub, ours[0], theirs[0], await hub.token(SULSEL))
