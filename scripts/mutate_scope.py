"""Takes the scope out of each read path in turn, in a copy of the tree, and looks whether the tests
notice: once by what viewers are answered, with the monitor off, and once by the monitor alone.

    .venv/bin/python scripts/mutate_scope.py [WORD …]    only mutants that have a word in their name
"""

import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
COPIED = ["hub", "tests", "docs", "pyproject.toml", "schema.graphql"]
ANSWERS = [
    "tests/security/test_entity_leaks.py",
    "tests/security/test_filter_leaks.py",
    "tests/security/test_leaks.py",
    "tests/security/test_cases.py",
    "tests/security/test_changes.py",
    "tests/security/test_differential.py",
    "tests/security/test_warnings.py",
    "tests/schema/test_attachments.py",
    "tests/schema/test_letters.py",
    "tests/schema/test_readiness.py",
    "tests/oversight/test_linking.py",
    "tests/store/test_audit.py",
    "tests/store/test_complaints.py",
    "tests/store/test_connectors.py",
    "tests/store/test_masks.py",
    "tests/store/test_past.py",
    "tests/store/test_statistics.py",
    "tests/store/test_rollups.py",
]
MONITOR = ["tests/store/test_scope_monitor.py"]
CASES = "400"


@dataclass(frozen=True)
class Mutant:
    """A text of a file, which has to occur there once, and what stands in its place."""

    name: str
    file: str
    text: str
    replacement: str


MONITOR_OFF = Mutant(
    "monitor off",
    "hub/store/scope_monitor.py",
    "        if scope is None:\n",
    "        if True:\n",
)
MUTANTS = [
    Mutant(
        "complaint by id",
        "hub/store/complaints.py",
        'plan.both(self._rows, {"_id": {"$eq": id_}})',
        '{"_id": {"$eq": id_}}',
    ),
    Mutant(
        "complaints by ids",
        "hub/store/complaints.py",
        'plan.both(self._rows, {"_id": {"$in": [*ids]}})',
        '{"_id": {"$in": [*ids]}}',
    ),
    Mutant(
        "page of complaints",
        "hub/store/complaints.py",
        "            self._rows,\n            self._wanted(condition),",
        "            {},\n            self._wanted(condition),",
    ),
    Mutant(
        "count of complaints",
        "hub/store/complaints.py",
        "plan.both(self._rows, plan.match(seen, now))",
        "plan.match(seen, now)",
    ),
    Mutant(
        "rows wherever counts reach",
        "hub/store/complaints.py",
        "plan.within(scope.rows)",
        "plan.within(scope.counts)",
    ),
    Mutant(
        "indicators from complaints",
        "hub/store/figures.py",
        "both(within(reach), match(condition, now), received_in(period))",
        "both(match(condition, now), received_in(period))",
    ),
    Mutant(
        "indicators from the roll-up",
        "hub/store/cells.py",
        'both({"breakdown": breakdown}, within(reach), months)',
        'both({"breakdown": breakdown}, months)',
    ),
    Mutant(
        "complaints in cases",
        "hub/store/cases.py",
        'plan.both(self._rows, {"_id": {"$in": [*ids]}})',
        '{"_id": {"$in": [*ids]}}',
    ),
    Mutant(
        "complaints in cases, where all links are read",
        "hub/store/cases.py",
        'plan.both(self._rows, {"_id": {"$in": ids}}, told, wanted or {})',
        'plan.both({"_id": {"$in": ids}}, told, wanted or {})',
    ),
    Mutant(
        "words of secret complaints by cases, where all links are read",
        "hub/store/cases.py",
        '{"$or": [{"secret": False}, plan.within(self._scope.secret_words)]}',
        "{}",
    ),
    Mutant(
        "words of secret complaints by cases",
        "hub/store/cases.py",
        'return not complaint["secret"] or plan.covers(scope.secret_words, complaint)',
        "return True",
    ),
    Mutant(
        "warnings",
        "hub/store/warnings.py",
        "self._within = plan.within(scope.rows)",
        "self._within = {}",
    ),
    Mutant(
        "figures of a past moment",
        "hub/store/past.py",
        "plan.both(plan.within(reach), wanted, before)",
        "plan.both(wanted, before)",
    ),
    Mutant(
        "activity",
        "hub/store/activity.py",
        "cells.activity(self._within, province, period)",
        "cells.activity({}, province, period)",
    ),
    Mutant(
        "institutions",
        "hub/store/institutions.py",
        "plan.both(self._within, current)",
        "current",
    ),
    Mutant("channels", "hub/store/channels.py", "find(self._within, {", "find({}, {"),
    Mutant(
        "connectors", "hub/store/connectors.py", "find(self._within, _SHOWN)", "find({}, _SHOWN)"
    ),
    Mutant(
        "texts of connectors",
        "hub/store/connectors.py",
        'plan.both(self._within, {"connector": {"$in": [*names]}})',
        '{"connector": {"$in": [*names]}}',
    ),
    Mutant(
        "connectors, to change them",
        "hub/store/connectors.py",
        "plan.both(plan.within(scope.ledgers), plan.within(scope.own_connectors))",
        "{}",
    ),
    Mutant(
        "dead letters, to settle them",
        "hub/store/dead_letters.py",
        "plan.within(scope.own_connectors)",
        "{}",
    ),
    Mutant("runs", "hub/store/runs.py", "read(self._within, wanted", "read({}, wanted"),
    Mutant(
        "dead letters", "hub/store/dead_letters.py", "read(self._within, wanted", "read({}, wanted"
    ),
    Mutant("readiness", "hub/store/readiness.py", "plan.both(self._within, wanted)", "wanted"),
    Mutant(
        "attachments",
        "hub/store/readiness.py",
        'found = await self._entries.find_one(wanted, {"attachments": 1})',
        "found = await self._entries.find_one(\n"
        '            {"attachments.id": {"$eq": id_}}, {"attachments": 1})',
    ),
    Mutant("letters", "hub/store/letters.py", "read(self._within, {}", "read({}, {}"),
    Mutant(
        "letter by id",
        "hub/store/letters.py",
        'plan.both(self._within, {"_id": {"$eq": id_}})',
        '{"_id": {"$eq": id_}}',
    ),
    Mutant(
        "letters that were not sent",
        "hub/store/plan.py",
        'both(within(scope.letters_received), {"state": {"$eq": LetterState.SENT.value}})',
        "within(scope.letters_received)",
    ),
    Mutant("audit records", "hub/store/audit.py", "read(self._within, {}", "read({}, {}"),
    Mutant(
        "words of secret complaints",
        "hub/store/masks.py",
        "frozenset() if scope.secret_words == scope.rows else WORDS",
        "frozenset()",
    ),
    Mutant(
        "filters by hidden words",
        "hub/store/complaints.py",
        "plan.match(self._seen(condition, now), now)",
        "plan.match(condition, now)",
    ),
    Mutant(
        "figures by hidden words",
        "hub/store/complaints.py",
        "condition=self._seen(condition, now))",
        "condition=condition)",
    ),
    Mutant(
        "reporters",
        "hub/store/masks.py",
        "        if not covers(self._reporters, document):",
        "        if False:",
    ),
    Mutant(
        "statistics answered like rows",
        "hub/store/complaints.py",
        "self._statistics.answer(question, scope.rows, utc_now())",
        "self._answers.answer(question, utc_now())",
    ),
    Mutant(
        "all pages, where they are read",
        "hub/store/paging.py",
        "plan.find(within, wanted, order, page)",
        "plan.find({}, wanted, order, page)",
    ),
    Mutant(
        "all pages, where they are planned",
        "hub/store/plan.py",
        "filters = [within, wanted]",
        "filters = [wanted]",
    ),
    Mutant(
        "the caller's filter merged over the scope's",
        "hub/store/plan.py",
        'return parts[0] if len(parts) == 1 else {"$and": parts}',
        "return {name: value for part in parts for name, value in part.items()}",
    ),
    Mutant(
        "nothing named reaches everything",
        "hub/store/plan.py",
        "    if not parts:\n        return NOTHING",
        "    if not parts:\n        return {}",
    ),
    Mutant(
        "a missing permission",
        "hub/domain/scope.py",
        "            return Reach()\n        return Reach.of(",
        "            pass\n        return Reach.of(",
    ),
    Mutant(
        "answers of figures kept for anybody",
        "hub/store/answers.py",
        "    reach: Reach\n",
        '    reach: Reach = __import__("dataclasses").field(compare=False)\n',
    ),
    Mutant(
        "cursors of anybody",
        "hub/store/cursor.py",
        "orjson.dumps([grants, sorted(scope.permissions), order])",
        "orjson.dumps([order])",
    ),
]


