"""PRACTICE check 3: the live head after any changes == make_plan over the same log with the engines held, bit by bit.

The oracle is `make_plan` itself: history, prices, forecast, streams, consensus, fold, sums and statement are made
again from the tables; only what plans supply (`require`, `plan_supply`) answers as it did for the version people look
at. It shares the fold and the formulas with the head, as it must, and none of its shortcuts: rows, effects, locks
and masks kept from change to change.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.supply.supply_company import Rows, frame_of
from trivet.connect.folder import read_folder
from trivet.core.entries import Change, Effect, Logged, Operation
from trivet.core.ids import ActorId, Counts, Digest, GrainName, MeasureId, MemberId, Rates, ScenarioId, Seq
from trivet.core.issues import Issue, Node, Scope
from trivet.core.measures import Kind
from trivet.core.netting import NettingRules
from trivet.core.options import PlanOptions
from trivet.core.panel import Panel
from trivet.core.plan import Plan, PlanInputs
from trivet.core.ports import Forecaster, Solver
from trivet.core.quantities import round_rate
from trivet.core.records import Stamp
from trivet.engines.highs import HighsSolver
from trivet.examples import bikes
from trivet.planning import make
from trivet.planning.head import (
    Head,
    aged_measures,
    catch_up,
    effects_on,
    fold_again,
    known_locks,
    moved_measures,
    put,
    stand_on,
    with_locks,
)
from trivet.planning.inputs import build_inputs
from trivet.supply.model import SupplyPlan, plan_supply
from trivet.workspace.registries import measure_registry, table_specs
from trivet.workspace.workspace import PlanEngines, quiet

STAMP = Stamp(actor=ActorId("ann"), at=datetime(2026, 11, 2, tzinfo=UTC), source="test", group="g")
SCENARIO = ScenarioId("main")


class Naive:
    """Forecasts last year again: what counts here is what happens to a forecast, not how good it is."""

    name = "naive 1"

    def train(self, history: Rates, first: Counts, season: int) -> bytes:  # noqa: ARG002 - the port's
        return b""

    def predict(self, history: Rates, first: Counts, season: int, horizon: int, trained: bytes = b"") -> Rates:  # noqa: ARG002
        repeated = np.tile(history[:, -season:], (1, -(-horizon // season)))
        return round_rate(np.maximum(repeated[:, :horizon], 0.0))


def engines(solver: Solver | None = None) -> PlanEngines:
    forecaster: Forecaster = Naive()
    return PlanEngines(forecaster=forecaster, solver=solver or HighsSolver(), progress=quiet)


@dataclass(frozen=True, kw_only=True, repr=False)
class Company:
    inputs: PlanInputs
    plan: Plan
    met: SupplyPlan
    log: tuple[Logged, ...]


def entry(measure: str, operation: str, amount: str | None = None, *scope: Node, **more: object) -> Change:
    given = {"first": date(2026, 11, 1), "last": date(2027, 2, 1), **more}
    return Change(
        measure=MeasureId(measure),
        operation=Operation(operation),
        amount=None if amount is None else Decimal(amount),
        scope=tuple(scope),
        **given,  # type: ignore[arg-type]
    )


def node(level: str, member: str) -> Node:
    owner = {"family": "item", "region": "market"}.get(level, level)
    return Node(dimension=owner, level=level, member=MemberId(member))


BOUGHT: Mapping[str, Rows] = {
    "items": [
        {"item": "HUB", "family": "Parts", "kind": "material", "policy": "make-to-stock", "unit": "EA", "step": 1}
    ],
    "bill_of_materials": [{"parent": "C1", "component": "HUB", "quantity": 2}],
    "supply_sources": [
        {"item": "HUB", "supplier": "A", "location": "WORKS", "cap": 400},
        {"item": "HUB", "supplier": "B", "location": "WORKS", "extra_cost": 1},
        {"item": "C2", "supplier": "A", "location": "WORKS", "extra_cost": 9},
        {"item": "K1", "supplier": "B", "location": "DEPOT", "extra_cost": 9},
    ],
    "locations": [{"location": "DEPOT", "kind": "warehouse"}],
    "lanes": [{"origin": "DEPOT", "destination": "WORKS", "lead_time_days": 3}],
}
"""A part and goods with suppliers, and a depot, so that purchases and transfers can be fixed by hand."""


@pytest.fixture(scope="module")
def company() -> Company:
    """Bikes of which one ends, one sells in halves, one has no price, and orders in hand; planned, changed, planned."""
    folder = read_folder(bikes(), table_specs())
    tables = dict(folder.tables)
    items = tables["items"]
    ends = pl.when(pl.col("item") == "K1").then(date(2027, 1, 15)).otherwise(pl.col("last_sale"))
    step = pl.when(pl.col("item") == "K2").then(500).otherwise(pl.col("step"))
    tables["items"] = items.with_columns(ends.cast(pl.Date).alias("last_sale"), step.cast(pl.Int64).alias("step"))
    prices = tables["prices"]
    tables["prices"] = prices.filter(pl.col("item") != "C2")
    assert tables["prices"].height < prices.height
    for name, bucket in (("orders", date(2026, 11, 1)), ("orders", date(2027, 1, 1)), ("shipments", date(2026, 11, 1))):
        ahead = tables[name].filter(pl.col("bucket") == date(2025, 11, 1)).with_columns(bucket=pl.lit(bucket))
        part = pl.col("quantity") // (2 if name == "shipments" else 1)
        tables[name] = pl.concat([tables[name], ahead.with_columns(part.alias("quantity"))])
    for name, rows in BOUGHT.items():
        more = frame_of(table_specs()[name], rows)
        tables[name] = pl.concat([tables[name], more], how="diagonal_relaxed") if name in tables else more
    asked = replace(folder.company, netting=NettingRules(early_days=31, late_days=70))
    inputs, _ = build_inputs(asked, tables, table_specs(), measure_registry())
    first = make.make_plan(inputs, (), PlanOptions(), engines())
    head = stand_on(first, inputs, (), base=Digest("one"), holds=Seq(0))
    city = node("family", "City")
    for change in (
        entry("consensus_demand", "set", "700", city),
        entry("consensus_demand", "lock", None, node("item", "C1"), node("market", "HOME")),
        entry("revenue", "scale", "1.2", node("family", "Kids")),
        entry("firm_production", "set", "90", city),
        entry("firm_purchases", "set", "12", city),
        entry("firm_transfers", "lock", "40", node("location", "WORKS")),
        entry("firm_material_purchases", "set", "60", node("supplier", "A")),
    ):
        head = recorded(head, change)
    answers: list[SupplyPlan] = []

    def heard(*given: object) -> SupplyPlan:
        answers.append(plan_supply(*given))  # type: ignore[arg-type]
        return answers[-1]

    with patch.object(make, "plan_supply", heard):
        plan = make.make_plan(inputs, head.log, PlanOptions(), engines())
    return Company(inputs=inputs, plan=plan, met=answers[-1], log=head.log)


def recorded(head: Head, change: Change, told: Callable[[str], None] = lambda _: None) -> Head:
    """The head with a change as the log keeps it, locks known as in the cube; the same head when it is refused."""
    head = with_locks(head)
    result = effects_on(head, change)
    effects = tuple(part for part in result if isinstance(part, Effect))
    if any(isinstance(part, Issue) for part in result):
        told(f"{change.operation} of {change.measure} is refused")
        return head
    told(f"{change.operation} of {change.measure} moves {'cells' if effects else 'nothing'}")
    base = head.ground.base
    seq = Seq(head.seq + 1)
    return put(head, Logged(scenario=SCENARIO, seq=seq, base=base, entry=change, stamp=STAMP, effects=effects))


def planned_with_engines_held(company: Company, log: Sequence[Logged]) -> Plan:
    """make_plan over a log, while supply answers as it did for the company's plan."""
    held = company.plan

    def require(*_: object, **__: object) -> tuple[Panel, Panel, Panel, tuple[Issue, ...]]:
        return held.panel("supply"), held.panel("load"), held.panel("material"), ()

    def answered(_: PlanInputs, demand: Panel, supply: Panel, *rest: Panel) -> SupplyPlan:
        solved = {str(name): company.met.demand.count(name) for name in ("constrained_demand", "unserved_demand")}
        return replace(company.met, demand=demand.with_counts(solved), supply=supply, material=rest[1])

    with patch.object(make, "require", require), patch.object(make, "plan_supply", answered):
        return make.make_plan(company.inputs, log, PlanOptions(), engines())


