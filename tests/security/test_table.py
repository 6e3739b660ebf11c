"""docs/security.md lists every attempt to leak, and each is a test."""

import ast
import re
from pathlib import Path
from runpy import run_path

ROOT = Path(__file__).parents[2]
TABLE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
NAMED = re.findall(r"^\| ([^|]+) \| `(tests/[\w/]+\.py)::(\w+)` \|$", TABLE, re.M)


def functions_of(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = (n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return {function.name for function in functions if function.name.startswith("test_")}


def test_every_attempt_is_a_test() -> None:
    missing = [
        f"{file}::{name}" for _, file, name in NAMED if name not in functions_of(ROOT / file)
    ]
    assert missing == []


def test_every_test_of_a_leak_is_in_the_table() -> None:
    for name in (
        "test_entity_leaks.py",
        "test_filter_leaks.py",
        "test_leaks.py",
        "test_doors.py",
        "test_changes.py",
        "test_live.py",
        "test_cases.py",
        "test_warnings.py",
    ):
        path = Path(__file__).parent / name
        listed = {test for _, file, test in NAMED if file == f"tests/security/{name}"}
        assert functions_of(path) - listed == set()


def test_there_are_many_and_each_is_told_once() -> None:
    attempts = [attempt for attempt, _, _ in NAMED]
    assert len(set(attempts)) == len(attempts) >= 40


def test_every_mutant_still_fits() -> None:
    """scripts/mutate_scope.py, which is run now and then only."""
    script = run_path(str(ROOT / "scripts" / "mutate_scope.py"))
    for mutant in [script["MONITOR_OFF"], *script["MUTANTS"]]:
        assert (ROOT / mutant.file).read_text(encoding="utf-8").count(mutant.text) == 1, mutant.name
