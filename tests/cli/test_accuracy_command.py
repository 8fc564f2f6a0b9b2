"""`trivet accuracy`, and the grounds of `trivet change`, as typed."""

import csv
import re
import shutil
from pathlib import Path

import pytest

from tests.cli.test_commands import Call, call
from trivet.examples import bikes

__all__ = ["call"]


@pytest.fixture(scope="module")
def published_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with twelve earlier plans, each a tenth above what then came."""
    folder = tmp_path_factory.mktemp("published") / "bikes"
    folder.mkdir()
    for path in bikes().iterdir():
        if path.is_file():
            (folder / path.name).write_bytes(path.read_bytes())
    rows = list(csv.DictReader((folder / "orders.csv").read_text("utf-8").splitlines()))
    months = sorted({row["bucket"][:7] for row in rows})[-12:]
    before = dict(zip(months[1:], months, strict=False))
    sold: dict[tuple[str, str, str], float] = {}
    for row in rows:
        if row["bucket"][:7] in before:
            key = (row["item"], row["market"], row["bucket"][:7])
            sold[key] = sold.get(key, 0.0) + float(row["quantity"])
    lines = ["cycle,measure,item,market,location,bucket,quantity"]
    lines += [
        f"{before[month]},consensus_demand,{item},{market},,{month},{quantity * 1.1:.3f}"
        for (item, market, month), quantity in sold.items()
    ]
    (folder / "published.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return folder


def test_accuracy_is_shown_by_lag_level_and_family_with_the_alarm(
    tmp_path: Path, published_folder: Path, call: Call
) -> None:
    home = str(tmp_path / "home")
    call("create", workspace=home)
    imported = call("import", str(published_folder), workspace=home)
    assert "what was asked for against the plan of cycle" in imported.out
    assert re.search(r"family WMAPE of all 10\.0% \(\+10\.0%\)", imported.out)
    call("plan", workspace=home)
    shown = call("accuracy", "--lag", "1,2", "--by", "family", workspace=home)
    assert shown.code == 0
    assert re.search(r"all +item x market +1 +10\.0% +10\.0% +\+10\.0% +\+\d+\.\d ALARM", shown.out)
    assert "all, lag 2: undefined: no plan spoke of it 2 ahead" in shown.out
    assert "Not known: no plan spoke of these buckets at lag 2" in shown.out
    rows = call("accuracy", "--lag", "1", "--by", "family", "--json", workspace=home).json()["rows"]
    assert {row["level"] for row in rows if not row["member"]} == {"item x market", "item", "family", "total"}
    assert all(abs(row["bias"] - 0.1) < 1e-3 for row in rows if not row["undefined"])


def test_value_added_is_shown_step_by_step_and_accuracy_held_to_its_targets(
    tmp_path: Path, published_folder: Path, call: Call
) -> None:
    home, folder = str(tmp_path / "home"), tmp_path / "bikes"
    shutil.copytree(published_folder, folder)
    (folder / "targets.csv").write_text(
        "kpi,family,target,tolerance,better\nwmape_item_lag_1,,0.12,,\nbias,,0,0.04,near\nwmape_itm,,1,,\n"
    )
    call("create", workspace=home)
    call("import", str(folder), workspace=home)
    call("plan", workspace=home)
    shown = call("value-added", "--lag", "1", workspace=home)
    assert shown.code == 0
    assert "item WMAPE of 11 earlier plans against what was asked for" in shown.out
    assert re.search(r"all +1 +naive +0\.0% +- +- +- +- +- +11", shown.out)
    assert re.search(r"\n +published +naive +10\.0% +0\.0% +-10\.0 +- +- +0% +11 +100%", shown.out)
    assert "Not known: lag 1, statistical: no plan held baseline_demand" in shown.out
    answer = call("value-added", "--lag", "1", "--level", "total", "--by", "family", "--json", workspace=home).json()
    assert answer["level"] == "total"
    assert {row["member"] for row in answer["rows"]} == {"", "City", "Kids"}
    assert call("value-added", "--lag", "x", workspace=home).code == 2
    held = call("accuracy", workspace=home).out
    assert "Target  WMAPE item, lag 1: 10.0%, target 12.0% or less: met, 2.0 points to spare" in held
    assert "Target  bias, lag 1: +10.0%, target 0.0% ± 4.0%: missed by 6.0 points" in held
    assert "Target  'wmape_itm' names no figure, level and lag, e.g. wmape_item_lag_1." in held


def test_accuracy_without_earlier_plans_and_with_a_wrong_lag(call: Call) -> None:
    shown = call("accuracy")
    assert shown.code == 0
    assert "Not known: no earlier plan of consensus_demand is known" in shown.out
    assert "value added begins with the first published plan" in call("value-added").out
    wrong = call("accuracy", "--lag", "one")
    assert wrong.code == 2
    assert "lag 'one' can't be read; write whole numbers" in wrong.err


def test_a_change_is_given_its_grounds_and_its_end_on_the_command_line(call: Call) -> None:
    words = (
        "change",
        "consensus_demand",
        "+1%",
        "--from",
        "2027-06",
        "--reason",
        "tender",
        "--reason-code",
        "customer",
    )
    done = call(*words, "--expires", "2027-03")
    assert done.code == 0
    assert "(customer; tender; expires 2027-03-01)" in call("log").out
    wrong = call(*words[:-1], "costumer")
    assert wrong.code == 1
    assert "reason code 'costumer' is not known" in wrong.out
    assert "Maybe 'customer'?" in wrong.out
