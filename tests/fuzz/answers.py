"""Judges what a hub answers, whatever it was asked."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2

ROOT = Path(__file__).parents[2]
STATUSES = {200, 400}
"""Tokens are valid, requests small, and no rate is kept to: 401, 413 and 429 are findings."""
CODES = {
    code
    for code in re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/api.md").read_text(), re.MULTILINE)
    if code not in {"INTERNAL_ERROR", "UNAUTHENTICATED", "RATE_LIMITED"}
}
INSIDE = re.compile(r"Traceback|File \"|pymongo|mongodb://|site-packages|object at 0x", re.I)
"""What only a failure inside the hub says."""


@dataclass
class Figures:
    """What was asked, what was answered, and what should not have been."""

    operations: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    findings: dict[str, str] = field(default_factory=dict)

    def found(self, what: str, where: str) -> None:
        """Keeps the first example of a finding."""
        self.findings.setdefault(what, where)


class Asker:
    """Asks as the demo's clients and judges what they get."""

    def __init__(self, url: str, clients: dict[str, dict[str, str]], figures: Figures) -> None:
        self._http = httpx2.Client(base_url=url, timeout=60)
        self._figures = figures
        self.tokens = {who: self._token(client) for who, client in clients.items()}
        ids = {who: self._ids(who) for who in clients}
        self._hidden = {who: ids["ministry"] - seen for who, seen in ids.items()}

    def _token(self, client: dict[str, str]) -> str:
        answer = self._http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(client["client_id"], client["client_secret"]),
        )
        return str(answer.raise_for_status().json()["access_token"])

    def _ids(self, who: str) -> set[str]:
        """Ids and numbers of complaints that a client may read."""
        found: set[str] = set()
        after = None
        while True:
            query = """query ($after: String) { complaints(first: 200, after: $after) {
              nodes { id number } pageInfo { endCursor hasNextPage } } }"""
            asked = {"query": query, "variables": {"after": after}}
            page = (self._post(who, asked).json()["data"] or {}).get("complaints")
            if page is None:
                return found
            found.update(value for node in page["nodes"] for value in node.values() if value)
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after = page["pageInfo"]["endCursor"]

    def _post(self, who: str, asked: dict[str, Any], accept: str = "*/*") -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Accept": accept}
        return self._http.post("/graphql", json=asked, headers=headers)

    def ask(self, who: str, label: str, asked: dict[str, Any], accept: str) -> Any:
        """The data of an answer, once it was looked at."""
        figures = self._figures
        sent = json.dumps(asked, ensure_ascii=False)
        response = self._post(who, asked, accept)
        figures.operations[label] += 1
        figures.statuses[response.status_code] += 1
        where = f"{who}: {sent}\n{response.status_code}: {response.text[:2_000]}"
        if response.status_code not in STATUSES:
            self._timely(response, label, where)
        try:
            body = response.json()
        except ValueError:
            figures.found(f"{label}: not JSON", where)
            return None
        for error in body.get("errors", ()):
            code, message = error.get("extensions", {}).get("code"), error["message"]
            figures.codes[str(code)] += 1
            if code not in CODES:
                figures.found(f"{label}: code {code} at {error.get('path')}", where)
            if INSIDE.search(message):
                figures.found(f"{label}: a message from inside", where)
            if any(value in message and value not in sent for value in self._hidden[who]):
                figures.found(f"{label}: a message that tells a stored value", where)
        if body.get("data"):
            figures.answered[label] += "errors" not in body
            told = {value for _, value in strings("", body["data"])}
            if any(value not in sent for value in told & self._hidden[who]):
                figures.found(f"{label}: a complaint of another scope", where)
        return body.get("data")

    def _timely(self, response: httpx2.Response, label: str, where: str) -> None:
        """A query that took too long is the one thing that 503 is for."""
        if response.status_code != httpx2.codes.SERVICE_UNAVAILABLE or "TIMEOUT" not in where:
            self._figures.found(f"{label}: status {response.status_code}", where)


def strings(key: str, data: Any) -> Iterator[tuple[str, str]]:
    """Every text of an answer, with the name of its field."""
    if isinstance(data, str):
        yield key, data
    elif isinstance(data, list):
        for each in data:
            yield from strings(key, each)
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from strings(name, value)
