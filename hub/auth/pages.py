"""The hub's few HTML pages: rendered here, with nothing from elsewhere and no script."""

import base64
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, Response

from hub.domain.scope import Grant, Permission

_STYLE = files("hub.auth").joinpath("templates/style.css").read_text(encoding="utf-8")
_STYLE_HASH = base64.b64encode(sha256(_STYLE.encode()).digest()).decode()
_ENVIRONMENT = Environment(
    loader=PackageLoader("hub.auth"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_ENVIRONMENT.globals["style"] = Markup(_STYLE)  # noqa: S704 - our own file

WORDS = {
    Permission.COMPLAINTS_READ: "Read complaints",
    Permission.COMPLAINTS_PII: "Read who reported a complaint, and how to reach them",
    Permission.COMPLAINTS_INGEST: "Hand complaints in",
    Permission.STATISTICS_READ: "Read counts and indicators",
    Permission.CONNECTORS_READ: "Read connectors, their runs and dead letters",
    Permission.CONNECTORS_WRITE: "Register and change connectors",
    Permission.LETTERS_WRITE: "Write the province's letters to the ministry",
    Permission.READINESS_WRITE: "Enter and confirm what local governments have in place",
    Permission.OVERSIGHT_WRITE: "Link duplicates, make rules of early warning, answer warnings",
    Permission.AUDIT_READ: "Read who has read personal data",
    Permission.CLIENTS_WRITE: "Register and change clients",
}
"""What a person is asked to allow."""


def in_words(permissions: frozenset[Permission]) -> list[str]:
    """Permissions for people, in the order of WORDS."""
    return [words for permission, words in WORDS.items() if permission in permissions]


def grants_in_words(grants: tuple[Grant, ...]) -> str:
    """Grants for people: `province 73, statistics`."""
    return ", ".join(" ".join([g.role.value, *g.regions, *g.channels]) for g in grants)


def page(
    template: str,
    values: Mapping[str, object],
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    form_goes_to: str = "",
) -> Response:
    """A page. Its form is sent to the hub, which may send the browser on to `form_goes_to`."""
    targets = f"'self' {form_goes_to}".strip()
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; "
        f"form-action {targets}; frame-ancestors 'none'"
    )
    security = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }
    text = _ENVIRONMENT.get_template(f"{template}.html").render(values)
    return HTMLResponse(text, status, {**security, **(headers or {})})
