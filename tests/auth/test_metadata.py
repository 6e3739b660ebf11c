"""What the hub says of itself is so."""

from authlib.oauth2 import rfc8414, rfc9207

from hub.auth.client_auth import ALL_METHODS
from tests.running_hub import RunningHub

DOCUMENT = "/.well-known/oauth-authorization-server"


async def test_the_metadata_is_as_the_standards_want_it(hub: RunningHub) -> None:
    here = str(hub.http.base_url).rstrip("/")
    said = (await hub.http.get(DOCUMENT)).json()
    over_tls = {
        k: v.replace(here, "https://x") if isinstance(v, str) else v for k, v in said.items()
    }
    metadata = rfc8414.AuthorizationServerMetadata(over_tls)
    metadata.validate(metadata_classes=[rfc9207.AuthorizationServerMetadata])
    assert said["token_endpoint_auth_methods_supported"] == ALL_METHODS
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["response_types_supported"] == ["code"]


async def test_every_endpoint_is_there(hub: RunningHub) -> None:
    said = (await hub.http.get(DOCUMENT)).json()
    places = {k: v for k, v in said.items() if k.endswith(("_endpoint", "_uri"))}
    assert len(places) == 6
    for name, place in places.items():
        reads = name in {"authorization_endpoint", "jwks_uri"}
        answer = await (hub.http.get(place) if reads else hub.http.post(place))
        assert answer.status_code in {200, 400, 401}, name
        assert answer.status_code == 200 or "error" in answer.text or "did not work" in answer.text
