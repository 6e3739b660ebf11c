"""A hostile channel with every fault on: what arrives is exactly what the source has."""

import pytest

from hub.connectors.load import load
from hub.grade.channel import Fault
from hub.grade.grade import Graded, grade
from hub.grade.records import CannotGradeError
from hub.store.store import Store
from tests.connectors.test_load import FILES, OPEN311

REST = """
version: "1"
name: sulsel
type: rest_api
client: {base_url: https://api.sulsel.example/v1/, auth: {type: bearer, token: "${env.TOKEN}"}}
resources:
  - name: complaints
    endpoint:
      path: complaints
      params: {since: "{incremental.start_value}"}
      data_selector: $.data.items[*]
      paginator: {type: cursor, cursor_path: data.next, cursor_param: after}
      incremental:
        cursor_path: changed
        initial_value: "2020-01-01T00:00:00Z"
        lookback_window: PT10M
        row_order: asc
    region_codes: bps
    select:
      external_id: id
      status: status
      received_at: created
      updated_at: changed
      district: place.district
      category: category
"""
WINDOWS = (
    OPEN311
    + """resources:
  - format: xml
    incremental: {initial_value: "2026-01-01T00:00:00Z", lookback_window: P2D}
    permission: {set: {district: "73.71"}}
"""
)


def exact(graded: Graded) -> bool:
    return graded.complaints + graded.dead_letters == graded.source


async def test_of_ten_thousand_records_none_is_lost(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    graded = await grade(load(REST, "c.yaml"), store, 10_000)
    with capsys.disabled():
        print(f"\n{graded}")  # noqa: T201 - the figures that the issue asks for
    assert graded.source == 10_030
    assert exact(graded)
    assert graded.dead_letters == 18
    assert (graded.grade, graded.troubles, graded.untold) == ("A", [], [])
    assert {*graded.met} == {*Fault}
    assert len(graded.runs) > 2


async def test_what_a_missing_lookback_loses_is_told_with_the_key_that_mends_it(
    store: Store,
) -> None:
    text = REST.replace("        lookback_window: PT10M\n", "")
    graded = await grade(load(text, "c.yaml"), store, 1_500)
    told = {each.trap: (each.lost, each.outdated) for each in graded.troubles}
    assert told == {"arrived late": (20, 0), "edited behind the cursor": (0, 4)}
    assert {each.mend for each in graded.troubles} == {"a longer incremental.lookback_window"}
    assert graded.grade == "E"


async def test_windows_are_halved_and_old_edits_are_told(store: Store) -> None:
    graded = await grade(load(WINDOWS, "c.yaml"), store, 4_000)
    assert exact(graded)
    assert graded.grade == "B"
    assert [each.trap for each in graded.troubles] == ["edited long after receipt"]
    assert all(each.lost == 0 for each in graded.troubles)


@pytest.mark.parametrize(
    "again",
    [
        "recheck: {where: {status: [open, closed]}, interval: PT0.001S, batch_size: 200}",
        "updates: {batch_size: 200}",
    ],
)
async def test_old_edits_are_seen_where_requests_are_asked_for_again(
    store: Store, again: str
) -> None:
    again = f"    {again}\n"
    graded = await grade(load(WINDOWS + again, "c.yaml"), store, 1_500)
    assert exact(graded)
    assert (graded.grade, graded.troubles) == ("A", [])


async def test_a_kind_that_is_not_asked_can_not_be_imitated(store: Store) -> None:
    with pytest.raises(CannotGradeError, match="filesystem"):
        await grade(load(FILES, "c.yaml"), store, 100)


async def test_a_condition_that_no_made_up_answer_holds_of_asks_for_real_ones(
    store: Store,
) -> None:
    text = REST.replace("path: complaints\n", "path: complaints\n      is_success: ok == true\n")
    with pytest.raises(CannotGradeError, match=r"is_success: .* --sample"):
        await grade(load(text, "c.yaml"), store, 100)


async def test_the_hour_that_comes_twice_is_told(store: Store) -> None:
    text = REST.replace("    region_codes", "    timezone: America/New_York\n    region_codes")
    graded = await grade(load(text, "c.yaml"), store, 1_500)
    assert exact(graded)
    (told,) = graded.troubles
    assert (told.trap, told.lost) == ("of an hour that comes twice", 0)
    assert told.misdated >= 10
    assert "the channel has to write it" in told.mend
    assert graded.grade == "B"
