"""Entry by entry, the fold tells what the log holds of each."""

from datetime import date

import numpy as np

from tests.core.planlet import base, change, logged, model, node, panel
from trivet.core.effects import apply_effects
from trivet.core.entries import Change, Effect, Entry, Logged, Operation, RecordChange
from trivet.core.fold import effects_of, fold, replay
from trivet.core.ids import Seq
from trivet.core.issues import Severity

KNOWN = model()
MADE = panel(KNOWN, {"consensus_base": base(KNOWN)})
DECEMBER, JANUARY = date(2026, 12, 1), date(2027, 1, 1)
CITY = node("family", "City")


def of(operation: Operation, amount: str | None = None, **more: object) -> Change:
    return change(operation, amount, CITY, **{"first": DECEMBER, "last": JANUARY, "reason": "r", **more})  # type: ignore[arg-type]


ENTRIES: list[Entry] = [
    of(Operation.SET, "500"),
    RecordChange(table="prices", key=(("item", "BK-1"),), after=None),
    of(Operation.ADD, "30", last=DECEMBER),
    of(Operation.LOCK, last=DECEMBER),
    of(Operation.SCALE, "2"),
    of(Operation.SET, "1", last=DECEMBER),
    of(Operation.WITHDRAW, withdraws=Seq(4)),
    of(Operation.WITHDRAW, withdraws=Seq(1)),
    of(Operation.ADD, "7", last=DECEMBER),
    of(Operation.ADD, "7", first=date(2026, 9, 1), last=date(2026, 10, 1)),
]


def written() -> list[Logged]:
    """Write the entries as a use-case does: each with what it moves on top of those before it."""
    found: list[Logged] = []
    for number, entry in enumerate(ENTRIES, start=1):
        head, _ = fold(MADE, found, KNOWN)
        result = effects_of(entry, head, KNOWN, found) if isinstance(entry, Change) else ()
        effects = tuple(part for part in result if isinstance(part, Effect))
        found.append(logged(number, entry, effects=effects))
    return found


def same(one: tuple[Effect, ...], other: tuple[Effect, ...]) -> bool:
    def cells(effects: tuple[Effect, ...]) -> list[tuple[object, ...]]:
        return sorted(
            (e.measure, *cell)
            for e in effects
            for cell in zip(*(a.tolist() for a in (e.rows, e.columns, e.before, e.after)), strict=True)
        )

    return cells(one) == cells(other)


def test_each_turn_moves_what_the_log_holds_of_it() -> None:
    log = written()
    turns = list(replay(MADE, log, KNOWN, after=Seq(0)))
    assert [turn.entry.seq for turn in turns] == [1, 3, 4, 5, 6, 7, 8, 9, 10]
    assert all(same(turn.effects, log[turn.entry.seq - 1].effects) for turn in turns)
    refused = [turn.entry.seq for turn in turns if any(i.severity is Severity.REFUSED for i in turn.issues)]
    assert refused == [6]
    assert turns[-1].effects == ()


def test_the_turns_after_a_number_add_up_to_the_fold_of_all() -> None:
    log = written()
    for after in (0, 3, 5, 9):
        head, _ = fold(MADE, log[:after], KNOWN)
        for turn in replay(MADE, log, KNOWN, after=Seq(after)):
            assert turn.entry.seq > after
            head = apply_effects(head, turn.effects)
        whole, _ = fold(MADE, log, KNOWN)
        assert np.array_equal(head.count("consensus_demand"), whole.count("consensus_demand"))


def test_an_entry_of_an_unknown_measure_moves_nothing_and_says_so() -> None:
    entry = logged(1, change(Operation.SET, "1", CITY, first=DECEMBER, last=DECEMBER, measure="nonsense"))
    (turn,) = replay(MADE, [entry], KNOWN, after=Seq(0))
    assert turn.effects == ()
    assert turn.issues[0].message.startswith("entry 1 of ")
