"""results.md, a table on the terminal, and JSON."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from bench.compare import Ratio, Result, Row

_INTRODUCTION = """# Results

Written by `make bench`; a work that is measured again (`--only`) takes the place of what it was,
its time beside it. Every ratio is of two contenders in the same run: short rounds in turn, after a
warm-up; the median of the rounds' ratios, with the least and the greatest beside it. Eight
connections (two where one answer groups the nation); servers, load generator and one mongod share
the machine, so figures a second are for this machine only and ratios are what to read. CPU is of
the server's process, without MongoDB's. Before a work is measured, every contender must give the
same data (walks, depth and growth excepted). The hub answers by its real application, with a token
of its own and the scope of a province, or of the ministry where the nation is asked for; its peers
ask for neither.
"""


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"  # noqa: PLR2004


def _spread(ratio: Ratio) -> str:
    return f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"


def merged(path: Path, results: list[Result], rounds: int, seconds: float) -> list[Result]:
    """These results together with those kept in a file, which then holds them all."""
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    for result in results:
        result.when = result.when or f"{when}, {rounds} rounds of {seconds:g} s"
    known = orjson.loads(path.read_bytes()) if path.exists() else []
    kept = {(r["work"], r["title"], r["size"]): _result(r) for r in known}
    kept |= {(r.work, r.title, r.size): r for r in results}
    path.write_bytes(orjson.dumps([*kept.values()], option=orjson.OPT_INDENT_2))
    return list(kept.values())


def _result(kept: dict[str, Any]) -> Result:
    rows = [Row(**row) for row in kept["rows"]]
    ratios = [Ratio(**{n: v for n, v in r.items() if n != "verdict"}) for r in kept["ratios"]]
    return Result(**kept | {"rows": rows, "ratios": ratios})


def write(path: Path, results: list[Result], told: dict[str, Any]) -> None:
    """Writes results.md."""
    lines = [_INTRODUCTION]
    lines += ["## What the issue asks for", ""]
    lines += [
        "| work | complaints | ratio | measured | asked | |",
        "| --- | ---: | --- | --- | --- | --- |",
    ]
    for result in results:
        for ratio in result.ratios:
            if ratio.asked:
                unit = _unit(result)
                lines.append(
                    f"| {result.title} | {result.size:,} | {ratio.subject} / {ratio.against} "
                    f"| {_spread(ratio)}{unit} | {ratio.asked}{unit} | {ratio.verdict} |"
                )
    lines += ["", "## All that was measured"]
    for result in results:
        lines += ["", f"### {result.title} – {result.size:,} complaints", "", result.when, ""]
        lines += ["| contender | median | p50 ms | p99 ms | | ratio of the first to it |",
                  "| --- | ---: | ---: | ---: | --- | --- |"]  # fmt: skip
        ratios = {ratio.against: ratio for ratio in result.ratios}
        for row in result.rows:
            against = _spread(ratios[row.label]) if row.label in ratios else ""
            lines.append(
                f"| {row.label} | {_number(row.rate)} {row.unit} | {_ms(row.p50)} | {_ms(row.p99)} "
                f"| {row.note} | {against} |"
            )
    for title, facts in told.items():
        lines += ["", f"## {title}", "", "| | |", "| --- | --- |"]
        lines += [f"| {name} | {value} |" for name, value in facts.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _unit(result: Result) -> str:
    return "" if result.unit == "×" else f" {result.unit}"


def _ms(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"  # noqa: PLR2004


def show(results: list[Result], console: Console) -> None:
    """The ratios as a table."""
    table = Table(title="Ratios: median (least–greatest)")
    for column in ("work", "complaints", "ratio", "measured", "asked", ""):
        table.add_column(column)
    for result in results:
        for ratio in result.ratios:
            style = {"holds": "green", "does not hold": "red"}.get(ratio.verdict, "")
            table.add_row(
                result.work, f"{result.size:,}", f"{ratio.subject} / {ratio.against}",
                _spread(ratio) + _unit(result), ratio.asked, ratio.verdict, style=style,
            )  # fmt: skip
    console.print(table)


def as_json(results: list[Result], told: dict[str, Any]) -> str:
    """Everything, for a script."""
    found = [
        asdict(result) | {"ratios": [asdict(r) | {"verdict": r.verdict} for r in result.ratios]}
        for result in results
    ]
    return orjson.dumps({"results": found, **told}, option=orjson.OPT_INDENT_2).decode()
