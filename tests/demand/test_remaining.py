"""What is neither shipped nor ordered is still to be sold; orders in hand are part of the forecast."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import trivet
from tests.demand.demand_company import MakeInputs, Rows, monthly
from trivet.core.company import parse_company
from trivet.core.errors import InvalidInput
from trivet.core.netting import NettingRules
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.history import demand_panel
from trivet.demand.remaining import net_orders

BASE: dict[str, Rows] = {"items": [{"item": "A", "family": "City"}], "markets": [{"market": "M", "region": "R"}]}
PAST = monthly([10.0] * 36)


def with_demand(inputs: PlanInputs, *units: int) -> Panel:
    """Give the demand panel with so many units agreed in the first open buckets."""
    panel, _ = demand_panel(inputs)
    counts = np.zeros(panel.shape, dtype=np.int64)
    counts[0, panel.buckets.first_open :][: len(units)] = np.array(units) * 1000
    return panel.with_counts({"consensus_demand": counts})


def first_units(panel: Panel, measure: str, count: int = 3) -> list[int]:
    counts = panel.count(measure)
    assert not counts[:, : panel.buckets.first_open].any()
    return [int(cell) // 1000 for cell in counts[0, panel.buckets.first_open :][:count]]


def row(bucket: str, quantity: int) -> dict[str, str | int]:
    return {"item": "A", "market": "M", "bucket": bucket, "quantity": quantity}


def test_orders_and_shipments_of_the_open_buckets_are_taken_off(make_inputs: MakeInputs) -> None:
    orders: Rows = [*PAST, row("2026-01", 50), row("2026-02", 120), row("2026-03", 30)]
    inputs = make_inputs(**BASE, orders=orders, shipments=[*PAST, row("2026-01", 20)])
    netted = net_orders(inputs, with_demand(inputs, 100, 100, 100))
    assert first_units(netted, "open_orders") == [30, 120, 30]
    assert first_units(netted, "remaining_demand") == [50, 0, 70]
    assert first_units(netted, "consensus_demand") == [100, 100, 100]


def test_orders_beyond_their_bucket_eat_others_within_the_windows(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(**BASE, orders=[*PAST, row("2026-02", 120)])
    wide = replace(inputs.model.company, netting=NettingRules(early_days=31, late_days=0))
    inputs = replace(inputs, model=replace(inputs.model, company=wide))
    netted = net_orders(inputs, with_demand(inputs, 100, 100, 100))
    assert first_units(netted, "remaining_demand") == [80, 0, 100]


def test_order_lines_are_open_until_they_left_and_overdue_ones_are_not_due_here(make_inputs: MakeInputs) -> None:
    line = {"item": "A", "market": "M", "ordered": "2025-12-01"}
    lines: Rows = [
        {**line, "order": "1", "requested": "2026-01-10", "shipped": "2026-01-09", "quantity": 15},
        {**line, "order": "2", "requested": "2026-01-20", "quantity": 25},
        {**line, "order": "3", "requested": "2026-02-10", "quantity": 40, "shipped_quantity": 10},
        {**line, "order": "4", "requested": "2025-12-10", "quantity": 99},
    ]
    inputs = make_inputs(**BASE, order_lines=lines)
    netted = net_orders(inputs, with_demand(inputs, 100, 100, 100))
    assert first_units(netted, "open_orders") == [25, 30, 0]
    assert first_units(netted, "remaining_demand") == [60, 70, 100]


def test_shipments_dated_ahead_are_no_orders(make_inputs: MakeInputs) -> None:
    inputs = make_inputs(**BASE, shipments=[*PAST, row("2026-01", 20), row("2026-02", 5)])
    netted = net_orders(inputs, with_demand(inputs, 10, 10))
    assert first_units(netted, "open_orders") == [0, 0, 0]
    assert first_units(netted, "remaining_demand") == [0, 10, 0]


@pytest.mark.parametrize("wrong", ["late_days = -1", "late_days = true", "early_days = 400", "days = 3"])
def test_windows_that_make_no_sense_are_refused(wrong: str) -> None:
    text = '[company]\nname = "T"\ncurrency = "EUR"\n[time]\nfirst_bucket = "2025-01"\ncycle = "2026-01"\n[netting]\n'
    assert parse_company(f"{text}late_days = 9").netting == NettingRules(late_days=9)
    with pytest.raises(InvalidInput, match=r"\[netting\]"):
        parse_company(text + wrong)


def test_remaining_demand_is_shown_after_import_and_plan(tmp_path: Path) -> None:
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
