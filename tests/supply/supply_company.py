"""A small company for the supply leg: tables from rows, demand given by hand, one call to a plan, units to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from importlib.resources import files

import numpy as np
import polars as pl

from trivet.core.company import Company
from trivet.core.ids import Counts, Flags, GrainName, Rates
from trivet.core.issues import Issue
from trivet.core.linear import LinearModel, Solution
from trivet.core.measures import Registry, parse_measures
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import PlanInputs
from trivet.core.ports import Solver
from trivet.core.quantities import MONEY, QUANTITY, round_to_counts, to_count
from trivet.core.tables import ColumnType, TableSpec, parse_tables
from trivet.engines.highs import HighsSolver
from trivet.planning.inputs import build_inputs
from trivet.supply.model import SupplyPlan, plan_supply
from trivet.supply.panels import supply_panels
from trivet.supply.requirements import require

Cell = str | int | float | bool | date | None
Row = Mapping[str, Cell]
Rows = Sequence[Row]
Series = Mapping[tuple[str, str], Sequence[float]]
"""(item, market or location) -> units of the open buckets."""

_CORE = files("trivet.core")
SPECS: Mapping[str, TableSpec] = parse_tables(_CORE.joinpath("tables.toml").read_text())
REGISTRY: Registry = parse_measures(_CORE.joinpath("measures.toml").read_text())


class Counting:
    """A solver that remembers what it was given and what it answered."""

    def __init__(self) -> None:
        self.models: list[LinearModel] = []
        self.answers: list[Solution] = []

    @property
    def name(self) -> str:
        return HighsSolver().name

    def solve(self, model: LinearModel, basis: bytes | None = None) -> Solution:
        self.models.append(model)
        self.answers.append(HighsSolver().solve(model, basis))
        return self.answers[-1]


@dataclass
class Case:
    """One small company.

    Ten units of P a month from plant N sell at 100 and cost 60 unless a test says otherwise. Buckets are months from
    2026-01 on, two of them closed; working days are 20 in every one.
    """

    tables: Mapping[str, Rows] = field(default_factory=dict)
    demand: Series = field(default_factory=lambda: {("P", "M"): [10.0] * 6})
    price: Mapping[str, float | Sequence[float]] = field(default_factory=dict)
    cost: Mapping[str, float] = field(default_factory=dict)
    firm: Series = field(default_factory=dict)
    held: Mapping[str, Series] = field(default_factory=dict)
    options: PlanOptions = field(default_factory=PlanOptions)
    basis: bytes | None = None
    solver: Solver = field(default_factory=HighsSolver)

    @property
    def horizon(self) -> int:
        return max((len(values) for values in self.demand.values()), default=6)

    def inputs(self) -> PlanInputs:
        company = Company(
            name="Test", currency="EUR", first_bucket=date(2026, 1, 1), cycle=date(2026, 3, 1), horizon=self.horizon
        )
        given: dict[str, Rows] = {
            "items": [{"item": "P", "family": "F"}],
            "locations": [{"location": "N", "kind": "plant"}],
            "markets": [{"market": "M", "location": "N"}],
            "calendars": [{"calendar": "", "bucket": start, "working_days": 20} for start in company.buckets().starts],
            **self.tables,
        }
        loaded = {name: frame_of(SPECS[name], rows) for name, rows in given.items()}
        return build_inputs(company, loaded, SPECS, REGISTRY)[0]

    def demand_panel(self, inputs: PlanInputs) -> Panel:
        buckets = inputs.model.buckets
        keys = make_keys({"item": [i for i, _ in self.demand], "market": [m for _, m in self.demand]})
        panel = Panel(grain=GrainName("demand"), keys=keys, buckets=buckets)
        units, price, cost = np.zeros(panel.shape), np.zeros(panel.shape), np.zeros(panel.shape)
        open_ = np.zeros(panel.shape, dtype=np.bool_)
        open_[:, buckets.horizon] = True
        for row, (item, market) in enumerate(keys.iter_rows()):
            units[row, buckets.horizon] = np.array(self.demand[(item, market)])
            price[row, buckets.horizon] = np.array(self.price.get(f"{item} in {market}", self.price.get(item, 100.0)))
            cost[row, buckets.horizon] = self.cost.get(item, 60.0)
        return panel.with_counts({"consensus_demand": round_to_counts(units, QUANTITY)}).with_rates(
            {"price": price, "unit_cost": cost}, present={"price": open_ & (price > 0), "unit_cost": open_.copy()}
        )

    def plan(self) -> "Result":
        inputs = self.inputs()
        demand = self.demand_panel(inputs)
        supply, load, material, first = supply_panels(inputs)
        supply = self._fix(supply, "firm_production", self.firm)
        supply, load, material, second = require(
            inputs, demand, supply, load, material, targets=self.options.use_targets
        )
        for measure, series in self.held.items():
            if REGISTRY[measure].grain == "supply":
                supply = self._fix(supply, measure, series)
            else:
                material = self._fix(material, measure, series)
        plan = plan_supply(inputs, demand, supply, load, material, self.options, self.solver, self.basis)
        return Result(inputs=inputs, plan=plan, issues=(*first, *second, *plan.issues))

    def _fix(self, panel: Panel, measure: str, series: Series) -> Panel:
        """Fix units of a measure by hand, key by key; below 0 = free."""
        if not series:
            return panel
        firm: Counts = np.zeros(panel.shape, dtype=np.int64)
        fixed: Flags = np.zeros(panel.shape, dtype=np.bool_)
        for key, values in series.items():
            row = panel.keys.rows().index(key)
            for t, value in enumerate(values):
                if value >= 0:
                    firm[row, panel.buckets.first_open + t] = round(value * 1000)
                    fixed[row, panel.buckets.first_open + t] = True
        return panel.with_counts({measure: firm}, present={measure: fixed})


@dataclass(frozen=True)
class Result:
    """A plan to look at in units."""

    inputs: PlanInputs
    plan: SupplyPlan
    issues: tuple[Issue, ...]

    def panel(self, grain: str) -> Panel:
        return {
            "demand": self.plan.demand,
            "supply": self.plan.supply,
            "load": self.plan.load,
            "material": self.plan.material,
        }[grain]

    def units(self, measure: str, *key: str) -> list[float]:
        """Give the open buckets of a measure for one key, or summed over all."""
        panel = self.panel(REGISTRY[measure].grain)
        values = panel.count(measure)[:, panel.buckets.horizon] / 1000.0
        chosen: Rates = values[panel.keys.rows().index(key)] if key else values.sum(axis=0)
        return [float(value) for value in chosen]

    def codes(self) -> list[str]:
        return sorted({issue.code for issue in self.issues})

    def issue(self, code: str) -> Issue:
        return next(issue for issue in self.issues if issue.code == code)

    def variance(self) -> list[float]:
        return [float(v) / 10_000 for v in self.plan.variance[self.plan.demand.buckets.horizon]]

    def freight(self) -> list[float]:
        return [float(v) / 10_000 for v in self.plan.freight[self.plan.demand.buckets.horizon]]

    def check_balance(self) -> None:
        """Raise when F1, the goods in transit, an order backlog or a market's demand does not tie (V2)."""
        supply = self.plan.supply
        horizon, first = supply.buckets.horizon, supply.buckets.first_open
        stock = supply.count("projected_stock")
        before = stock[:, first - 1 : -1]
        inward = sum(supply.count(m)[:, horizon] for m in ("production", "purchases", "transfers_in"))
        outward = sum(supply.count(m)[:, horizon] for m in ("site_shipments", "transfers_out"))
        closing = before + inward - outward - self.built_in()
        assert (closing == stock[:, horizon]).all()
        transit = supply.count("in_transit")
        assert transit.min(initial=0) >= 0
        sent = np.cumsum(supply.count("transfers_out")[:, horizon].sum(axis=0))
        arrived = np.cumsum(supply.count("transfers_in")[:, horizon].sum(axis=0))
        assert (sent - arrived == transit[:, horizon].sum(axis=0)).all()
        shipped = supply.count("site_shipments").sum(axis=0)
        assert (self.plan.demand.count("constrained_demand").sum(axis=0) == shipped).all()

    def built_in(self) -> Counts:
        """Give what production used up of parts that are kept at sites."""
        from trivet.supply.requirements import part_use  # noqa: PLC0415
        from trivet.supply.ways import read_network  # noqa: PLC0415

        network = read_network(self.inputs, self.plan.supply, self.plan.load, self.plan.material)
        made = self.plan.supply.count("production")[network.makes.site][:, self.plan.supply.buckets.horizon]
        return part_use(network, made)


