"""Guaranteed service: the tree method against trying every whole service time."""

import math
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trivet.core.errors import InvalidInput
from trivet.supply.service_times import LONGEST, Stage, place_safety_stock


def stage(name: str, time: float, hold: float = 1.0, **more: float) -> Stage:
    return Stage(name=name, time=time, factor=2.0, hold=hold, deviation=10.0, **more)


def test_a_stage_alone_bridges_its_own_time() -> None:
    plan = place_safety_stock([stage("a", 4, promised_in=5, promised_out=0)], [])
    assert plan.cost == pytest.approx(20 * 3)
    assert plan.promises[0].into == 5
    assert plan.promises[0].safety_stock == pytest.approx(60)


def test_a_stage_that_promises_nothing_keeps_nothing() -> None:
    assert place_safety_stock([stage("a", 4), stage("b", 2)], [("a", "b")]).cost == 0


def test_cheap_stock_is_kept_where_it_covers_the_dear_one() -> None:
    plan = place_safety_stock([stage("a", 16, 0.1), stage("b", 9, 4.0, promised_out=0)], [("a", "b")])
    assert [(p.out, p.into) for p in plan.promises] == [(0, 0), (0, 0)]
    dear = place_safety_stock([stage("a", 16, 3.9), stage("b", 9, 4.0, promised_out=0)], [("a", "b")])
    assert [(p.out, p.into) for p in dear.promises] == [(16, 0), (0, 16)]
    assert dear.cost == pytest.approx(20 * 4.0 * 5)


def test_a_promise_of_outside_suppliers_between_whole_buckets_counts() -> None:
    plan = place_safety_stock([stage("a", 2, promised_in=0.25, promised_out=0)], [])
    assert plan.cost == pytest.approx(20 * 1.5)


def test_two_trees_are_planned_side_by_side() -> None:
    ends = [stage("a", 4, promised_out=0), stage("b", 9, promised_out=0)]
    assert place_safety_stock(ends, []).cost == pytest.approx(20 * 2 + 20 * 3)


def every_promise(stages: list[Stage], arcs: list[tuple[str, str]]) -> float:
    """Try every whole promise of every stage."""
    longest = math.ceil(sum(s.time for s in stages) + max(s.promised_in for s in stages))
    best = math.inf
    number = {s.name: i for i, s in enumerate(stages)}
    for outs in product(range(longest + 1), repeat=len(stages)):
        cost = 0.0
        for i, one in enumerate(stages):
            into = max([one.promised_in, *(outs[number[a]] for a, b in arcs if b == one.name)])
            bridged = into + one.time - outs[i]
            if bridged < 0 or (one.promised_out is not None and outs[i] > one.promised_out):
                break
            cost += one.factor * one.hold * one.deviation * math.sqrt(bridged)
        else:
            best = min(best, cost)
    return best


@given(
    times=st.lists(st.integers(0, 2), min_size=4, max_size=4),
    holds=st.lists(st.integers(1, 9), min_size=4, max_size=4),
    near=st.tuples(st.just(0), st.integers(0, 1), st.integers(0, 2)),
    upstream=st.lists(st.booleans(), min_size=3, max_size=3),
    promises=st.lists(st.one_of(st.none(), st.integers(0, 2)), min_size=4, max_size=4),
    inward=st.integers(0, 1),
)
def test_the_tree_method_finds_the_least_cost_of_all(
    times: list[int],
    holds: list[int],
    near: tuple[int, int, int],
    upstream: list[bool],
    promises: list[int | None],
    inward: int,
) -> None:
    stages = [
        Stage(
            name=str(i),
            time=times[i],
            factor=1.0,
            hold=holds[i],
            deviation=1.0,
            promised_in=inward,
            promised_out=promises[i],
        )
        for i in range(4)
    ]
    arcs = []
    for i, (other, up) in enumerate(zip(near, upstream, strict=True), start=1):
        arcs.append((str(i), str(other)) if up else (str(other), str(i)))
    plan = place_safety_stock(stages, arcs)
    assert plan.cost == pytest.approx(every_promise(stages, arcs))
    by_name = {promise.stage: promise for promise in plan.promises}
    assert all(by_name[a].out <= by_name[b].into for a, b in arcs)


@pytest.mark.parametrize(
    ("stages", "arcs", "said"),
    [
        ([stage("a", 1), stage("a", 1)], [], "two stages have one name"),
        ([stage("a", 1)], [("a", "b")], "stage b is not among"),
        ([stage("a", 1), stage("b", 1)], [("a", "b"), ("b", "a")], "a, b deliver to each other in a circle"),
        ([stage("a", 1), stage("b", 1)], [("a", "b"), ("a", "b")], "two ways lead between stages a and b"),
        ([stage("a", 1), stage("b", 1), stage("c", 1)], [("a", "b"), ("b", "c"), ("a", "c")], "solved for trees"),
        ([stage("a", -1)], [], "time is -1"),
        ([stage("a", 1, promised_out=math.nan)], [], "promised_out is nan"),
        ([stage("a", 1, -1.0)], [], "expected 0 or more"),
        ([stage("a", LONGEST), stage("b", LONGEST)], [("a", "b")], "8000 buckets away"),
    ],
)
def test_chains_that_are_none_are_refused(stages: list[Stage], arcs: list[tuple[str, str]], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        place_safety_stock(stages, arcs)
