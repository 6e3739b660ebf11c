"""Which channels a viewer knows of."""

from hub.domain.scope import Grant, Role
from hub.store.store import Store
from tests.made import MOMENT, scope


async def test_a_viewer_knows_the_channels_that_reach_their_regions(store: Store) -> None:
    for name, provinces, districts in (
        ("lapor", ["73", "74"], ["73.71", "74.71"]),
        ("sulsel", ["73"], ["73.06"]),
        ("gorontalo", ["75"], []),
    ):
        await store.channels.add(name, name.title())
        await store.channels.saw(name, provinces, districts)

    async def known(*grants: Grant) -> list[str]:
        return [c["_id"] for c in await store.reader(scope(*grants)).channels.all()]

    assert await known(Grant(Role.MINISTRY)) == ["gorontalo", "lapor", "sulsel"]
    assert await known(Grant(Role.PROVINCE, ("73",))) == ["lapor", "sulsel"]
    assert await known(Grant(Role.DISTRICT, ("73.71",))) == ["lapor"]
    assert await known(Grant(Role.OPERATOR, channels=("gorontalo",))) == ["gorontalo"]
    assert await known() == []


async def test_a_channel_does_not_tell_where_else_it_reaches(store: Store) -> None:
    await store.channels.add("lapor", "LAPOR!")
    await store.channels.saw("lapor", ["73", "74"], [])
    await store.channels.synced("lapor", MOMENT)
    (seen,) = await store.reader(scope(Grant(Role.PROVINCE, ("73",)))).channels.all()
    assert seen == {"_id": "lapor", "title": "LAPOR!", "last_synced_at": MOMENT}


async def test_an_earlier_sync_does_not_make_a_channel_look_staler(store: Store) -> None:
    await store.channels.add("lapor", "LAPOR!")
    await store.channels.synced("lapor", MOMENT)
    await store.channels.add("lapor", "SP4N-LAPOR!")
    (seen,) = await store.reader(scope(Grant(Role.MINISTRY))).channels.all()
    assert (seen["title"], seen["last_synced_at"]) == ("SP4N-LAPOR!", MOMENT)
