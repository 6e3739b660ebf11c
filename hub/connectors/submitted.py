"""A connector's YAML as an operator sends it over the API: what only a file on the hub's machine
may say is refused, and so is what could write beyond the operator's regions."""

from hub.connectors.config import ConnectorConfig, PermissionRule
from hub.connectors.load import Loaded, loaded_from
from hub.connectors.vocabulary import ConfigError, Problem, Source, variables_in
from hub.domain.region import place_of
from hub.domain.scope import Reach, Scope

MAX_BYTES = 64 * 1024
SOURCE = "yaml"
"""What messages call a text that has no file."""
_FOR_FILES = "is for files on the hub's machine, which an administrator keeps"


def load_submitted(text: str, scope: Scope) -> Loaded:
    """Checks the YAML text of a viewer. Raises ConfigError with every problem."""
    if len(text.encode()) > MAX_BYTES:
        raise ConfigError(SOURCE, [Problem(0, "(file)", f"is larger than {MAX_BYTES >> 10} KiB")])
    source = Source.parse(text, SOURCE)
    loaded = loaded_from(source, text)
    config = loaded.config
    problems = [
        source.problem(path, "names a variable of the hub's environment; name a stored secret")
        for path, value in source.texts()
        if variables_in(value)
    ]
    if not config.open_to_operators:
        problems.append(source.problem(("type",), _FOR_FILES))
    if told := _not_ours(config, scope.own_connectors):
        problems.append(source.problem(("name",), told))
    reach = scope.writes_of(config.channel)
    problems += [
        source.problem(("resources", n, "permission"), _beyond(reach))
        for n, resource in enumerate(config.mapped)
        if not _stays_within(resource.permission, reach)
    ]
    if problems:
        raise ConfigError(SOURCE, problems)
    return loaded


def _not_ours(config: ConnectorConfig, own: Reach) -> str | None:
    """What is wrong with the connector's name or channel. An operator's has its channel's name, so
    that no name tells of the connectors of others."""
    if not own.covers(None, None, config.channel):
        return f"would fill the channel {config.channel!r}, which is none of yours"
    if config.name != config.channel and not own.nation:
        return f"has to be that of its channel, {config.channel!r}"
    return None


def _stays_within(rule: PermissionRule, reach: Reach) -> bool:
    """Whether every complaint that a rule lets through is of a place within a reach."""
    stamp, check = rule.set, rule.check
    if stamp.district:
        codes = [stamp.district]
    elif check.district:
        codes = check.district.in_
    elif stamp.province:
        codes = [stamp.province]
    elif check.province:
        codes = check.province.in_
    else:
        return reach.nation
    return all(reach.covers(*place_of(code), "") for code in codes)


def _beyond(reach: Reach) -> str:
    codes = ", ".join(sorted({*reach.provinces, *reach.districts}))
    if not codes:
        return "no region is granted to you for this channel; ask an administrator"
    return f"state `set` or `check` so that complaints are of {codes} only"
