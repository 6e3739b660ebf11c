"""`make demo` as a newcomer meets it: ready, asked as each client, ended, and started again."""

import json
import signal
import subprocess
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx2
import pypdf
import pytest

from hub.serving import free_port
from tests.cli.commands import Hub
from tests.demo.documented import differences, examples

CONNECTORS = Path(__file__).parents[2] / "connectors_config"


@pytest.fixture
def hub(tmp_path: Path) -> Hub:
    environment = {"HUB_PORT": str(free_port(0)), "HUB_CONNECTORS_DIR": str(CONNECTORS)}
    return Hub(tmp_path, environment)


def ready(process: "subprocess.Popen[str]") -> str:
    """What the demo prints until it says that it is ready."""
    printed = []
    assert process.stdout
    for line in process.stdout:
        printed.append(line)
        if line.startswith("ready:"):
            return "".join(printed)
    raise AssertionError("the demo ended: " + "".join(printed) + process.communicate()[1])


def end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0


class Asker:
    """Asks the demo as one of its clients."""

    def __init__(self, folder: Path) -> None:
        told = json.loads((folder / "data" / "demo.json").read_text())
        self.url, self.clients = told["url"], told["clients"]

    def __call__(self, who: str, query: str, **variables: Any) -> Any:
        url, headers = f"{self.url}/graphql", self._headers(who)
        body = {"query": query, "variables": variables}
        return httpx2.post(url, json=body, headers=headers, timeout=30).json()

    def letter(self, who: str, link: str) -> str:
        """What a letter says, its lines joined."""
        answer = httpx2.get(f"{self.url}{link}", headers=self._headers(who), timeout=30)
        pages = pypdf.PdfReader(BytesIO(answer.content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    def _headers(self, who: str) -> dict[str, str]:
        client = self.clients[who]
        token = httpx2.post(
            f"{self.url}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(client["client_id"], client["client_secret"]),
            timeout=30,
        ).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}


def check_the_documentation(ask: Asker) -> None:
    """Each question that is shown with an answer gets it."""
    wrong, count = [], 0
    for example in examples():
        variables: dict[str, Any] = {}
        for shown in example.answers:
            told = ask(example.who, example.query, **variables)
            wrong += [f"{example.where} {each}" for each in differences(shown, told)]
            (first, *_) = (told["data"] or {"": None}).values()
            if isinstance(first, dict) and "pageInfo" in first:
                variables = {"before": first["pageInfo"].get("startCursor")}
            count += 1
    assert wrong == []
    assert count > 15


LETTERS = "{ letters { nodes { id first state link } } }"
BY_PROVINCE = "{ indicators(groupBy: [PROVINCE]) { keys { value } received followedUp } }"
REVIEW = """{
  activity(province: "73") { total connected connectedRate active activeRate silent decreed }
  indicators(filter: {province: {eq: "73"}}) { received followedUp followUpRate }
}"""
THE_REVIEW = {
    "activity": {
        "total": 22,
        "connected": 22,
        "connectedRate": 1.0,
        "active": 15,
        "activeRate": 15 / 22,
        "silent": 7,
        "decreed": 22,
    },
    "indicators": [{"received": 795, "followedUp": 493, "followUpRate": 493 / 795}],
}
"""100 % connected, 68 % active, 62 % of 795 followed up, by one operation."""
ROWS = """{ complaints(first: 200) { totalCount nodes { province { code } district { code }
  channel { name } } } }"""


def test_the_demo_tells_the_review_to_each_client_their_part(hub: Hub) -> None:
    with hub.start("demo") as process:
        ready(process)
        ask = Asker(hub.folder)
        figures = {
            row["keys"][0]["value"]: (row["received"], row["followedUp"])
            for row in ask("ministry", BY_PROVINCE)["data"]["indicators"]
        }
        assert figures["73"] == (795, 493)
        assert len(figures) == 3
        for who in ("ministry", "province_73"):
            assert ask(who, REVIEW)["data"] == THE_REVIEW
        (letter,) = ask("ministry", LETTERS)["data"]["letters"]["nodes"]
        assert (letter["first"], letter["state"]) == ("2020-07-01", "SENT")
        said = ask.letter("ministry", letter["link"])
        assert "Laporan diterima 214 795" in said
        assert "Ditindaklanjuti 140 (65,4%) 493 (62,0%)" in said
        assert "Terlambat diverifikasi: 21 dari 23 yang diketahui (76 bertenggat)" in said
        assert "Lembaga terhubung 22 dari 22 (100,0%)" in said
        assert "Lembaga aktif 15 dari 22 (68,2%)" in said
        assert ask("statistics", BY_PROVINCE) == ask("ministry", BY_PROVINCE)
        assert "data" not in ask("statistics", ROWS) or ask("statistics", ROWS)["data"] is None
        assert ask("ministry", ROWS)["data"]["complaints"]["totalCount"] == 1155

        seen = ask("province_73", ROWS)["data"]["complaints"]
        assert seen["totalCount"] == 795
        assert {node["province"]["code"] for node in seen["nodes"]} == {"73"}
        others = '{ complaints(filter: {province: {in: ["74", "76"]}}) { totalCount } }'
        assert ask("province_73", others)["data"]["complaints"]["totalCount"] == 0

        city = ask("district_73_71", ROWS)["data"]["complaints"]
        assert {node["district"]["code"] for node in city["nodes"]} == {"73.71"}
        assert 0 < city["totalCount"] < 795

        operator = ask("operator", ROWS)["data"]["complaints"]
        assert {node["channel"]["name"] for node in operator["nodes"]} == {"makassar-open311"}
        assert ask("admin", ROWS)["data"] is None
        check_the_documentation(ask)
        end(process)

    first = Asker(hub.folder)
    with hub.start("demo") as process:
        printed = ready(process)
        again = Asker(hub.folder)
        assert again.clients == first.clients
        assert again("ministry", ROWS)["data"]["complaints"]["totalCount"] == 1155
        synced = [line.split("│") for line in printed.splitlines() if "succeeded" in line]
        assert [cells[3].strip() for cells in synced] == ["0", "0", "0"]
        runs = again("operator", "{ runs(first: 1) { nodes { state ledger { inserted } } } }")
        assert runs["data"]["runs"]["nodes"] == [{"state": "SUCCEEDED", "ledger": {"inserted": 0}}]
        end(process)
