"""The closed buckets of the demand panel: which table speaks, in which currency, and what is left over."""

from tests.demand.demand_company import MakeInputs, monthly
from trivet.demand.history import demand_panel, history_sources

FIRST, CYCLE = "2026-01-01", "2026-04-01"
ITEMS = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}]


def test_each_item_takes_the_best_table_that_names_it(make_inputs: MakeInputs) -> None:
    line = {"order": "1", "market": "M", "ordered": "2026-01-05"}
    inputs = make_inputs(
        first=FIRST,
        cycle=CYCLE,
        items=[*ITEMS, {"item": "C"}, {"item": "D"}],
        orders=monthly([1, 2, 3], first=FIRST),
        order_lines=[
            {**line, "line": "1", "item": "B", "requested": "2026-02-03", "quantity": 4},
            {**line, "line": "2", "item": "B", "quantity": 6},
            {**line, "line": "3", "item": "A", "quantity": 99},
        ],
        bookings=monthly([7], item="C", first=FIRST),
        shipments=[*monthly([8], item="D", first=FIRST), *monthly([9], item="A", first=FIRST)],
    )
    panel, issues = demand_panel(inputs)
    assert panel.count("orders")[:, :3].tolist() == [[1000, 2000, 3000], [6000, 4000, 0], [7000, 0, 0], [8000, 0, 0]]
    assert history_sources(inputs) == {"A": "orders", "B": "order_lines", "C": "bookings", "D": "shipments"}
    said = {str(issue.place): issue.message for issue in issues if issue.code == "demand.history-source"}
    assert set(said) == {"order_lines", "bookings", "shipments"}
    assert "out of stock" in said["shipments"]


def test_order_lines_stand_in_for_shipments_and_returns(make_inputs: MakeInputs) -> None:
    line = {"order": "1", "item": "A", "market": "M", "ordered": "2026-01-05"}
    inputs = make_inputs(
        first=FIRST,
        cycle=CYCLE,
        items=ITEMS,
        order_lines=[
            {**line, "line": "1", "quantity": 10, "shipped": "2026-02-01", "shipped_quantity": 4, "value": 100},
            {**line, "line": "2", "quantity": 5, "shipped": "2026-02-01", "value": 55},
            {**line, "line": "3", "quantity": 5, "value": 55},
            {**line, "line": "4", "quantity": -2, "shipped": "2026-03-01", "value": -20},
            {**line, "line": "5", "quantity": 3, "kind": "return"},
            {**line, "line": "6", "quantity": 3, "kind": "finance"},
        ],
    )
    panel, _ = demand_panel(inputs)
    assert panel.count("orders")[0, :3].tolist() == [20_000, 0, 0]
    assert panel.count("shipments")[0, :3].tolist() == [0, 9_000, 0]
    assert panel.count("returns")[0, :3].tolist() == [3_000, 0, 2_000]
    assert panel.count("shipped_revenue")[0, :3].tolist() == [0, 950_000, 0]


def test_revenue_is_in_plan_currency_at_the_rate_of_its_bucket(make_inputs: MakeInputs) -> None:
    rate = {"type": "actual", "currency": "USD"}
    inputs = make_inputs(
        first=FIRST,
        cycle=CYCLE,
        items=ITEMS,
        shipments=[
            *monthly([1, 1], first=FIRST, value=100, cost=40, currency="USD"),
            *monthly([1], item="B", first=FIRST, value=7, currency="JPY"),
        ],
        exchange_rates=[{**rate, "first": "2026-01", "rate": 0.9}, {**rate, "first": "2026-02", "rate": 0.8}],
    )
    panel, issues = demand_panel(inputs)
    assert panel.count("shipped_revenue")[0, :3].tolist() == [900_000, 800_000, 0]
    assert panel.count("shipped_cost")[0, :3].tolist() == [360_000, 320_000, 0]
    assert panel.count("shipped_revenue")[1].tolist() == [0] * 17
    lost = [issue for issue in issues if issue.code == "demand.no-exchange-rate"]
    assert [issue.place.value for issue in lost] == ["JPY"]


def test_rows_outside_the_closed_buckets_are_said_and_not_used(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(first=FIRST, cycle=CYCLE, items=ITEMS, orders=monthly([5, 1, 2, 3, 4], first="2025-12-01"))
    panel, issues = demand_panel(inputs)
    assert panel.count("orders")[0].tolist() == [1000, 2000, 3000] + [0] * 14
    said = {issue.code: issue.message for issue in issues}
    assert "5 units" in said["demand.before-history"]
    assert "4 units" in said["demand.current-bucket"]
    assert "2026-04" in said["demand.current-bucket"]


def test_unknown_items_are_said_with_their_units(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        first=FIRST,
        cycle=CYCLE,
        items=ITEMS,
        orders=[*monthly([1], first=FIRST), *monthly([2, 3], item="X", first=FIRST)],
    )
    panel, issues = demand_panel(inputs)
    assert panel.keys["item"].to_list() == ["A"]
    unknown = [issue for issue in issues if issue.code == "demand.unknown-item"]
    assert [(issue.place.value, "5 units" in issue.message) for issue in unknown] == [("X", True)]


def test_a_new_item_gets_the_markets_of_its_like_item_else_of_its_family(make_inputs: MakeInputs) -> None:
    launch = {"launch": "2026-06", "first_year": 10}
    inputs = make_inputs(
        first=FIRST,
        cycle=CYCLE,
        items=[*ITEMS, {"item": "N", "family": "F"}, {"item": "O", "family": "F"}, {"item": "P", "family": "G"}],
        orders=[
            *monthly([1], first=FIRST, market="M1"),
            *monthly([1], item="B", first=FIRST, market="M2"),
        ],
        launches=[{**launch, "item": "N", "like_item": "B"}, {**launch, "item": "O"}, {**launch, "item": "P"}],
    )
    keys = demand_panel(inputs)[0].keys.rows()
    assert [market for item, market in keys if item == "N"] == ["M2"]
    assert [market for item, market in keys if item == "O"] == ["M1", "M2"]
    assert [market for item, market in keys if item == "P"] == ["M1", "M2"]


def test_the_successor_of_an_ending_item_gets_its_markets(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(
        first=FIRST,
        cycle=CYCLE,
        items=[{"item": "A", "last_sale": "2026-08-31", "successor": "B"}, {"item": "B"}],
        orders=monthly([1], first=FIRST, market="M1"),
    )
    assert demand_panel(inputs)[0].keys.rows() == [("A", "M1"), ("B", "M1")]
