"""Tokens of other issuers: what they may say, and that they say nothing beyond that."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey
from structlog.testing import capture_logs

from hub.auth.external import ExternalIssuer, ExternalTokens, Rule, load_issuers, values_at
from hub.auth.issuers import InvalidTokenError
from hub.auth.tokens import TokenVerifier
from hub.connectors.vocabulary import ConfigError
from hub.domain.region import regions
from hub.domain.scope import Grant, Permission, Reach, Role, Scope, allowed_permissions
from hub.settings import load_settings
from hub.store.clients import Client
from hub.store.hashed import secret_hash
from hub.store.mongo import Driver, connect
from hub.store.store import Store
from hub.store.vault import Vault
from tests.auth.issuer import stub_issuer, token_of
from tests.made import complaint, provenance, received
from tests.running_hub import running_hub

READ, PII, COUNT = (
    Permission.COMPLAINTS_READ,
    Permission.COMPLAINTS_PII,
    Permission.STATISTICS_READ,
)
OWN = "https://hub.example"
FILE = """
version: "1"
issuers:
  - issuer: ISSUER
    audience: hub
    types: [JWT]
    roles_claim: realm_access.roles
    rules:
      - when: sp4n-ministry
        role: ministry
        scopes: [statistics:read]
      - when_prefix: sp4n-province-
        role: province
        scopes: [complaints:read, complaints:pii, statistics:read]
      - when_prefix: sp4n-district-
        role: district
      - when_prefix: sp4n-channel-
        role: operator
      - when: sp4n-sulawesi
        role: province
        regions: ["73", "74"]
