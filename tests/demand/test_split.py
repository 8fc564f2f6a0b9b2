"""A split set by hand: complete sets that add up, totals that stay, units that move to the items named."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.demand.demand_company import MakeInputs, Rows, monthly
from trivet.core.issues import Severity
from trivet.core.panel import Panel
from trivet.core.plan import PlanInputs
from trivet.demand.cleansing import correct_history
from trivet.demand.consensus import agree
from trivet.demand.history import demand_panel
from trivet.demand.mix import WHOLE, MixSource, best_source, mix_by_hand, mix_errors
from trivet.demand.scope import members_of
from trivet.demand.split import apply_splits, fit, read_splits
from trivet.demand.streams import spread_streams

FIRST = 12
"""The first open bucket of the company below."""
ITEMS = [{"item": name, "family": "F"} for name in "ABC"] + [{"item": "X", "family": "G"}]
MARKETS = [{"market": "M", "region": "North"}, {"market": "N", "region": "South"}]


def rows_of(first: str, **shares: float) -> list[dict[str, object]]:
    return [{"family": "F", "item": item, "first": first, "share": share} for item, share in shares.items()]


def company(make_inputs: MakeInputs, mix: object, **more: Rows) -> tuple[PlanInputs, Panel]:
    sold = {("A", "M"): 60, ("A", "N"): 10, ("B", "M"): 20, ("B", "N"): 40, ("C", "N"): 30, ("X", "M"): 7}
    inputs = make_inputs(
        first="2025-01-01",
        cycle="2026-01-01",
        items=ITEMS,
        markets=MARKETS,
        orders=[row for (item, market), n in sold.items() for row in monthly([n] * 12, item, market, "2025-01-01")],
        mix=mix,
        **more,
    )
    demand = correct_history(inputs, demand_panel(inputs)[0])[0]
    units = np.array([sold[key] for key in demand.keys.iter_rows()]) * 1000
    ahead = np.where(np.arange(len(demand.buckets)) >= FIRST, units[:, None], 0).astype(np.int64)
    return inputs, demand.with_counts({"baseline_demand": ahead})


def codes(inputs: PlanInputs) -> list[str]:
    return [issue.code for issue in read_splits(inputs)[1]]


def test_a_set_holds_until_the_next_one_and_zeros_end_it(make_inputs: MakeInputs) -> None:
    mix = [*rows_of("2026-02", A=0.5, B=0.5), *rows_of("2026-04", A=0.25, C=0.75), *rows_of("2026-06", A=0.0)]
    inputs, _ = company(make_inputs, mix)
    split = read_splits(inputs)[0]["F"]
    assert split.items == ("A", "B", "C")
    assert split.holds.tolist() == [False] * 13 + [True] * 4 + [False] * 9
    assert split.shares[:, 13].tolist() == [0.5, 0.5, 0.0]
    assert split.shares[:, 15].tolist() == [0.25, 0.0, 0.75]
    assert codes(inputs) == []


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (rows_of("2026-03", A=0.5, B=0.4), "add up to 0.9; expected 1, to within 0.01"),
        (rows_of("2026-03", A=1.2, B=-0.2), "share of B is -0.2; expected 0 or more"),
        (rows_of("2026-03", A=0.5, X=0.5), "'X' lies in family G; expected items of F only"),
        (rows_of("2026-03", A=0.5, ZZ=0.5), "'ZZ' is no item; expected items of F only"),
    ],
)
def test_a_wrong_set_is_refused_and_the_one_before_it_holds_on(
    make_inputs: MakeInputs, rows: list[dict[str, object]], said: str
) -> None:
    inputs, _ = company(make_inputs, [*rows_of("2026-01", A=0.5, B=0.5), *rows])
    splits, (issue,) = read_splits(inputs)
    assert issue.severity is Severity.REFUSED
    assert issue.place.first == date(2026, 3, 1)
    assert said in issue.message
    assert splits["F"].shares[: len(splits["F"].items), -1].sum() == 1


def test_shares_a_rounding_away_from_one_are_scaled_and_said(make_inputs: MakeInputs) -> None:
    inputs, _ = company(make_inputs, rows_of("2026-01", A=0.33, B=0.33, C=0.33))
    splits, (issue,) = read_splits(inputs)
    assert issue.code == "demand.mix-scaled"
    assert issue.severity is Severity.NOTE
    assert splits["F"].shares[:, FIRST] == pytest.approx([1 / 3] * 3)


def test_the_consensus_takes_the_split_and_keeps_family_and_region_to_the_quantum(make_inputs: MakeInputs) -> None:
    inputs, demand = company(make_inputs, rows_of("2026-03", A=0.25, B=0.5, C=0.25))
    agreed, issues = agree(inputs, demand)
    base = agreed.count("consensus_base")
    region = members_of(inputs, demand.keys).region
    for name in ("North", "South"):
        assert np.array_equal(
            base[region == name].sum(axis=0), demand.count("baseline_demand")[region == name].sum(axis=0)
        )
    items = np.array(demand.keys["item"].to_list())
    share = [int(base[items == item, FIRST + 2].sum()) / 160_000 for item in "ABC"]
    assert share == pytest.approx([0.25, 0.5, 0.25], abs=1e-4)
    assert np.array_equal(base[:, FIRST], demand.count("baseline_demand")[:, FIRST])
    assert np.array_equal(base[items == "X"], demand.count("baseline_demand")[items == "X"])
    (note,) = issues
    assert note.code == "demand.mix-by-hand"
    assert "of F over 3 items is set by hand in 12 buckets" in note.message


def test_streams_of_a_family_are_spread_by_the_split(make_inputs: MakeInputs) -> None:
    stream: Rows = [{"stream": "sales", "family": "F", "bucket": "2026-03", "quantity": 1000}]
    inputs, demand = company(make_inputs, rows_of("2026-03", A=0.25, B=0.75), streams=stream)
    spread = spread_streams(inputs, demand)[0].count("sales_demand")
    items = np.array(demand.keys["item"].to_list())
    assert int(spread.sum()) == 1_000_000
    assert int(spread[items == "A"].sum()) == pytest.approx(250_000, abs=2)
    assert int(spread[items == "C"].sum()) == 0


def test_a_region_that_sells_no_named_item_keeps_its_own_split(make_inputs: MakeInputs) -> None:
    inputs, demand = company(make_inputs, rows_of("2026-01", C=1.0))
    moved, _ = apply_splits(inputs, demand, demand.count("baseline_demand"), members_of(inputs, demand.keys))
    keys = [tuple(key) for key in demand.keys.iter_rows()]
    assert moved[keys.index(("A", "M")), FIRST] == 60_000
    assert moved[keys.index(("C", "N")), FIRST] == pytest.approx(80_000)
    assert moved[keys.index(("B", "N")), FIRST] == 0


def test_without_a_split_nothing_moves(make_inputs: MakeInputs) -> None:
    inputs, demand = company(make_inputs, [])
    moved, issues = apply_splits(inputs, demand, demand.count("baseline_demand"), members_of(inputs, demand.keys))
    assert np.array_equal(moved, demand.count("baseline_demand"))
    assert issues == ()
    assert not mix_by_hand(inputs, demand, "F", [slice(12, 15)]).shares.any()


def test_the_table_of_the_split_is_whole_in_every_period_that_has_one(make_inputs: MakeInputs) -> None:
    inputs, demand = company(make_inputs, rows_of("2026-03", A=0.25, B=0.5, C=0.25))
    demand, _ = agree(inputs, demand)
    shown = mix_by_hand(inputs, demand, "F", [slice(12, 14), slice(12, 15), slice(15, 18)])
    assert shown.shares.sum(axis=0).tolist() == [0, WHOLE, WHOLE]
    assert shown.shares[:, 2].tolist() == [2500, 5000, 2500]


def test_sources_are_compared_on_the_buckets_they_share(make_inputs: MakeInputs) -> None:
    published: Rows = [
        {"measure": measure, "cycle": "2025-06", "item": item, "market": market, "bucket": "2025-07", "quantity": units}
        for measure, planned in (("consensus_demand", (30, 30)), ("baseline_demand", (70, 60)))
        for item, market, units in (("A", "M", planned[0]), ("B", "N", planned[1]))
    ]
    inputs, demand = company(make_inputs, rows_of("2025-03", A=1.0), published=published)
    errors = {source: mix_errors(inputs, demand, "F", 1, source) for source in MixSource}
    assert np.isfinite(errors[MixSource.PLAN]).sum() == 1
    assert errors[MixSource.HISTORY][6] == pytest.approx(0)
    assert errors[MixSource.BY_HAND][6] == pytest.approx(100 * 90 / 160)
    assert np.isnan(errors[MixSource.BY_HAND][:2]).all()
    best, means, compared = best_source(errors)
    assert best is MixSource.HISTORY
    assert compared == 1
    assert means[MixSource.PLAN] == pytest.approx(100 * abs(30 / 60 - 60 / 100))
    assert best_source({MixSource.PLAN: errors[MixSource.PLAN]}) == (None, {}, 0)


@settings(max_examples=60)
@given(st.data())
def test_fitting_keeps_regions_and_meets_shares_where_every_item_is_sold_everywhere(data: st.DataObject) -> None:
    items, regions = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    count = items * regions
    item, region = np.repeat(np.arange(items), regions), np.tile(np.arange(regions), items)
    values = np.array(data.draw(st.lists(st.integers(1, 10**6), min_size=count, max_size=count)), dtype=np.float64)
    parts = np.array(data.draw(st.lists(st.integers(0, 100), min_size=items, max_size=items)), dtype=np.float64)
    parts[0] += 1
    shares = parts / parts.sum()
    fitted = fit(values[:, None], shares[item][:, None], item, region, np.ones((count, 1), dtype=np.bool_))[:, 0]
    assert (fitted >= 0).all()
    for number in range(regions):
        assert fitted[region == number].sum() == pytest.approx(values[region == number].sum(), rel=1e-9)
    for number in range(items):
        assert fitted[item == number].sum() == pytest.approx(shares[number] * values.sum(), rel=1e-6, abs=1e-6)