def same(one: Mapping[GrainName, Panel], other: Mapping[GrainName, Panel]) -> None:
    """Every measure of every grain has the same bits and the same mask."""
    assert set(one) == set(other)
    for grain in one:
        digests = one[grain].measure_digests(), other[grain].measure_digests()
        wrong = [name for name in {*digests[0], *digests[1]} if digests[0].get(name) != digests[1].get(name)]
        assert not wrong, (grain, wrong)


def changes(buckets: tuple[date, ...], last: int) -> st.SearchStrategy[Change]:
    """Any change anywhere, most of them possible."""
    scopes: tuple[Scope, ...] = (
        (),
        (node("family", "City"),),
        (node("family", "Kids"),),
        *((node("item", item),) for item in ("C1", "C2", "K1", "K2")),
        (node("region", "Home"),),
        (node("item", "C1"), node("market", "HOME")),
        (node("family", "Kids"), node("market", "EXPORT")),
        (node("location", "WORKS"),),
        (node("supplier", "A"),),
    )

    @st.composite
    def drawn(draw: st.DrawFn) -> Change:
        first = draw(st.integers(0, len(buckets) - 1))
        until = min(len(buckets) - 1, first + draw(st.integers(0, 5)))
        operation = draw(st.sampled_from(list(Operation)))
        amounts: dict[Operation, st.SearchStrategy[int | Decimal | None]] = {
            Operation.SET: st.integers(0, 900),
            Operation.ADD: st.integers(-60, 300),
            Operation.SCALE: st.sampled_from([Decimal(0), Decimal("0.5"), Decimal("1.07"), Decimal(2)]),
            Operation.LOCK: st.one_of(st.none(), st.integers(0, 500)),
        }
        amount = draw(amounts[operation]) if operation in amounts else None
        measure = draw(st.sampled_from(MEASURES))
        if measure == "revenue" and isinstance(amount, int):
            amount *= 200
        return Change(
            measure=MeasureId(measure),
            operation=operation,
            amount=None if amount is None else Decimal(amount),
            scope=draw(st.sampled_from(scopes)),
            first=buckets[first],
            last=buckets[until],
            spread_by=draw(st.sampled_from(WEIGHTS)),
            withdraws=Seq(draw(st.integers(1, last))) if operation is Operation.WITHDRAW else None,
        )

    return drawn()