"""


async def loaded(folder: Path, text: str, own: str = OWN) -> list[ExternalTokens]:
    path = folder / "issuers.yaml"
    path.write_text(text)
    return await load_issuers(path, own)


@pytest.fixture
async def tokens(tmp_path: Path) -> ExternalTokens:
    (found,) = await loaded(tmp_path, FILE.replace("ISSUER", "https://id.example/realms/sp4n"))
    return found


async def scope_of(tokens: ExternalTokens, *roles: Any, scope: Any = None) -> Scope:
    claims = {"sub": "f3b9", "realm_access": {"roles": list(roles)}}
    everything = " ".join(["openid", "email", *Permission])
    return await tokens.bearer(claims | {"scope": everything if scope is None else scope}).scope()


async def test_roles_become_grants(tokens: ExternalTokens) -> None:
    for role, rows in {
        "sp4n-province-73": Reach(provinces=frozenset({"73"})),
        "sp4n-district-73.71": Reach(districts=frozenset({"73.71"})),
        "sp4n-channel-lapor": Reach(channels=frozenset({"lapor"})),
        "sp4n-sulawesi": Reach(provinces=frozenset({"73", "74"})),
        "sp4n-ministry": Reach(),
    }.items():
        scope = await scope_of(tokens, role)
        assert scope.rows == rows, role
        assert scope.counts
        assert scope.subject == "https://id.example/realms/sp4n#f3b9"


@given(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            ["73.71", "7", "99", "733", "73 ", " 73", "73\n", "٧٣", "$73", "", "*", "nation"]
        ),
    )
)
async def test_what_is_no_region_gives_nothing_and_is_not_repeated(code: str) -> None:
    region = regions().get(code)
    if region and "." not in code:
        return
    with capture_logs() as logs:
        scope = await scope_of(_TOKENS, f"sp4n-province-{code}")
    assert scope.grants == ()
    assert not scope.permissions
    (line,) = logs
    assert line["event"] == "issuer.malformed_role"
    assert line["prefix"] == "sp4n-province-"
    assert set(line) == {"event", "log_level", "issuer", "prefix"}


@pytest.mark.parametrize(
    "roles",
    [
        [],
        ["sp4n-ministry2", "Sp4n-ministry", " sp4n-ministry", "ministry", ""],
        [None, 1, {"role": "sp4n-ministry"}, ["sp4n-ministry"]],
    ],
)
async def test_unknown_values_give_nothing(tokens: ExternalTokens, roles: list[Any]) -> None:
    with capture_logs() as logs:
        scope = await scope_of(tokens, *roles)
    assert scope.grants == ()
    assert not scope.permissions
    assert logs == []


async def test_a_permission_needs_the_token_the_rule_and_the_role(tokens: ExternalTokens) -> None:
    province = "sp4n-province-73"
    assert (await scope_of(tokens, province)).permissions == {READ, PII, COUNT}
    assert (await scope_of(tokens, province, scope="complaints:read")).permissions == {READ}
    for nothing in ("", "openid", "COMPLAINTS:READ", "complaints:readx"):
        assert not (await scope_of(tokens, province, scope=nothing)).permissions
    missing = tokens.bearer({"sub": "x", "realm_access": {"roles": [province]}})
    assert not (await missing.scope()).permissions
    assert PII not in (await scope_of(tokens, "sp4n-district-73.71")).permissions


async def test_a_rules_scopes_do_not_extend_to_another_rules_grant(tokens: ExternalTokens) -> None:
    """A ministry that may only count, and a district that may read, do not make a ministry that
    may read."""
    scope = await scope_of(tokens, "sp4n-ministry", "sp4n-district-73.71", "sp4n-province-74")
    assert scope.rows == Reach(provinces=frozenset({"74"}), districts=frozenset({"73.71"}))
    assert scope.reporters == Reach(provinces=frozenset({"74"}))
    assert scope.counts.nation
    assert scope.counts_beyond_rows


def test_a_claim_is_found_by_its_name_or_its_path() -> None:
    claims = {
        "roles": ["a", 1],
        "one": "b",
        "https://hub.example/roles": ["c"],
        "x": {"y": {"z": ["d"]}, "s": "text"},
    }
    assert values_at(claims, "roles") == ["a"]
    assert values_at(claims, "one") == ["b"]
    assert values_at(claims, "https://hub.example/roles") == ["c"]
    assert values_at(claims, "x.y.z") == ["d"]
    for nothing in ("x", "x.y", "x.s.z", "x.none", "none", "one.b", ""):
        assert values_at(claims, nothing) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("ISSUER", "http://id.example"), "issuer: must be an https:// address"),
        (("ISSUER", "https://id.example?x=1"), "issuer: must be an https:// address"),
        (("ISSUER", "https://[id"), "issuer: must be an https:// address"),
        (("ISSUER", OWN), "issuer: is this hub itself"),
        (("audience: hub", "audiens: hub"), "did you mean 'audience'"),
        (("    audience: hub\n", ""), "audience"),
        (("types: [JWT]", "types: [JWS]"), "types"),
        (("types: [JWT]", "algorithms: [HS256]"), "algorithms"),
        (("types: [JWT]", "algorithms: [none]"), "algorithms"),
        (("role: ministry", "role: king"), "role"),
        (("[statistics:read]", "[clients:write]"), "role ministry can't have clients:write"),
        (("[statistics:read]", "[]"), "scopes"),
        (("when: sp4n-ministry", "when_prefix: sp4n-ministry"), "what follows the prefix"),
        (('["73", "74"]', "[]"), "role province needs a region"),
        (('["73", "74"]', '["99"]'), "no region has the code 99"),
        (("when: sp4n-sulawesi", "when_prefix: sp4n-sulawesi"), "takes no regions"),
        (("when: sp4n-ministry\n        role", "role"), "needs one of `when` and `when_prefix`"),
        (('version: "1"', 'version: "2"'), "version"),
    ],
)
async def test_what_is_wrong_in_the_file_is_told(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    text = FILE.replace(*change).replace("ISSUER", "https://id.example")
    with pytest.raises(ConfigError, match=r"issuers\.yaml:\d+: ") as error:
        await loaded(tmp_path, text)
    assert told in str(error.value)


async def test_no_issuer_is_there_twice_and_no_file_is_no_issuer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_EXTERNAL_ISSUERS_FILE", "")
    assert load_settings().external_issuers_file is None
    text = FILE.replace("ISSUER", "https://id.example")
    with pytest.raises(ConfigError, match="there twice"):
        await loaded(tmp_path, text + text.partition("issuers:\n")[2])
    assert await load_issuers(None, OWN) == []
    with pytest.raises(ConfigError, match="can't be read"):
        await load_issuers(tmp_path / "none.yaml", OWN)


async def test_a_keycloak_like_issuer_is_believed_for_its_own_tokens_alone(tmp_path: Path) -> None:
    theirs, others = [ECKey.generate_key("P-256", auto_kid=True) for _ in range(2)]
    async with stub_issuer("/realms/sp4n") as one, stub_issuer() as two:
        one.publish(theirs)
        two.publish(others)
        text = FILE.replace("ISSUER", one.url)
        text += text.partition("issuers:\n")[2].replace(one.url, two.url)
        verifier = TokenVerifier(await loaded(tmp_path, text))
        scope = await verifier.scope(token_of(one.url, theirs))
        assert scope.subject == f"{one.url}#f3b9"
        assert scope.rows.provinces == {"73"}
        assert (await verifier.scope(token_of(two.url, others))).subject == f"{two.url}#f3b9"
        for wrong in (
            token_of(one.url, others),
            token_of(two.url, theirs),
            token_of(OWN, theirs),
            token_of(one.url, theirs, aud="account"),
            token_of(one.url, theirs, aud=None),
            token_of(one.url, theirs, exp=1),
            token_of(f"{one.url}/", theirs),
            token_of(one.url, theirs, sub=None),
        ):
            with pytest.raises(InvalidTokenError):
                await verifier.scope(wrong)


async def test_a_second_hub_is_an_issuer_for_the_first(
    store: Store, vault: Vault, mongodb_uri: str, tmp_path: Path
) -> None:
    near, far = complaint(), complaint(external_id="2", province="74", district=None)
    await store.writer.write(received(near, far), provenance())
    query = '{ viewer { id can(action: "complaints:read") } complaints { nodes { id } } }'
    async with (
        connect(mongodb_uri, Driver.PYMONGO, "issuer") as database,
        running_hub(Store(database, vault)) as second,
    ):
        url = str(second.http.base_url).rstrip("/")
        text = FILE.replace("ISSUER", url).replace("audience: hub", f"audience: {url}")
        text = text.replace("[JWT]", "[at+jwt]").replace("realm_access.roles", "client_id")
        # A client of both hubs by name: what it may do here, and what there, are two things.
        name = "sp4n-province-73"
        there = Client(name, "x", secret_hash("s"), (Grant(Role.MINISTRY),), frozenset({READ}))
        await second.store.clients.add(there)
        asked = {"grant_type": "client_credentials"}
        answer = await second.http.post("/oauth/token", data=asked, auth=(name, "s"))
        token = answer.json()["access_token"]
        async with running_hub(store, await loaded(tmp_path, text)) as first:
            await store.clients.add(Client(name, "x", "", (Grant(Role.ADMIN),), frozenset()))
            data = await first.ask(token, query)
            assert data["viewer"] == {"id": f"{url}#{name}", "can": True}
            assert data["complaints"]["nodes"] == [{"id": f"complaint:{near.id}"}]
            # Its own hub takes it too, and there it is the ministry; elsewhere nobody takes it.
            assert (await second.ask(token, query))["viewer"]["id"] == name
            stranger = await first.token(Grant(Role.MINISTRY))
            assert (await second.post(stranger, query)).status_code == 401
        async with running_hub(store) as first:
            assert (await first.post(token, query)).status_code == 401


def test_every_default_of_a_rule_is_allowed() -> None:
    for role in (Role.MINISTRY, Role.STATISTICS, Role.ADMIN):
        rule = Rule.model_validate({"when": "x", "role": role.value})
        grant = rule.grant("x")
        assert grant
        assert grant.only
        assert grant.only <= allowed_permissions(role)


_TOKENS = ExternalTokens(
    ExternalIssuer.model_validate(
        {
            "issuer": "https://id.example",
            "audience": "hub",
            "roles_claim": "realm_access.roles",
            "rules": [{"when_prefix": "sp4n-province-", "role": "province"}],
        }
    ),
    frozenset(),
)
