"""AdventureWorks' partial feeds, as they end: one channel before the other, one in the middle of a month.

The extract here is cut at 2013-05; the source goes on to reseller 2013-11-29 and internet 2014-01-28. So the cycle is
moved past the cut as it stands, and the same two endings are made on the real rows by the mapping's own `where`.
"""

from datetime import date
from decimal import Decimal
from importlib.resources import files
from pathlib import Path

from tests.connect.folders import SPECS, codes, issue
from tests.reference.test_adventureworks import MAPPING
from trivet.connect.folder import FolderLoad, read_folder
from trivet.core.issues import Severity
from trivet.core.measures import parse_measures
from trivet.demand.cleansing import correct_history
from trivet.demand.history import demand_panel
from trivet.planning.inputs import build_inputs

REGISTRY = parse_measures(files("trivet.core").joinpath("measures.toml").read_text())
CYCLE = 'cycle = "2013-06"'
LATER = MAPPING.replace(CYCLE, 'cycle = "2014-02"')
SHIPMENTS = next(part for part in MAPPING.split("[[source]]") if 'table = "shipments"' in part)
EARLY_END = MAPPING.replace(
    SHIPMENTS,
    "\n[[source]]".join(
        [
            f"{SHIPMENTS}where = \"channel == 'Internet'\"\n",
            f"{SHIPMENTS}where = \"channel == 'Reseller' and month < '2013-04-01'\"\n",
        ]
    )
    + "\n",
)
LINES = """
[[source]]
file = "sales_lines.parquet"
table = "order_lines"
columns.order = "order_number"
columns.item = "item_id"
columns.market = "{territory_key}-{channel}"
columns.ordered = "order_date"
columns.quantity = "quantity"
columns.value = "revenue"
currency = ""
duplicates = "add"
where = "order_date < '2013-05-29'"
reason = "amounts are USD whatever their code"
"""


def load(shared: Path, mapping: str) -> FolderLoad:
    return read_folder(shared / "data" / "adventureworks", SPECS, mapping_text=mapping)


def test_cycle_past_the_last_row_is_asked_about_with_the_months_and_their_money(shared: Path) -> None:
    assert LATER != MAPPING
    found = issue(load(shared, LATER), "import.feed-ends")
    assert found.severity is Severity.WARNING
    assert (found.place.source, found.place.column, found.place.first, found.place.last) == (
        "shipments",
        "bucket",
        date(2013, 6, 1),
        date(2014, 1, 1),
    )
    assert "the whole table ends in 2013-05-01: 8 closed buckets 2013-06-01 to 2014-01-01" in found.message
    assert 'set cycle = "2013-06-01"' in found.advice
    assert found.at_stake == Decimal("21968940.8760")


def test_channel_that_ends_before_the_other_is_asked_about_at_import(shared: Path) -> None:
    found = issue(load(shared, EARLY_END), "import.feed-ends")
    assert found.message == (
        "channel 'Reseller' ends in 2013-03-01 while the others go on to 2013-05-01: "
        "2 closed buckets 2013-04-01 to 2013-05-01 have no row: not reported yet, or nothing sold?"
    )
    assert (found.place.value, found.place.first, found.place.last) == (
        "2013-04-01",
        date(2013, 4, 1),
        date(2013, 5, 1),
    )
    assert found.at_stake == Decimal("4593473.9398")
    assert "import.feed-ends" not in codes(load(shared, MAPPING))


def test_markets_of_the_channel_that_ended_are_not_read_as_no_demand(shared: Path) -> None:
    loaded = load(shared, EARLY_END)
    assert loaded.company
    inputs, _ = build_inputs(loaded.company, loaded.tables, SPECS, REGISTRY)
    panel, found = correct_history(inputs, demand_panel(inputs)[0])
    asked = [one for one in found if one.code == "demand.not-reported"]
    assert [
        (str(one.place.scope[0].member), f"{one.place.first:%Y-%m}", f"{one.place.last:%Y-%m}") for one in asked
    ] == [
        ("Reseller", "2011-02", "2011-02"),
        ("Reseller", "2011-04", "2011-04"),
        ("Reseller", "2011-06", "2011-06"),
        ("Reseller", "2013-04", "2013-05"),
    ]
    assert all(one.at_stake and one.at_stake > 100_000 for one in asked)
    rows = panel.keys["market"].str.ends_with("-Reseller").to_numpy()
    closed = panel.buckets.first_open
    assert not panel.mask("demand_history")[rows, closed - 2 : closed].any()
    sold = (panel.count("orders") > 0)[:, closed - 2 : closed] & ~rows[:, None]
    assert panel.mask("demand_history")[:, closed - 2 : closed][sold].all()


def test_month_of_28_days_out_of_31_is_asked_about_and_so_is_the_channel_that_posts_at_its_end(shared: Path) -> None:
    loaded = load(shared, MAPPING + LINES)
    partial = issue(loaded, "import.partial-last-bucket")
    assert (partial.place.source, partial.place.column, partial.place.value) == ("order_lines", "ordered", "2013-05-28")
    assert "3 days before it ends: it looks partial, 28 of 31 days" in partial.message
    assert partial.at_stake == Decimal("1135600.29")
    ended = issue(loaded, "import.feed-ends")
    assert "channel 'Reseller' ends in 2013-04-01 while the others go on to 2013-05-01" in ended.message
    assert "the closed bucket 2013-05-01 has no row" in ended.message
    whole = load(shared, MAPPING + LINES.replace("where = \"order_date < '2013-05-29'\"\n", ""))
    assert {"import.partial-last-bucket", "import.feed-ends"}.isdisjoint(codes(whole))
