"""The vocabulary as one JSON Schema, for editors that complete and check a YAML file."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from hub.connectors.kinds import KINDS

_SCALAR = ["string", "number", "boolean"]


def connector_schema() -> dict[str, Any]:
    """A JSON Schema of a connector's file, told apart by `type`.

    It refuses what the shape of the file shows. What takes more than that, such as whether a code
    is that of a region, `hub connector validate` tells.
    """
    kinds, definitions = models_json_schema(
        [(kind.config_model, "validation") for kind in KINDS.values()],
        schema_generator=_AsWritten,
    )
    for name in [each["$ref"].rsplit("/", 1)[1] for each in kinds.values()]:
        _take_defaults(name, definitions["$defs"])
    return {
        "$schema": _AsWritten.schema_dialect,
        "title": "Connector of the hub",
        "oneOf": list(kinds.values()),
        **definitions,
    }


def _take_defaults(kind: str, parts: dict[str, Any]) -> None:
    """Lets a kind have `resource_defaults`, beside which a resource need not be whole."""
    resources = parts[kind]["properties"].get("resources")
    if resources is None:
        return
    strict = resources.pop("items")
    loose = _loose(strict, parts)
    told = "What all resources have, unless they state it themselves."
    parts[kind]["properties"]["resource_defaults"] = {"description": told, **loose}
    parts[kind] |= {
        "if": {"required": ["resource_defaults"]},
        "then": {"properties": {"resources": {"items": loose}}, "required": ["resources"]},
        "else": {"properties": {"resources": {"items": strict}}},
    }


def _loose(schema: Any, parts: dict[str, Any]) -> Any:
    """The same with no key that has to be there."""
    if isinstance(schema, list):
        return [_loose(each, parts) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        loose = f"Partial{name}"
        if loose not in parts:
            parts[loose] = {}  # it may hold itself
            parts[loose] = _loose(parts[name], parts)
        return {**schema, "$ref": f"#/$defs/{loose}"}
    without = {"required", "discriminator", "oneOf"}
    made = {key: _loose(value, parts) for key, value in schema.items() if key not in without}
    if "oneOf" in schema:
        made["anyOf"] = _loose(schema["oneOf"], parts)
    return made


class _AsWritten(GenerateJsonSchema):
    """The hub reads every scalar as text where an editor reads `200` as a number, so both fit."""

    def field_title_should_be_set(self, _: Any) -> bool:
        """Never: a title made of the key says nothing more than the key."""
        return False

    def str_schema(self, schema: core_schema.StringSchema) -> JsonSchemaValue:
        """Any scalar, unless it has to look like something."""
        made = super().str_schema(schema)
        return made if "pattern" in made else made | {"type": _SCALAR}

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        """A number, quoted or not."""
        return {"anyOf": [super().int_schema(schema), {"type": "string", "pattern": r"^-?\d+$"}]}

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        """A number, quoted or not."""
        quoted = {"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}
        return {"anyOf": [super().float_schema(schema), quoted]}

    def bool_schema(self, schema: core_schema.BoolSchema) -> JsonSchemaValue:
        """Yes or no, quoted or not."""
        return {"anyOf": [super().bool_schema(schema), {"enum": ["true", "false"]}]}

    def timedelta_schema(self, schema: core_schema.TimedeltaSchema) -> JsonSchemaValue:
        """ISO 8601, as the documentation has it."""
        pattern = r"^-?P(?=.)(\d+W)?(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?$"
        return super().timedelta_schema(schema) | {"pattern": pattern}

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        """A time that names its zone."""
        made = super().datetime_schema(schema)
        aware = {"pattern": r"(Z|z|[+-]\d\d:?\d\d)$"}
        return made | aware if schema.get("tz_constraint") == "aware" else made

    def literal_schema(self, schema: core_schema.LiteralSchema) -> JsonSchemaValue:
        """`version: 1` is as good as `version: "1"`."""
        made = super().literal_schema(schema)
        numbers = [int(each) for each in schema["expected"] if str(each).isdecimal()]
        return {"enum": [*schema["expected"], *numbers]} if numbers else made

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        """No other keys; a key that a kind gives another default keeps what is told of it."""
        made = super().model_schema(schema)
        for name, field in schema["cls"].model_fields.items():
            same = (getattr(each, "model_fields", {}).get(name) for each in schema["cls"].__mro__)
            told = (each.description for each in same if each)
            if description := next(filter(None, told), None):
                made["properties"][field.alias or name].setdefault("description", description)
        return made | {"additionalProperties": False}
