"""Every path of every hierarchy adds up to the same total, today, as it was, and by any period."""

from datetime import date

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planning.structured import TEXT, build, moved, table
from trivet.core.aswas import as_it_was
from trivet.core.buckets import Period
from trivet.core.company import parse_company
from trivet.core.ids import GrainName, MeasureId
from trivet.core.panel import Panel, make_keys
from trivet.core.plan import PlanInputs
from trivet.core.rollup import roll_up
from trivet.planning.views import By, by_structure, level_shown, rows_by
from trivet.reconcile.ties import check_as_it_was, check_rollup

FEW = st.integers(0, 2)
FIRSTS = st.sampled_from([None, *(date(2025, month, 1) for month in (1, 3, 7)), date(2026, 5, 1)])
COMPANY = parse_company(TEXT)


@st.composite
def structured(draw: st.DrawFn) -> PlanInputs:
    """Items in random families, segments, colours and brands, moved at random times."""
    many = draw(st.integers(1, 7))
    rows = [
        {
            "item": f"I{i}",
            "family": f"F{draw(FEW)}",
            "segment": f"S{draw(FEW)}",
            "colour": f"C{draw(FEW)}",
            "brand": f"B{draw(FEW)}",
        }
        for i in range(many)
    ]
    brands = pl.DataFrame({"brand": ["B0", "B1"], "owner": [f"O{draw(FEW)}", f"O{draw(FEW)}"]})
    levels = st.sampled_from([("family", "F"), ("segment", "S"), ("colour", "C"), ("brand", "B"), ("owner", "O")])
    moves = []
    for _ in range(draw(st.integers(0, 5))):
        level, letter = draw(levels)
        mover = draw(st.sampled_from([("item", f"I{draw(st.integers(0, many - 1))}"), ("family", f"F{draw(FEW)}")]))
        moves.append((*mover, level, draw(FIRSTS), f"{letter}{draw(FEW)}"))
    more = {"items": table("items", rows), "brand": brands, "memberships": moved(*moves)}
    return build(more, company=COMPANY)[0]


def filled(inputs: PlanInputs, grain: str, seed: int) -> Panel:
    other, member = ("market", "ALL") if grain == "demand" else ("location", "MAIN")
    ids = inputs.model.dimensions["item"].ids
    keys = make_keys({"item": ids, other: [member] * len(ids)})
    empty = Panel(grain=GrainName(grain), keys=keys, buckets=inputs.model.buckets)
    draw = np.random.default_rng(seed)
    names = [spec.id for spec in inputs.model.registry.of_grain(grain) if spec.over_members == "sum"]
    return empty.with_counts({name: draw.integers(0, 2**40, empty.shape) for name in names[:3]})


@settings(max_examples=20)
@given(structured(), st.integers(0, 99), st.sampled_from(["demand", "supply"]), st.sampled_from(list(Period)))
def test_every_path_of_every_hierarchy_gives_the_same_total(
    inputs: PlanInputs, seed: int, grain: str, period: Period
) -> None:
    panel = filled(inputs, grain, seed)
    for name in panel.counts:
        whole = roll_up(panel, inputs.model, {}, [name], period=period).counts[name]
        for way in inputs.model.dimensions["item"].hierarchies:
            rows = rows_by(inputs, way.name)
            for by in (By.PLAN, By.AS_WAS):
                numbers, seen = by_structure(panel, rows.inputs, by)
                for level in (*rows.levels, "item"):
                    levels = {"item": level_shown(seen, "item", level)}
                    rolled = roll_up(numbers, seen.model, levels, [name], period=period)
                    assert np.array_equal(rolled.counts[name].sum(axis=0)[None, :], whole)


@settings(max_examples=20)
@given(structured(), st.integers(0, 99))
def test_the_ties_of_a_plan_see_every_level_today_and_as_it_was(inputs: PlanInputs, seed: int) -> None:
    panel = filled(inputs, "demand", seed)
    assert check_rollup(inputs.model, panel).passed
    assert check_as_it_was(inputs.model, panel).passed


def test_closing_stock_of_a_member_that_left_in_the_quarter_is_counted_once() -> None:
    inputs, _ = build({"memberships": moved(("item", "B", "family", date(2025, 3, 1), "Kids"))})
    panel = filled(inputs, "supply", 1)
    stock = panel.with_counts({"projected_stock": np.full(panel.shape, 7000, dtype=np.int64)})
    was = as_it_was(stock, inputs.model)
    rolled = roll_up(was.panel, was.model, {"item": "family"}, ["projected_stock"], period=Period.QUARTER)
    by_family = dict(zip(rolled.keys["family"].to_list(), rolled.counts[MeasureId("projected_stock")], strict=True))
    assert (by_family["City"][0], by_family["Kids"][0]) == (7000, 14000)