def main() -> None:
    """Tries the mutants. Exit code 1 if the tests let one live, or fail without any."""
    words = sys.argv[1:]
    chosen = [m for m in MUTANTS if not words or any(word in m.name for word in words)]
    for mutant in [MONITOR_OFF, *MUTANTS]:
        _applied(mutant, ROOT)  # a mutation that no longer fits says so before anything is run
    if failed := _first_failure(MONITOR) or _first_failure(ANSWERS, MONITOR_OFF):
        sys.exit(f"The tests fail without any mutant: {failed}")
    alive = []
    print("| without the scope | noticed by what is answered | noticed by the monitor |")
    print("| --- | --- | --- |")
    for mutant in chosen:
        answers = _first_failure(ANSWERS, MONITOR_OFF, mutant)
        monitor = _first_failure(MONITOR, mutant)
        alive += [mutant.name] if not answers else []
        print(
            f"| {mutant.name} | {answers or '**no**'} | {'yes' if monitor else 'no'} |", flush=True
        )
    print(f"\n{len(chosen) - len(alive)} of {len(chosen)} are noticed by what is answered.")
    if alive:
        sys.exit(f"Not noticed: {', '.join(alive)}")


def _applied(mutant: Mutant, tree: Path) -> str:
    """The mutated text of the file. Ends the script where the mutation does not fit any more."""
    text = (tree / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.text) != 1:
        sys.exit(
            f"{mutant.name}: {mutant.file} has this {text.count(mutant.text)} times, not once; "
            f"bring scripts/mutate_scope.py up to date:\n{mutant.text}"
        )
    return text.replace(mutant.text, mutant.replacement)


def _first_failure(tests: list[str], *mutants: Mutant) -> str | None:
    """The first test that fails on a mutated copy of the tree; None if all pass."""
    with tempfile.TemporaryDirectory() as directory:
        tree = Path(directory)
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, tree / name)
        for mutant in mutants:
            (tree / mutant.file).write_text(_applied(mutant, tree), encoding="utf-8")
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests],
            cwd=tree,
            env={"PATH": "/usr/bin:/bin", "SCOPE_CASES": CASES, "PYTHONPATH": str(tree)},
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) \S*?(\w+)(?:\[|$| )", ran.stdout, re.M)
    if ran.returncode != 1 or not found:
        sys.exit(f"pytest ended with {ran.returncode}:\n{ran.stdout}{ran.stderr}")
    return f"`{found.group(1)}`"


if __name__ == "__main__":
    main()