def frame_of(spec: TableSpec, rows: Rows) -> pl.DataFrame:
    """Type rows as a loaded table is: quantities and money as counts, empty keys as ""."""
    for row in rows:
        unknown = set(row) - {column.name for column in spec.columns}
        if unknown and not spec.extra:
            raise ValueError(f"{spec.name} has no column {unknown}")
    columns = {
        column.name: [_stored(row.get(column.name), column.type, key=column.key) for row in rows]
        for column in spec.columns
    }
    return pl.DataFrame(columns, schema=spec.empty().schema)


def _stored(value: Cell, kind: ColumnType, *, key: bool) -> Cell:
    if value is None or value == "":
        return "" if key and kind in {ColumnType.CODE, ColumnType.CHOICE} else None
    if kind in {ColumnType.QUANTITY, ColumnType.MONEY}:
        return to_count(Decimal(str(value)), QUANTITY if kind is ColumnType.QUANTITY else MONEY)
    if kind in {ColumnType.DAY, ColumnType.BUCKET} and isinstance(value, str):
        return date.fromisoformat(value if len(value) > len("2026-01") else f"{value}-01")
    return float(value) if kind in {ColumnType.SHARE, ColumnType.RATE} and isinstance(value, int) else value


def line(
    item: str = "P", location: str = "N", resource: str = "R", hours: float = 1.0, **more: Cell
) -> dict[str, Cell]:
    """Give a row of routings."""
    return {"item": item, "location": location, "resource": resource, "hours_per_unit": hours, **more}


def crew(resource: str = "R", location: str = "N", per_day: float = 0.5, **more: Cell) -> dict[str, Cell]:
    """Give a row of resources: one line; 20 days of half an hour are 10 hours a bucket."""
    return {"resource": resource, "location": location, "lines": 1, "hours_per_day": per_day, **more}


def stock(item: str = "P", location: str = "N", units: float = 0.0) -> dict[str, Cell]:
    """Give a row of stock_history: the count of the last closed bucket."""
    return {"item": item, "location": location, "bucket": "2026-02", "quantity": units}
