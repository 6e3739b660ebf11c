"""`resource_defaults`: what all resources of a connector's file have in common, written once."""

from collections.abc import Mapping
from typing import Any

from hub.connectors.vocabulary import ConfigError, Path, Source

_DEFAULTS, _RESOURCES = "resource_defaults", "resources"


def is_part(resource: object) -> bool:
    """Whether a resource as it is written is asked for with records of another one, and selects
    nothing itself."""
    return (
        isinstance(resource, Mapping)
        and "select" not in resource
        and "{resources." in str(resource.get("endpoint"))
    )


def merged(source: Source) -> Source:
    """The file with its defaults under each resource but parts of others; what comes from them
    keeps its line. Raises ConfigError for defaults of nothing."""
    values = dict(source.values)
    if _DEFAULTS not in values:
        return source
    defaults, resources = values.pop(_DEFAULTS), values.get(_RESOURCES)
    if not isinstance(defaults, dict):
        raise ConfigError(source.name, [source.problem((_DEFAULTS,), "expected a mapping of keys")])
    if not isinstance(resources, list):
        told = "there are no resources that it could be for"
        raise ConfigError(source.name, [source.problem((_DEFAULTS,), told)])
    whole = list[Any]()
    lines = dict(source.lines)
    for number, resource in enumerate(resources):
        if is_part(resource) or not isinstance(resource, dict):
            whole.append(resource)
            continue
        try:
            whole.append(_under(resource, defaults))
        except _ClashError as clash:
            path = (_DEFAULTS, *clash.path)
            problem = source.problem(path, "has to be a mapping of keys, as in resources")
            raise ConfigError(source.name, [problem]) from None
        for path, line in source.lines.items():
            if path[:1] == (_DEFAULTS,):
                lines.setdefault((_RESOURCES, number, *path[1:]), line)
    return Source(source.name, {**values, _RESOURCES: whole}, lines)


def _under(own: Any, default: Any, path: Path = ()) -> Any:
    """A value with the default's keys where it has none. Of another `type` it takes nothing.

    Raises _ClashError. In `select` a text may stand where another has a mapping.
    """
    if not isinstance(own, dict):
        return own
    if not isinstance(default, dict):
        if "select" in path[:-1] and isinstance(default, str):
            return own
        raise _ClashError(path)
    if "type" in own and own["type"] != default.get("type", own["type"]):
        return own
    whole = {
        key: _under(value, default[key], (*path, key)) if key in default else value
        for key, value in own.items()
    }
    return {**default, **whole}


class _ClashError(Exception):
    """The default is no mapping, and a resource has one there."""

    def __init__(self, path: Path) -> None:
        self.path = path
