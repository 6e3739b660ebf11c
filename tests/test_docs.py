"""The documentation says what the code does: settings, connectors, queries and links."""

import re
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, validate

from hub.auth.external import load_issuers
from hub.connectors.kinds import KINDS
from hub.connectors.load import load
from hub.domain.scope import Grant, Role, allowed_permissions
from hub.schema.schema import schema
from hub.settings import Settings
from tests.running_hub import RunningHub

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
CONNECTORS = [
    DOCS / "connectors.md",
    DOCS / "cases.md",
    *sorted((DOCS / "connectors").glob("*.md")),
]
OVERSIGHT = [DOCS / name for name in ("cases.md", "letters.md", "warnings.md")]
PAGES = sorted(
    [*ROOT.glob("*.md"), *DOCS.rglob("*.md"), *(ROOT / "connectors_config").rglob("*.md")]
)


def told(path: Path) -> str:
    return str(path.relative_to(ROOT))


def fenced(path: Path, language: str) -> list[Any]:
    """The code blocks of a language, each named by its page and line."""
    text = path.read_text(encoding="utf-8")
    return [
        pytest.param(match.group(1), id=f"{told(path)}:{text.count(chr(10), 0, match.start()) + 1}")
        for match in re.finditer(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)
    ]


def prose(path: Path) -> str:
    """A page without its code."""
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", text)


def test_settings_are_documented_with_their_defaults() -> None:
    rows = re.findall(
        r"^\| `(HUB_\w+)` \| (.*?) \|", (DOCS / "settings.md").read_text(encoding="utf-8"), re.M
    )
    assert dict(rows) == {
        f"HUB_{name.upper()}": f"`{field.default}`" if field.default else "none"
        for name, field in Settings.model_fields.items()
    }


@pytest.mark.parametrize("page", PAGES, ids=told)
def test_pages_name_no_unknown_setting(page: Path) -> None:
    known = {f"HUB_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"\bHUB_[A-Z_]+\b", page.read_text(encoding="utf-8"))) <= known


CONNECTOR_EXAMPLES = [each for page in CONNECTORS for each in fenced(page, "yaml")]


def test_connectors_pages_show_each_kind() -> None:
    kinds = {load(each.values[0], each.id).config.type for each in CONNECTOR_EXAMPLES}
    assert kinds == set(KINDS)


@pytest.mark.parametrize("text", CONNECTOR_EXAMPLES)
def test_connectors_in_the_documentation_load(text: str) -> None:
    assert text.startswith("version:")
    assert load(text, "docs/connectors").config.mapped


@pytest.mark.parametrize("text", fenced(DOCS / "issuers.md", "yaml"))
async def test_issuers_in_the_documentation_load(text: str, tmp_path: Path) -> None:
    file = tmp_path / "issuers.yaml"
    file.write_text(text, encoding="utf-8")
    assert await load_issuers(file, "https://hub.example.go.id")


@pytest.mark.parametrize("file", sorted((ROOT / "connectors_config").rglob("*.yaml")), ids=told)
def test_connectors_of_the_repository_load(file: Path) -> None:
    assert load(file.read_text(encoding="utf-8"), told(file)).config.mapped


@pytest.mark.parametrize(
    "document",
    [
        each
        for page in (ROOT / "README.md", DOCS / "api.md", DOCS / "webhooks.md", *OVERSIGHT)
        for each in fenced(page, "graphql")
    ],
)
def test_queries_in_the_documentation_are_valid(document: str) -> None:
    assert validate(schema._schema, parse(document)) == []


async def test_queries_in_the_documentation_are_answered(hub: RunningHub) -> None:
    token = await hub.token(Grant(Role.MINISTRY), permissions=[*allowed_permissions(Role.MINISTRY)])
    pages = (DOCS / "api.md", *OVERSIGHT)
    queries = [each.values[0] for page in pages for each in fenced(page, "graphql")]
    for text in queries:
        if not text.startswith(("mutation", "subscription")):
            await hub.ask(token, text)


@pytest.mark.parametrize("page", PAGES, ids=told)
def test_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", prose(page))
    local = [target for target in targets if not re.match(r"\w+:", target)]
    assert [target for target in local if not (page.parent / target).exists()] == []
