"""Why demand moved between two plans: each thing that went in moves its own cause, and the causes add up exactly."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from tests.demand.demand_company import Cell, Words, company_builder, monthly
from trivet.core.entries import Change, Logged, Operation
from trivet.core.ids import ActorId, Counts, Digest, MeasureId, Rates, ScenarioId, Seq
from trivet.core.learned import Learned
from trivet.core.plan import PlanInputs
from trivet.core.records import Stamp
from trivet.planning.causes import TOLD, Bridge, Cause, Side, Taught, find_causes, make_demand
from trivet.workspace.registries import measure_registry, table_specs

BUILD = company_builder(Words(specs=table_specs(), registry=measure_registry()))
ITEMS: list[dict[str, Cell]] = [{"item": "A", "family": "F"}, {"item": "B", "family": "F"}]
CONSENSUS = MeasureId("consensus_demand")


@dataclass(frozen=True)
class YearBefore:
    """The same month a year earlier, times what was learned."""

    name: str = "year before"

    def train(self, *_: object) -> bytes:
        raise AssertionError("learned again")

    def predict(self, history: Rates, _: Counts, season: int, horizon: int, trained: bytes = b"") -> Rates:
        return np.tile(history[:, -season:], 3)[:, :horizon] * float(trained)


def taught(factor: str = "1") -> Taught:
    learned = Learned(
        model=factor.encode(),
        keys=(),
        factors=np.ones((0, 20)),
        seasons=np.ones((0, 12)),
        elders=np.zeros(0, dtype=np.int64),
        widths=None,
    )
    return Taught(forecaster=YearBefore(), learned=learned)


def company(cycle: str = "2026-01-01", more: float = 0.0, **tables: Sequence[dict[str, Cell]]) -> PlanInputs:
    """Two items with three years of history, and every month since until the cycle; what came then is `more` higher."""
    months = 36 + (date.fromisoformat(cycle).month - 1)
    history = [
        row
        for item, level in (("A", 100.0), ("B", 40.0))
        for row in monthly([level + at % 12 + (more if at >= 36 else 0.0) for at in range(months)], item)
    ]
    items = tables.pop("items", ITEMS)
    return BUILD(cycle=cycle, items=items, orders=history, **tables)


def entry(seq: int = 1, *, expires: date | None = None, amount: str = "50") -> Logged:
    change = Change(
        measure=CONSENSUS,
        operation=Operation.ADD,
        amount=Decimal(amount),
        first=date(2026, 4, 1),
        last=date(2026, 4, 1),
        reason="deal",
        expires=expires,
    )
    stamp = Stamp(actor=ActorId("ada"), at=datetime(2026, 1, 5, tzinfo=UTC), source="test", group=str(seq))
    return Logged(seq=Seq(seq), scenario=ScenarioId("main"), entry=change, stamp=stamp, base=Digest("x"), effects=())


def side(inputs: PlanInputs, *entries: Logged, by: Taught | None = None) -> Side:
    learned = by or taught()
    return Side(demand=make_demand(inputs, entries, learned, None), inputs=inputs, entries=entries, taught=learned)


def moved(bridge: Bridge, measure: str = "consensus_demand") -> dict[Cause, int]:
    """Give the causes that moved something, in whole units, after checking that they add up in every cell."""
    for name in TOLD:
        sums = bridge.before.count(name) + sum(panel.count(name) for panel in bridge.causes.values())
        np.testing.assert_array_equal(sums, bridge.after.count(name))
    found = {cause: int(panel.count(measure).sum()) for cause, panel in bridge.causes.items()}
    return {cause: amount // 1000 for cause, amount in found.items() if bridge.causes[cause].count(measure).any()}


def test_the_same_plan_has_no_cause() -> None:
    one = side(company())
    bridge = find_causes(one, one, None)
    assert moved(bridge) == {}
    assert bridge.columns == one.demand.buckets.horizon


def test_what_came_is_actuals_and_what_was_learned_anew_is_a_model_change() -> None:
    bridge = find_causes(side(company()), side(company("2026-02-01", 24.0), by=taught("1.1")), None)
    found = moved(bridge)
    assert list(found) == [Cause.ACTUALS, Cause.MODEL]
    assert found[Cause.ACTUALS] == 2 * 24  # one month of each item came 24 higher and comes back once in the horizon
    told = int(bridge.before.count(CONSENSUS).sum()) // 1000 + 48
    assert found[Cause.MODEL] == pytest.approx(0.1 * told, abs=1)


def test_a_model_learned_anew_moves_nothing_else() -> None:
    bridge = find_causes(side(company()), side(company(), by=taught("1.5")), None)
    assert list(moved(bridge)) == [Cause.MODEL]
    assert list(moved(bridge, "baseline_demand")) == [Cause.MODEL]


PROMOTION: dict[str, Cell] = {"promotion": "P", "family": "F", "first": "2026-06", "lift": 0.5, "status": "planned"}


def test_a_promotion_planned_since_is_an_event() -> None:
    later = side(company("2026-02-01", promotions=[PROMOTION]))
    assert list(moved(find_causes(side(company()), later, None))) == [Cause.EVENTS]


def test_a_promotion_that_was_held_is_known_with_the_actuals() -> None:
    earlier = side(company(promotions=[{**PROMOTION, "first": "2026-01"}]))
    held = {**PROMOTION, "first": "2026-01", "status": "done"}
    found = moved(find_causes(earlier, side(company("2026-02-01", promotions=[held])), None))
    assert set(found) <= {Cause.ACTUALS}


def test_an_end_of_life_agreed_since_is_an_event() -> None:
    ending = [{**ITEMS[0], "last_sale": date(2026, 5, 31)}, ITEMS[1]]
    found = moved(find_causes(side(company()), side(company("2026-02-01", items=ending)), None))
    assert list(found) == [Cause.EVENTS]
    assert found[Cause.EVENTS] < 0


def test_what_sales_say_is_an_opinion() -> None:
    said: list[dict[str, Cell]] = [
        {"stream": "sales", "item": "A", "market": "M", "bucket": "2026-05", "quantity": 500}
    ]
    rules: list[dict[str, Cell]] = [{"stream": "sales", "weight": 1.0}]
    later = side(company("2026-02-01", streams=said, consensus_rules=rules))
    bridge = find_causes(side(company()), later, None)
    assert list(moved(bridge)) == [Cause.OPINIONS]
    assert moved(bridge, "baseline_demand") == {}


def test_adjustmentsmake_demand_taken_back_and_expired_are_adjustments() -> None:
    plain = company()
    assert moved(find_causes(side(plain), side(plain, entry()), None)) == {Cause.ADJUSTMENTS: 50}
    assert moved(find_causes(side(plain, entry()), side(plain), None)) == {Cause.ADJUSTMENTS: -50}
    lasting = entry(expires=date(2026, 2, 1))
    gone = find_causes(side(plain, lasting), side(company("2026-02-01"), lasting), None)
    assert moved(gone) == {Cause.ADJUSTMENTS: -50}


def test_an_adjustment_that_stays_moves_nothing() -> None:
    assert moved(find_causes(side(company(), entry()), side(company("2026-02-01"), entry()), None)) == {}


def test_without_what_the_earlier_plan_had_learned_both_are_one_cause() -> None:
    earlier = replace(side(company()), taught=None)
    found = moved(find_causes(earlier, side(company("2026-02-01", 24.0), by=taught("1.1")), None))
    assert list(found) == [Cause.LEARNED]


def test_what_the_steps_do_not_explain_is_another_release() -> None:
    earlier = side(company())
    older = replace(earlier, demand=earlier.demand.with_counts({CONSENSUS: earlier.demand.count(CONSENSUS) - 1000}))
    bridge = find_causes(older, earlier, None)
    assert moved(bridge) == {Cause.RELEASE: 2 * len(range(*bridge.columns.indices(10**6)))}


def test_items_that_are_gone_or_renamed_or_new_are_told_by_todays_codes() -> None:
    said: list[dict[str, Cell]] = [{"stream": "sales", "item": "B", "market": "M", "bucket": "2026-05", "quantity": 9}]
    rules: list[dict[str, Cell]] = [{"stream": "sales", "weight": 1.0}]
    earlier = side(company(streams=said, consensus_rules=rules))
    alone = BUILD(cycle="2026-02-01", items=ITEMS[:1], orders=monthly([100.0 + at % 12 for at in range(37)]))
    found = find_causes(earlier, side(alone), None)
    gone = -int(earlier.demand.count(CONSENSUS)[1, 37:].sum()) // 1000
    assert moved(found) == {Cause.ACTUALS: gone}
    renames: list[dict[str, Cell]] = [
        {"dimension": "item", "old": "B", "new": "C", "kind": "renamed", "reason": "brand"}
    ]
    named = BUILD(
        cycle="2026-01-01",
        items=[ITEMS[0], {"item": "C", "family": "F"}],
        orders=[*monthly([100.0 + at % 12 for at in range(36)]), *monthly([40.0 + at % 12 for at in range(36)], "C")],
        member_changes=renames,
        streams=[{**said[0], "item": "C"}],
        consensus_rules=rules,
    )
    assert moved(find_causes(earlier, side(named), None)) == {}


def test_the_later_plan_must_say_what_it_was_taught() -> None:
    one = side(company())
    with pytest.raises(ValueError, match="needed to tell causes"):
        find_causes(one, replace(one, taught=None), None)
