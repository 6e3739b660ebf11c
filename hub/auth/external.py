"""External issuers: whose tokens count besides the hub's own, and what their roles mean here."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import anyio
import structlog
from pydantic import AfterValidator, Field, model_validator

from hub.auth.issuers import Issuer
from hub.auth.jwks import RemoteKeys, is_guarded
from hub.connectors.config import Text
from hub.connectors.vocabulary import ConfigError, Problem, Source, Vocabulary, validate
from hub.domain.region import regions
from hub.domain.scope import (
    DEFAULT_PERMISSIONS,
    Grant,
    Permission,
    Role,
    Scope,
    allowed_permissions,
)

_log = structlog.get_logger()

Algorithm = Literal["ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]


def _address(url: str) -> str:
    if not is_guarded(url) or "?" in url or "#" in url:
        raise ValueError("must be an https:// address without a query")
    return url


Address = Annotated[Text, AfterValidator(_address)]


class Rule(Vocabulary):
    """What one role, or all roles that begin alike, of an issuer give."""

    role: Role
    when: Text | None = None
    when_prefix: Text | None = None
    regions: list[Text] = []
    channels: list[Text] = []
    scopes: Annotated[list[Permission], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _makes_grants(self) -> Self:
        if (self.when is None) is (self.when_prefix is None):
            raise ValueError("needs one of `when` and `when_prefix`")
        if beyond := set(self.scopes or ()) - allowed_permissions(self.role):
            raise ValueError(f"role {self.role} can't have {', '.join(sorted(beyond))}")
        if self.when is not None:
            self._grant(tuple(self.regions), tuple(self.channels))
        elif self.regions or self.channels or self.role not in _NAMED_BY_THE_REST:
            raise ValueError(
                "`when_prefix` is for the roles province, district and operator, and takes no "
                "regions and channels: what follows the prefix names them"
            )
        return self

    def _grant(self, codes: tuple[str, ...], channels: tuple[str, ...]) -> Grant:
        if unknown := [code for code in codes if regions().get(code) is None]:
            raise ValueError(f"no region has the code {', '.join(unknown)}")
        permissions = frozenset(self.scopes or DEFAULT_PERMISSIONS[self.role])
        return Grant(self.role, codes, channels, permissions)

    def grant(self, value: str) -> Grant | None:
        """What this value of the claim gives by this rule. Raises ValueError where the rule is for
        it, but what follows the prefix is no region or channel."""
        if value == self.when:
            return self._grant(tuple(self.regions), tuple(self.channels))
        if self.when_prefix is None or not value.startswith(self.when_prefix):
            return None
        rest = (value.removeprefix(self.when_prefix),)
        return self._grant((), rest) if self.role is Role.OPERATOR else self._grant(rest, ())


_NAMED_BY_THE_REST = {Role.PROVINCE, Role.DISTRICT, Role.OPERATOR}


class ExternalIssuer(Vocabulary):
    """An issuer whose access tokens this hub takes."""

    issuer: Address
    audience: Text
    roles_claim: Text
    rules: list[Rule] = Field(min_length=1)
    algorithms: list[Algorithm] = Field(default=["ES256", "RS256", "PS256"], min_length=1)
    types: list[Literal["at+jwt", "JWT"]] = Field(default=["at+jwt"], min_length=1)
    jwks_uri: Address | None = None


class ExternalIssuers(Vocabulary):
    """The file that HUB_EXTERNAL_ISSUERS_FILE names."""

    version: Literal["1"]
    issuers: list[ExternalIssuer] = Field(min_length=1)


async def load_issuers(
    file: Path | None, own: str, private_hosts: frozenset[str] = frozenset()
) -> list["ExternalTokens"]:
    """The external issuers of a file (YAML or JSON), of which `own` can be none; without a file
    there are none. Raises ConfigError."""
    if file is None:
        return []
    try:
        text = await anyio.Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(str(file), [Problem(1, "(file)", f"can't be read: {error}")]) from None
    source = Source.parse(text, str(file))
    config = validate(source, ExternalIssuers)
    names = [own]
    for place, each in enumerate(config.issuers):
        if each.issuer in names:
            told = "is this hub itself" if each.issuer == own else "is there twice"
            raise ConfigError(str(file), [source.problem(("issuers", place, "issuer"), told)])
        names.append(each.issuer)
    return [ExternalTokens(each, private_hosts) for each in config.issuers]


class ExternalTokens:
    """Tokens of an external issuer: they say what their bearer may do until they expire."""

    def __init__(self, config: ExternalIssuer, private_hosts: frozenset[str]) -> None:
        self._config = config
        self.issuer = Issuer(
            name=config.issuer,
            audience=config.audience,
            keys=RemoteKeys(config.issuer, config.jwks_uri, private_hosts),
            algorithms=tuple(config.algorithms),
            types=tuple(kind.lower() for kind in config.types),
        )

    def bearer(self, claims: dict[str, Any]) -> "ExternalBearer":
        """Whom the token stands for, named so that no client or person of the hub is meant."""
        stated = str(claims.get("scope", "")).split()
        permissions = frozenset(p for p in Permission if p in stated)
        grants = tuple(dict.fromkeys(self._grants(claims)))
        given = frozenset[Permission]().union(*(g.only or () for g in grants))
        subject = f"{self.issuer.name}#{claims['sub']}"
        return ExternalBearer(Scope(subject, grants, permissions & given))

    def _grants(self, claims: Mapping[str, Any]) -> Iterator[Grant]:
        for value in values_at(claims, self._config.roles_claim):
            for rule in self._config.rules:
                try:
                    grant = rule.grant(value)
                except ValueError:
                    # Of the value only what the configuration says of it: the rest came from afar.
                    name = rule.when_prefix
                    _log.warning("issuer.malformed_role", issuer=self.issuer.name, prefix=name)
                else:
                    if grant:
                        yield grant


def values_at(claims: Mapping[str, Any], path: str) -> list[str]:
    """The texts of a claim: one of exactly this name, else one at this dotted path."""
    found: Any = claims
    for name in [path] if path in claims else path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [v for v in found if isinstance(v, str)] if isinstance(found, list) else []


class ExternalBearer:
    """The bearer of such a token."""

    client_id = None

    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    async def scope(self) -> Scope:
        """What the token said."""
        return self._scope
