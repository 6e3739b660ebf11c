"""`resource_defaults`: what all resources of a connector's file have in common, written once."""

from collections.abc import Mapping
from typing import Any

from hub.connectors.vocabulary import ConfigError, Source

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
        whole.append(_under(resource, defaults))
        for path, line in source.lines.items():
            if path[:1] == (_DEFAULTS,):
                lines.setdefault((_RESOURCES, number, *path[1:]), line)
    return Source(source.name, {**values, _RESOURCES: whole}, lines)


def _under(own: Any, default: Any) -> Any:
    """A value with the default's keys where it has none. Of another `type` it takes nothing."""
    if isinstance(own, dict) and isinstance(default, list):
        return default  # which is refused
    if not isinstance(own, dict) or not isinstance(default, dict):
        return own
    if "type" in own and own["type"] != default.get("type", own["type"]):
        return own
    return {**default, **{key: _under(value, default.get(key)) for key, value in own.items()}}
