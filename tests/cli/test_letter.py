"""`hub letter …`: drafted, sent and written into a file by whoever runs the hub."""

from pathlib import Path

import orjson

from tests.cli.conftest import Run

MONTHS = ("--from", "2020-07-01", "--to", "2020-08-31")
SIGNED = ("--signer-title", "Gubernur,", "--signer", "Andi", "--signer-id", "19700101 199503 1 001")


def test_a_letter_is_drafted_sent_and_written(run: Run, tmp_path: Path) -> None:
    drafted = run("letter", "create", "73", *MONTHS, *SIGNED, "--json")
    assert drafted.exit_code == 0, drafted.stderr
    letter = orjson.loads(drafted.stdout)
    assert (letter["state"], letter["version"]) == ("draft", 1)
    sent = run("letter", "send", letter["id"])
    assert sent.stdout.startswith(f"{letter['id']}: sent, version 1, dated ")
    file = tmp_path / "surat.pdf"
    assert run("letter", "pdf", letter["id"], "--to", str(file)).exit_code == 0
    assert file.read_bytes().startswith(b"%PDF-")
    listed = [
        orjson.loads(line) for line in run("letter", "list", "73", "--json").stdout.splitlines()
    ]
    assert letter | {"state": "sent"} in listed
    again = run("letter", "send", letter["id"])
    assert (again.exit_code, "was sent" in again.stderr) == (2, True)


def test_what_nobody_signs_is_not_sent(run: Run) -> None:
    drafted = orjson.loads(run("letter", "create", "73", *MONTHS, "--json").stdout)
    refused = run("letter", "send", drafted["id"])
    assert (refused.exit_code, "wording.signer_title: is missing" in refused.stderr) == (2, True)


def test_what_can_not_be_is_told(run: Run, tmp_path: Path) -> None:
    for arguments, told in (
        (("create", "73.71", *MONTHS), "73.71"),
        (("create", "99", *MONTHS), "99"),
        (("create", "73", "--from", "2020-08-01", "--to", "2020-07-01"), "begins after it ends"),
        (("create", "73", "--from", "2999-01-01", "--to", "2999-02-28"), "has not begun yet"),
        (("send", "73-1999-1"), "no letter of this id"),
        (("pdf", "73-1999-1"), "no such letter"),
    ):
        result = run("letter", *arguments)
        assert result.exit_code == 2, arguments
        assert told in result.stderr, arguments
