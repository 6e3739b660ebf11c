"""docker-compose.yml and the Dockerfile keep to what docs/operating.md promises of them."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from hub.settings import Settings

ROOT = Path(__file__).parent.parent
COMPOSE = ROOT / "docker-compose.yml"
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe", pure=True).load(COMPOSE)["services"]
REQUIRED = r"\$\{[A-Z_]+:\?[^}]+\}"


def test_compose_file_keeps_to_the_specification() -> None:
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", str(COMPOSE)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_service_tells_whether_it_is_healthy(service: str) -> None:
    assert SERVICES[service]["healthcheck"]["test"]


@pytest.mark.parametrize("service", SERVICES)
def test_no_secret_is_written_down_or_has_a_default(service: str) -> None:
    for name, value in SERVICES[service]["environment"].items():
        if name.endswith("_URI"):
            assert re.search(rf"//\w+:{REQUIRED}@", value), name
        elif re.search("PASSWORD|KEY|SECRET|TOKEN", name):
            assert re.fullmatch(REQUIRED, value), name


def test_hub_waits_for_a_healthy_mongodb() -> None:
    assert SERVICES["hub"]["depends_on"]["mongodb"]["condition"] == "service_healthy"


def test_hub_gets_settings_that_it_knows() -> None:
    known = {f"HUB_{name.upper()}" for name in Settings.model_fields}
    assert set(SERVICES["hub"]["environment"]) <= known
    assert set(re.findall(r"\b(HUB_[A-Z_]+)=", dockerfile())) <= known


def test_hub_has_no_rights_to_spare() -> None:
    hub = SERVICES["hub"]
    assert hub["read_only"] is True
    assert hub["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in hub["security_opt"]
    users = re.findall(r"^USER (\S+)", dockerfile().rpartition("\nFROM ")[2], re.M)
    assert users
    assert users[-1] not in {"root", "0"}


def test_only_what_has_a_proxy_is_reached_and_only_from_this_machine() -> None:
    ports = {name: service.get("ports", []) for name, service in SERVICES.items()}
    assert [name for name, published in ports.items() if published] == ["hub", "keycloak"]
    assert all(port.startswith("127.0.0.1:") for each in ports.values() for port in each)


def test_without_its_profile_the_issuer_neither_starts_nor_asks_for_anything() -> None:
    keycloak = SERVICES["keycloak"]
    assert keycloak["profiles"] == ["keycloak"]
    assert "keycloak" not in SERVICES["hub"]["depends_on"]
    assert not re.search(REQUIRED, str(keycloak))


def test_image_installs_what_the_lock_names_and_can_check_it() -> None:
    assert "--require-hashes" in dockerfile()
    assert re.search(r"^HEALTHCHECK .*?/healthz", dockerfile(), re.M | re.S)


def dockerfile() -> str:
    return (ROOT / "Dockerfile").read_text(encoding="utf-8")
