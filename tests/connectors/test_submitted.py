"""What an operator may register over the API, and what only a file may say."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.connectors.mapping.mapper import Mapper
from hub.connectors.submitted import MAX_BYTES, load_submitted
from hub.connectors.vocabulary import ConfigError
from hub.domain.run import Rejection
from hub.domain.scope import Grant, Permission, Role, Scope

REST = """version: "1"
name: sulsel
type: rest_api
client: {base_url: https://api.sulsel.example/}
resources:
  - name: complaints
    endpoint: {path: complaints, data_selector: "$.items[*]", paginator: {type: single_page}}
    select: {external_id: id, status: status, received_at: created, district: district}
    permission: {set: {province: "73"}}
"""
PERMISSION = '{set: {province: "73"}}'


def operator(*regions: str, channel: str = "sulsel") -> Scope:
    grant = Grant(Role.OPERATOR, regions, (channel,))
    return Scope("dinas", (grant,), frozenset(Permission))


def problems(text: str, viewer: Scope) -> list[tuple[int, str, str]]:
    with pytest.raises(ConfigError) as error:
        load_submitted(text, viewer)
    return [(p.line, p.key, p.message) for p in error.value.problems]


@pytest.mark.parametrize(
    ("regions", "permission"),
    [
        (("73",), PERMISSION),
        (("73",), '{set: {district: "73.71"}}'),
        (("73.71",), '{set: {district: "73.71"}}'),
        (("73", "74.71"), '{check: {district: {_in: ["73.06", "74.71"]}}}'),
        (("73", "74"), '{check: {province: {_in: ["73", "74"]}}}'),
        (("73.71",), '{set: {province: "73"}, check: {district: {_in: ["73.71"]}}}'),
    ],
)
def test_a_permission_within_the_regions_is_taken(
    regions: tuple[str, ...], permission: str
) -> None:
    text = REST.replace(PERMISSION, permission)
    assert load_submitted(text, operator(*regions)).config.channel == "sulsel"


@pytest.mark.parametrize(
    ("regions", "permission"),
    [
        (("73",), "{}"),
        (("74",), PERMISSION),
        (("73.71",), PERMISSION),
        (("73.71",), '{set: {district: "73.06"}}'),
        (("73",), '{check: {district: {_in: ["73.06", "74.71"]}}}'),
        (("73",), '{check: {province: {_in: ["73", "74"]}}}'),
        (("73",), '{set: {district: "74.71"}, check: {province: {_in: ["73"]}}}'),
    ],
)
def test_a_permission_that_reaches_further_is_refused(
    regions: tuple[str, ...], permission: str
) -> None:
    ((line, key, told),) = problems(REST.replace(PERMISSION, permission), operator(*regions))
    assert (line, key) == (9, "resources.0.permission")
    assert told.endswith(f"of {', '.join(sorted(regions))} only")


CODES = ["73", "74", "73.71", "73.06", "74.71"]
_PLACES = st.none() | st.sampled_from(CODES)


@settings(max_examples=50)
@given(st.sets(st.sampled_from(CODES)), _PLACES, st.sets(st.sampled_from(CODES), min_size=1))
def test_what_is_taken_lets_no_complaint_of_elsewhere_through(
    regions: set[str], stamped: str | None, checked: set[str]
) -> None:
    """Asked of the mapper itself, about each place."""
    checks = {
        level: [c for c in sorted(checked) if ("." in c) is (level == "district")]
        for level in ("province", "district")
    }
    permission: dict[str, Any] = {"check": {k: {"_in": v} for k, v in checks.items() if v}}
    if stamped:
        permission["set"] = {"district" if "." in stamped else "province": stamped}
    text = REST.replace(PERMISSION, str(permission).replace("'", '"'))
    try:
        resource = load_submitted(text, operator(*regions)).config.mapped[0]
    except ConfigError:
        return
    for place in ("73.71", "73.06", "74.71", None):
        record = {"id": "1", "status": "received", "created": "2020-07-01T00:00:00Z"}
        try:
            complaint = Mapper(resource, "sulsel").map({**record, "district": place})
        except Rejection:
            continue
        assert regions & {complaint.province, complaint.district}, (complaint, permission)


def test_without_a_region_an_administrator_registers_it() -> None:
    ((_, _, told),) = problems(REST, operator())
    assert told == "no region is granted to you for this channel; ask an administrator"
    admin = Scope("admin", (Grant(Role.ADMIN),), frozenset(Permission))
    for text in (REST, REST.replace(PERMISSION, "{}"), REST.replace("name: sulsel", "name: two")):
        assert load_submitted(text, admin)


@pytest.mark.parametrize("channel", ["sultra", "none-such"])
def test_the_channel_and_the_name_are_ones_own(channel: str) -> None:
    foreign = REST.replace("name: sulsel", f"name: {channel}")
    told = {each[1]: each[2] for each in problems(foreign, operator("73"))}
    assert told["name"] == f"would fill the channel {channel!r}, which is none of yours"
    stamped = foreign.replace("{set: {", "{set: {channel: sulsel, ")
    assert problems(stamped, operator("73")) == [
        (2, "name", "has to be that of its channel, 'sulsel'")
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "key"),
    [
        ("https://api.sulsel.example/", '"${env.HOME}"', 4, "client.base_url"),
        (
            "{base_url: https://api.sulsel.example/}",
            '{base_url: https://a.example/, auth: {type: bearer, token: "${env.HUB_KEY}"}}',
            4,
            "client.auth.token",
        ),
        (
            "{base_url: https://api.sulsel.example/}",
            '{base_url: https://a.example/, headers: {Accept: "a ${env.PATH}"}}',
            4,
            "client.headers.Accept",
        ),
    ],
)
def test_the_hubs_environment_is_for_files(old: str, new: str, line: int, key: str) -> None:
    ((at, where, told),) = problems(REST.replace(old, new), operator("73"))
    assert (at, where) == (line, key)
    assert "names a variable of the hub's environment" in told


SQL = """version: "1"
name: sulsel
type: sql
dsn: "${env.DSN}"
resources:
  - {name: laporan, table: complaints, primary_key: id, permission: {set: {province: "73"}},
     select: {external_id: id, status: b, received_at: c}}
"""


def test_databases_are_for_files() -> None:
    assert [p[:2] for p in problems(SQL, operator("73"))] == [(3, "type"), (4, "dsn")]


def test_a_text_of_any_size_costs_little() -> None:
    ((_, _, told),) = problems(REST + "#" * MAX_BYTES, operator("73"))
    assert told == "is larger than 64 KiB"


def test_what_all_resources_share_counts_for_each() -> None:
    shared = f"resource_defaults: {{permission: {PERMISSION}}}\nresources:"
    text = REST.replace(f"    permission: {PERMISSION}\n", "").replace("resources:", shared)
    assert load_submitted(text, operator("73"))
    assert [p[1] for p in problems(text, operator("74"))] == ["resources.0.permission"]


FILES = """version: "1"
name: sulsel
type: filesystem
bucket_url: URL
resources:
  - name: complaints
    file_glob: "*.csv"
    select: {external_id: id, status: status, received_at: created, district: district}
    permission: {set: {province: "73"}}
"""


@pytest.mark.parametrize("url", ["sftp://a.example/out", "s3://out", "https://a.example/out"])
def test_files_elsewhere_are_for_operators_too(url: str) -> None:
    assert load_submitted(FILES.replace("URL", url), operator("73")).config.channel == "sulsel"


@pytest.mark.parametrize("url", [".", "/etc", "file:///etc", "FILE:/etc"])
def test_folders_of_the_hubs_machine_are_not(url: str) -> None:
    ((_, key, told),) = problems(FILES.replace("URL", url), operator("73"))
    assert key == "type"
    assert "is for files on the hub's machine" in told
