"""A connector's YAML as an operator writes it, and what is told when it is wrong."""

import re

import pytest

from hub.connectors.kinds import KINDS
from hub.connectors.load import load
from hub.connectors.vocabulary import ConfigError

FILES = """\
version: "1"
name: kota-a-export
type: filesystem
bucket_url: exports
resources:
  - name: reports
    file_glob: "*.csv"
    select: {external_id: id, status: status, received_at: [date, time]}
    permission: {check: {district: {_in: [73.10, 73.71]}}}
"""
REST = """\
version: "1"
name: prov-b-hotline
type: rest_api
client:
  base_url: https://api.prov-b.example/v1/
  auth: {type: bearer, token: "${env.TOKEN}"}
resources:
  - name: complaints
    endpoint:
      path: complaints
      params: {updated_since: "{incremental.start_value}"}
      data_selector: $.data[*]
      paginator: {type: cursor, cursor_path: meta.next}
      incremental: {cursor_path: updated_at, initial_value: "2025-01-01T00:00:00+07:00"}
    select: {external_id: no, status: state, received_at: created}
"""
OPEN311 = """\
version: "1"
name: kota-c-open311
type: open311
client: {base_url: https://311.kota-c.example/v2/}
"""


def problems(text: str) -> str:
    with pytest.raises(ConfigError) as failure:
        load(text, "c.yaml")
    return str(failure.value)


@pytest.mark.parametrize("text", [FILES, REST, OPEN311])
def test_a_configuration_of_each_kind_loads_with_a_version_that_follows_from_its_text(
    text: str,
) -> None:
    loaded = load(text, "c.yaml")
    assert loaded.version == load(text, "other.yaml").version
    assert loaded.version != load(text + "\n", "c.yaml").version
    assert loaded.config.channel == loaded.config.name


def test_the_channel_is_the_one_that_is_stamped() -> None:
    stamped = FILES.replace("permission: {", "permission: {set: {channel: lapor}, ")
    assert load(stamped, "c.yaml").config.channel == "lapor"


def test_a_district_code_stays_text() -> None:
    check = load(FILES, "c.yaml").config.mapped[0].permission.check
    assert check.district
    assert check.district.in_ == ["73.10", "73.71"]


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("type: opn311", "c.yaml:3: type: unknown kind 'opn311'; did you mean 'open311'? valid: "),
        ("type: [opn]", "c.yaml:3: type: unknown kind ['opn']; valid: "),
        ("type: {a: b}", "c.yaml:3: type: unknown kind {'a': 'b'}; valid: "),
        ("type:", "c.yaml:3: type: a kind is missing; valid: "),
        ("title: x", "c.yaml:1: type: a kind is missing; valid: "),
    ],
)
def test_an_unknown_kind_is_told_with_the_valid_ones(kind: str, told: str) -> None:
    expected = told + ", ".join(sorted(KINDS))
    assert problems(FILES.replace("type: filesystem", kind)) == expected


def test_all_missing_keys_are_named() -> None:
    assert problems("type: filesystem\n").splitlines() == [
        f"c.yaml:1: {key}: Field required" for key in ("version", "name", "bucket_url", "resources")
    ]
    assert problems(REST.replace("external_id: no, status: state, ", "")).splitlines() == [
        "c.yaml:15: resources.0.select.external_id: Field required",
        "c.yaml:15: resources.0.select.status: Field required",
    ]


@pytest.mark.parametrize(
    ("auth", "line"),
    [
        ("{type: bearer, token: hunter2}", "client.auth.token: write no secret here"),
        ("{type: bearer, token: 'hunter2${env.A}'}", "client.auth.token: write no secret here"),
        ("{type: api_key, name: k, api_key: hunter2}", "client.auth.api_key: write no secret here"),
    ],
)
def test_a_secret_that_is_written_out_is_refused_and_not_repeated(auth: str, line: str) -> None:
    told = problems(REST.replace('{type: bearer, token: "${env.TOKEN}"}', auth))
    assert told.startswith(f"c.yaml:6: {line}; name a variable that holds it")
    assert "hunter2" not in told


def test_a_stored_secret_may_stand_wherever_a_variable_holds_one() -> None:
    loaded = load(REST.replace("${env.TOKEN}", "${secret.TOKEN}"), "c.yaml")
    assert loaded.secrets == {"TOKEN"}
    assert load(f"# ${{secret.OTHER}}\n{REST}", "c.yaml").secrets == frozenset()


def test_an_address_takes_no_stored_secret() -> None:
    """Errors tell where the channel is."""
    address = "{base_url: 'https://x.example/${secret.TOKEN}/'}"
    told = problems(OPEN311.replace("{base_url: https://311.kota-c.example/v2/}", address))
    assert told.startswith("c.yaml:4: client.base_url: takes no secret")


