"""Quick ties of a plan, done on its arrays: detail and aggregate, stock, money, load, fiscal years (V1-V3).

Each check compares whole numbers by `==`; nothing is rounded away. The certificate of a published plan is
computed apart, by SQL on its files; these run after every planning run.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

import numpy as np

from trivet.core.aswas import as_it_was
from trivet.core.fiscal import fiscal_years, sum_by
from trivet.core.ids import Counts, Flags, GrainName
from trivet.core.measures import QUANTUM, Unit
from trivet.core.panel import Panel
from trivet.core.plan import Model, PlanInputs
from trivet.core.quantities import MONEY, QUANTITY, times_rate, to_decimal
from trivet.core.summary import Check

_HOURS: Final = QUANTUM[Unit.HOURS] or Decimal("0.001")
_SHOWN: Final = 10
_FLOWS_IN: Final = ("production", "purchases", "transfers_in")
_FLOWS_OUT: Final = ("site_shipments", "transfers_out")


def run_ties(inputs: PlanInputs, panels: Mapping[GrainName, Panel]) -> tuple[Check, ...]:
    """Run every quick check on the panels of a plan."""
    model = inputs.model
    demand, supply, load = (panels[GrainName(name)] for name in ("demand", "supply", "load"))
    return (
        *[check_rollup(model, panels[grain]) for grain in sorted(panels) if panels[grain].keys.width],
        *[
            check_as_it_was(model, panels[grain])
            for grain in sorted(panels)
            if any(name in model.dimensions and model.dimensions[name].structures for name in panels[grain].dimensions)
        ],
        check_stock(inputs, supply),
        check_transit(supply),
        check_shipments(demand, supply),
        check_money(demand),
        check_load(load),
        check_years(demand),
    )


def check_rollup(model: Model, panel: Panel) -> Check:
    """V1: on every path of every hierarchy, each level's members add up to the detail, bucket by bucket."""
    checked, places, amount = 0, list[tuple[int, str]](), 0
    for spec in model.registry.of_grain(panel.grain):
        if spec.over_members != "sum" or spec.id not in panel.counts:
            continue
        detail = panel.count(spec.id)
        total = detail.sum(axis=0)
        for level, labels, known in _levels(model, panel):
            _, members = sum_by(labels, detail[known])
            wrong = members.sum(axis=0) - total
            checked += members.shape[0] * members.shape[1]
            amount += int(np.abs(wrong).sum())
            places += _places(panel, wrong[None, :], [f"{spec.id} by {level}"], spec.quantum or QUANTITY)
    name = f"{panel.grain}: detail = aggregate on every level"
    return _check(name, checked, places, to_decimal(amount, QUANTITY), "units and money")


def check_as_it_was(model: Model, panel: Panel) -> Check:
    """V1 over time: by where members lay in each bucket, every level adds up to the same total as by today's."""
    checked, places, amount = 0, list[tuple[int, str]](), 0
    was = as_it_was(panel, model)
    for spec in model.registry.of_grain(panel.grain):
        if spec.over_members != "sum" or spec.id not in panel.counts:
            continue
        total = panel.count(spec.id).sum(axis=0)
        for level, labels, known in _levels(was.model, was.panel):
            _, members = sum_by(labels, was.panel.count(spec.id)[known])
            wrong = members.sum(axis=0) - total
            checked += members.shape[0] * members.shape[1]
            amount += int(np.abs(wrong).sum())
            places += _places(panel, wrong[None, :], [f"{spec.id} by {level}"], spec.quantum or QUANTITY)
    name = f"{panel.grain}: as it was = as it is, on every level"
    return _check(name, checked, places, to_decimal(amount, QUANTITY), "units and money")


