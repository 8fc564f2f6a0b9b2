"""Bounds of sums: formed by how far errors move together, never by adding bounds."""

import numpy as np
import pytest

from tests.demand.demand_company import MakeInputs, Words, company_builder, monthly
from trivet.core.buckets import Period
from trivet.core.ids import GrainName
from trivet.core.learned import Together
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.core.rollup import RolledUp
from trivet.demand.history import demand_panel
from trivet.planning.ranges import errors_together, is_bound, roll_bound
from trivet.workspace.registries import measure_registry, table_specs

OPEN = slice(36, None)


@pytest.fixture(scope="module")
def inputs() -> PlanInputs:
    make: MakeInputs = company_builder(Words(specs=table_specs(), registry=measure_registry()))
    items = [{"item": item, "family": family} for item, family in (("A", "F"), ("B", "F"), ("C", "G"))]
    orders = [row for item in "ABC" for row in monthly([100.0] * 36, item=item)]
    return make(items=items, orders=orders)


def rolled(
    inputs: PlanInputs, measure: str, together: Together, by: str | None = "family", period: Period = Period.BUCKET
) -> RolledUp:
    """Three items expect 100 a month each, A within 3, B within 4, C within 12 units."""
    demand = demand_panel(inputs)[0]
    counts, masks = {}, {}
    for name, sign in (("baseline_demand", 0), ("baseline_low", -1), ("baseline_high", 1), ("baseline_middle", 0.5)):
        counts[name], masks[name] = np.zeros(demand.shape, np.int64), np.zeros(demand.shape, np.bool_)
        counts[name][:, OPEN] = 100_000 + np.array([[3_000], [4_000], [12_000]]) * sign
        masks[name][:, OPEN] = True
    panel = demand.with_counts(counts, {name: mask for name, mask in masks.items() if name != "baseline_demand"})
    bare = Panel(grain=GrainName("company"), keys=demand.keys.select([]), buckets=demand.buckets)
    company = errors_together(bare, together)
    return roll_bound(panel, company, inputs.model, {"item": by}, measure, period=period)


def first(table: RolledUp) -> list[int]:
    (counts,) = table.counts.values()
    return [int(value) for value in counts[:, 36 if counts.shape[1] > 36 else -1]]


@pytest.mark.parametrize(("family", "expected"), [(0.0, [205_000, 112_000]), (1.0, [207_000, 112_000])])
def test_a_family_is_as_wide_as_its_errors_move_together(
    inputs: PlanInputs, family: float, expected: list[int]
) -> None:
    assert first(rolled(inputs, "baseline_high", Together(family=family, company=1.0))) == expected


def test_lower_bounds_lie_as_far_below(inputs: PlanInputs) -> None:
    assert first(rolled(inputs, "baseline_low", Together(family=0.0))) == [195_000, 88_000]


@pytest.mark.parametrize(("company", "expected"), [(0.0, 313_000), (1.0, 317_000)])
def test_families_are_combined_after_their_series(inputs: PlanInputs, company: float, expected: int) -> None:
    assert first(rolled(inputs, "baseline_high", Together(family=0.0, company=company), by=None)) == [expected]


def test_items_keep_their_own_bounds(inputs: PlanInputs) -> None:
    assert first(rolled(inputs, "baseline_high", Together(), by="item")) == [103_000, 104_000, 112_000]


def test_a_year_is_as_wide_as_its_months_move_together(inputs: PlanInputs) -> None:
    for time, factor in ((0.0, np.sqrt(12)), (1.0, 12.0)):
        table = rolled(inputs, "baseline_high", Together(time=time), by="item", period=Period.YEAR)
        (counts,) = table.counts.values()
        at = table.labels.index("FY2026") if "FY2026" in table.labels else 3
        np.testing.assert_allclose(counts[:, at], 1_200_000 + factor * np.array([3_000, 4_000, 12_000]), atol=1)


def test_medians_move_by_the_sum_of_what_series_say(inputs: PlanInputs) -> None:
    assert first(rolled(inputs, "baseline_middle", Together())) == [203_500, 106_000]


def test_closed_buckets_have_no_bounds(inputs: PlanInputs) -> None:
    (present,) = rolled(inputs, "baseline_high", Together()).present.values()
    assert not present[:, :36].any()
    assert present[:, 36:].all()


def test_only_bounds_are_formed() -> None:
    assert is_bound("baseline_low")
    assert not is_bound("baseline_demand")