@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key", "Cookie", "x-token"])
def test_a_header_that_holds_a_secret_has_to_name_a_variable(name: str) -> None:
    header = f"{{base_url: https://x.example/, headers: {{{name}: VALUE, Accept: text/xml}}}}"
    text = OPEN311.replace("{base_url: https://311.kota-c.example/v2/}", header)
    told = problems(text.replace("VALUE", "hunter2"))
    assert told.startswith("c.yaml:4: client.headers: write no secret here; name a variable")
    assert "hunter2" not in told
    load(text.replace("VALUE", '"Bearer ${env.TOKEN}"'), "c.yaml")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("$.data[*]", "$.data[", "resources.0.endpoint.data_selector: '$.data[' is no JSONPath"),
        ("status: state", "status: '$['", "resources.0.select.status: '$[' is no JSONPath"),
        ("meta.next", "'$.x['", "resources.0.endpoint.paginator.cursor_path: '$.x[' is no"),
        ("path: complaints", "path: c?a=1", "resources.0.endpoint.path: takes no query"),
        ("/v1/", "/v1/?key=1", "client.base_url: takes no query"),
        ("https://", "", "client.base_url: is not an address"),
        ("https://", "ftp://", "client.base_url: is not an address"),
        ("https://", "https://me:pw@", "client.base_url: write no password here"),
        ("start_value", "start", "resources.0.endpoint: params.updated_since: unknown placeholder"),
        (
            "type: cursor",
            "type: auto",
            "resources.0.endpoint.paginator: a paginator is not",
        ),
        ("+07:00", "", "resources.0.endpoint.incremental.initial_value: Input should have"),
        (
            '"2025-01-01T00:00:00+07:00"',
            "2025",
            "resources.0.endpoint.incremental.initial_value: is no",
        ),
        (
            "updated_at, ",
            "updated_at, lookback_window: 600, ",
            "resources.0.endpoint.incremental.lookback_window: is no ISO 8601 duration",
        ),
        ("name: complaints", "name: Complaints!", "resources.0.name: String should match"),
        ('version: "1"', 'version: "2"', "version: Input should be '1'"),
    ],
)
def test_what_can_not_work_is_told_without_asking_the_channel(
    before: str, after: str, told: str
) -> None:
    (line,) = problems(REST.replace(before, after, 1)).splitlines()
    assert f": {told}" in line


def test_a_placeholder_needs_something_to_fill_it_with() -> None:
    text = "\n".join(line for line in REST.splitlines() if "incremental: " not in line)
    assert "params.updated_since: {incremental.start_value} needs `incremental`" in problems(text)


def test_an_unknown_encoding_is_told() -> None:
    glob = 'file_glob: "*.csv"'
    told = problems(FILES.replace(glob, f"{glob}\n    decoder: {{type: csv, encoding: utf9}}"))
    assert told.startswith("c.yaml:8: resources.0.decoder.encoding: unknown encoding 'utf9'")


def test_resources_have_names_of_their_own_and_one_channel() -> None:
    two = OPEN311 + "resources:\n  - {}\n  - {}\n"
    assert "resources need names of their own, not requests, requests" in problems(two)
    one, other = "{set: {channel: aa}}", "{set: {channel: bb}}"
    channels = f"resources:\n  - permission: {one}\n  - {{name: more, permission: {other}}}\n"
    assert "all resources have to set the same channel" in problems(OPEN311 + channels)


@pytest.mark.parametrize(
    ("stamp", "told"),
    [
        ("province: 7", "province: '7' is not the code of a province, such as '73'"),
        ("province: 73.71", "province: '73.71' is not the code of a province"),
        ("district: 73", "district: '73' is not the code of a district, such as '73.71'"),
        ("district: 73.1", "district: '73.1' is not the code of a district"),
        ("district: '7371'", "district: '7371' is not the code of a district"),
    ],
)
def test_a_stamp_is_the_code_of_a_region(stamp: str, told: str) -> None:
    text = OPEN311 + f"resources:\n  - permission: {{set: {{{stamp}}}}}\n"
    assert f"c.yaml:6: resources.0.permission.set.{told}" in problems(text)


def test_an_unknown_time_zone_is_told_with_a_likely_one() -> None:
    told = problems(OPEN311 + "resources:\n  - timezone: Asia/Makasar\n")
    assert "timezone: unknown time zone; did you mean 'Asia/Makassar'?" in told


@pytest.mark.parametrize("step", ["P91D", "PT0S", "-P1D"])
def test_a_window_is_longer_than_nothing_and_at_most_90_days(step: str) -> None:
    windows = f"{{initial_value: '2024-01-01T00:00:00Z', step: {step}}}"
    told = problems(OPEN311 + f"resources:\n  - incremental: {windows}\n")
    wrong = (
        "(Input should be (greater than 0 seconds|less than or equal to 90 days)|is no ISO 8601)"
    )
    assert re.match(rf"c.yaml:6: resources.0.incremental.step: {wrong}", told)
