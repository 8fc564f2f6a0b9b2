"""Streams weighed by their accuracy from month to month: plans published here count beside the table `published`."""

from itertools import pairwise
from pathlib import Path

import pytest

import trivet
from trivet.workspace.workspace import Workspace

MONTHS = [f"{year}-{month:02d}" for year in (2024, 2025, 2026) for month in range(1, 13)]
SETTINGS = '[company]\nname = "P"\ncurrency = "EUR"\n[time]\nfirst_bucket = "2024-01"\ncycle = "{}"\nhorizon = 6\n'
RULES = "stream,rule\nstatistical,accuracy\nsales,accuracy\n"


def write(folder: Path, cycle: str, rules: str = RULES) -> Path:
    """Write a company that sells 100 a month; sales says 120, and what it said for five months of 2025 is known."""
    folder.mkdir()
    (folder / "company.toml").write_text(SETTINGS.format(cycle))
    (folder / "items.csv").write_text("item,family\nA,F\n")
    (folder / "consensus_rules.csv").write_text(rules)
    closed = MONTHS[: MONTHS.index(cycle)]
    ahead = MONTHS[MONTHS.index(cycle) :][:6]
    past = "\n".join(f"A,ALL,{month},100,2000" for month in closed)
    for table in ("orders", "shipments"):
        (folder / f"{table}.csv").write_text(f"item,market,bucket,quantity,value\n{past}\n")
    said = "\n".join(f"sales,A,ALL,{month},120" for month in ahead)
    (folder / "streams.csv").write_text(f"stream,item,market,bucket,quantity\n{said}\n")
    plans = [
        f"{made},{measure},A,ALL,{target},{units}"
        for made, target in pairwise(MONTHS[18:24])
        for measure, units in (("baseline_demand", 110), ("sales_demand", 120))
    ]
    (folder / "published.csv").write_text("\n".join(["cycle,measure,item,market,bucket,quantity", *plans]) + "\n")
    return folder


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    trivet.create_workspace(str(tmp_path / "home"), actor="ada")
    return trivet.open_workspace(str(tmp_path / "home"), actor="ada")


def publish(workspace: Workspace) -> None:
    for step in (trivet.submit_plan, trivet.approve_plan, trivet.publish_plan):
        step(workspace)


def rule_of(workspace: Workspace) -> str:
    (line,) = trivet.show_consensus(workspace).families
    return line.rule


def test_the_plan_published_here_is_the_sixth_month_and_the_recipe_names_it(
    workspace: Workspace, tmp_path: Path
) -> None:
    trivet.import_folder(workspace, write(tmp_path / "january", "2026-01"))
    made = trivet.make_plan(workspace)
    assert rule_of(workspace) == "all lags: sales 50% + statistical 50% (accuracy not known yet, equal weights)"
    assert "demand.consensus-unscored" in {issue.code for issue in made.issues}
    january = workspace.sources("main")
    publish(workspace)
    assert workspace.sources("main").inputs.digest == january.inputs.digest

    trivet.import_folder(workspace, write(tmp_path / "march", "2026-03"))
    later = trivet.make_plan(workspace)
    # months 8 to 12 of 2025: 10 % against 20 %; February, planned here: 0 % against 20 %: 50 to 120 of 600 units
    assert rule_of(workspace) == "all lags: sales 29% + statistical 71% (accuracy over 6 months, lag 1)"
    (note,) = [issue for issue in later.issues if issue.code == "demand.consensus-accuracy"]
    assert "sales 29% (WMAPE 20.0%); statistical 71% (WMAPE 8.3%)" in note.message
    march = workspace.sources("main")
    known = march.inputs.table("published")
    assert known.height == 12
    assert march.tables["published"].height == 10
    assert trivet.make_plan(workspace).digest == later.digest

    publish(workspace)
    assert workspace.sources("main").inputs.digest == march.inputs.digest
    assert workspace.sources("main", snapshot=january.snapshot).inputs.digest == january.inputs.digest


def test_without_a_rule_by_accuracy_no_earlier_plan_is_read(workspace: Workspace, tmp_path: Path) -> None:
    weights = "stream,weight\nstatistical,3\nsales,1\n"
    trivet.import_folder(workspace, write(tmp_path / "january", "2026-01", weights))
    trivet.make_plan(workspace)
    publish(workspace)
    trivet.import_folder(workspace, write(tmp_path / "march", "2026-03", weights))
    assert workspace.sources("main").inputs.table("published").height == 10
    trivet.make_plan(workspace)
    assert rule_of(workspace) == "all lags: sales 25% + statistical 75%"
