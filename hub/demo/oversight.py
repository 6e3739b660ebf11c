"""What the province of the demo and its districts entered, and the letter that it sent."""

from datetime import date

from hub.demo.population import REVIEWED
from hub.domain.letter import Wording
from hub.domain.readiness import ReadinessItem, ReadinessState, Statement
from hub.domain.region import regions
from hub.domain.scope import DEFAULT_PERMISSIONS, Grant, Role, Scope
from hub.schema.answering import Answering
from hub.store.paging import PageRequest
from hub.store.store import Store

_FIRST, _LAST = date(2020, 7, 1), date(2020, 8, 31)
_WORDING = Wording(
    address="Jalan Jenderal Urip Sumoharjo Nomor 269, Makassar 90231",
    signer_title="a.n. Gubernur Sulawesi Selatan\nSekretaris Daerah,",
    signer="Andi Contoh Peragaan, S.Sos., M.Si.",
    signer_rank="Pembina Utama Madya",
    signer_id="19700101 199503 1 000",
    remarks="Seluruh angka dalam surat ini adalah data peragaan dan bukan keadaan sebenarnya.",
)


async def enter_readiness(store: Store) -> None:
    """Has the districts enter what they have, and the province confirm most of it, at the first
    start."""
    province = _client("demo-provinsi", Grant(Role.PROVINCE, (REVIEWED,)))
    judging = store.reader(province).readiness
    if await judging.all():
        return
    for place, region in enumerate(regions().districts_of(REVIEWED)):
        district = _client("demo-daerah", Grant(Role.DISTRICT, (region.code,)))
        entering = store.reader(district).readiness
        for n, (item, statement) in enumerate(_STATEMENTS.items()):
            if n and (place + n) % 5 == 0:
                continue
            await entering.enter(region.code, item, statement)
            if (place * 3 + n) % 7 == 0 and n:
                note = "Mohon lampirkan dokumennya."
                await judging.judge(region.code, item, 1, ReadinessState.RETURNED, note)
            elif (place + n) % 4:
                await judging.judge(region.code, item, 1, ReadinessState.CONFIRMED)


async def write_letter(store: Store) -> str:
    """The id of the letter for July and August 2020, which is written and sent at the first
    start."""
    scope = _client("demo-provinsi", Grant(Role.PROVINCE, (REVIEWED,)))
    known = await store.reader(scope).letters.page(PageRequest(1))
    if known.documents:
        return str(known.documents[0]["_id"])
    desk = Answering(store).desks(scope).letters
    letter = await desk.create(REVIEWED, _FIRST, _LAST, _WORDING)
    await desk.send(letter["_id"], 1)
    return str(letter["_id"])


def _client(name: str, grant: Grant) -> Scope:
    return Scope(name, (grant,), DEFAULT_PERMISSIONS[grant.role])


_STATEMENTS = {
    ReadinessItem.DECREE: Statement(
        number="188.4/2020", signed_on=date(2020, 6, 2), signer="Kepala daerah"
    ),
    ReadinessItem.ACTION_PLAN: Statement(description="Rencana aksi pengelolaan pengaduan 2020"),
    ReadinessItem.PUBLICITY: Statement(description="Spanduk, media sosial, dan laman resmi"),
    ReadinessItem.CHANNELS: Statement(channels=("SP4N-LAPOR!",)),
}
