"""What a token may do, and where a browser may be sent: rules that hold for any input."""

from urllib.parse import urlsplit

from hypothesis import given
from hypothesis import strategies as st

from hub.auth.client_auth import OAuthClient
from hub.auth.issuing import permitted
from hub.domain.scope import Permission
from hub.store.clients import Client
from hub.store.users import User

permissions = st.frozensets(st.sampled_from(Permission))
asked = st.none() | st.lists(st.sampled_from([*Permission, "openid", "x"])).map(" ".join)


def client(may: frozenset[Permission], *redirect_uris: str, public: bool = True) -> OAuthClient:
    secret = "" if public else "hash"
    return OAuthClient(Client("konsol", "Konsol", secret, (), may, redirect_uris))


@given(asked, permissions, permissions)
def test_a_token_does_what_all_three_allow_and_nothing_else(
    scope: str | None, client_may: frozenset[Permission], user_may: frozenset[Permission]
) -> None:
    user = User("1", "siti", "", (), user_may)
    allowed = permitted(scope, client(client_may).client, user)
    for permission in Permission:
        wanted = scope is None or permission.value in scope.split()
        all_three = wanted and permission in client_may and permission in user_may
        assert (permission in allowed) is all_three


REGISTERED = ("https://konsol.example/kembali", "http://127.0.0.1:1/cb", "http://[::1]/cb")
PIECES = ["https", "http", "://", "127.0.0.1", "[::1]", "konsol.example", ":", "80", "@", "/", "cb",
          "kembali", "?", "#", "\\", "\n", "%2e", "evil.example", "..", " "]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join) | st.text(), st.booleans())
def test_a_browser_is_sent_to_registered_addresses_only(uri: str, public: bool) -> None:
    if not client(frozenset(), *REGISTERED, public=public).check_redirect_uri(uri):
        return
    if uri in REGISTERED:
        return
    parts = urlsplit(uri)
    assert public
    assert parts.hostname in {"127.0.0.1", "::1"}
    assert (parts.scheme, parts.path, parts.query, parts.fragment) == ("http", "/cb", "", "")
    assert parts.username is None


@given(st.integers(1, 65535))
def test_any_port_of_a_loopback_address_will_do(port: int) -> None:
    for host in ("127.0.0.1", "[::1]"):
        uri = f"http://{host}:{port}/cb"
        assert client(frozenset(), *REGISTERED).check_redirect_uri(uri)
        confidential = client(frozenset(), *REGISTERED, public=False)
        assert confidential.check_redirect_uri(uri) is (uri in REGISTERED)
