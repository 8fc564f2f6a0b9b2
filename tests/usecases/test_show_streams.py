"""The views on demand side by side: each at its own grain, with the part it speaks of, and what they came to."""

from decimal import Decimal
from pathlib import Path

import pytest

import trivet
from tests.cli.test_commands import Call, call
from trivet.core.errors import InvalidInput, NotFound
from trivet.usecases.show_streams import StreamsAnswer
from trivet.workspace.workspace import Workspace

__all__ = ["call"]

MONTHS = [f"{year}-{month:02d}" for year in (2023, 2024, 2025) for month in range(1, 13)]
SETTINGS = '[company]\nname = "P"\ncurrency = "EUR"\n[time]\nfirst_bucket = "2023-01"\ncycle = "2026-01"\nhorizon = 6\n'


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Plan a family of A (100 a month) and B (300): sales speaks of A only, finance of the quarter."""
    folder: Path = tmp_path_factory.mktemp("company")
    (folder / "company.toml").write_text(SETTINGS)
    (folder / "items.csv").write_text("item,family\nA,F\nB,F\n")
    past = "\n".join(f"{item},ALL,{month},{units}" for item, units in (("A", 100), ("B", 300)) for month in MONTHS)
    (folder / "orders.csv").write_text(f"item,market,bucket,quantity\n{past}\n")
    said = [f"sales,A,,ALL,2026-0{month},120" for month in (1, 2)]
    said += [f"finance,,F,ALL,2026-0{month},450" for month in (1, 2, 3)]
    (folder / "streams.csv").write_text("\n".join(["stream,item,family,market,bucket,quantity", *said]) + "\n")
    home = str(tmp_path_factory.mktemp("home") / "home")
    trivet.create_workspace(home, actor="ada")
    opened = trivet.open_workspace(home, actor="ada")
    trivet.import_folder(opened, folder)
    trivet.make_plan(opened)
    return opened


def lines(answer: StreamsAnswer) -> dict[tuple[str, str], list[Decimal | int | None]]:
    return {(line.member, line.label.strip()): list(line.values) for line in answer.lines}


def test_every_view_stands_beside_the_others_and_says_what_part_it_speaks_of(workspace: Workspace) -> None:
    answer = trivet.show_streams(workspace, period="bucket", span=("2026-01", "2026-03"))
    shown = lines(answer)
    assert answer.periods == ("2026-01", "2026-02", "2026-03")
    assert shown["F", "last year"] == [400, 400, 400]
    assert shown["F", "statistical"] == [400, 400, 400]
    assert shown["F", "sales"] == [120, 120, None]
    assert shown["F", "finance"] == [450, 450, 450]
    assert shown["F", "consensus"] == [400, 400, 400]
    assert ("F", "marketing") not in shown
    spoken = {line.label: line.spoken for line in answer.lines}
    assert spoken["sales"] == (Decimal("0.25"), Decimal("0.25"), Decimal(0))
    assert spoken["finance"] == (Decimal(1),) * 3
    assert spoken["statistical"] == ()


def test_items_show_the_finance_view_as_it_was_spread(workspace: Workspace) -> None:
    shown = lines(trivet.show_streams(workspace, by="item", period="quarter", span=("2026-01", "2026-03")))
    finance = [shown[item, "finance"][0] for item in "AB"]
    assert sum(part or 0 for part in finance) == 1350
    assert shown["A", "sales"] == [240]
    assert ("B", "sales") not in shown


def test_a_level_that_demand_does_not_have_is_refused_in_words(workspace: Workspace) -> None:
    with pytest.raises(InvalidInput, match="demand has no rows by 'location'"):
        trivet.show_streams(workspace, by="location")
    with pytest.raises(NotFound, match="Maybe 'family'"):
        trivet.show_streams(workspace, by="famly")


def test_the_command_prints_views_below_each_other(call: Call) -> None:
    shown = call("streams", "--period", "quarter")
    assert shown.code == 0
    for words in ("Views on demand", "last year", "statistical", "P10", "P90", "by rule", "consensus"):
        assert words in shown.out
    told = call("streams", "--by", "item", "--json").json()
    assert {line["label"].strip() for line in told["lines"]} >= {"statistical", "consensus"}