def _levels(model: Model, panel: Panel) -> Sequence[tuple[str, list[str], Flags]]:
    """Give every level of every hierarchy of a panel's dimensions, with the members of its rows."""
    found = []
    for name in panel.dimensions:
        keys = panel.keys[name].to_list()
        if name not in model.dimensions:
            found.append((name, keys, np.ones(len(keys), dtype=np.bool_)))
            continue
        dimension = model.dimensions[name]
        for level in sorted({level for way in dimension.hierarchies for level in way.levels}):
            parent = dimension.parents(level)
            known = np.array([key in parent for key in keys], dtype=np.bool_)
            found.append((level, [parent[key] for key in keys if key in parent], known))
    return found


def check_stock(inputs: PlanInputs, supply: Panel) -> Check:
    """V2: closing = opening + made + bought + transfers in - shipped - transfers out - built in (F1)."""
    ahead, first = supply.buckets.horizon, supply.buckets.first_open
    stock = supply.count("projected_stock")
    opening = np.concatenate([np.zeros((supply.rows, 1), dtype=np.int64), stock], axis=1)[:, first:-1]
    into = sum((supply.count(name)[:, ahead] for name in _FLOWS_IN), np.zeros_like(opening))
    out = sum((supply.count(name)[:, ahead] for name in _FLOWS_OUT), np.zeros_like(opening))
    wrong = stock[:, ahead] - (opening + into - out - _built_in(inputs, supply)[:, ahead])
    return _cells("stock = opening + receipts - issues", supply, wrong, "units", QUANTITY)


def _built_in(inputs: PlanInputs, supply: Panel) -> Counts:
    """Give what production takes of parts that are kept at the same location."""
    used = np.zeros(supply.shape, dtype=np.int64)
    rows: dict[str, dict[str, int]] = {}
    for row, (item, location) in enumerate(supply.keys.iter_rows()):
        rows.setdefault(item, {})[location] = row
    starts = np.array(supply.buckets.starts, dtype="datetime64[D]")
    made = supply.count("production")
    columns = ("parent", "component", "quantity", "first", "last")
    for parent, part, quantity, first, last in inputs.table("bill_of_materials").select(columns).iter_rows():
        holds = np.ones(len(starts), dtype=np.bool_)
        if first is not None:
            holds &= starts >= np.datetime64(first, "D")
        if last is not None:
            holds &= starts <= np.datetime64(last, "D")
        places = rows.get(part, {})
        for location, row in rows.get(parent, {}).items():
            if location in places:
                taken = np.rint(made[row] * float(quantity)).astype(np.int64)
                used[places[location]] += np.where(holds, taken, 0)
    return used


def check_transit(supply: Panel) -> Check:
    """V2: goods in transit = before + sent - arrived, by item (F1)."""
    items = supply.keys["item"].to_list()
    names, transit = sum_by(items, supply.count("in_transit"))
    sent, arrived = (sum_by(items, supply.count(name))[1] for name in ("transfers_out", "transfers_in"))
    first = supply.buckets.first_open
    before = np.concatenate([np.zeros((len(names), 1), dtype=np.int64), transit], axis=1)[:, first:-1]
    wrong = transit[:, first:] - (before + sent[:, first:] - arrived[:, first:])
    return _cells("in transit = before + sent - arrived", supply, wrong, "units", QUANTITY, list(names))


def check_shipments(demand: Panel, supply: Panel) -> Check:
    """What the demand plan ships is what leaves the sites, by item and bucket."""
    first = demand.buckets.first_open
    items = sorted({*demand.keys["item"].to_list(), *supply.keys["item"].to_list()})
    nothing = np.zeros((len(items), len(demand.buckets)), dtype=np.int64)
    sold, left = (
        sum_by([*panel.keys["item"].to_list(), *items], np.concatenate([panel.count(name), nothing]))[1]
        for panel, name in ((demand, "constrained_demand"), (supply, "site_shipments"))
    )
    return _cells(
        "constrained demand = shipments of the sites", supply, (sold - left)[:, first:], "units", QUANTITY, items
    )


