"""`hub letter …`: drafted, sent and written into a file by whoever runs the hub."""

from pathlib import Path

import orjson

from tests.cli.conftest import Run

MONTHS = ("--from", "2020-07-01", "--to", "2020-08-31")


def test_a_letter_is_drafted_sent_and_written(run: Run, tmp_path: Path) -> None:
    drafted = run("letter", "create", "73", *MONTHS, "--json")
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


def test_what_can_not_be_is_told(run: Run, tmp_path: Path) -> None:
    for arguments, told in (
        (("create", "73.71", *MONTHS), "73.71"),
        (("create", "99", *MONTHS), "99"),
        (("create", "73", "--from", "2020-08-01", "--to", "2020-07-01"), "begins after it ends"),
        (("send", "73-1999-1"), "no letter of this id"),
        (("pdf", "73-1999-1"), "no such letter"),
    ):
        result = run("letter", *arguments)
        assert result.exit_code == 2, arguments
        assert told in result.stderr, arguments
