"""What is neither shipped nor ordered is still to be sold; orders in hand are part of the forecast."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

import trivet
from tests.demand.demand_company import MakeInputs, Rows, monthly
from trivet.core.company import parse_company
from trivet.core.entries import Change, Operation
from trivet.core.errors import InvalidInput
from trivet.core.ids import MeasureId
from trivet.core.netting import NettingRules
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.history import demand_panel
from trivet.demand.remaining import net_orders, read_orders

BASE: dict[str, Rows] = {"items": [{"item": "A", "family": "City"}], "markets": [{"market": "M", "region": "R"}]}
PAST = monthly([10.0] * 36)


def with_demand(inputs: PlanInputs, *units: int) -> Panel:
    """Give the demand panel with so many units agreed in the first open buckets."""
    panel, _ = demand_panel(inputs)
    counts = np.zeros(panel.shape, dtype=np.int64)
    counts[0, panel.buckets.first_open :][: len(units)] = np.array(units) * 1000
    return panel.with_counts({"consensus_demand": counts})


def netted(inputs: PlanInputs, *units: int) -> Panel:
    return net_orders(read_orders(inputs, with_demand(inputs, *units)), inputs.model.company.netting)


def first_units(panel: Panel, measure: str, count: int = 3) -> list[int]:
    counts = panel.count(measure)
    assert not counts[:, : panel.buckets.first_open].any()
    return [int(cell) // 1000 for cell in counts[0, panel.buckets.first_open :][:count]]


def row(bucket: str, quantity: int) -> dict[str, str | int]:
    return {"item": "A", "market": "M", "bucket": bucket, "quantity": quantity}


def test_orders_and_shipments_of_the_open_buckets_are_taken_off(make_inputs: MakeInputs) -> None:
    orders: Rows = [*PAST, row("2026-01", 50), row("2026-02", 120), row("2026-03", 30)]
    inputs = make_inputs(**BASE, orders=orders, shipments=[*PAST, row("2026-01", 20)])
    plan = netted(inputs, 100, 100, 100)
    assert first_units(plan, "open_orders") == [30, 120, 30]
    assert first_units(plan, "remaining_demand") == [50, 0, 70]
    assert first_units(plan, "consensus_demand") == [100, 100, 100]


def test_orders_beyond_their_bucket_eat_others_within_the_windows(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(**BASE, orders=[*PAST, row("2026-02", 120)])
    wide = replace(inputs.model.company, netting=NettingRules(early_days=31, late_days=0))
    inputs = replace(inputs, model=replace(inputs.model, company=wide))
    plan = netted(inputs, 100, 100, 100)
    assert first_units(plan, "remaining_demand") == [80, 0, 100]


def test_order_lines_are_open_until_they_left_and_overdue_ones_are_not_due_here(make_inputs: MakeInputs) -> None:
    line = {"item": "A", "market": "M", "ordered": "2025-12-01"}
    lines: Rows = [
        {**line, "order": "1", "requested": "2026-01-10", "shipped": "2026-01-09", "quantity": 15},
        {**line, "order": "2", "requested": "2026-01-20", "quantity": 25},
        {**line, "order": "3", "requested": "2026-02-10", "quantity": 40, "shipped_quantity": 10},
        {**line, "order": "4", "requested": "2025-12-10", "quantity": 99},
    ]
    inputs = make_inputs(**BASE, order_lines=lines)
    plan = netted(inputs, 100, 100, 100)
    assert first_units(plan, "open_orders") == [25, 30, 0]
    assert first_units(plan, "remaining_demand") == [60, 70, 100]


def test_shipments_dated_ahead_are_no_orders(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(**BASE, shipments=[*PAST, row("2026-01", 20), row("2026-02", 5)])
    plan = netted(inputs, 10, 10)
    assert first_units(plan, "open_orders") == [0, 0, 0]
    assert first_units(plan, "remaining_demand") == [0, 10, 0]


def test_what_is_booked_already_eats_demand_that_is_booked_and_shipments_do_not(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(**BASE, bookings=[*PAST, row("2026-01", 30)], shipments=[*PAST, row("2026-01", 70)])
    plan = netted(inputs, 100, 100)
    assert first_units(plan, "shipped_to_date", 2) == [0, 0]
    assert first_units(plan, "open_orders", 2) == [30, 0]
    assert first_units(plan, "remaining_demand", 2) == [70, 100]


@pytest.mark.parametrize("rules", [NettingRules(), NettingRules(early_days=40, late_days=40)])
def test_some_rows_have_the_bits_that_all_rows_give(make_inputs: MakeInputs, rules: NettingRules) -> None:
    items = [{"item": item, "family": "City"} for item in "ABC"]
    asked: Rows = [*PAST, row("2026-01", 12), row("2026-02", 40)]
    orders = [{**one, "item": item} for item in "ABC" for one in asked]
    inputs = make_inputs(items=items, markets=BASE["markets"], orders=orders)
    panel, _ = demand_panel(inputs)
    counts = np.full(panel.shape, 20_000, dtype=np.int64)
    whole = net_orders(read_orders(inputs, panel.with_counts({"consensus_demand": counts})), rules)
    counts = counts + np.array([[0], [15_000], [0]])
    moved = whole.with_counts({"consensus_demand": counts})
    some = net_orders(moved, rules, np.array([1])).count("remaining_demand")
    assert np.array_equal(some, net_orders(moved, rules).count("remaining_demand"))
    assert np.array_equal(np.flatnonzero((some != whole.count("remaining_demand")).any(axis=1)), [1])


@pytest.mark.parametrize("wrong", ["late_days = -1", "late_days = true", "early_days = 400", "days = 3"])
def test_windows_that_make_no_sense_are_refused(wrong: str) -> None:
    text = '[company]\nname = "T"\ncurrency = "EUR"\n[time]\nfirst_bucket = "2025-01"\ncycle = "2026-01"\n[netting]\n'
    assert parse_company(f"{text}late_days = 9").netting == NettingRules(late_days=9)
    with pytest.raises(InvalidInput, match=r"\[netting\]"):
        parse_company(text + wrong)


def test_remaining_demand_is_shown_after_import_and_plan_and_follows_a_change_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "paced"
    folder.mkdir()
    (folder / "company.toml").write_text(
        '[company]\nname = "P"\ncurrency = "EUR"\n[time]\nfirst_bucket = "2024-01"\ncycle = "2026-01"\nhorizon = 6\n'
    )
    (folder / "items.csv").write_text("item,family\nA,F\n")
    past = [f"A,ALL,{2024 + n // 12}-{n % 12 + 1:02d},100,2000" for n in range(24)]
    (folder / "orders.csv").write_text(
        "\n".join(["item,market,bucket,quantity,value", *past, "A,ALL,2026-01,60,1200", "A,ALL,2026-02,30,600"]) + "\n"
    )
    (folder / "shipments.csv").write_text(
        "\n".join(["item,market,bucket,quantity,value", *past, "A,ALL,2026-01,45,900"]) + "\n"
    )
    trivet.create_workspace(str(tmp_path / "home"))
    workspace = trivet.open_workspace(str(tmp_path / "home"), actor="ada")
    trivet.import_folder(workspace, folder)
    trivet.make_plan(workspace)
    shown = {
        name: [int(cell or 0) for cell in trivet.show_numbers(workspace, name).rows[0].values]
        for name in ("consensus_demand", "open_orders", "remaining_demand")
    }
    assert shown["consensus_demand"] == [100] * 6
    assert shown["open_orders"] == [15, 30, 0, 0, 0, 0]
    assert shown["remaining_demand"] == [40, 70, 100, 100, 100, 100]

    change = Change(
        measure=MeasureId("consensus_demand"),
        operation=Operation.SET,
        amount=Decimal(130),
        first=date(2026, 1, 1),
        last=date(2026, 1, 1),
        scope=(),
        reason="fair",
    )
    trivet.record_changes(workspace, [change])
    live = trivet.show_numbers(workspace, "remaining_demand")
    assert [int(cell or 0) for cell in live.rows[0].values][:2] == [70, 70]
    told = trivet.explain_cell(workspace, "remaining_demand", first="2026-01", last="2026-01").explanation
    assert told.value == Decimal(70)
    assert told.how == "computed at once: consensus_demand less shipped_to_date less open_orders, at least 0"
    assert [int(part.value) for part in told.parts] == [130, 45, 15]
