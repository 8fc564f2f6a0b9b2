"""What a cell was, at any change or instant, and who moved it: against what people saw when it was so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count, pairwise

import pytest

import trivet
from trivet.core.errors import InvalidInput, NotFound
from trivet.core.ids import ScenarioId
from trivet.core.said import Said
from trivet.workspace.workspace import Workspace

Open = Callable[[str], Workspace]
WHERE, MONTH = ("family=City",), "2027-03"
BEGIN = datetime(2031, 1, 1, tzinfo=UTC)


def said(amount: str, *, measure: str = "consensus_demand", where: str = "family=City", first: str = MONTH) -> Said:
    return Said(measure=measure, amount=amount, where=(where,), first=first, reason=f"because {amount}")


@pytest.fixture
def clocked(open_as: Open) -> Callable[[str], Workspace]:
    """People whose common clock ticks a minute with everything they do."""
    ticks = count(1)

    def clock() -> datetime:
        return BEGIN + timedelta(minutes=next(ticks))

    return lambda actor: replace(open_as(actor), clock=clock)


def seen(workspace: Workspace, plan: str, as_of: str | None = None) -> list[tuple[Decimal | None, ...]]:
    """Demand of every item and revenue of every family: what people look at."""
    views = (("consensus_demand", trivet.View(by="item", as_of=as_of)), ("revenue", trivet.View(as_of=as_of)))
    return [
        row.values for measure, view in views for row in trivet.show_numbers(workspace, measure, view, plan=plan).rows
    ]


def value(workspace: Workspace, plan: str, measure: str = "consensus_demand") -> Decimal:
    view = trivet.View(where=WHERE, first=MONTH)
    (found,) = [row.values[0] for row in trivet.show_numbers(workspace, measure, view, plan=plan).rows if row.values[0]]
    assert found is not None
    return found


def test_every_earlier_state_is_read_again_as_it_was_seen(clocked: Open) -> None:
    ada, bob = clocked("ada"), clocked("bob")
    past: list[tuple[str, str, datetime, list[tuple[Decimal | None, ...]]]] = []

    def look(plan: str) -> None:
        past.append((plan, str(ada.store.head(ScenarioId(plan))), ada.clock(), seen(ada, plan)))

    steps: list[tuple[str, Callable[[], object]]] = [
        ("main", lambda: trivet.record_changes(ada, [said("500")])),
        ("main", lambda: trivet.record_changes(bob, [said("+10%", measure="revenue"), said("lock", where="item=C1")])),
        ("main", lambda: trivet.make_plan(ada)),
        ("main", lambda: trivet.undo_change(bob, 1)),
        ("high", lambda: trivet.branch_scenario(ada, "high")),
        ("high", lambda: trivet.record_changes(bob, [said("+77", where="item=C2")], scenario="high")),
        ("main", lambda: trivet.record_changes(ada, [said("800", first="2027-04")])),
        ("main", lambda: trivet.make_plan(ada)),
        ("high", lambda: trivet.rebase_scenario(ada, "high")),
        ("high", lambda: trivet.record_changes(bob, [said("+3", where="item=C2")], scenario="high")),
    ]
    for plan, step in steps:
        step()
        look(plan)
    for plan, _, at, numbers in past:
        assert seen(ada, plan, at.isoformat()) == numbers, (plan, at)
    last = {(plan, seq): numbers for plan, seq, _, numbers in past}
    assert list(last) == [
        *(("main", "1"), ("main", "3"), ("main", "4"), ("high", "4"), ("high", "5")),
        *(("main", "5"), ("high", "7"), ("high", "8")),
    ]
    for (plan, seq), numbers in last.items():
        assert seen(ada, plan, seq) == numbers, (plan, seq)
    assert len({str(numbers) for _, _, _, numbers in past}) == 7  # planning again and branching moved nothing


def test_the_history_of_a_total_names_old_new_who_when_and_why(clocked: Open) -> None:
    ada, bob = clocked("ada"), clocked("bob")
    start = value(ada, "main")
    trivet.record_changes(ada, [said("500")])
    trivet.record_changes(bob, [said("+40", where="item=C2"), said("90", first="2027-04")])
    trivet.make_plan(ada)
    trivet.undo_change(bob, 1)
    told = trivet.trace_cell(ada, "consensus_demand", scope=WHERE, first=MONTH)
    assert [(move.seq, move.actor, move.reason, move.live) for move in told.moves] == [
        (1, "ada", "because 500", False),
        (2, "bob", "because +40", True),
        (4, "bob", "undo 1", True),
    ]
    assert [(move.old, move.new) for move in told.moves] == [(start, 500), (500, 540), (540, start + 40)]
    assert told.value == value(ada, "main") == start + 40
    assert (told.unit, told.when, told.seq) == ("units", "2027-03", 4)
    assert told.moves[1].at == next(line for line in trivet.list_changes(ada).lines if line.seq == 2).at
    then = trivet.trace_cell(ada, "consensus_demand", scope=WHERE, first=MONTH, as_of="2")
    assert (then.moves, then.value) == (tuple(replace(m, live=True) for m in told.moves[:2]), Decimal(540))
    money = trivet.trace_cell(ada, "revenue", scope=WHERE, first=MONTH)
    assert [move.seq for move in money.moves] == [1, 2, 4]
    assert money.moves[-1].new == money.value == value(ada, "main", "revenue")
    whole = trivet.trace_cell(ada, "consensus_demand")
    assert [move.seq for move in whole.moves] == [1, 2, 3, 4]
    assert whole.value == whole.moves[-1].new


def test_a_history_runs_through_new_plans_branches_and_rebases_without_a_break(clocked: Open) -> None:
    ada = clocked("ada")
    trivet.record_changes(ada, [said("500"), said("lock", where="item=C1")])
    trivet.branch_scenario(ada, "high")
    trivet.record_changes(ada, [said("+77", where="item=C2")], scenario="high")
    trivet.record_changes(ada, [said("700")])
    trivet.make_plan(ada)
    trivet.rebase_scenario(ada, "high")
    trivet.make_plan(ada, "high")
    trivet.record_changes(ada, [said("x2", where="item=C2")], scenario="high")
    told = trivet.trace_cell(ada, "consensus_demand", scope=WHERE, first=MONTH, plan="high")
    assert all(one.new == other.old for one, other in pairwise(told.moves))
    assert told.moves[-1].new == told.value == value(ada, "high")
    assert {move.scenario for move in told.moves} == {"main", "high"}
    made = trivet.trace_cell(ada, "consensus_demand", scope=WHERE, first=MONTH, plan="high-1")
    assert made.value == value(ada, "high-1")
    assert len(made.moves) == len(told.moves) - 1


def test_a_published_plan_and_the_log_behind_it_are_read_as_of_any_change(clocked: Open) -> None:
    ada, eva = clocked("ada"), clocked("eva")
    start = value(ada, "main")
    trivet.record_changes(ada, [said("500"), said("+20")])
    trivet.make_plan(ada)
    trivet.submit_plan(ada)
    trivet.approve_plan(eva)
    assert trivet.publish_plan(ada).published
    trivet.record_changes(ada, [said("1")])
    told = trivet.trace_cell(ada, "consensus_demand", scope=WHERE, first=MONTH, plan="main-2")
    assert ([move.new for move in told.moves], told.value) == ([Decimal(500), Decimal(520)], Decimal(520))
    before = trivet.trace_cell(ada, "consensus_demand", scope=WHERE, first=MONTH, plan="main-2", as_of="0")
    assert (before.value, before.moves) == (start, ())
    explained = trivet.explain_cell(ada, "consensus_demand", scope=WHERE, first=MONTH, as_of="1").explanation
    assert (explained.value, [cause.seq for cause in explained.causes]) == (Decimal(500), [1])


def test_a_moment_before_there_was_anything_or_after_all_there_is_is_said(clocked: Open) -> None:
    ada = clocked("ada")
    with pytest.raises(NotFound, match="stands at change 0; change 9 was never there"):
        trivet.trace_cell(ada, "consensus_demand", as_of="9")
    with pytest.raises(NotFound, match="scenario 'main' was made"):
        trivet.trace_cell(ada, "consensus_demand", as_of="2001-01-01")
    with pytest.raises(InvalidInput, match="'soon' is no moment"):
        trivet.list_changes(ada, as_of="soon")
    with pytest.raises(InvalidInput, match="production is not changed by people"):
        trivet.trace_cell(ada, "production")
    assert trivet.list_changes(ada, as_of="0").lines == ()