def check_money(demand: Panel) -> Check:
    """V3: units x price = money in every cell, under the one rounding of the plan; revenue - cost = margin."""
    wrong = np.zeros((demand.rows, len(demand.buckets) - demand.buckets.first_open), dtype=np.int64)
    ahead = demand.buckets.horizon
    # Plans made before orders kept their price invoiced at the price of the bucket.
    invoiced = "invoiced_price" if demand.has("invoiced_price") else "price"
    for money, units, rate in (
        ("revenue", "consensus_demand", "price"),
        ("constrained_revenue", "constrained_demand", invoiced),
        ("constrained_cost", "constrained_demand", "unit_cost"),
    ):
        known = demand.mask(rate)[:, ahead]
        rates = np.where(known, demand.rate(rate)[:, ahead], 0.0)
        worth = times_rate(demand.count(units)[:, ahead], rates, QUANTITY, MONEY)
        wrong += np.abs(demand.count(money)[:, ahead] - worth)
    margin = demand.count("constrained_revenue")[:, ahead] - demand.count("constrained_cost")[:, ahead]
    wrong += np.abs(demand.count("gross_margin")[:, ahead] - margin)
    return _cells("units x price = money, revenue - cost = margin", demand, wrong, "money", MONEY)


def check_load(load: Panel) -> Check:
    """Planned load fits into capacity and the overtime planned."""
    ahead = load.buckets.horizon
    room = load.count("capacity_hours")[:, ahead] + load.count("overtime_hours")[:, ahead]
    wrong = np.maximum(load.count("load_hours")[:, ahead] - room, 0)
    return _cells("load <= capacity + overtime", load, wrong, "hours", _HOURS)


def check_years(demand: Panel) -> Check:
    """Fiscal years add up to all buckets, closed and open, for units and money."""
    names = [name for name in sorted(demand.counts) if name not in demand.rates]
    wrong = np.zeros((len(names), 1), dtype=np.int64)
    for row, name in enumerate(names):
        total = demand.count(name).sum(axis=0)
        years = sum(int(total[year.columns].sum()) for year in fiscal_years(demand.buckets))
        split = int(total[demand.buckets.closed].sum()) + int(total[demand.buckets.horizon].sum())
        wrong[row, 0] = abs(years - split)
    return _cells("fiscal years = closed + open buckets", demand, wrong, "units and money", QUANTITY, names)


def _cells(
    name: str, panel: Panel, wrong: Counts, unit: str, quantum: Decimal, labels: Sequence[str] | None = None
) -> Check:
    """Turn differences (rows, the last buckets of the axis) into a check."""
    rows = labels if labels is not None else [" ".join(str(part) for part in key) for key in panel.keys.iter_rows()]
    return _check(
        name, wrong.size, _places(panel, wrong, rows, quantum), to_decimal(int(np.abs(wrong).sum()), quantum), unit
    )


def _places(panel: Panel, wrong: Counts, rows: Sequence[str], quantum: Decimal) -> list[tuple[int, str]]:
    """Name the cells that differ: size and place."""
    offset = len(panel.buckets) - wrong.shape[1]
    return [
        (abs(size), f"{rows[r]} {panel.buckets.label(offset + t)}: differs by {to_decimal(size, quantum):+,}")
        for r, t in np.argwhere(wrong)
        if (size := int(wrong[r, t]))
    ]


def _check(name: str, checked: int, places: Sequence[tuple[int, str]], amount: Decimal, unit: str) -> Check:
    shown = tuple(text for _, text in sorted(places, key=lambda place: (-place[0], place[1]))[:_SHOWN])
    passed = not places
    verdict = "all tie" if passed else f"{len(places)} differ by {amount:,.4f} {unit} in all; first {shown[0]}"
    return Check(
        name=name,
        passed=passed,
        checked=checked,
        failed=len(places),
        amount=amount,
        unit=unit,
        message=f"{name}: {checked:,} places, {verdict}",
        places=shown,
    )
