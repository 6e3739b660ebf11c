"""The demo's data tell the 2020 review."""

from collections import Counter, defaultdict
from pathlib import Path

from hub.demo.channels import write_lapor_export
from hub.demo.population import NEIGHBOURS, reports
from hub.demo.run import INSTITUTIONS
from hub.domain.institutions import institutions_in
from hub.domain.region import regions


def test_the_figures_of_the_review() -> None:
    told = [r for r in reports() if r.district.province == "73"]
    followed = Counter(r.institution for r in told if r.followed_up)
    institutions = {r.institution for r in told}
    assert len(told) == 795
    assert followed.total() == 493
    assert len(institutions) == 22
    assert len(institutions - followed.keys()) == 7
    assert {r.district for r in told} == set(regions().districts_of("73"))
    assert 0.2 < sum(r.covid for r in told) / len(told) < 0.5


def test_there_is_something_not_to_see() -> None:
    provinces = Counter(r.district.province for r in reports())
    assert {p: provinces[p] for p in NEIGHBOURS} == {p: n for p, (n, _) in NEIGHBOURS.items()}


def test_each_channel_has_its_part_and_each_trap_is_there() -> None:
    by_channel = defaultdict(list)
    for report in reports():
        by_channel[report.channel].append(report)
    assert by_channel.keys() == {"lapor-ekspor", "sulsel-rest", "makassar-open311"}
    assert {r.district.code for r in by_channel["makassar-open311"]} == {"73.71"}
    assert any(r.anonymous and r.secret for r in reports())


def test_the_same_data_at_every_start(tmp_path: Path) -> None:
    assert reports() == reports()
    write_lapor_export(tmp_path / "a", reports())
    write_lapor_export(tmp_path / "b", reports())
    first, second = (next((tmp_path / folder).iterdir()).read_bytes() for folder in "ab")
    assert first == second


def test_the_institutions_of_the_demo_are_listed() -> None:
    listed = institutions_in(INSTITUTIONS.read_text("utf-8").splitlines())
    assert {each.name for each in listed} == {report.institution for report in reports()}
    assert sum(each.province == "73" for each in listed) == 22
