"""Locks: what people fix by hand is spread, held, priced entry by entry, and named where it can't be."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tests.planning.test_relief import Told, node, stored
from tests.supply.supply_company import Case, Result, Row, Rows, crew, line
from trivet.core.entries import Change, Logged, Operation
from trivet.core.fold import fold
from trivet.core.ids import ActorId, Digest, MeasureId, ScenarioId, Seq
from trivet.core.issues import Issue, Node
from trivet.core.options import PlanOptions
from trivet.core.records import Stamp
from trivet.planning.locks import Locks, price_locks
from trivet.planning.strained import find_strained

ON_TIME = PlanOptions(late_buckets=0)
PACKS, GOODS, MOVED = "firm_material_purchases", "firm_purchases", "firm_transfers"
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
SOURCES: Sequence[Row] = [
    {"item": "K", "supplier": "A", "location": "N"},
    {"item": "K", "supplier": "B", "location": "N", "extra_cost": 2},
]
SUPPLIERS: Mapping[str, Rows] = {
    "items": [{"item": "P", "family": "F"}, {"item": "K", "kind": "material", "family": "X"}],
    "routings": [line()],
    "resources": [crew(per_day=50)],
    "bill_of_materials": [{"parent": "P", "component": "K", "quantity": 2}],
    "supply_sources": SOURCES,
}
CENTRE: Mapping[str, Rows] = {
    "locations": [{"location": "N", "kind": "plant"}, {"location": "D", "kind": "warehouse"}],
    "markets": [{"market": "M", "location": "D"}],
    "lanes": [{"origin": "N", "destination": "D", "lead_time_days": 0, "cost": 1}],
    "routings": [line()],
    "resources": [crew(per_day=5)],
}


def entry(
    seq: int,
    measure: str,
    amount: str | None,
    *scope: Node,
    first: date = MARCH,
    operation: Operation = Operation.SET,
) -> Logged:
    change = Change(
        measure=MeasureId(measure),
        operation=operation,
        amount=None if amount is None else Decimal(amount),
        scope=scope,
        first=first,
        last=first,
        reason="agreed",
    )
    stamp = Stamp(actor=ActorId("bea"), at=datetime(2026, 3, 2, tzinfo=UTC), source="test", group="g")
    return Logged(scenario=ScenarioId("main"), seq=Seq(seq), base=Digest(""), entry=change, stamp=stamp, effects=())


def held_by(case: Case, *log: Logged) -> Case:
    """The case with what a log holds, spread by the plan without it as the live head spreads it."""
    free = case.plan()
    for grain in ("supply", "material"):
        panel, problems = fold(free.panel(grain), log, free.inputs.model)
        assert not problems
        for measure in (GOODS, MOVED, PACKS):
            if panel.has(measure):
                mask, count, opens = panel.mask(measure), panel.count(measure) / 1000, panel.buckets.first_open
                series = {
                    key: [float(c) if m else -1.0 for m, c in zip(mask[i][opens:], count[i][opens:], strict=True)]
                    for i, key in enumerate(panel.keys.rows())
                }
                case.held = {**case.held, measure: series}
    return case


def locks_of(result: Result, case: Case, *log: Logged, top: int = 10) -> Locks:
    return price_locks(result.inputs, stored(result), log, case.options, Told(), top)


def issues_of(result: Result, *log: Logged) -> tuple[Issue, ...]:
    return find_strained(result.inputs, result.plan, lambda _: log)


def packs(demand: float = 100.0) -> Case:
    return Case(tables=SUPPLIERS, demand={("P", "M"): [demand] * 3}, options=ON_TIME)


def test_100_packs_locked_at_the_dearer_supplier_cost_the_difference() -> None:
    log = (entry(7, PACKS, "100", node("supplier", "B")),)
    case = held_by(packs(), *log)
    result = case.plan()
    (lock,) = locks_of(result, case, *log).locks
    assert lock.cost is not None
    assert (lock.seq, lock.author, lock.reason, lock.where) == (7, "bea", "agreed", "supplier B")
    assert (lock.cells, lock.held, lock.planned) == (1, Decimal(100), Decimal(100))
    assert (lock.cost.worth, lock.cost.supply_variance) == (Decimal(200), Decimal(-200))
    assert lock.said == (
        f"entry 7 of bea, set 100 {PACKS}, supplier B, 2026-03 to 2026-03 (agreed), costs EUR 200: "
        "without it no sale hangs on it, supply costs fall by EUR 200."
    )


def test_transfers_locked_at_none_cost_the_customers_and_name_the_entry() -> None:
    log = (entry(3, MOVED, "0", node("location", "D")),)
    case = held_by(Case(tables=CENTRE, demand={("P", "M"): [10.0] * 3}, options=ON_TIME), *log)
    result = case.plan()
    assert result.units("unserved_demand", "P", "M") == [10, 0, 0]
    (lock,) = locks_of(result, case, *log).locks
    assert lock.cost is not None
    assert lock.cost.worth == Decimal(10 * 40 - 10)  # margin of ten less their freight
    (issue,) = issues_of(result, *log)
    assert issue.code == "supply.lock-costs-customers"
    assert issue.message == (
        "10 units of demand are lost where entry 3 of bea, set 0 firm_transfers, location D, 2026-03 to 2026-03 "
        "(agreed), holds (P at D 2026-03 10)."
    )
    assert "trivet locks" in issue.advice
    assert (issue.place.first, issue.place.measure) == (MARCH, MOVED)


@pytest.mark.parametrize(("measure", "where"), [(GOODS, "D"), (MOVED, "N")])
@pytest.mark.parametrize("amount", ["5", "0"])
def test_what_nobody_sells_or_no_lane_brings_there_is_refused_where_it_is_said(
    measure: str, where: str, amount: str
) -> None:
    result = Case(tables=CENTRE, demand={("P", "M"): [10.0] * 3}, options=ON_TIME).plan()
    log = (entry(9, measure, amount, node("location", where)),)
    _, (issue,) = fold(result.panel("supply"), log, result.inputs.model)
    assert issue.code == "change.no-way"
    assert issue.message.startswith(f"entry 9 of bea does not fit: no series here can have any of {measure}: ")


def test_lock_of_everything_goes_where_a_source_or_a_lane_is_though_nothing_is_bought_yet() -> None:
    sources: list[Row] = [{"item": "P", "supplier": "A", "location": "N", "extra_cost": 5}]
    case = Case(tables={**CENTRE, "supply_sources": sources}, demand={("P", "M"): [10.0] * 3}, options=ON_TIME)
    assert sum(case.plan().units("purchases")) == 0
    result = held_by(case, entry(1, GOODS, "6"), entry(2, MOVED, "12")).plan()
    assert result.units("purchases", "P", "N")[0] == 6
    assert result.units("transfers_in", "P", "D")[0] == 12
    assert result.plan.strains == ()


def test_lock_of_a_family_is_spread_as_the_plan_buys() -> None:
    tables = {
        "items": [{"item": "P", "family": "F"}, {"item": "Q", "family": "F"}],
        "supply_sources": [{"item": i, "supplier": "A", "location": "N"} for i in ("P", "Q")],
    }
    case = Case(tables=tables, demand={("P", "M"): [30.0] * 3, ("Q", "M"): [10.0] * 3}, options=ON_TIME)
    result = held_by(case, entry(1, GOODS, "60", node("family", "F"))).plan()
    assert result.units("purchases", "P", "N")[0] == 45
    assert result.units("purchases", "Q", "N")[0] == 15
    assert sum(result.units("purchases")) == 120


def test_a_later_lock_of_the_same_cells_takes_them_over_and_the_earlier_costs_nothing() -> None:
    log = (
        entry(1, PACKS, "50", node("supplier", "B")),
        entry(2, PACKS, "100", node("supplier", "B")),
        entry(3, PACKS, None, node("supplier", "B"), operation=Operation.LOCK),
    )
    case = held_by(packs(), *log)
    result = case.plan()
    later, earlier = locks_of(result, case, *log).locks
    assert (later.seq, later.cells, earlier.seq, earlier.cells) == (2, 1, 1, 0)
    assert later.cost is not None
    assert later.cost.worth == Decimal(100)  # 50 of the 100 would still be held
    assert earlier.cost is not None
    assert earlier.cost.nothing


def test_only_the_latest_locks_are_priced_and_the_others_are_listed() -> None:
    log = (entry(1, PACKS, "50", node("supplier", "B")), entry(2, PACKS, "50", node("supplier", "B"), first=APRIL))
    case = held_by(packs(), *log)
    result = case.plan()
    found = locks_of(result, case, *log, top=1).locks
    assert [(lock.seq, lock.cost is None) for lock in found] == [(2, False), (1, True)]
    assert "is not priced" in found[1].said
    assert [lock.cost for lock in locks_of(result, case, *log, top=0).locks] == [None, None]


@pytest.mark.parametrize(
    ("tables", "measure", "amount", "scope", "code", "said"),
    [
        (
            {**SUPPLIERS, "supply_sources": [{**SOURCES[0], "cap": 10}, SOURCES[1]]},
            PACKS, "30", node("supplier", "A"), "supply.lock-above-cap", "is 20 units more than suppliers deliver",
        ),
        (
            {
                **SUPPLIERS,
                "open_purchases": [
                    {"order": "1", "item": "K", "supplier": "A", "location": "N", "due": "2026-03", "quantity": 8}
                ],
            },
            PACKS, "5", node("supplier", "A"), "supply.lock-below-orders", "is 3 units less than what is on order",
        ),
        (
            {
                **SUPPLIERS,
                "supply_sources": [{**SOURCES[0], "lead_time_days": 30}, SOURCES[1]],
                "open_purchases": [
                    {"order": "1", "item": "K", "supplier": "A", "location": "N", "due": "2026-04", "quantity": 8}
                ],
            },
            PACKS, "5", node("supplier", "A"), "supply.lock-too-early", "wants 5 units before a new order can arrive",
        ),
        (
            {**CENTRE, "lanes": [{"origin": "N", "destination": "D", "lead_time_days": 30, "cost": 1}]},
            MOVED, "5", node("location", "D"), "supply.lock-left-already", "wants 5 units that would have left",
        ),
        (
            {**CENTRE, "resources": [crew()]},
            MOVED, "25", node("location", "D"), "supply.lock-without-goods", "misses 15 units that are not there",
        ),
    ],
)  # fmt: skip
def test_a_lock_that_cannot_be_is_named_with_its_entry_and_a_way_out(
    tables: Mapping[str, Rows], measure: str, amount: str, scope: Node, code: str, said: str
) -> None:
    log = (entry(9, measure, amount, scope),)
    case = held_by(Case(tables=tables, demand={("P", "M"): [10.0] * 3}, options=ON_TIME), *log)
    found = {issue.code: issue for issue in issues_of(case.plan(), *log)}
    assert said in found[code].message
    assert "entry 9 of bea" in found[code].message
    assert found[code].advice
