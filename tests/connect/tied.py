"""A small planned company with everything a certificate looks at, and its evidence in a folder."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl

from tests.finance.tiny import COMPANY, loaded, month
from trivet.connect.evidence import write_evidence
from trivet.core.options import PlanOptions
from trivet.core.plan import Plan, PlanInputs
from trivet.core.summary import PlanSummary
from trivet.engines.highs import HighsSolver
from trivet.engines.seasonal_naive import SeasonalNaive
from trivet.planning.inputs import build_inputs
from trivet.planning.make import make_plan
from trivet.planning.summary import summarise
from trivet.reconcile.matrix import Sides, draw_matrix
from trivet.store.parquet import write_plan
from trivet.workspace.registries import measure_registry, table_specs
from trivet.workspace.workspace import PlanEngines, quiet

Rows = list[dict[str, Any]]
HISTORY = range(-22, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """A plan and what it was made from."""

    tables: dict[str, pl.DataFrame]
    inputs: PlanInputs
    plan: Plan
    summary: PlanSummary


def source_rows() -> dict[str, Rows]:
    """Tables of a maker of bikes and motors: dollars, an event, a price rise, made to order, own parts."""
    items: Rows = [
        {"item": "BIKE", "family": "Bikes", "last_sale": month(9)},
        {"item": "RACER", "family": "Bikes"},
        {"item": "CARGO", "family": "Cargo", "policy": "make-to-order"},
        {"item": "HELMET"},
        {"item": "FRAME", "family": "Parts"},
        {"item": "PACK", "family": "Parts", "kind": "material"},
    ]
    markets: Rows = [
        {"market": "DE", "region": "Central", "channel": "dealers", "location": "N", "terms": "DEALERS"},
        {"market": "US", "region": "Americas", "currency": "USD", "location": "A", "terms": "DEALERS"},
    ]
    sold = [("BIKE", "DE", 120, 400), ("BIKE", "US", 40, 450), ("RACER", "DE", 30, 900), ("CARGO", "DE", 20, 4000)]
    sold += [("HELMET", "US", 75, 30)]
    shipments: Rows = [
        {
            "item": item,
            "market": market,
            "bucket": month(m),
            "quantity": units + (m % 12) * 3,
            "value": (units + (m % 12) * 3) * price,
            "cost": (units + (m % 12) * 3) * price * 0.6,
            "currency": "USD" if market == "US" else "",
        }
        for m in HISTORY
        for item, market, units, price in sold
    ]
    return {
        "items": items,
        "markets": markets,
        "shipments": shipments,
        **_money_rows(),
        **_supply_rows(),
    }


def _money_rows() -> dict[str, Rows]:
    rates = [
        ("actual", -22, 0.93),
        ("actual", -5, 0.9),
        ("forecast", -1, 0.88),
        ("forecast", 5, 0.87),
        ("budget", -22, 0.92),
    ]
    return {
        "prices": [
            {"item": "BIKE", "first": month(-22), "price": 400.0},
            {"item": "BIKE", "market": "DE", "first": month(6), "price": 410.0},
            {"item": "RACER", "first": month(-22), "price": 900.0},
            {"item": "RACER", "first": month(11)},
            {"item": "CARGO", "first": month(-22), "price": 4000.0, "currency": "EUR"},
        ],
        "price_changes": [{"change": "rise", "family": "Bikes", "first": month(3), "percent": 4.0}],
        "promotions": [
            {
                "promotion": "SPRING",
                "family": "Bikes",
                "channel": "dealers",
                "first": month(4),
                "price_change": -0.15,
                "volume_share": 0.6,
                "lift": 0.45,
                "cost": 5000,
            }
        ],
        "costs": [
            {"item": "BIKE", "component": "frame", "first": month(-22), "cost": 150.0},
            {"item": "BIKE", "component": "frame", "first": month(2), "cost": 155.0},
            {"item": "BIKE", "location": "S", "component": "labour", "first": month(-22), "cost": 95.0},
            {"item": "BIKE", "component": "labour", "first": month(-22), "cost": 90.0},
            {"item": "RACER", "first": month(-22), "cost": 500.0, "currency": "USD"},
            {"item": "CARGO", "location": "N", "first": month(-22), "cost": 2600.0},
            {"item": "FRAME", "first": month(-22), "cost": 80.0},
        ],
        "exchange_rates": [{"type": t, "currency": "USD", "first": month(m), "rate": r} for t, m, r in rates],
        "budget": [
            {
                "family": family,
                "region": region,
                "bucket": month(m),
                "quantity": q,
                "revenue": q * p,
                "margin": q * p * 0.4,
            }
            for m in range(-10, 14)
            for family, region, q, p in (
                ("Bikes", "Central", 150, 420),
                ("Bikes", "Americas", 45, 380),
                ("Cargo", "", 22, 4000),
            )
        ],
        "operating_expense": [
            {"account": "rent", "version": "plan", "bucket": month(m), "amount": 2500} for m in range(14)
        ],
        "payment_terms": [
            {"terms": "DEALERS", "side": "customer", "days": 45},
            {"terms": "SUPPLIERS", "side": "supplier", "days": 60},
        ],
        "balance": [{"line": "cash", "amount": 100000}],
    }


def _supply_rows() -> dict[str, Rows]:
    return {
        "locations": [
            {"location": "N", "kind": "plant", "calendar": "NORTH"},
            {"location": "S", "kind": "plant"},
            {"location": "A", "kind": "dc"},
        ],
        "resources": [
            {"resource": "L1", "location": "N", "lines": 1.0, "hours_per_day": 8.0, "efficiency": 0.9, "overtime": 0.1},
            {"resource": "L2", "location": "S", "lines": 2.0, "hours_per_day": 7.5},
        ],
        "resource_changes": [{"resource": "L1", "first": month(2), "last": month(4), "hours_per_day": 16.0}],
        "calendars": [{"calendar": "", "bucket": month(1), "working_days": 15.0}],
        "closures": [{"calendar": "NORTH", "first": month(2), "last": month(2).replace(day=9)}],
        "routings": [
            {"item": "BIKE", "location": "N", "resource": "L1", "hours_per_unit": 0.5, "share": 0.75},
            {"item": "BIKE", "location": "S", "resource": "L2", "hours_per_unit": 0.7, "offset": 1, "share": 0.25},
            {"item": "RACER", "location": "N", "resource": "L1", "hours_per_unit": 1.333},
            {"item": "CARGO", "location": "N", "resource": "L1", "hours_per_unit": 3.0},
            {"item": "FRAME", "location": "N", "resource": "L1", "hours_per_unit": 0.1},
            {"item": "HELMET", "location": "S", "resource": "L2", "hours_per_unit": 0.05},
        ],
        "bill_of_materials": [
            {"parent": "RACER", "component": "FRAME", "quantity": 1.0},
            {"parent": "CARGO", "component": "PACK", "quantity": 2.0},
        ],
        "suppliers": [{"supplier": "VOLT", "currency": "USD"}],
        "supply_sources": [{"item": "PACK", "supplier": "VOLT", "price": 300.0, "cap": 36.0}],
        "lanes": [
            {"origin": "N", "destination": "A", "lead_time_days": 35, "cost": 4.0},
            {"origin": "S", "destination": "A", "lead_time_days": 35, "cost": 4.0},
            {"origin": "S", "destination": "N", "lead_time_days": 3, "cost": 1.0},
        ],
        "stock_history": [
            {"item": "BIKE", "location": "N", "bucket": month(-1), "quantity": 90},
            {"item": "BIKE", "location": "A", "bucket": month(-1), "quantity": 60},
            {"item": "FRAME", "location": "N", "bucket": month(-1), "quantity": 12},
            {"item": "PACK", "location": "N", "bucket": month(-1), "quantity": 10},
        ],
        "production": [{"item": "BIKE", "location": "N", "bucket": month(-2), "quantity": 100}],
        "order_backlog": [{"item": "CARGO", "market": "DE", "bucket": month(1), "quantity": 35}],
        "inventory_policy": [{"family": "Bikes", "days": 30.0}, {"family": "Cargo", "maximum_weeks": 6.0}],
        "assumptions": [{"assumption": "FX", "statement": "the dollar stays at .88", "value": 0.88, "status": "open"}],
        "risks": [
            {
                "risk": "FIRE",
                "statement": "no packs",
                "kind": "risk",
                "probability": 0.3,
                "margin": -90000,
                "in_plan": False,
            }
        ],
        "launches": [{"item": "HELMET", "launch": month(0), "first_year": 900, "in_plan": False}],
    }


def make_tied(rows: dict[str, Rows]) -> Tied:
    """Plan the company of some rows."""
    tables = {name: loaded(name, given) for name, given in rows.items()}
    inputs, _ = build_inputs(COMPANY, tables, table_specs(), measure_registry())
    engines = PlanEngines(forecaster=SeasonalNaive(), solver=HighsSolver(), progress=quiet)
    plan = make_plan(inputs, (), PlanOptions(), engines)
    panels = {str(grain): panel for grain, panel in plan.panels.items()}
    matrix = draw_matrix(Sides(inputs=inputs, panels=panels))
    return Tied(tables=tables, inputs=inputs, plan=plan, summary=replace(summarise(inputs, plan), matrix=matrix))


@cache
def tied() -> Tied:
    """The company, planned once a session."""
    return make_tied(source_rows())


def write_folder(folder: Path, made: Tied, changes: pl.DataFrame | None = None) -> None:
    """Write the evidence of a plan."""
    write_plan(made.plan, folder, measure_registry())
    write_evidence(
        folder,
        plan=made.plan,
        inputs=made.inputs,
        tables=made.tables,
        specs=table_specs(),
        summary=made.summary,
        version="main-1",
        changes=changes,
    )