MEASURES = (
    *("consensus_demand",) * 3,
    *("revenue", "firm_production", "firm_purchases", "firm_transfers", "firm_material_purchases"),
)
WEIGHTS = (None, None, None, MeasureId("orders"), MeasureId("baseline_demand"), MeasureId("revenue"))
"""What a change may name to be spread by; the last is made after changes are folded in, and refused."""
OPEN = tuple(date(2026 + (10 + i) // 12, (10 + i) % 12 + 1, 1) for i in range(14))


def fixed(head: Head, change: Change) -> Change:
    """A withdrawal speaks of the measure of what it takes back."""
    known = {logged.seq: logged.entry for logged in head.log}
    taken = known.get(change.withdraws) if change.withdraws else None
    return replace(change, measure=taken.measure) if isinstance(taken, Change) else change


def steps(company: Company, wanted: Sequence[Change]) -> Iterator[Head]:
    head = stand_on(company.plan, company.inputs, company.log, base=Digest("two"), holds=company.log[-1].seq)
    yield head
    for change in wanted:
        head = recorded(head, fixed(head, change), event)
        yield head


@pytest.mark.filterwarnings("ignore:Generating overly large repr")  # a drawn plan is large, and only told on failure
@settings(max_examples=50)
@given(wanted=st.lists(changes(OPEN, 12), min_size=1, max_size=8))
def test_head_after_any_changes_is_make_plan_with_the_engines_held(company: Company, wanted: list[Change]) -> None:
    *_, head = steps(company, wanted)
    same(head.panels, planned_with_engines_held(company, head.log).panels)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=40)
@given(wanted=st.lists(changes(OPEN, 12), min_size=1, max_size=8), cut=st.integers(0, 8))
def test_head_changed_live_caught_up_by_effects_and_folded_again_is_one(
    company: Company, wanted: list[Change], cut: int
) -> None:
    """V8: who made the changes, who saw `cut` of them and took in the rest, and who folds the log look at the same."""
    *_, head = steps(company, wanted)
    held = company.log[-1].seq
    fresh = stand_on(company.plan, company.inputs, head.log, base=Digest("two"), holds=held)
    partly = stand_on(company.plan, company.inputs, head.log[: held + cut], base=Digest("two"), holds=held)
    folded = fold_again(fresh)
    for other in (fresh, catch_up(partly, head.log[held + cut :]), folded):
        same(head.panels, other.panels)
        for grain in company.plan.panels.keys() & folded.locks.keys():
            flags = known_locks(other, grain), known_locks(head, grain)
            for name, truth in folded.locks[grain].items():
                for locks in flags:
                    assert np.array_equal(locks.get(name, np.zeros_like(truth)), truth), name


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@settings(max_examples=8)
@given(wanted=st.lists(changes(OPEN, 12), min_size=1, max_size=5))
def test_what_is_not_told_to_be_behind_is_what_the_next_plan_says(company: Company, wanted: list[Change]) -> None:
    *_, head = steps(company, wanted)
    behind = aged_measures(company.inputs, everything=False)
    plan = make.make_plan(company.inputs, head.log, PlanOptions(), engines())
    for grain, panel in plan.panels.items():
        digests = panel.measure_digests(), head.panels[grain].measure_digests()
        wrong = [name for name in digests[0] if name not in behind and digests[0][name] != digests[1].get(name)]
        assert not wrong, (grain, wrong)


def test_an_edit_moves_edited_measures_and_arithmetic_on_them_of_its_rows_alone(company: Company) -> None:
    head = stand_on(company.plan, company.inputs, company.log, base=Digest("two"), holds=company.log[-1].seq)
    after = recorded(head, entry("consensus_demand", "add", "50", node("item", "K2")))
    registry = company.inputs.model.registry
    before, now = head.plan.panel("demand"), after.plan.panel("demand")
    moved = {name for name in now.counts if now.counts[name] is not before.counts[name]}
    assert moved == {"consensus_demand", "revenue", "remaining_demand"}
    assert {registry[name].kind for name in moved - {"remaining_demand"}} == {Kind.EDITED, Kind.SUMMED}
    assert now.count("open_orders").any()
    assert now.count("shipped_to_date").any()
    for name in ("revenue", "remaining_demand"):
        rows = np.flatnonzero((now.count(name) != before.count(name)).any(axis=1))
        assert set(now.keys[rows.tolist()]["item"]) == {"K2"}
    assert moved_measures(head) == ()
    assert moved_measures(after) == ("consensus_demand",)


@pytest.mark.parametrize("weights", ["revenue", "constrained_demand", "gross_margin"])
def test_weights_made_after_the_changes_are_refused(company: Company, weights: str) -> None:
    head = stand_on(company.plan, company.inputs, company.log, base=Digest("two"), holds=company.log[-1].seq)
    (issue,) = effects_on(head, entry("consensus_demand", "set", "900", spread_by=MeasureId(weights)))
    assert isinstance(issue, Issue)
    assert issue.code == "change.late-weights"
    assert weights in issue.message
    assert "baseline_demand" in issue.advice


def test_a_measure_edited_since_is_absent_in_an_older_plan_until_somebody_sets_it(company: Company) -> None:
    name = MeasureId("firm_material_purchases")
    panel = company.plan.panel("material")
    counts = {measure: values for measure, values in panel.counts.items() if measure != name}
    masks = {measure: mask for measure, mask in panel.present.items() if measure != name}
    older = replace(panel, counts=counts, present=masks)
    plan = replace(company.plan, panels={**company.plan.panels, GrainName("material"): older})
    log = company.log[:4]
    head = stand_on(plan, company.inputs, log, base=Digest("two"), holds=log[-1].seq)
    assert not head.panels[GrainName("material")].mask(name).any()
    after = recorded(head, entry(name, "set", "60", node("supplier", "A")))
    assert after.panels[GrainName("material")].mask(name).sum() == 4
    same(after.panels, fold_again(after).panels)
