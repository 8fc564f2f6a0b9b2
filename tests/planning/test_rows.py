"""Cells keep their keys and days when the plan under them gets other rows and buckets."""

from datetime import date

import numpy as np
import pytest

from tests.core.planlet import REGISTRY, base, change, logged, model, node
from trivet.core.buckets import Buckets, month_edges
from trivet.core.entries import Effect, Operation
from trivet.core.fold import fold
from trivet.core.ids import Counts, Digest, GrainName, MeasureId, Seq
from trivet.core.panel import Panel, make_keys
from trivet.planning.rows import on_rows_of

OLD, NEW = Digest("old"), Digest("new")
DEMAND = MeasureId("consensus_demand")
GRAIN = GrainName("demand")


def axis(items: list[str], first: date, months: int) -> Panel:
    keys = make_keys({"item": items, "market": ["DE"] * len(items)})
    return Panel(grain=GRAIN, keys=keys, buckets=Buckets(edges=month_edges(first, months), first_open=1))


def numbers(values: list[int]) -> Counts:
    return np.array(values, dtype=np.int64)


def effect(rows: list[int], columns: list[int]) -> Effect:
    values = numbers(list(range(len(rows))))
    return Effect(measure=DEMAND, rows=numbers(rows), columns=numbers(columns), before=values, after=values)


def test_rows_follow_their_keys_and_columns_their_days() -> None:
    old, new = axis(["B", "C"], date(2026, 10, 1), 4), axis(["A", "B", "D"], date(2026, 11, 1), 2)
    entry = logged(1, change(Operation.SET, "1"), effects=(effect([0, 1, 0, 0], [1, 1, 0, 3]),))
    ((found,),) = [e.effects for e in on_rows_of([entry], NEW, {GRAIN: new}, lambda _: {GRAIN: old}, REGISTRY)]
    assert found.rows.tolist() == [1, 3, 1, 1]  # C is gone: a row beyond the panel
    assert found.columns.tolist() == [0, 0, -1, 2]  # October lies before it, January behind
    assert found.after.tolist() == [0, 1, 2, 3]


def test_entries_made_on_the_plan_are_left_alone_and_unknown_plans_leave_no_cells() -> None:
    new = axis(["A"], date(2026, 11, 1), 2)
    entry = logged(1, change(Operation.SET, "1"), effects=(effect([0], [1]),))
    assert on_rows_of([entry], entry.base, {GRAIN: new}, lambda _: None, REGISTRY)[0] is entry
    assert on_rows_of([entry], NEW, {GRAIN: new}, lambda _: None, REGISTRY)[0].effects == ()


@pytest.mark.parametrize("taken", ["BK-1", "BK-2"])
def test_a_lock_holds_its_own_series_when_another_of_the_family_is_gone(taken: str) -> None:
    """Without translation the lock would hold the values of the series that has its number now."""
    known = model()
    day = date(2026, 12, 1)
    column = known.buckets.index(day)
    old = Panel(grain=GRAIN, keys=make_keys({"item": ["BK-1", "BK-2"], "market": ["DE", "DE"]}), buckets=known.buckets)
    kept = next(item for item in ("BK-1", "BK-2") if item != taken)
    new_keys = make_keys({"item": [kept, "OIL"], "market": ["DE", "DE"]})
    values = base(known)[:2]
    new = Panel(grain=GRAIN, keys=new_keys, buckets=known.buckets).with_counts({"consensus_base": values})
    entry = logged(
        1,
        change(Operation.LOCK, None, node("item", kept), first=day),
        effects=(
            Effect(
                measure=DEMAND,
                rows=numbers([0 if kept == "BK-1" else 1]),
                columns=numbers([column]),
                before=numbers([77_000]),
                after=numbers([77_000]),
            ),
        ),
    )
    log = on_rows_of([entry], NEW, {GRAIN: new}, lambda _: {GRAIN: old}, REGISTRY)
    folded, issues = fold(new, log, known)
    assert int(folded.count(DEMAND)[new.keys["item"].to_list().index(kept), column]) == 77_000
    assert issues == ()
    assert log[0].seq == Seq(1)
