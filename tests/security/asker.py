"""One viewer's questions, each answered by both executors and compared with the oracle."""

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson

from hub.domain.indicators import Dimension
from hub.domain.scope import SMALLEST_GROUP, Permission, Scope
from hub.schema.answering import Answering, told
from hub.schema.compiled.execution import Executor
from hub.schema.context import Context
from hub.schema.schema import core_schema
from hub.store.scope_monitor import viewing
from hub.store.store import Store
from tests.security import asked, hostile, rules

_READS = (Permission.COMPLAINTS_READ, Permission.STATISTICS_READ)

Answer = dict[str, Any]
Document = dict[str, Any]
EXECUTORS = [Executor(core_schema), Executor(core_schema, compile_plans=False)]


@dataclass
class Lying:
    """What lies in MongoDB, by what the oracle lets lie there, and what was kept out."""

    complaints: list[Document] = field(default_factory=list)
    links: list[Document] = field(default_factory=list)
    runs: list[Document] = field(default_factory=list)
    dead_letters: list[Document] = field(default_factory=list)
    channels: list[Document] = field(default_factory=list)
    marks: dict[str, Document] = field(default_factory=dict)
    ids: list[str] = field(default_factory=list)


@dataclass
class Asker:
    """One viewer's questions, each answered both ways and compared."""

    random: Random
    store: Store
    lying: Lying
    viewer: Scope
    met: Counter[str]

    async def answers(self, text: str, **variables: Any) -> list[Answer]:
        """By the compiled and the plain executor. No answer holds more than the viewer may see,
        wherever in it that would stand."""
        found: list[Answer] = []
        for executor in EXECUTORS:
            with viewing(self.viewer):
                context = Context(Answering(self.store).desks(self.viewer))
                result = await executor.execute(text, variables, None, context)
            errors = [told(error).formatted for error in result.errors or ()]
            assert not re.search("kata|isi", str(errors)), errors
            answer = {"data": result.data, "errors": errors}
            # What no JSON can hold ends a request with 500; here it is looked at all the same.
            body = orjson.dumps(answer, repr, orjson.OPT_NAIVE_UTC).decode()
            for mark, may in (("kata", rules.words_are_shown), ("isi", rules.visible)):
                for id_ in set(re.findall(rf"{mark}\((\w+)\)", body)):
                    assert may(self.viewer, self.lying.marks[id_]), (mark, id_)
            self.met["errors"] += len(errors)
            found.append(answer)
        return found

    def lacks(self, permission: Permission, answer: Answer) -> bool:
        """Whether an answer is refused for a permission: exactly if that is missing."""
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        missing = permission not in self.viewer.permissions
        assert missing is ("INSUFFICIENT_SCOPE" in codes)
        return missing

    def judged(self, told_: list[str], right: list[str], of: int) -> None:
        """Notes whether a comparison could have failed at all."""
        assert told_ == right
        self.met["neither empty nor everything" if 0 < len(right) < of else "trivial"] += 1

    async def lists(self) -> None:
        """Pages joined from either end are the oracle's rows in the oracle's order."""
        filter_, order = hostile.filter_of(self.random), hostile.order_of(self.random)
        size, backward = self.random.choice([3, 7, 50]), self.random.random() < 0.5
        mine = [d for d in self.lying.complaints if rules.visible(self.viewer, d)]
        wanted = (d for d in mine if rules.holds(filter_, rules.shown(self.viewer, d)))
        right = rules.ordered(wanted, order)
        ids = [f"complaint:{d['_id']}" for d in right]
        pages: list[list[str]] = [[], []]
        cursor = None
        while True:
            window = (
                {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
            )
            answers = await self.answers(asked.LIST, filter=filter_, orderBy=order, **window)
            if self.lacks(Permission.COMPLAINTS_READ, answers[0]):
                return
            for joined, answer in zip(pages, answers, strict=True):
                assert not answer["errors"]
                page = answer["data"]["complaints"]
                assert page["totalCount"] == len(ids)
                read = [node["id"] for node in page["nodes"]]
                assert read == [edge["node"]["id"] for edge in page["edges"]]
                joined[:] = [*read, *joined] if backward else [*joined, *read]
            info = page["pageInfo"]
            if not info["hasPreviousPage" if backward else "hasNextPage"]:
                break
            cursor = info["startCursor" if backward else "endCursor"]
        for joined in pages:
            self.judged(joined, ids, len(self.lying.complaints))

    async def by_id(self) -> None:
        """What may not be seen is null without a word, as what does not exist."""
        ids = self.random.choices([*self.lying.ids, "none"], k=asked.AT_ONCE)
        shown = {d["_id"] for d in self.lying.complaints if rules.visible(self.viewer, d)}
        variables = {f"id{n}": f"complaint:{id_}" for n, id_ in enumerate(ids)}
        for answer in await self.answers(asked.BY_ID, **variables):
            if self.lacks(Permission.COMPLAINTS_READ, answer):
                continue
            failed = {error["path"][0] for error in answer["errors"]}
            for name in ("c", "n"):
                for n, id_ in enumerate(ids):
                    key = f"{name}{n}"
                    there = answer["data"][key] is not None or key in failed
                    assert there is (id_ in shown), (key, id_)
                    self.met["by id: shown" if there else "by id: hidden"] += 1
        references = [{"__typename": "Complaint", "id": f"complaint:{id_}"} for id_ in ids]
        for answer in await self.answers(asked.ENTITIES, references=references):
            if not self.lacks(Permission.COMPLAINTS_READ, answer):
                right = [f"complaint:{id_}" if id_ in shown else None for id_ in ids]
                assert [row and row["id"] for row in answer["data"]["_entities"]] == right

    async def cases(self) -> None:
        """A case is made of what the viewer sees and may read, and of nothing else."""
        filter_ = hostile.filter_of(self.random) if self.random.random() < 0.5 else {}
        mine = [d for d in self.lying.complaints if rules.visible(self.viewer, d)]
        group = rules.cases(self.viewer, mine, self.lying.links)
        ids = self.random.choices([*self.lying.ids, "none"], k=asked.AT_ONCE)
        variables = {f"id{n}": f"complaint:{id_}" for n, id_ in enumerate(ids)}
        wanted = [d for d in mine if rules.holds(filter_, rules.shown(self.viewer, d))]
        of = {min(group[d["_id"]]) for d in wanted}
        counted = {"received": len(wanted), "cases": len(of)}
        for answer in await self.answers(asked.CASES, filter=filter_, **variables):
            if self.lacks(Permission.COMPLAINTS_READ, answer):
                continue
            assert not answer["errors"]
            assert answer["data"]["cases"] == counted
            for n, id_ in enumerate(ids):
                found = answer["data"][f"c{n}"]
                reports = found and [report["id"] for report in found["case"]["reports"]]
                right = sorted(f"complaint:{each}" for each in group.get(id_, ()))
                assert sorted(reports or ()) == right
                self.met["cases: of several" if len(right) > 1 else "cases: of one"] += 1

    async def indicators(self) -> None:
        """Groups are counted within the scope, whichever way they are computed."""
        dimensions = self.random.sample(
            [d.name for d in Dimension], self.random.choice([0, 0, 1, 2])
        )
        # Those who may count more than they read are refused most filters.
        often = 0.2 if self.viewer.counts_beyond_rows else 0.5
        filter_ = hostile.filter_of(self.random) if self.random.random() < often else {}
        first = self.random.choice(["", "2020-07-01", "2020-08-01"])
        bounds = {"from": first, "to": "2020-08-31"} if first else {}
        low, high = bounds.get("from", ""), bounds.get("to", "9")
        groups = self._grouped(filter_, dimensions, low, high)
        right = {keys: rules.figures(group) for keys, group in groups.items()}
        variables: Answer = {"groupBy": dimensions, "filter": filter_, "period": bounds}
        compare = low == "2020-08-01" and not {"DAY", "WEEK", "MONTH"}.intersection(dimensions)
        variables["compare"] = compare
        earlier = self._grouped(filter_, dimensions, "2020-07-01", "2020-07-31")
        for answer in await self.answers(asked.INDICATORS, **variables):
            if self.lacks(Permission.STATISTICS_READ, answer):
                continue
            if self.viewer.counts_beyond_rows:
                self.suppressed(answer, right, groups)
                continue
            assert not answer["errors"]
            assert _groups(answer) == right
            for row in answer["data"]["indicators"] if compare else []:
                received, followed_up, _ = rules.figures(earlier.get(_keys(row), []))
                assert row["before"] == {"received": received, "followedUp": followed_up}
            total = sum(received for received, *_ in right.values())
            whole = 0 < total < len(self.lying.complaints)
            self.met["neither empty nor everything" if whole else "trivial"] += 1

    async def activity(self) -> None:
        """Districts are told of by complaints of the viewer's places."""
        province = self.random.choice([None, "73", "74"])
        period = self.random.choice([{}, {"from": "2020-08-01", "to": "2020-08-31"}])
        right: dict[str, list[Document]] = defaultdict(list)
        for document in self.lying.complaints:
            if rules.visible_by_place(self.viewer, document) and province in {
                None,
                document["province"],
            }:
                right[document["district"] or ""].append(document)
        variables = {"of": "DISTRICT", "province": province, "period": period}
        for answer in await self.answers(asked.ACTIVITY, **variables):
            if {*_READS} - self.viewer.permissions:
                codes = {error["extensions"]["code"] for error in answer["errors"]}
                assert codes == {"INSUFFICIENT_SCOPE"}
                continue
            self._judge_activity(answer["data"]["activity"], right, period)

    def _judge_activity(
        self, told: Answer, right: dict[str, list[Document]], period: dict[str, str]
    ) -> None:
        members = {each["district"]["code"]: each for each in told["members"]}
        unlisted = 0
        for code, documents in right.items():
            inside = [d for d in documents if not period or d["received_on"][:7] == "2020-08"]
            received, followed_up, _ = rules.figures(inside)
            if code in members:
                member = members[code]
                assert (member["received"], member["followedUp"]) == (received, followed_up)
            else:
                unlisted += received
        assert told["unlisted"] == unlisted
        connected = {code for code, each in members.items() if each["connected"]}
        assert connected == right.keys() & members.keys()
        self.met["members: connected"] += len(connected)

    def _grouped(
        self, filter_: hostile.Filter, dimensions: list[str], low: str, high: str
    ) -> dict[tuple[Any, ...], list[Document]]:
        """What the viewer counts of the days between two."""
        groups: dict[tuple[Any, ...], list[Document]] = defaultdict(list)
        if not dimensions:
            groups[()] = []
        for document in self.lying.complaints:
            if (
                rules.countable(self.viewer, document)
                and rules.holds(filter_, rules.shown(self.viewer, document))
                and low <= document["received_on"] <= high
            ):
                groups[tuple(rules.group(d, document) for d in dimensions)].append(document)
        return groups

    def suppressed(
        self,
        answer: Answer,
        right: dict[tuple[Any, ...], Any],
        groups: dict[tuple[Any, ...], list[Document]],
    ) -> None:
        """Who counts further than they read is told nothing wrong, and no small group but of what
        they may read."""
        if answer["errors"]:
            assert {e["extensions"]["code"] for e in answer["errors"]} == {"BAD_USER_INPUT"}
            return
        for keys, figures in _groups(answer).items():
            assert figures == right[keys]
            readable = all(rules.visible(self.viewer, d) for d in groups[keys])
            assert figures[0] >= SMALLEST_GROUP or readable
            self.met["suppressed: told"] += 1

    async def ledgers(self) -> None:
        """Runs, connectors, dead letters and channels are those of the viewer."""
        runs = [d["_id"] for d in self.lying.runs if rules.in_ledger(self.viewer, d["channel"])]
        for answer in await self.answers(asked.RUNS):
            if not self.lacks(Permission.CONNECTORS_READ, answer):
                found = [node["id"] for node in answer["data"]["runs"]["nodes"]]
                self.judged(sorted(found), sorted(runs), len(self.lying.runs))
                names = [each["name"] for each in answer["data"]["names"]]
                assert set(names) == set(runs)
                for each in answer["data"]["connectors"]:
                    assert each["lastRun"] == {"id": each["name"]}
                    assert each["versions"] == [{"version": each["name"]}]
                    counted = each["completeness"]["days"]
                    assert counted == [{"source": int(each["name"][-1])}]
                assert [each["name"] for each in answer["data"]["connectors"]] == names
        letters = [
            d["_id"]
            for d in self.lying.dead_letters
            if rules.in_ledger(self.viewer, d["channel"], letters=True)
        ]
        for answer in await self.answers(asked.DEAD_LETTERS):
            if not self.lacks(Permission.CONNECTORS_READ, answer):
                found = [node["id"] for node in answer["data"]["deadLetters"]["nodes"]]
                self.judged(sorted(found), sorted(letters), len(self.lying.dead_letters))
        known = [d["_id"] for d in self.lying.channels if rules.knows_channel(self.viewer, d)]
        for answer in await self.answers(asked.CHANNELS):
            names = [channel["name"] for channel in answer["data"]["channels"]]
            self.judged(sorted(names), sorted(known), len(self.lying.channels))

    async def ask_all(self) -> None:
        for question in (
            self.lists,
            self.lists,
            self.by_id,
            self.cases,
            self.indicators,
            self.activity,
            self.ledgers,
        ):
            await question()


def _groups(answer: Answer) -> dict[tuple[Any, ...], tuple[int, int, int]]:
    return {
        _keys(row): (
            row["received"],
            row["followedUp"],
            row["overdue"],
        )
        for row in answer["data"]["indicators"]
    }


def _keys(row: Answer) -> tuple[Any, ...]:
    return tuple(pair["value"] for pair in row["keys"])
