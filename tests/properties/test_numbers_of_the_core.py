"""Laws of spread, fold and recompute that hold for any numbers (V1, V4, V8, V12 of the engine page)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.core.planlet import REGISTRY, base, log, model, node, panel
from trivet.core.buckets import Calendar, Period, add_months
from trivet.core.effects import apply_effects
from trivet.core.entries import Change, Effect, Entry, Operation
from trivet.core.fold import effects_of, fold, fold_with_locks
from trivet.core.formula import recompute
from trivet.core.ids import MeasureId, Seq
from trivet.core.issues import Issue, Scope, Severity
from trivet.core.panel import Panel
from trivet.core.plan import Model
from trivet.core.rollup import roll_up
from trivet.core.spread import share_out, spread

KNOWN = {calendar: model(calendar) for calendar in Calendar}
SCOPES = (
    (),
    (node("family", "City"),),
    (node("family", "Kids"),),
    (node("item", "BK-1"),),
    (node("item", "OIL"),),
    (node("region", "Europe"), node("family", "City")),
    (node("item", "BK-2"), node("market", "US")),
)
DEMAND = MeasureId("consensus_demand")

counts = st.integers(min_value=0, max_value=2**40)
months = st.integers(min_value=0, max_value=13).map(lambda offset: add_months(date(2026, 11, 1), offset))


@st.composite
def changes(draw: st.DrawFn) -> Change:
    operation = draw(st.sampled_from([o for o in Operation if o is not Operation.WITHDRAW]))
    first, last = sorted((draw(months), draw(months)))
    amount: Decimal | None = None
    if operation is Operation.SCALE:
        amount = draw(st.decimals(min_value=0, max_value=3, places=2))
    elif operation in (Operation.SET, Operation.ADD):
        amount = draw(st.decimals(min_value=-20 if operation is Operation.ADD else 0, max_value=5000, places=3))
    return Change(
        measure=draw(st.sampled_from([DEMAND, DEMAND, MeasureId("revenue")])),
        operation=operation,
        amount=amount,
        scope=draw(st.sampled_from(SCOPES)),
        first=first,
        last=last,
    )


@dataclass(frozen=True)
class World:
    """What a small plan is drawn from: short to print when a law breaks."""

    calendar: Calendar
    seed: int
    largest: int

    def build(self) -> tuple[Panel, Model]:
        known = KNOWN[self.calendar]
        made = panel(known, {"consensus_base": base(known, self.seed, self.largest)})
        prices = np.round(np.random.default_rng(self.seed + 1).random(made.shape) * 99, 9)
        return made.with_rates({"price": prices}, {"price": prices > 3}), known


worlds = st.builds(
    World,
    calendar=st.sampled_from([Calendar.MONTHS, Calendar.FOUR_FOUR_FIVE]),
    seed=st.integers(min_value=0, max_value=50),
    largest=st.sampled_from([2, 3000, 10**7]),
)


@given(
    cells=st.lists(st.tuples(counts, counts, st.booleans(), st.booleans()), min_size=1, max_size=40),
    total=counts,
    step=st.sampled_from([1, 7, 500, 1000]),
    mixed=st.booleans(),
)
def test_spread_gives_the_total_and_locked_cells_never_move(
    cells: Sequence[tuple[int, int, bool, bool]], total: int, step: int, mixed: bool
) -> None:
    current, weights = (np.array(part, dtype=np.int64) for part in list(zip(*cells, strict=True))[:2])
    locked, alive = (np.array(part, dtype=np.bool_) for part in list(zip(*cells, strict=True))[2:])
    steps = np.where(np.arange(len(cells)) % 2, step, 2 * step) if mixed else step
    before = current.copy()
    result = spread(total, weights, current=current, locked=locked, step=steps, alive=alive)
    assert np.array_equal(current, before)
    if isinstance(result, Issue):
        assert result.severity is Severity.REFUSED
        assert total < current[locked].sum() or not np.any(alive & ~locked)
        return
    assert int(result.sum()) == total
    assert np.array_equal(result[locked], current[locked])
    if total != current.sum():
        assert not result[~alive & ~locked].any()
    assert result.min() >= 0


@given(
    totals=st.lists(st.integers(min_value=-(2**40), max_value=2**40), min_size=1, max_size=6),
    weights=st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=40),
    step=st.sampled_from([1, 1000]),
)
def test_share_out_gives_each_group_its_total(totals: list[int], weights: list[float], step: int) -> None:
    groups = np.arange(len(weights)) % len(totals)
    result = share_out(np.array(totals, dtype=np.int64), np.array(weights), groups, step)
    for group, total in enumerate(totals[: len(weights)]):
        assert int(result[groups == group].sum()) == total


@given(world=worlds, entries=st.lists(changes(), max_size=8))
def test_rolled_up_leaves_are_the_total_at_every_level(world: World, entries: list[Entry]) -> None:
    made, known = world.build()
    folded, _ = fold(made, log(*entries), known)
    shown = recompute(folded, REGISTRY)
    for period in Period:
        total = roll_up(shown, known, {}, ["revenue"], period=period).counts[MeasureId("revenue")]
        parts = roll_up(shown, known, {"item": "family", "market": "region"}, ["revenue"], period=period)
        assert np.array_equal(parts.counts[MeasureId("revenue")].sum(axis=0), total[0])


@given(world=worlds, entries=st.lists(changes(), max_size=8), new=changes())
def test_effects_told_are_what_the_fold_does_and_locked_cells_stay(
    world: World, entries: list[Entry], new: Change
) -> None:
    made, known = world.build()
    before = fold_with_locks(made, log(*entries), known)
    told = effects_of(new, before.panel, known, log(*entries))
    after = fold_with_locks(made, [*log(*entries), (Seq(99), new)], known)
    effects = [part for part in told if isinstance(part, Effect)]
    assert apply_effects(before.panel, effects).digest() == after.panel.digest()
    held = before.locks[DEMAND]
    assert np.array_equal(before.panel.count(DEMAND)[held], after.panel.count(DEMAND)[held])
    refused = [issue for issue in told if isinstance(issue, Issue)]
    assert bool(refused) == any(
        i.message.startswith("entry 99 ") and i.severity is Severity.REFUSED for i in after.issues
    )


@given(world=worlds, entries=st.lists(changes(), max_size=8), at=st.integers(min_value=0, max_value=8))
def test_set_total_stands_until_the_next_entry(world: World, entries: list[Entry], at: int) -> None:
    made, known = world.build()
    goal = Change(
        measure=DEMAND,
        operation=Operation.SET,
        amount=Decimal("1234.567"),
        scope=(node("family", "City"),),
        first=add_months(date(2026, 12, 1), at),
        last=add_months(date(2026, 12, 1), at + 2),
    )
    folded, issues = fold(made, [*log(*entries), (Seq(99), goal)], known)
    if any(issue.message.startswith("entry 99 ") for issue in issues):
        return
    rows = [i for i, (item, _) in enumerate(made.keys.rows()) if item in ("BK-1", "BK-2")]
    span = known.buckets.span(goal.first, goal.last)
    assert int(folded.count(DEMAND)[rows, span].sum()) == 1_234_567


@given(world=worlds, entries=st.lists(changes(), min_size=1, max_size=8), order=st.randoms(use_true_random=False))
def test_taking_everything_back_in_any_order_returns_the_bits_of_the_base(
    world: World, entries: list[Entry], order: Random
) -> None:
    made, known = world.build()
    numbers = list(range(1, len(entries) + 1))
    order.shuffle(numbers)
    back: list[tuple[Seq, Entry]] = [
        (
            Seq(100 + i),
            Change(
                measure=DEMAND,
                operation=Operation.WITHDRAW,
                first=date(2026, 12, 1),
                last=date(2026, 12, 1),
                withdraws=Seq(n),
            ),
        )
        for i, n in enumerate(numbers)
    ]
    every = [*log(*entries), *back]
    order.shuffle(every)
    folded, issues = fold(made, every, known)
    assert not issues
    assert folded.digest() == fold(made, [], known)[0].digest()


@given(world=worlds, entries=st.lists(changes(), max_size=6), new=changes())
def test_undo_restores_the_bits_when_nothing_later_touched_them(
    world: World, entries: list[Entry], new: Change
) -> None:
    made, known = world.build()
    before, _ = fold(made, log(*entries), known)
    done = [*log(*entries), (Seq(50), new)]
    head, _ = fold(made, done, known)
    undo = Change(measure=DEMAND, operation=Operation.WITHDRAW, first=new.first, last=new.last, withdraws=Seq(50))
    after, _ = fold(made, [*done, (Seq(51), undo)], known)
    assert after.digest() == before.digest()
    effects = effects_of(undo, head, known, done)
    assert apply_effects(head, [e for e in effects if isinstance(e, Effect)]).digest() == before.digest()


@given(world=worlds, entries=st.lists(changes(), max_size=6), rows=st.sets(st.integers(min_value=0, max_value=14)))
def test_recomputed_rows_have_the_bits_of_the_whole(world: World, entries: list[Entry], rows: set[int]) -> None:
    made, known = world.build()
    folded, _ = fold(made, log(*entries), known)
    stale = recompute(made, REGISTRY)
    chosen = np.array(sorted(rows), dtype=np.int64)
    whole = recompute(folded, REGISTRY)
    some = recompute(
        folded.with_counts({str(k): v for k, v in {**stale.counts, **folded.counts}.items()}), REGISTRY, chosen
    )
    for name in ("revenue", "constrained_revenue", "gross_margin"):
        assert np.array_equal(some.count(name)[chosen], whole.count(name)[chosen])
    rest = np.setdiff1d(np.arange(15), chosen)
    assert np.array_equal(some.count("revenue")[rest], stale.count("revenue")[rest])


@given(world=worlds, entries=st.lists(changes(), max_size=6), scope=st.sampled_from(SCOPES[1:]), day=months)
def test_typing_the_shown_value_changes_nothing(world: World, entries: list[Entry], scope: Scope, day: date) -> None:
    made, known = world.build()
    head, _ = fold(made, log(*entries), known)
    shown = roll_up(head, known, {}, ["consensus_demand"], scope=scope)
    total = Decimal(int(shown.counts[DEMAND][0, known.buckets.index(day)])) / 1000
    for typed in (total, *(total.quantize(Decimal(unit), ROUND_HALF_UP) for unit in ("0.1", "1"))):
        told = effects_of(
            Change(
                measure=DEMAND,
                operation=Operation.SET,
                amount=typed,
                scope=scope,
                first=day,
                last=day,
            ),
            head,
            known,
            log(*entries),
        )
        assert not any(isinstance(part, Effect) for part in told)
