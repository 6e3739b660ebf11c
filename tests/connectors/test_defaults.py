"""What all resources have in common is written once, and told where it is written."""

import pytest

from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError

DEFAULTS = """\
version: "1"
name: channel
type: rest_api
client: {base_url: https://api.example/}
resource_defaults:
  timezone: Asia/Makassar
  endpoint:
    params: {lang: id}
    paginator: {type: cursor, cursor_path: next}
  select: {external_id: id, status: state}
  status_mapping: {BARU: received}
resources:
  - name: complaints
    endpoint: {path: complaints, params: {kind: c}}
    select: {received_at: created}
  - name: wishes
    timezone: Asia/Jayapura
    endpoint: {path: wishes, paginator: {type: page_number}}
    select: {status: stand, received_at: created}
    status_mapping: {LAMA: closed}
  - name: replies
    endpoint: {path: "complaints/{resources.complaints.id}/replies"}
"""
WHOLE = """\
version: "1"
name: channel
type: rest_api
client: {base_url: https://api.example/}
resources:
  - name: complaints
    timezone: Asia/Makassar
    endpoint:
      path: complaints
      params: {lang: id, kind: c}
      paginator: {type: cursor, cursor_path: next}
    select: {external_id: id, status: state, received_at: created}
    status_mapping: {BARU: received}
  - name: wishes
    timezone: Asia/Jayapura
    endpoint: {path: wishes, params: {lang: id}, paginator: {type: page_number}}
    select: {external_id: id, status: stand, received_at: created}
    status_mapping: {BARU: received, LAMA: closed}
  - name: replies
    endpoint: {path: "complaints/{resources.complaints.id}/replies"}
"""


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as failure:
        load(text, "c.yaml")
    return str(failure.value)


def test_resources_are_as_if_each_were_written_whole() -> None:
    assert load(DEFAULTS, "c.yaml").config == load(WHOLE, "c.yaml").config


def test_what_is_wrong_in_a_default_is_told_with_its_line() -> None:
    told = problems(DEFAULTS.replace("timezone: Asia/Makassar", "timezone: Asia/Makasar"))
    assert told.startswith("c.yaml:6: resources.0.timezone: unknown time zone; did you mean")
    assert len(told.splitlines()) == 1
    told = problems(DEFAULTS.replace("cursor_path: next", "cursor_paht: next"))
    assert "c.yaml:9: resources.0.endpoint.paginator.cursor_paht: unknown key" in told


def test_what_is_wrong_in_a_resource_is_told_with_its_line() -> None:
    told = problems(DEFAULTS.replace("timezone: Asia/Jayapura", "timezone: Asia/Java"))
    assert told.startswith("c.yaml:17: resources.1.timezone: unknown time zone")
    told = problems(DEFAULTS.replace("external_id: id, ", ""))
    assert told.splitlines() == [
        "c.yaml:15: resources.0.select.external_id: Field required",
        "c.yaml:19: resources.1.select.external_id: Field required",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            DEFAULTS.split("  timezone", maxsplit=1)[0],
            "c.yaml:5: resource_defaults: expected a mapping",
        ),
        (
            DEFAULTS[: DEFAULTS.index("resources:\n")],
            "c.yaml:5: resource_defaults: there are no resources that it could be for",
        ),
        (
            DEFAULTS.replace("paginator: {type: cursor, cursor_path: next}", "paginator: x"),
            "c.yaml:9: resource_defaults.endpoint.paginator: has to be a mapping of keys",
        ),
    ],
)
def test_defaults_of_nothing_are_refused(text: str, told: str) -> None:
    assert told in problems(text)


def test_defaults_are_for_every_kind_with_resources() -> None:
    text = """\
version: "1"
name: kota-c
type: open311
client: {base_url: https://311.example/}
resource_defaults: {format: xml, params: {a: b}}
resources: [{}, {name: more, format: json}]
"""
    first, second = (each.model_dump() for each in load(text, "c.yaml").config.mapped)
    assert (first["format"], second["format"]) == ("xml", "json")
    assert first["params"] == second["params"] == {"a": "b"}


def test_a_flag_may_stand_where_the_default_is_a_text() -> None:
    text = DEFAULTS.replace("status: state}", "status: state, secret: is_secret}")
    text = text.replace(
        "{received_at: created}", "{received_at: created, secret: {path: a, has: b}}"
    )
    first, second = load(text, "c.yaml").config.mapped
    assert str(first.select.secret) == "path='a' has='b'"
    assert second.select.secret == "is_secret"
