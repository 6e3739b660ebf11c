"""Cases as clients are told of them."""

from dataclasses import replace

from hub.domain.complaint import Location
from hub.domain.scope import Grant, Role
from hub.oversight.linking import Linker
from tests.domain.test_likeness import TEXT
from tests.made import complaint, provenance, received
from tests.running_hub import RunningHub

OURS = complaint(description=TEXT, location=Location(119.42, -5.14))
SAME = replace(OURS, channel="sulsel")


async def test_a_case_of_many_is_told_in_part(hub: RunningHub) -> None:
    copies = [replace(SAME, external_id=str(n)) for n in range(101)]
    await hub.store.writer.write(received(OURS, *copies), provenance())
    await Linker(hub.store).look([OURS.id, *(each.id for each in copies)])
    query = """query ($id: ID!) { complaint(id: $id) { case {
      size reports { id } links { complaints } } } }"""
    told = await hub.ask(
        await hub.token(Grant(Role.MINISTRY)), query, id=f"complaint:{copies[-1].id}"
    )
    case = told["complaint"]["case"]
    shown = {report["id"] for report in case["reports"]}
    assert (case["size"], len(shown), len(case["links"])) == (102, 100, 99)
    assert all(shown.issuperset(link["complaints"]) for link in case["links"])
