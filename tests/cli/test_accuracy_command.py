"""`trivet accuracy`, and the grounds of `trivet change`, as typed."""

import csv
import re
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


def test_accuracy_without_earlier_plans_and_with_a_wrong_lag(call: Call) -> None:
    shown = call("accuracy")
    assert shown.code == 0
    assert "Not known: no earlier plan of consensus_demand is known" in shown.out
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
