"""Make a plan: the whole of sales and operations planning, as calls in the order of the month.

Demand first (what will customers buy, unconstrained), then supply (what can be met, and when), then
money (what it means), then reconciliation (where it differs from what was promised). Pure: the same
inputs, entries, options, engines and reference give the same plan, bit by bit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256

from trivet.core.entries import Logged
from trivet.core.fold import fold
from trivet.core.ids import Digest, GrainName
from trivet.core.issues import Issue
from trivet.core.learned import Learned
from trivet.core.options import ADDED, PlanOptions, every_choice, said_choices
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs, Recipe
from trivet.core.ports import Engines, Forecaster, Progress
from trivet.core.units import Units, read_units
from trivet.demand.baseline import forecast, learn_series, series_methods
from trivet.demand.beyond import find_orders_beyond
from trivet.demand.bounds import carry_bounds
from trivet.demand.cleansing import correct_history
from trivet.demand.consensus import agree
from trivet.demand.drivers import apply_drivers
from trivet.demand.history import demand_panel
from trivet.demand.lifecycle import apply_life_cycle
from trivet.demand.remaining import read_orders
from trivet.demand.returned import find_returns
from trivet.demand.segments import review_hints
from trivet.demand.streams import spread_streams
from trivet.finance.gross import value_at_list
from trivet.finance.invoicing import price_shipments
from trivet.finance.statement import company_plan
from trivet.finance.valuation import price_and_cost
from trivet.planning.contradictions import find_contradictions
from trivet.planning.errors import write_forecast_errors
from trivet.planning.following import follow
from trivet.planning.ranges import errors_together
from trivet.planning.rows import Axes, in_rows_of
from trivet.planning.segmented import with_segments
from trivet.planning.strained import find_strained
from trivet.reconcile.gaps import find_gaps
from trivet.supply.model import plan_supply
from trivet.supply.panels import supply_panels
from trivet.supply.requirements import require

Entries = Sequence[Logged]


def make_plan(
    inputs: PlanInputs,
    entries: Entries,
    options: PlanOptions,
    engines: Engines,
    reference: Plan | None = None,
    learned: Learned | None = None,
    axes: Axes | None = None,
) -> Plan:
    """Make one set of plans: demand, supply and money, at detail, over the horizon.

    Args:
        inputs: company, measures, dimensions, buckets and tables of one snapshot.
        entries: the live log of the scenario, in order: changes of consensus, firm production, purchases and transfers.
        options: choices of the scenario.
        engines: forecaster, solver, progress.
        reference: the plan to stay near to; its basis starts the solver.
        learned: what the forecast learned from the snapshot; None = learned from these very inputs.
        axes: looks up the series of the plan an entry was made on; None = the same as here.

    Returns:
        The plan with every grain's panel and all problems found, largest amount first. An
        infeasible wish is an issue, never an exception.
    """
    tell, found = engines.progress, _Issues()
    agreed = agree_demand(inputs, engines.forecaster, learned, tell)
    inputs, learned, units = agreed.inputs, agreed.learned, units_of(inputs)
    found.add(agreed.issues)
    demand = agreed.demand
    demand = found.keep(fold(demand, in_rows_of(entries, demand, axes, inputs.model), inputs.model, units))
    tell("demand", 4, 4)

    tell("supply", 0, 3)
    supply, load, material, problems = supply_panels(inputs)
    found.add(problems)
    methods = series_methods(inputs, demand, learned)
    supply = write_forecast_errors(inputs, demand, supply, engines.forecaster, methods)
    supply, load, material, problems = require(inputs, demand, supply, load, material, targets=options.use_targets)
    found.add(problems)
    supply = found.keep(fold(supply, in_rows_of(entries, supply, axes, inputs.model), inputs.model, units))
    material = found.keep(fold(material, in_rows_of(entries, material, axes, inputs.model), inputs.model, units))
    tell("supply", 1, 3)
    basis = reference.basis if reference else None
    met = plan_supply(inputs, demand, supply, load, material, options, engines.solver, basis)
    found.add([*met.issues, *find_strained(inputs, met, lambda panel: in_rows_of(entries, panel, axes, inputs.model))])
    tell("supply", 3, 3)

    tell("money", 0, 1)
    demand = follow(price_shipments(inputs, met.demand), inputs.model)
    supply, budget, company, problems = company_plan(
        inputs, demand, met.supply, met.load, met.material, variance=met.variance, freight=met.freight
    )
    found.add([*problems, *find_gaps(inputs, demand, supply, budget), *find_orders_beyond(inputs, demand)])
    tell("money", 1, 1)
    panels = (demand, supply, met.load, met.material, budget, errors_together(company, learned.together))
    return Plan(
        recipe=_recipe(inputs, entries, options, engines, reference=reference, learned=learned),
        panels={GrainName(panel.grain): panel for panel in panels},
        issues=found.ranked(),
        basis=met.basis,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Agreed:
    """Demand as history, forecast and opinions agree it, before people's changes.

    Attributes:
        inputs: what it was made from, with the classes of items as levels.
        demand: panel up to `consensus_base`.
        learned: what it was predicted with.
        issues: problems found on the way.
    """

    inputs: PlanInputs
    demand: Panel
    learned: Learned
    issues: tuple[Issue, ...]


def agree_demand(
    inputs: PlanInputs, forecaster: Forecaster, learned: Learned | None = None, tell: Progress | None = None
) -> Agreed:
    """Bring history, forecast, events and opinions to one demand: what customers will buy, unconstrained.

    Args:
        inputs: company, measures, dimensions, buckets and tables of one snapshot.
        forecaster: predicts.
        learned: what it learned from the snapshot; None = learned from these very inputs.
        tell: told how far it is.
    """
    tell, found = tell or (lambda *_: None), _Issues()
    tell("demand", 0, 4)
    demand = found.keep(demand_panel(inputs))
    demand = found.keep(correct_history(inputs, read_orders(inputs, demand)))
    demand = found.keep(price_and_cost(inputs, demand))
    demand = found.keep(value_at_list(inputs, demand))
    inputs = with_segments(inputs, demand)
    found.add([*find_returns(inputs, demand), *review_hints(inputs, demand), *find_contradictions(inputs, demand)])
    tell("demand", 1, 4)
    learned = learned or learn_series(inputs, demand, forecaster)
    demand = found.keep(forecast(inputs, demand, forecaster, learned))
    statistical = demand.count("baseline_demand")
    tell("demand", 2, 4)
    demand = found.keep(apply_life_cycle(inputs, demand))
    demand = found.keep(apply_drivers(inputs, demand))
    demand = carry_bounds(inputs, demand, statistical)
    demand = found.keep(spread_streams(inputs, demand))
    demand = found.keep(agree(inputs, demand))
    tell("demand", 3, 4)
    return Agreed(inputs=inputs, demand=demand, learned=learned, issues=found.all())


def units_of(inputs: PlanInputs) -> Units:
    """Give the other units of measure that changes may be written in."""
    return read_units(inputs.table("unit_conversions"), inputs.table("items"))


def learn_forecast(inputs: PlanInputs, forecaster: Forecaster) -> Learned:
    """Learn from a snapshot, as it was imported, what every plan and scenario of it predicts with."""
    demand, _ = demand_panel(inputs)
    demand, _ = correct_history(inputs, demand)
    return learn_series(inputs, demand, forecaster)


class _Issues:
    """The problems found on the way."""

    def __init__(self) -> None:
        self._found: list[Issue] = []

    def add(self, issues: Sequence[Issue]) -> None:
        self._found.extend(issues)

    def keep(self, result: tuple[Panel, tuple[Issue, ...]]) -> Panel:
        panel, issues = result
        self._found.extend(issues)
        return panel

    def all(self) -> tuple[Issue, ...]:
        return tuple(self._found)

    def ranked(self) -> tuple[Issue, ...]:
        return tuple(sorted(self._found, key=lambda i: (-(i.at_stake or 0), i.code, str(i.place), i.message)))


def _recipe(
    inputs: PlanInputs,
    entries: Entries,
    options: PlanOptions,
    engines: Engines,
    *,
    reference: Plan | None,
    learned: Learned,
) -> Recipe:
    return Recipe(
        inputs=inputs.digest,
        entries=_digest(repr([(logged.seq, logged.entry) for logged in entries])),
        options=options_digest(options),
        reference=reference.digest() if reference else None,
        engines=(
            ("forecaster", engines.forecaster.name),
            ("learned", learned.digest()),
            ("solver", engines.solver.name),
        ),
    )


def options_digest(options: PlanOptions) -> Digest:
    """Give the sha256 over the choices of a scenario, as its recipe holds it."""
    chosen, usual = asdict(options), asdict(PlanOptions())
    # Recipes written before a choice existed stay what they are.
    kept = {name: value for name, value in chosen.items() if name not in ADDED or value != usual[name]}
    return _digest(repr(sorted(kept.items())))


def find_options(digest: Digest) -> PlanOptions | None:
    """Find the options a recipe names, among those the command line can choose; None for others."""
    return _known_options().get(digest)


def choices_of(digest: Digest) -> tuple[str, ...]:
    """Say the choices a recipe names that are not the usual ones; options nobody can choose now as such."""
    found = find_options(digest)
    return said_choices(found) if found else ("options of its own",)


@cache
def _known_options() -> Mapping[Digest, PlanOptions]:
    """Give every choice the command line has, by digest."""
    return {options_digest(options): options for options in every_choice()}


def _digest(text: str) -> Digest:
    return Digest(sha256(text.encode()).hexdigest())
