"""Order lines and their exact cancellation: a kind of their own, in pairs, near in time, adding up to nothing."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.connect.folders import issue, load, report
from trivet.connect.mapping_advice import call_by_name
from trivet.core.issues import Severity
from trivet.core.report import Sums

HEAD = "order,item,market,customer,ordered,quantity,value\n"


def kinds(tmp_path: Path, rows: str, mapping: str | None = None) -> list[str | None]:
    loaded = load(tmp_path / "f", {"order_lines.csv": HEAD + rows}, mapping)
    return loaded.tables["order_lines"]["kind"].to_list()


def test_line_and_its_reversal_of_the_same_day_are_cancelled_and_tie(tmp_path: Path) -> None:
    rows = "A,BK-09,DE,7,2026-09-01,80,160\nB,BK-10,DE,7,2026-09-01,5,9\nC,BK-09,DE,7,2026-09-02,-80,-160\n"
    loaded = load(tmp_path / "f", {"order_lines.csv": HEAD + rows})
    assert loaded.tables["order_lines"]["kind"].to_list() == ["cancelled", None, "cancelled"]
    assert report(loaded, "order_lines").loaded == Sums(rows=3, quantity=Decimal(5), money=Decimal(9))
    found = issue(loaded, "import.cancelled-pairs")
    assert (found.severity, found.at_stake) == (Severity.NOTE, Decimal(160))
    assert (found.place.source, found.place.row, found.place.value) == ("order_lines.csv", 2, "80")
    assert "1 lines were taken back whole" in found.message
    assert "item 'BK-09' (row 4 takes it back)" in found.message


@pytest.mark.parametrize(
    "back",
    [
        "BK-09,DE,7,2026-09-03,-80,-160",  # two days later: a return
        "BK-09,DE,7,2026-08-31,-80,-160",  # before the order
        "BK-09,DE,8,2026-09-01,-80,-160",  # another customer
        "BK-09,DE,7,2026-09-01,-79,-160",  # not all of it
        "BK-09,DE,7,2026-09-01,-80,-150",  # other money
        "BK-10,DE,7,2026-09-01,-80,-160",  # another item
    ],
)
def test_anything_but_the_exact_reversal_stays_a_return(tmp_path: Path, back: str) -> None:
    assert kinds(tmp_path, f"A,BK-09,DE,7,2026-09-01,80,160\nC,{back}\n") == [None, None]


def test_one_cancellation_takes_one_order_the_nearest(tmp_path: Path) -> None:
    rows = "A,BK-09,DE,7,2026-09-01,8,16\nB,BK-09,DE,7,2026-09-02,8,16\nC,BK-09,DE,7,2026-09-02,-8,-16\n"
    assert kinds(tmp_path, rows) == [None, "cancelled", "cancelled"]


MAPPING = """
[[source]]
file = "items.csv"
table = "items"
[[source]]
file = "orders.csv"
table = "orders"
[[source]]
file = "order_lines.csv"
table = "order_lines"
cancelled_within = """


@pytest.mark.parametrize(("days", "kind"), [(-1, None), (0, None), (1, "cancelled")])
def test_mapping_says_how_many_days_a_cancellation_takes(tmp_path: Path, days: int, kind: str | None) -> None:
    rows = "A,BK-09,DE,7,2026-09-01,80,160\nC,BK-09,DE,7,2026-09-02,-80,-160\n"
    assert kinds(tmp_path, rows, f"{MAPPING}{days}") == [kind, kind]


def test_report_calls_the_mapping_by_its_name_and_tells_its_reasons(tmp_path: Path) -> None:
    rows = HEAD + "A,BK-09,DE,7,2026-09-01,80,160\n"
    loaded = load(tmp_path / "f", {"order_lines.csv": rows}, f'{MAPPING}1\nreason = "the shop cancels over night"')
    found = issue(loaded, "import.declared")
    assert (found.severity, found.place.source) == (Severity.NOTE, "order_lines.csv")
    assert "the shop cancels over night" in found.message
    assert call_by_name("say it in mapping.toml", "ours.toml") == "say it in ours.toml"


def test_newcomer_without_mapping_is_told_that_it_names_every_file(tmp_path: Path) -> None:
    orders = 'item,market,bucket,quantity\nBK-09,DE,2026-09,"1,234"\n'
    found = issue(load(tmp_path / "f", {"orders.csv": orders}), "import.mapping-names-every-file")
    assert "also those that need nothing: items.csv, orders.csv" in found.message
    assert "trivet import FOLDER --mapping mapping.toml" in found.advice
