"""Hosts that operators' connectors may call."""

import pytest

from hub.store.hosts import host_named
from hub.store.store import Store


async def test_a_host_is_approved_for_one_connector_or_for_all(store: Store) -> None:
    hosts = store.hosts
    await hosts.approve("API.Sulsel.example", "sulsel", "Sri")
    await hosts.approve("peta.example", None, "Sri")
    again = await hosts.approve("api.sulsel.example", "sulsel", "Budi")

    assert again.by == "Sri"
    assert await hosts.of("sulsel") == {"api.sulsel.example", "peta.example"}
    assert await hosts.of("sultra") == {"peta.example"}
    assert not await hosts.revoke("api.sulsel.example", None)
    assert await hosts.revoke("peta.example", None)
    assert await hosts.of("sultra") == frozenset()
    assert [(a.host, a.connector) for a in await hosts.all()] == [("api.sulsel.example", "sulsel")]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        (" Api.Example ", "api.example"),
        ("[::1]", "::1"),
        ("0:0::1", "::1"),
        ("10.0.0.5", "10.0.0.5"),
    ],
)
def test_a_host_is_written_in_one_way(text: str, host: str) -> None:
    assert host_named(text) == host


@pytest.mark.parametrize(
    "text", ["", " ", "https://a.example", "a.example:443", "a/b", "a b", "u@a", "[a]", "a" * 254]
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no host; write it without scheme and port"):
        host_named(text)
